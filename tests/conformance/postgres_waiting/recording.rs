//! What a step waits for once its work is done, while it still has the locks that it took for it.

use std::thread;
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::{Absent, Migrator, UpOptions};

use super::clients::Client;
use super::{Database, lock_timeout, telling_of_tries, with_table};
use crate::scene::{address, done, migrator, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    who_keeps_it_from_being_noted_is_waited_for_no_longer_than_for_others,
    a_function_is_noted_as_soon,
];

/// Runs beside a client that lets nobody write into a table of ours until the first try failed; where
/// none does, the client leaves by itself.
fn is_tried_again(database: &Database, table: &str, migrator: Migrator) {
    let locked = format!("LOCK TABLE {table} IN SHARE MODE");
    let client = Client::begin(database, "keeper", &locked);
    let (mut migrator, tries) = telling_of_tries(migrator.with_limits(lock_timeout(400)));
    let leaving = thread::spawn(move || {
        let _ = tries.recv_timeout(Duration::from_secs(10));
        client.leave();
    });
    let report = shown(migrator.up(&UpOptions::default()));
    leaving.join().expect("it left");
    assert!(!report.delays.retries.is_empty(), "{table}");
    assert_eq!(done(&report).len(), 1, "{table}");
}

fn who_keeps_it_from_being_noted_is_waited_for_no_longer_than_for_others(database: &Database) {
    let folder = with_table(database);
    folder.add_table(1);
    up(database, &folder);
    for (version, table, sql) in [
        ("2_a", "__dieselkit_history", "ALTER TABLE a ADD b TEXT;"),
        (
            "3_a",
            "__dieselkit_history",
            "SET search_path = public; ALTER TABLE a ADD c TEXT;",
        ),
        (
            "4_a",
            "__diesel_schema_migrations",
            "SET LOCAL lock_timeout = '10min'; ALTER TABLE a ADD d TEXT;",
        ),
    ] {
        folder.add(version, sql, "");
        is_tried_again(database, table, migrator(database, &folder));
    }
    let limit = "SELECT current_setting('lock_timeout')";
    assert_eq!(database.query_text(limit), "0");
}

fn a_function_is_noted_as_soon(database: &Database) {
    let folder = with_table(database);
    folder.add_table(1);
    up(database, &folder);
    let function = dieselkit::RustMigration::new("2_rust", "1", |db: &mut PgConnection| {
        Ok(db.batch_execute("ALTER TABLE a ADD b TEXT")?)
    });
    let set = dieselkit::MigrationSet::from_folder(folder.path());
    let set = set
        .and_then(|set| set.with([function]))
        .expect("both can be read");
    let connected = dieselkit::Database::connect(&address(database), Absent::Refuse);
    let migrator = Migrator::new(connected.expect("it is there"), set);
    is_tried_again(database, "__dieselkit_history", migrator);
}
