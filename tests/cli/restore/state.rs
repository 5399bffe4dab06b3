//! What a database holds, as its engine's own tools write it down, and which others lie beside it.

use super::name_of;
use crate::support::engine::Engine;
#[cfg(feature = "postgres")]
use crate::support::postgres::Cluster;

/// What a database holds and which lie beside it, before a restore that is to leave both.
#[cfg(feature = "postgres")]
pub(super) struct Before<'a> {
    database: &'a dyn Engine,
    contents: String,
    neighbours: Vec<String>,
}

#[cfg(feature = "postgres")]
impl<'a> Before<'a> {
    pub(super) fn of(database: &'a dyn Engine) -> Self {
        Self {
            database,
            contents: contents(database, &database.url()),
            neighbours: neighbours(database),
        }
    }

    /// Checks that all is what it was.
    #[track_caller]
    pub(super) fn still_holds(&self) {
        assert_eq!(contents(self.database, &self.database.url()), self.contents);
        assert_eq!(neighbours(self.database), self.neighbours);
    }
}

/// Returns all that a database holds, as `pg_dump` writes it, but for its random words.
#[cfg(feature = "postgres")]
pub(super) fn dump(cluster: &Cluster, url: &str) -> String {
    let output = cluster.program("pg_dump").arg(url).output();
    let output = output.expect("pg_dump is installed with the server");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pg_dump failed: {errors}");
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.contains("restrict ")).collect()
}

/// Returns all that a file holds: its schema, each value with its type and bytes, and its numbers.
#[cfg(feature = "sqlite")]
fn file(path: &str) -> String {
    use diesel::{Connection as _, SqliteConnection};
    let mut connection = SqliteConnection::establish(path).expect("the file is there");
    let mut ask = |sql: &str| crate::support::engine::column!(&mut connection, sql);
    let schema = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema ORDER BY type, name";
    let mut lines = ask(schema);
    let tables =
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'view' ORDER BY name";
    for table in ask(tables) {
        let quoted = table.replace('\'', "''");
        let columns = format!("SELECT '\"' || name || '\"' FROM pragma_table_xinfo('{quoted}')");
        let values: Vec<String> = ask(&columns)
            .iter()
            .map(|column| {
                format!("typeof({column}) || ' ' || quote({column}) || ' ' || hex({column})")
            })
            .collect();
        if values.is_empty() {
            continue;
        }
        let rows = format!(
            "SELECT {} FROM \"{table}\" ORDER BY 1",
            values.join(" || ', ' || ")
        );
        lines.push(table);
        lines.extend(ask(&rows));
    }
    for number in ["user_version", "application_id", "encoding"] {
        lines.extend(ask(&format!("SELECT {number} FROM pragma_{number}")));
    }
    lines.join("\n")
}

/// Returns all that a database holds.
pub(crate) fn contents(database: &dyn Engine, url: &str) -> String {
    match database.either("sqlite", "postgres") {
        #[cfg(feature = "sqlite")]
        "sqlite" => file(&name_of(url)),
        #[cfg(feature = "postgres")]
        "postgres" => dump(Cluster::shared(), url),
        other => unreachable!("{other} is not compiled in"),
    }
}

/// Returns the names of the database and of those beside it, but for that of the lock.
pub(crate) fn neighbours(database: &dyn Engine) -> Vec<String> {
    let name = name_of(&database.url());
    let folder = std::path::Path::new(&name).parent();
    let folder = folder.filter(|folder| folder.is_absolute());
    let Some(folder) = folder else {
        return on_server(database, &name);
    };
    let entries = std::fs::read_dir(folder).expect("it is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.ends_with("-lock"))
        .collect();
    names.sort();
    names
}

/// Returns the names of the databases that begin so, also where the own one lets nobody in.
#[cfg(feature = "postgres")]
fn on_server(database: &dyn Engine, name: &str) -> Vec<String> {
    use diesel::{Connection as _, PgConnection};
    let url = database.url();
    let server = format!("{}/postgres", &url[..url.rfind('/').expect("it is a URL")]);
    let mut connection = PgConnection::establish(&server).expect("the server is there");
    let query = format!(
        "SELECT datname FROM pg_database WHERE starts_with(datname, '{name}') ORDER BY datname"
    );
    crate::support::engine::column!(&mut connection, &query)
}

#[cfg(not(feature = "postgres"))]
fn on_server(_: &dyn Engine, name: &str) -> Vec<String> {
    unreachable!("`{name}` is no file")
}
