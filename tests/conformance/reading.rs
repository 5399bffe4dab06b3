//! What reads writes nothing, not even its own tables.

use dieselkit::migration::{GotoOptions, State};
use dieselkit::{Target, UpOptions};

use crate::scene::{Folder, done, reader, shown, state, up, version};
use crate::support::engine::Engine;

on_both_engines![
    reading_an_empty_database_makes_nothing,
    reading_changes_nothing,
    a_dry_run_shows_each_statement_with_its_place,
    a_dry_run_refuses_what_the_run_refuses,
];

fn reads_everything(database: &dyn Engine, folder: &Folder) {
    shown(reader(database, folder).status());
    shown(reader(database, folder).history());
    shown(reader(database, folder).check());
    shown(reader(database, folder).statistics());
    assert_eq!(shown(reader(database, folder).lock_holder()), None);
    shown(reader(database, folder).marked_environment());
    shown(reader(database, folder).plan_up(&UpOptions::default()));
    shown(reader(database, folder).plan_goto(&GotoOptions::new(version("3"))));
}

fn reading_an_empty_database_makes_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    crate::scene::make(database);
    reads_everything(database, &folder);
    assert_eq!(database.tables(), [""; 0]);
    let pending = shown(reader(database, &folder).status()).totals.pending;
    assert_eq!(pending, 6);
}

fn reading_changes_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.add_table(7);
    // Diesel's own row is seen, and told to nobody.
    database.diesel_run(folder.path());
    folder.add_table(8);
    let before = state(database);
    reads_everything(database, &folder);
    shown(reader(database, &folder).plan_rollback(Target::All));
    shown(reader(database, &folder).plan_redo(Target::Steps(2)));
    assert_eq!(state(database), before);
    assert_eq!(
        crate::scene::entry(database, &folder, "7").state,
        State::Applied
    );
}

fn a_dry_run_shows_each_statement_with_its_place(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_statementwise(
        "1_two",
        "-- both\nCREATE TABLE a (id INTEGER);\n  CREATE TABLE b (id INTEGER);\n",
        "DROP TABLE b;",
    );
    crate::scene::make(database);
    let plan = shown(reader(database, &folder).plan_up(&UpOptions::default()));
    let [step] = plan.as_slice() else {
        panic!("one step expected: {plan:?}");
    };
    assert!(!step.step.transactional && !step.opaque);
    let shown_sql: Vec<_> = step
        .sql
        .iter()
        .map(|statement| {
            (
                statement.place.line,
                statement.place.column,
                statement.sql.as_str(),
            )
        })
        .collect();
    let expected = [
        (2, 1, "CREATE TABLE a (id INTEGER);"),
        (3, 3, "CREATE TABLE b (id INTEGER);"),
    ];
    assert_eq!(shown_sql, expected);
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

fn a_dry_run_refuses_what_the_run_refuses(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("3_t/down.sql");
    let refused = reader(database, &folder).plan_rollback(Target::All);
    refused.expect_err("it has no way down");
    folder.write("7_bad/up.sql", "CREATE TABEL x (id INTEGER);");
    let refused = reader(database, &folder).plan_up(&UpOptions::default());
    refused.expect_err("it is no SQL");
}

#[cfg(feature = "sqlite")]
mod files {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::fs::DirEntry;
    use std::time::SystemTime;

    use super::*;
    use crate::support::sqlite::SqliteDatabase;

    #[test]
    fn a_file_is_left_as_it_is_byte_for_byte() {
        for mode in ["DELETE", "WAL"] {
            let (database, folder) = (SqliteDatabase::create(), Folder::of_six());
            up(&database, &folder);
            folder.add_table(7);
            database.execute(&format!("PRAGMA journal_mode = {mode}"));
            let before = picture(&database);
            reads_everything(&database, &folder);
            assert!(picture(&database) == before, "{mode}: a file was written");
        }
    }

    /// Returns the names of the files in the database's folder, what is in each, and when that was
    /// written.
    fn picture(database: &SqliteDatabase) -> BTreeMap<OsString, (Vec<u8>, SystemTime)> {
        let path = database.path();
        let entries = std::fs::read_dir(path.parent().expect("a folder")).expect("ours");
        let read = |entry: DirEntry| {
            let time = entry.metadata().and_then(|file| file.modified());
            let bytes = std::fs::read(entry.path()).expect("it is there");
            (entry.file_name(), (bytes, time.expect("it has one")))
        };
        entries.map(|entry| read(entry.expect("ours"))).collect()
    }

    #[test]
    fn a_file_that_is_absent_is_not_made() {
        let database = SqliteDatabase::create();
        let address = crate::scene::address(&database);
        let opened = dieselkit::Database::open(&address, dieselkit::Access::ReadOnly);
        let error = opened.expect_err("there is none");
        assert_eq!(error.hint().as_deref(), Some("`dieselkit db create`"));
        assert!(!database.path().exists());
    }
}

#[cfg(feature = "postgres")]
mod roles {
    use dieselkit::{Access, Database, MigrationSet, Migrator};

    use super::*;
    use crate::support::postgres::PostgresDatabase;

    fn reading_role(database: &PostgresDatabase<'_>, folder: &Folder) -> Migrator {
        let role = database.create_reader("reads only");
        let address = database
            .url_as(&role)
            .parse()
            .expect("the support's URL is right");
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        Migrator::new(
            Database::open(&address, Access::ReadOnly).expect("it may connect"),
            set,
        )
    }

    #[test]
    fn a_role_that_may_only_read_can_ask_everything() {
        let (database, folder) = (PostgresDatabase::create(), Folder::of_six());
        up(&database, &folder);
        folder.add_table(7);
        let mut reader = reading_role(&database, &folder);
        let status = shown(reader.status());
        assert_eq!((status.totals.applied, status.totals.pending), (6, 1));
        shown(reader.check());
        shown(reader.history());
        shown(reader.statistics());
        assert_eq!(shown(reader.plan_up(&UpOptions::default())).len(), 1);
    }

    #[test]
    fn a_role_that_may_only_read_can_ask_an_empty_database() {
        let (database, folder) = (PostgresDatabase::create(), Folder::of_six());
        let mut reader = reading_role(&database, &folder);
        assert_eq!(shown(reader.status()).totals.pending, 6);
        assert_eq!(database.tables(), [""; 0]);
    }
}
