//! What makes tables, views and indexes anew: the locks that are told of it are those that the server
//! takes, as another session sees them.

use dieselkit::migration::Waiting;

use super::{Database, rehearse, run, statements, with_users};
use crate::scene::Folder;
use crate::support::engine::{Engine, column};
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    the_locks_of_what_is_made_anew_are_those_that_a_second_session_sees,
    what_is_made_anew_once_more_is_told_by_the_words,
];

const REBUILDING: [&str; 8] = [
    "CLUSTER users USING users_name",
    "CLUSTER users_name ON users",
    "REFRESH MATERIALIZED VIEW ages",
    "REFRESH MATERIALIZED VIEW ages WITH NO DATA",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY ages",
    "REINDEX INDEX users_name",
    "REINDEX TABLE users",
    "REINDEX TABLE ages",
];

fn with_view(database: &Database) -> Folder {
    let folder = with_users(database);
    database.execute(
        "CREATE MATERIALIZED VIEW ages AS SELECT id, age FROM users;
         CREATE UNIQUE INDEX a_ages_id ON ages (id);",
    );
    folder
}

/// Returns what a statement locks so that somebody waits, as a second session sees it, before it is rolled
/// back.
fn locked_by(database: &Database, statement: &str) -> Vec<String> {
    let mut first = database.connect();
    run(&mut first, &format!("BEGIN; {statement}"));
    let pid = column!(&mut first, "SELECT pg_backend_pid()::text").remove(0);
    let mut second = database.connect();
    let seen = format!(
        "SELECT DISTINCT l.mode || ' public.' || c.relname FROM pg_locks AS l
         JOIN pg_class AS c ON c.oid = l.relation
         WHERE l.pid = {pid} AND l.granted AND c.relnamespace = 'public'::regnamespace
           AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
             'ExclusiveLock', 'AccessExclusiveLock')
         ORDER BY 1"
    );
    let seen = column!(&mut second, seen);
    run(&mut first, "ROLLBACK");
    seen
}

fn the_locks_of_what_is_made_anew_are_those_that_a_second_session_sees(database: &Database) {
    let _ = with_view(database);
    for statement in REBUILDING {
        let folder = Folder::new();
        folder.add("1_anew", &format!("{statement};"), "SELECT 1;");
        let report = rehearse(database, &folder);
        let locks = statements(&report).into_iter().flat_map(|it| &it.locks);
        let locks = locks.filter(|it| it.waiting > Waiting::Nobody);
        let mut told: Vec<String> = locks
            .map(|it| format!("{} {}", super::locks::as_the_server_says(it.lock), it.on))
            .collect();
        told.sort();
        let seen = locked_by(database, statement);
        assert!(!seen.is_empty(), "{statement}");
        assert_eq!(told, seen, "{statement}");
    }
}

/// An earlier migration has the locks already: what is told by the words is what is seen of the first.
fn what_is_made_anew_once_more_is_told_by_the_words(database: &Database) {
    let _ = with_view(database);
    for statement in REBUILDING {
        let folder = Folder::new();
        let statement = format!("{statement};");
        folder.add("1_first", &statement, "SELECT 1;");
        folder.add("2_again", &statement, "SELECT 1;");
        let report = rehearse(database, &folder);
        let of_step = |version: &str, seen: bool| {
            let holds = report.holds.iter();
            let holds = holds.filter(|hold| hold.version.as_str() == version);
            let told = holds.map(|hold| {
                assert_eq!(hold.seen, seen, "{statement}");
                (hold.on.clone(), hold.lock, hold.waiting)
            });
            told.collect::<Vec<_>>()
        };
        assert_ne!(of_step("1", true), [], "{statement}");
        assert_eq!(of_step("2", false), of_step("1", true), "{statement}");
    }
}
