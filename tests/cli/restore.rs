//! `restore`: what is brought back, from which backup or file, and where it is put.

mod afterwards;
mod at_once;
mod chosen;
mod damaged;
mod faults;
mod fitness;
mod killed;
mod manifest;
mod names;
mod newest;
#[cfg(feature = "postgres")]
mod outside;
#[cfg(feature = "postgres")]
mod parts;
#[cfg(feature = "postgres")]
mod pg_dump;
mod pipes;
mod plan;
#[cfg(feature = "postgres")]
mod psql_commands;
mod replace;
mod round_trip;
#[cfg(feature = "postgres")]
mod scripts;
mod state;
#[cfg(feature = "postgres")]
mod together;
mod unusable;

use serde_json::Value;

use crate::session::{studio, studio_applied};
use crate::support::engine::Engine;
use crate::support::project::Project;

#[cfg(feature = "postgres")]
use state::{Before, dump};
pub(crate) use state::{contents, neighbours};

/// What ends each script of `pg_dump`, without which it is not whole.
const END: &str = "--\n-- PostgreSQL database dump complete\n--\n";

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

/// Backs up, and returns the backup's name.
#[track_caller]
pub(crate) fn back_up(project: &Project, flags: &[&str]) -> String {
    let words = ["backup", "--json"].iter().chain(flags);
    let made = project.run(words).succeeds().json();
    text(&made["data"]["backup"]["id"])
}

/// Returns a project with a backup of one user, and its name.
fn backed_up(database: &dyn Engine, flags: &[&str]) -> (Project, String) {
    let project = studio_applied(database);
    database.execute("INSERT INTO users VALUES (1)");
    let id = back_up(&project, flags);
    (project, id)
}

/// Returns a project with a backup of one user in this environment, and its name; by now there are two.
fn outgrown(database: &dyn Engine, environment: &str, flags: &[&str]) -> (Project, String) {
    let project = studio(database).env("DIESELKIT_ENV", environment);
    project.run(["up", "-q"]).succeeds();
    database.execute("INSERT INTO users VALUES (1)");
    let id = back_up(&project, flags);
    database.execute("INSERT INTO users VALUES (2)");
    (project, id)
}

/// Returns a project with a backup of 200,000 users, which is more than is read at once, and its name.
fn many_backed_up(database: &dyn Engine) -> (Project, String) {
    let project = studio_applied(database);
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

fn users(database: &dyn Engine) -> i64 {
    database.query_i64("SELECT count(*) FROM users")
}

/// Makes a database file in which this tool has no tables.
#[cfg(feature = "sqlite")]
fn bare_file(path: &std::path::Path) {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};
    let path = path.to_str().expect("it is text");
    let mut connection = SqliteConnection::establish(path).expect("the folder is ours");
    let made = connection.batch_execute("CREATE TABLE a (id INTEGER)");
    made.expect("it is empty");
}

#[cfg(not(feature = "sqlite"))]
fn bare_file(path: &std::path::Path) {
    unreachable!("`{}` is of no engine", path.display())
}
