//! Every column of a row of the history, and of Diesel's beside it.

use chrono::NaiveDateTime;
use dieselkit::{Environment, UpOptions};

use crate::scene::{Folder, failing_up, migrator, shown, up};
use crate::support::engine::Engine;

on_both_engines![
    every_column_is_right_after_an_apply,
    every_column_is_right_after_a_rollback,
    the_history_is_read_newest_first,
    our_tables_stand_beside_diesel_s,
    a_history_of_an_older_version_is_read_and_completed,
];

/// Returns the time now, in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the scenarios compare with the real clock"
)]
pub(crate) fn now() -> NaiveDateTime {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).naive_utc()
}

fn column(database: &dyn Engine, name: &str) -> String {
    database.query_text(&format!(
        "SELECT {name} FROM __dieselkit_history WHERE version = '2'"
    ))
}

#[track_caller]
fn is_recent(text: &str) {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").expect("a timestamp");
    let age = now() - moment;
    assert!(age.num_seconds().abs() < 120, "`{text}` is {age} old");
}

fn applied_by_ada(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add(
        "2_two",
        "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);",
        "DROP TABLE a;\nDROP TABLE b;",
    );
    let staging = Environment::new("staging").expect("a name");
    let migrator = migrator(database, &folder).with_user(Some("ada"), Some("engine-1"));
    shown(migrator.with_environment(staging).up(&UpOptions::default()));
    folder
}

fn every_column_is_right_after_an_apply(database: &dyn Engine) {
    let folder = applied_by_ada(database);
    let expected = [
        ("id", "2"),
        ("name", "2_two"),
        ("operation", "apply"),
        ("status", "SUCCESS"),
        ("batch", "1"),
        ("transactional", database.either("1", "true")),
        ("statements_total", "2"),
        ("statements_done", "2"),
        ("applied_by", "ada"),
        (
            "application",
            concat!("dieselkit ", env!("CARGO_PKG_VERSION"), " engine-1"),
        ),
        ("environment", "staging"),
        ("error", "NULL"),
        ("reason", "NULL"),
        ("rolled_back_at", "NULL"),
        ("rollback_time_ms", "NULL"),
        ("backup", "NULL"),
    ];
    for (name, value) in expected {
        assert_eq!(column(database, name), value, "{name}");
    }
    for (name, file) in [("up_sql", "2_two/up.sql"), ("down_sql", "2_two/down.sql")] {
        let text = std::fs::read_to_string(folder.file(file)).expect("it is there");
        assert_eq!(column(database, name), text);
    }
    is_recent(&column(database, "started_at"));
    let took: i64 = column(database, "execution_time_ms")
        .parse()
        .expect("a number");
    assert!((0..10_000).contains(&took), "{took}");
    let raw = dieselkit::sql::checksum_raw(column(database, "up_sql").as_bytes());
    assert_eq!(column(database, "checksum_raw"), raw.to_string());
    assert_eq!(column(database, "checksum").len(), 64);
    assert_ne!(
        column(database, "checksum"),
        column(database, "checksum_raw")
    );
}

fn every_column_is_right_after_a_rollback(database: &dyn Engine) {
    let folder = applied_by_ada(database);
    crate::scene::rollback(database, &folder, dieselkit::Target::Steps(1));
    assert_eq!(column(database, "status"), "ROLLED_BACK");
    is_recent(&column(database, "rolled_back_at"));
    is_recent(&column(database, "started_at"));
    let took: i64 = column(database, "rollback_time_ms")
        .parse()
        .expect("a number");
    assert!((0..10_000).contains(&took), "{took}");
    assert_eq!(column(database, "applied_by"), "ada");
    up(database, &folder);
    let batches = database.query_column("SELECT batch FROM __dieselkit_history ORDER BY id");
    assert_eq!(batches, ["1", "1", "2"]);
}

fn the_history_is_read_newest_first(database: &dyn Engine) {
    let folder = applied_by_ada(database);
    folder.add("3_bad", "DROP TABLE nowhere;", "");
    failing_up(database, &folder, &UpOptions::default());
    let attempts = shown(crate::scene::reader(database, &folder).history());
    let versions: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.version.as_str())
        .collect();
    assert_eq!(versions, ["3", "2", "1"]);
    assert!(
        attempts[0]
            .error
            .as_deref()
            .is_some_and(|error| error.contains("nowhere"))
    );
    assert_eq!(attempts[1].applied_by.as_deref(), Some("ada"));
    is_recent(&attempts[1].started_at.to_string());
}

fn our_tables_stand_beside_diesel_s(database: &dyn Engine) {
    // On PostgreSQL in a schema of its own, which is the first of the search path.
    database.execute(database.either(
        "SELECT 1",
        "CREATE SCHEMA app;
         DO $$ BEGIN
             EXECUTE format('ALTER DATABASE %I SET search_path = app, public', current_database());
         END $$",
    ));
    let folder = Folder::of_six();
    up(database, &folder);
    let count = database.either(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'app'",
    );
    assert_eq!(database.query_i64(count), 9);
    assert_eq!(database.tables().len(), 9);
    assert_eq!(up(database, &folder).done.len(), 0);
}

fn a_history_of_an_older_version_is_read_and_completed(database: &dyn Engine) {
    // As the versions added them; one drops several columns in as many statements.
    let added = ["backup", "lock_mode", "lock_on", "lock_held_ms"];
    let columns = || {
        let columns = database.query_column(database.either(
            "SELECT name FROM pragma_table_info('__dieselkit_history')",
            "SELECT attname FROM pg_attribute WHERE attrelid = '__dieselkit_history'::regclass \
             AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        ));
        columns
            .into_iter()
            .skip_while(|name| name != "down_sql")
            .skip(1)
            .collect::<Vec<_>>()
    };
    let folder = applied_by_ada(database);
    assert_eq!(columns(), added);
    for lacking in [&added[1..], &added[..]] {
        for column in lacking {
            database.execute(&format!(
                "ALTER TABLE __dieselkit_history DROP COLUMN {column}"
            ));
        }
        let attempts = shown(crate::scene::reader(database, &folder).history());
        assert_eq!(attempts.len(), 2);
        assert!(attempts.iter().all(|attempt| attempt.backup.is_none()));
        assert!(
            attempts
                .iter()
                .all(|attempt| attempt.strongest_lock.is_none())
        );
        assert_eq!(
            columns().len() + lacking.len(),
            added.len(),
            "who reads writes nothing"
        );
        assert_eq!(up(database, &folder).done.len(), 0);
        assert_eq!(columns(), added);
        assert_eq!(column(database, "backup"), "NULL");
        assert_eq!(column(database, "lock_mode"), "NULL");
    }
    let layout = "SELECT value FROM __dieselkit_metadata WHERE key = 'layout_version'";
    assert_eq!(database.query_text(layout), "1");
    crate::scene::rollback(database, &folder, dieselkit::Target::All);
    assert_eq!(column(database, "status"), "ROLLED_BACK");
}
