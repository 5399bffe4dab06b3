//! A PostgreSQL that says its errors in German: what is of others' doing is known all the same.
//!
//! The locale is made by `localedef` for the test's own server alone.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use dieselkit::UpOptions;
use dieselkit::migration::TransactionMode;

use crate::postgres_waiting::{
    a_deadlock_is_tried_again_and_names_the_other, a_function_is_tried_again_too,
    who_blocks_is_named_and_others_read_on_until_it_leaves,
};
use crate::scene::{Folder, failing_up};
use crate::support::engine::Engine;
use crate::support::postgres::{Cluster, PostgresDatabase};

/// The locale's name, and the folder's in which it is compiled.
const LOCALE: &str = "de_DE.utf8";

/// Returns a database in which a server speaks German.
fn german(cluster: &'static Cluster) -> PostgresDatabase<'static> {
    let database = cluster.create_database();
    database.execute(&format!(
        "ALTER DATABASE \"{}\" SET lc_messages = '{LOCALE}'",
        database.name()
    ));
    database
}

/// Makes the locale in a folder that the server may read; says what was in the way.
fn compile(folder: &std::path::Path) -> Result<(), String> {
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, all).expect("the folder is ours");
    #[expect(
        clippy::disallowed_methods,
        reason = "the test makes the locale of its own server"
    )]
    let made = Command::new("localedef")
        .args(["--inputfile=de_DE", "--charmap=UTF-8"])
        .arg(folder.join(LOCALE))
        .output()
        .map_err(|error| format!("localedef: {error}"))?;
    let said = || String::from_utf8_lossy(&made.stderr).into_owned();
    made.status.success().then_some(()).ok_or_else(said)
}

fn what_takes_too_long_is_told_as_such(database: &PostgresDatabase<'_>) {
    database.execute("CREATE SEQUENCE runs");
    let folder = Folder::new();
    folder.add(
        "1_slow",
        "-- dieselkit: statement_timeout = 200ms\nSELECT nextval('runs');\nSELECT pg_sleep(60);",
        "",
    );
    is_out_of_time(database, &folder, &UpOptions::default());
    // It is not run once more to learn which statement it was.
    assert_eq!(database.query_i64("SELECT last_value FROM runs"), 1);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    is_out_of_time(database, &folder, &batch);
    // The limit of the database holds where nobody says anything.
    database.execute(&format!(
        "ALTER DATABASE \"{}\" SET statement_timeout = '200ms'",
        database.name()
    ));
    let slow = Folder::new();
    slow.add_statementwise("1_slow", "SELECT 1;\nSELECT pg_sleep(60);", "");
    is_out_of_time(database, &slow, &UpOptions::default());
}

fn is_out_of_time(database: &PostgresDatabase<'_>, folder: &Folder, options: &UpOptions) {
    let (failure, _) = failing_up(database, folder, options);
    assert!(!failure.message.contains("timeout"), "{failure}");
    assert_eq!(failure.sqlstate.as_deref(), Some("57014"), "{failure}");
    let hint = failure.hint();
    assert!(hint.contains("--statement-timeout off"), "{hint}");
}

#[test]
fn a_server_of_another_language_is_understood() {
    let folder = tempfile::tempdir().expect("temporary folders can be made");
    let path = folder.path().display().to_string();
    compile(folder.path()).expect("scripts/install-test-deps.sh installs what makes one");
    // It ends with this process.
    let cluster = Box::leak(Box::new(Cluster::start_with(&[("LOCPATH", &path)])));
    let database = german(cluster);
    let bad = Folder::new();
    bad.add("1_bad", "SELECT 1 / 0;", "");
    let (failure, _) = failing_up(&database, &bad, &UpOptions::default());
    assert_eq!(
        failure.message, "Division durch Null",
        "the server has German words: PostgreSQL's packages bring them"
    );
    assert_eq!(failure.sqlstate.as_deref(), Some("22012"), "{failure}");
    what_takes_too_long_is_told_as_such(&german(cluster));
    who_blocks_is_named_and_others_read_on_until_it_leaves(&german(cluster));
    a_deadlock_is_tried_again_and_names_the_other(&german(cluster));
    a_function_is_tried_again_too(&german(cluster));
}
