//! SQLite files as they come: odd names, other journals, none at all.

use std::path::Path;
use std::process::Command;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use dieselkit::{
    Absent, Access, Database, DatabaseAddress, Migration, MigrationSet, Migrator, Target, UpOptions,
};

use crate::scene::{Folder, chain, done, migrator_of, reader, shown, up};
use crate::support::engine::Engine;
use crate::support::sqlite::SqliteDatabase;

on_one_engine![SqliteDatabase:
    a_file_with_a_write_ahead_log_is_read_and_written,
    names_that_a_uri_would_read_otherwise_are_names,
    a_database_in_memory_serves_one_migrator,
    the_lock_s_file_stays_and_is_used_again,
    the_locks_of_the_program_s_own_connections_stay,
    who_may_write_into_the_database_may_take_its_lock,
    a_row_of_diesel_s_that_cannot_be_read_is_named,
    tables_of_another_version_name_the_cure,
];

const PATH: &str = "DIESELKIT_TEST_CHILD_PATH";

fn a_file_with_a_write_ahead_log_is_read_and_written(database: &SqliteDatabase) {
    database.execute("PRAGMA journal_mode = WAL");
    let folder = Folder::of_six();
    assert_eq!(up(database, &folder).done.len(), 6);
    assert_eq!(shown(reader(database, &folder).status()).totals.applied, 6);
    // Also while another reader keeps the log open.
    let _open = database.connect();
    assert_eq!(shown(reader(database, &folder).status()).totals.applied, 6);
    assert_eq!(
        database.query_text("SELECT journal_mode FROM pragma_journal_mode"),
        "wal"
    );
}

fn names_that_a_uri_would_read_otherwise_are_names(database: &SqliteDatabase) {
    let folder = Folder::of_six();
    let beside = database.path();
    let beside = beside.parent().expect("a folder");
    for name in ["with space.db", "100%.db", "a#b.db", "größe.db"] {
        let path = beside.join(name);
        let text = format!("sqlite:{}", path.display());
        let address: DatabaseAddress = text.parse().expect("an address");
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let connected = Database::connect(&address, Absent::CreateFile).expect("it is made");
        shown(Migrator::new(connected, set.clone()).up(&UpOptions::default()));
        assert!(path.exists(), "{name} is not at its place");
        let opened = Database::open(&address, Access::ReadOnly).expect("it is there");
        assert_eq!(
            shown(Migrator::new(opened, set).status()).totals.applied,
            6,
            "{name}"
        );
    }
}

fn a_database_in_memory_serves_one_migrator(_database: &SqliteDatabase) {
    let address: DatabaseAddress = ":memory:".parse().expect("an address");
    let one = Migration::from_sql("1_a", "CREATE TABLE a (id INTEGER);", Some("DROP TABLE a;"));
    let set = MigrationSet::from_list([one]).expect("one version");
    let connected = Database::connect(&address, Absent::CreateFile).expect("memory is there");
    let mut migrator = Migrator::new(connected, set);
    assert_eq!(done(&shown(migrator.up(&UpOptions::default()))), ["1"]);
    assert_eq!(shown(migrator.status()).totals.applied, 1);
    assert_eq!(done(&shown(migrator.rollback(Target::All))), ["1"]);
    assert_eq!(shown(migrator.reset()).applied.done.len(), 1);
}

fn the_lock_s_file_stays_and_is_used_again(database: &SqliteDatabase) {
    let folder = Folder::of_six();
    up(database, &folder);
    let mut lock = database.path().into_os_string();
    lock.push(".dieselkit-lock");
    assert!(Path::new(&lock).exists());
    shown(migrator_of(database, folder.path()).rollback(Target::All));
    assert!(Path::new(&lock).exists());
}

/// The system gives up a process's locks on a file when the process closes that file, by whatever
/// way it had opened it. <https://www.sqlite.org/howtocorrupt.html>, 2.2
fn the_locks_of_the_program_s_own_connections_stay(database: &SqliteDatabase) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let address = crate::scene::address(database);
    let mut open = database.connect();
    open.batch_execute("BEGIN IMMEDIATE; INSERT INTO a VALUES (1)")
        .expect("nobody else writes");
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let mut opened = Database::open(&address, access).expect("it is there");
        opened.name().expect("a reader need not wait");
        drop(opened);
        assert!(
            !another_process_writes(database),
            "{access:?}: the lock is gone"
        );
    }
    open.batch_execute("COMMIT").expect("nobody else wrote");
    assert!(another_process_writes(database));
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 2);
}

/// Returns whether another process could write.
#[expect(
    clippy::disallowed_methods,
    reason = "the child is this very test program"
)]
fn another_process_writes(database: &SqliteDatabase) -> bool {
    let output = Command::new(std::env::current_exe().expect("the system tells"))
        .args(["--exact", "sqlite_files::child_writes_a_row", "--ignored"])
        .env(PATH, database.path())
        .output();
    let output = output.expect("this program can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("running 1 test"), "{said}");
    output.status.success()
}

/// The child.
#[test]
#[ignore = "a process of its own, started by a scenario"]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent speaks through the environment"
)]
fn child_writes_a_row() {
    let path = std::env::var(PATH).expect("the parent says it");
    let mut connection = diesel::SqliteConnection::establish(&path).expect("it is there");
    connection
        .batch_execute("INSERT INTO a VALUES (1)")
        .expect("nobody has it locked");
}

/// As `SQLite` does for its journals.
fn who_may_write_into_the_database_may_take_its_lock(database: &SqliteDatabase) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &Path| {
        let found = std::fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    };
    let mut lock = database.path().into_os_string();
    lock.push(".dieselkit-lock");
    let lock = Path::new(&lock);
    for wanted in [0o666, 0o640, 0o600] {
        database.execute("SELECT 1");
        let permissions = std::fs::Permissions::from_mode(wanted);
        std::fs::set_permissions(database.path(), permissions).expect("it is ours");
        up(database, &Folder::of_six());
        assert_eq!(mode(lock), wanted);
        std::fs::remove_file(lock).expect("it is ours");
    }
}

fn a_row_of_diesel_s_that_cannot_be_read_is_named(database: &SqliteDatabase) {
    let folder = Folder::of_six();
    up(database, &folder);
    database
        .execute("UPDATE __diesel_schema_migrations SET run_on = 'yesterday' WHERE version = '3'");
    let error = reader(database, &folder)
        .status()
        .expect_err("it is no time");
    let hint = error.hint().expect("it has one");
    assert_eq!(
        chain(&error),
        "failed to read what is applied\ncaused by: `run_on` of version `3` in `__diesel_schema_migrations` is no time"
    );
    let cure = hint.split('`').nth(1).expect("a statement");
    database.execute(cure);
    assert_eq!(shown(reader(database, &folder).status()).totals.applied, 6);
}

fn tables_of_another_version_name_the_cure(database: &SqliteDatabase) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("UPDATE __dieselkit_metadata SET value = '9' WHERE key = 'layout_version'");
    let error = migrator_of(database, folder.path()).up(&UpOptions::default());
    let hint = error.expect_err("nobody knows it").hint();
    assert_eq!(
        hint.as_deref(),
        Some("`cargo install dieselkit`, or the version of whoever made them")
    );
}
