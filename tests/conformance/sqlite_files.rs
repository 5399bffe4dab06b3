//! SQLite files as they come: odd names, other journals, none at all.

use std::path::Path;

use dieselkit::{
    Absent, Access, Database, DatabaseAddress, Migration, MigrationSet, Migrator, Target, UpOptions,
};

use crate::scene::{Folder, done, migrator_of, reader, shown, up};
use crate::support::engine::Engine;
use crate::support::sqlite::SqliteDatabase;

on_one_engine![SqliteDatabase:
    a_file_with_a_write_ahead_log_is_read_and_written,
    names_that_a_uri_would_read_otherwise_are_names,
    a_database_in_memory_serves_one_migrator,
    the_lock_s_file_stays_and_is_used_again,
];

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
