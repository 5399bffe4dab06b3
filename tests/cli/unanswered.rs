//! Sessions that the server ends while a question stands on the terminal: the answer still counts.

use std::time::{Duration, Instant};

use crate::session::{VERSIONS, studio};
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;
use crate::terminal::{Terminal, assert_ends};

/// A question, and what is typed once the server has ended the session of who asks it.
type Asked<'a> = (&'a str, &'a str);

/// Returns a project that is migrated, and whose database lets no session do nothing for a second.
fn impatient(database: &PostgresDatabase<'_>, environment: &str) -> Project {
    let project = studio(database).env("APP_ENV", environment);
    project.run(["up"]).succeeds();
    let name = database.name();
    for limit in [
        "idle_session_timeout",
        "idle_in_transaction_session_timeout",
    ] {
        database.execute(&format!("ALTER DATABASE \"{name}\" SET {limit} = '1s'"));
    }
    project
}

/// Waits until nobody is connected to the database any more.
#[track_caller]
fn wait_until_ended(database: &PostgresDatabase<'_>) {
    let begun = Instant::now();
    let others = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    while database.query_i64(others) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Answers each question after the session was ended, and returns what was shown until the end.
#[track_caller]
fn answered(
    database: &PostgresDatabase<'_>,
    project: &Project,
    line: &str,
    asked: &[Asked<'_>],
) -> String {
    let mut terminal = Terminal::run(project, line);
    for (question, answer) in asked {
        terminal.shows(question);
        wait_until_ended(database);
        terminal.types(&format!("{answer}\r"));
    }
    assert_ends(terminal, 0)
}

/// Checks that the database and its history say the same.
#[track_caller]
fn assert_whole(project: &Project) {
    project.run(["check"]).succeeds();
}

#[test]
fn what_is_rolled_back_is_rolled_back() {
    let database = PostgresDatabase::create();
    let project = impatient(&database, "development");
    let asked = [("Roll back migrations of", "y")];
    answered(&database, &project, "rollback", &asked);
    assert_eq!(database.applied(), VERSIONS[..2]);
    answered(
        &database,
        &project,
        &format!("goto {}", VERSIONS[0]),
        &asked,
    );
    assert_eq!(database.applied(), VERSIONS[..1]);
    answered(&database, &project, "redo", &asked);
    assert_eq!(database.applied(), VERSIONS[..1]);
    assert_whole(&project);
}

#[test]
fn what_loses_rows_in_a_protected_database_is_applied() {
    let database = PostgresDatabase::create();
    let project = impatient(&database, "production");
    let name = "2026-01-04-000000_drop_users";
    database.execute("CREATE TABLE gone (id INTEGER); INSERT INTO gone VALUES (1)");
    let project = project.irreversible(name, "DROP TABLE gone;\n");
    let asked = [("Type the database's name to go on", database.name())];
    answered(&database, &project, "up --no-lint", &asked);
    assert!(!database.has_table("gone"));
    let forgotten = format!("resolve {} --reverted --reason x", VERSIONS[2]);
    answered(&database, &project, &forgotten, &asked);
    assert_eq!(database.applied().len(), 3);
    assert!(!database.applied().contains(&VERSIONS[2].to_owned()));
}

#[test]
fn what_is_dropped_is_dropped() {
    let database = PostgresDatabase::create();
    let project = impatient(&database, "development");
    database.execute("CREATE TABLE extra (id INTEGER)");
    let name = ("Type the database's name to go on", database.name());
    answered(
        &database,
        &project,
        "reset",
        &[("Drop everything in", "y"), name],
    );
    assert!(!database.has_table("extra"));
    assert_eq!(database.applied(), VERSIONS);
    assert_whole(&project);
    answered(
        &database,
        &project,
        "db drop",
        &[("Drop the database", "y"), name],
    );
    let there = format!(
        "SELECT count(*) FROM pg_database WHERE datname = '{}'",
        database.name()
    );
    assert_eq!(PostgresDatabase::create().query_i64(&there), 0);
}

#[test]
fn what_is_rehearsed_or_marked_goes_on() {
    let database = PostgresDatabase::create();
    let project = impatient(&database, "production");
    project
        .run(["rollback", "--confirm", database.name()])
        .succeeds();
    let asked = [("Type the database's name to go on", database.name())];
    let screen = answered(&database, &project, "up --rehearse", &asked);
    assert!(screen.contains("create_bookings"), "{screen}");
    assert_eq!(database.applied(), VERSIONS[..2]);
    answered(&database, &project, "db mark staging", &asked);
    let marked = "SELECT value FROM __dieselkit_metadata WHERE key = 'environment'";
    assert_eq!(database.query_column(marked), ["staging"]);
}
