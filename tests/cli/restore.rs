//! `restore`: what is brought back, from which backup or file, and where it is put.
//!
//! What two databases hold is compared here as their own tools write it down.

mod afterwards;
mod at_once;
mod damaged;
mod faults;
mod fitness;
mod killed;
mod names;
mod newest;
mod plan;
mod replace;
mod round_trip;
#[cfg(feature = "postgres")]
mod scripts;
mod source;
#[cfg(feature = "postgres")]
mod together;

use serde_json::Value;

use crate::session::studio;
use crate::support::engine::Engine;
#[cfg(feature = "postgres")]
use crate::support::postgres::Cluster;
use crate::support::project::Project;

/// Returns the name that a URL ends in; for SQLite the path of the file.
fn name_of(url: &str) -> String {
    match url.strip_prefix("sqlite:") {
        Some(path) => path.to_owned(),
        None => url.rsplit('/').next().expect("it names one").to_owned(),
    }
}

/// Returns the URL of the neighbour whose name has this end more.
pub(crate) fn beside(database: &dyn Engine, end: &str) -> String {
    let url = database.url();
    match url.strip_suffix(".db") {
        Some(stem) => format!("{stem}_{end}.db"),
        None => format!("{url}_{end}"),
    }
}

/// Returns all that a database holds, as `pg_dump` writes it, but for its random words.
#[cfg(feature = "postgres")]
fn dump(cluster: &Cluster, url: &str) -> String {
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

/// Backs up, and returns the backup's name.
#[track_caller]
pub(crate) fn back_up(project: &Project, flags: &[&str]) -> String {
    let words = ["backup", "--json"].iter().chain(flags);
    let made = project.run(words).succeeds().json();
    text(&made["data"]["backup"]["id"])
}

/// Returns a project with a backup of 200,000 users, which is more than is read at once, and its name.
fn many_backed_up(database: &dyn Engine) -> (Project, String) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
         INSERT INTO users SELECT i FROM n",
    );
    let id = back_up(&project, &[]);
    (project, id)
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("it is a text").to_owned()
}

/// Returns the name that confirms.
fn last_part(database: &dyn Engine) -> String {
    let url = database.url();
    url.rsplit('/').next().expect("it names one").to_owned()
}

/// Returns the path of the one file of a plain backup, relative to the project.
fn file_of(database: &dyn Engine, id: &str) -> String {
    format!("backups/{id}.{}", database.either("sqlite.gz", "sql.gz"))
}
