//! What holds of the way back whatever the engine.

use std::io;

use super::*;
use crate::backend::dump::DatabaseFacts;
use crate::backend::dump::tests::{Scene, counts};
use crate::backend::error::BackendError;
use crate::backend::support::engine::Engine;
use crate::backend::support::on_both_engines;

on_both_engines![
    what_was_copied_comes_back_beside,
    it_takes_the_name_and_the_old_one_is_kept,
    it_takes_the_name_of_one_that_is_gone,
    whoever_gives_up_leaves_nothing,
    half_a_backup_is_none,
    nobody_is_at_work_in_what_is_replaced,
    a_name_that_is_taken_is_refused,
    whoever_asks_to_end_gets_nothing,
];

/// What a restore is asked for.
pub(crate) fn request(scene: &Scene) -> RestoreRequest<'_> {
    RestoreRequest {
        owners: Owners::Kept,
        privileges: Privileges::Kept,
        role: None,
        jobs: NonZeroU32::MIN,
        programs: &scene.programs,
        owner: "dieselkit restore",
        cancellation: &scene.cancellation,
    }
}

fn address(database: &dyn Engine) -> DatabaseAddress {
    database.url().parse().expect("the support's URL is right")
}

fn fill(restore: &mut dyn Restore, mut bytes: &[u8]) -> Result<Vec<String>, RestoreError> {
    restore.fill(Contents::Stream(&mut bytes))
}

fn found(address: &DatabaseAddress) -> Counted {
    let cancellation = Cancellation::default();
    count(address, Hashing::Contents, &cancellation, &mut |_, _| {}).expect("it can be read")
}

/// Makes a table, and returns what a backup of it holds.
fn backup(database: &dyn Engine, scene: &Scene) -> (DatabaseFacts, Vec<u8>) {
    let id = database.either("INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY");
    database.execute(&format!(
        "CREATE TABLE a (id {id}, name TEXT); INSERT INTO a (name) VALUES ('ada'), ('grace');
CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY); INSERT INTO __diesel_schema_migrations VALUES ('001');"
    ));
    let copied = scene.copy(database).expect("it is whole");
    (copied.facts, copied.bytes)
}

/// Returns the names of what there is beside the database: databases, or files.
fn beside(database: &dyn Engine) -> Vec<String> {
    let address = address(database);
    let name = address.database().expect("it has a name").to_owned();
    match database.either("sqlite", "postgres") {
        "sqlite" => {
            let path = address.for_tools();
            let folder = Path::new(&path).parent().expect("it is in one");
            let entries = std::fs::read_dir(folder).expect("it is ours");
            let names = entries.map(|entry| entry.expect("it is ours").file_name());
            let mut names: Vec<_> = names
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        }
        _ => database.query_column(&format!(
            "SELECT datname FROM pg_database WHERE datname LIKE '{}%' ORDER BY 1",
            &name[..40.min(name.len())]
        )),
    }
}

fn remove(database: &dyn Engine, address: &DatabaseAddress) {
    if database.either("sqlite", "postgres") == "sqlite" {
        std::fs::remove_file(address.for_tools()).expect("it is there");
    } else {
        let name = address.database().expect("it has a name");
        database.execute(&format!("DROP DATABASE \"{name}\""));
    }
}

/// Gives what was restored a name beside the database.
fn kept(restore: &mut dyn Restore, database: &dyn Engine) -> Result<DatabaseAddress, RestoreError> {
    let free = restored_as(&address(database), "now");
    restore.keep(&free.own_name())
}

fn what_was_copied_comes_back_beside(database: &dyn Engine) {
    let scene = Scene::new();
    let (facts, bytes) = backup(database, &scene);
    let mut restore =
        open_restore(&address(database), Place::Beside, &request(&scene)).expect("there is room");
    assert_eq!(fill(&mut *restore, &bytes).expect("it is whole"), [""; 0]);
    restore.analyze().expect("it is ours");
    let address = kept(restore.as_mut(), database).expect("it is ours");
    let counted = found(&address);
    assert_eq!(differences(&facts, &["001".to_owned()], &counted), [""; 0]);
    assert_eq!(counted.facts.tables, facts.tables);
    assert!(
        counted
            .facts
            .tables
            .iter()
            .all(|table| table.content_hash.is_some())
    );
    let other = differences(&facts, &["002".to_owned()], &counted);
    assert_eq!(other.len(), 2, "{other:?}");
    remove(database, &address);
    assert_eq!(beside(database).len(), 1);
}

fn it_takes_the_name_and_the_old_one_is_kept(database: &dyn Engine) {
    let scene = Scene::new();
    let (_, bytes) = backup(database, &scene);
    database.execute("INSERT INTO a (name) VALUES ('too late')");
    let mut restore =
        open_restore(&address(database), Place::Beside, &request(&scene)).expect("there is room");
    fill(&mut *restore, &bytes).expect("it is whole");
    let old = restore
        .replace(Original::Read, "20260131T101500Z")
        .expect("nobody is at work");
    let old = old.expect("there was one");
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 2);
    assert!(
        old.database()
            .expect("it has a name")
            .contains("_before_20260131T101500Z")
    );
    let kept = counts(&found(&old).facts);
    assert!(kept.iter().any(|table| table.ends_with(" 3")), "{kept:?}");
    assert_eq!(beside(database).len(), 2);
    remove(database, &old);
}

fn it_takes_the_name_of_one_that_is_gone(database: &dyn Engine) {
    let scene = Scene::new();
    let (_, bytes) = backup(database, &scene);
    let address = address(database);
    match database.either("sqlite", "postgres") {
        "sqlite" => std::fs::remove_file(address.for_tools()).expect("it is there"),
        _ => crate::backend::Database::open(&address, crate::backend::Access::ReadWrite)
            .expect("it is there")
            .drop_whole(crate::backend::OtherSessions::End, &mut Err)
            .expect("it is ours"),
    }
    let mut restore =
        open_restore(&address, Place::Beside, &request(&scene)).expect("there is room");
    fill(&mut *restore, &bytes).expect("it is whole");
    assert_eq!(
        restore
            .replace(Original::Read, "now")
            .expect("nobody is in the way"),
        None
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 2);
}

fn whoever_gives_up_leaves_nothing(database: &dyn Engine) {
    let scene = Scene::new();
    let (_, bytes) = backup(database, &scene);
    let before = beside(database);
    let mut restore =
        open_restore(&address(database), Place::Beside, &request(&scene)).expect("there is room");
    fill(&mut *restore, &bytes).expect("it is whole");
    assert_ne!(beside(database), before);
    drop(restore);
    assert_eq!(beside(database), before);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 2);
}

/// A reader that breaks after so many bytes.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "corrupt deflate stream",
            )),
            read => Ok(read),
        }
    }
}

fn half_a_backup_is_none(database: &dyn Engine) {
    let scene = Scene::new();
    let (_, bytes) = backup(database, &scene);
    let before = beside(database);
    for ninths in 0..9 {
        let part = &bytes[..bytes.len() * ninths / 9];
        let mut restore = open_restore(&address(database), Place::Beside, &request(&scene))
            .expect("there is room");
        let error = restore.fill(Contents::Stream(&mut Broken(part)));
        assert!(
            matches!(error, Err(RestoreError::Unreadable { .. })),
            "{error:?}"
        );
        let error = fill(&mut *restore, part).map(|_| found(restore.address()));
        assert!(
            ninths == 0 && database.either("sqlite", "") == "sqlite" || error.is_err(),
            "{ninths}: {error:?}"
        );
    }
    assert_eq!(beside(database), before);
}

fn nobody_is_at_work_in_what_is_replaced(database: &dyn Engine) {
    let scene = Scene::new();
    let (_, bytes) = backup(database, &scene);
    let before = beside(database);
    let dump = database.schema_dump();
    let mut restore =
        open_restore(&address(database), Place::Beside, &request(&scene)).expect("there is room");
    fill(&mut *restore, &bytes).expect("it is whole");
    let opened =
        crate::backend::Database::open(&address(database), crate::backend::Access::ReadWrite);
    let mut opened = opened.expect("it is there");
    let backend = opened.backend().expect("it is open");
    backend
        .batch_execute("BEGIN; INSERT INTO a (name) VALUES ('at work')")
        .expect("it is free");
    let refused = restore.replace(Original::Read, "now");
    let Err(RestoreError::InUse { users, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert!(!users.is_empty());
    drop((opened, restore));
    assert_eq!(beside(database), before);
    assert_eq!(database.schema_dump(), dump);
}

fn a_name_that_is_taken_is_refused(database: &dyn Engine) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let scene = Scene::new();
    let address = address(database);
    let taken = match database.either("sqlite", "postgres") {
        "sqlite" => address.for_tools(),
        _ => address.database().expect("it has a name").to_owned(),
    };
    let refused = open_restore(&address, Place::Into(&taken), &request(&scene));
    assert!(matches!(
        refused,
        Err(RestoreError::Backend(BackendError::DatabaseExists { .. }))
    ));
    assert_eq!(database.tables(), ["a"]);
}

fn whoever_asks_to_end_gets_nothing(database: &dyn Engine) {
    let scene = Scene::new();
    let (_, bytes) = backup(database, &scene);
    let before = beside(database);
    let mut restore =
        open_restore(&address(database), Place::Beside, &request(&scene)).expect("there is room");
    scene.cancellation.cancel();
    let ended = fill(&mut *restore, &bytes);
    assert!(matches!(ended, Err(RestoreError::Interrupted)), "{ended:?}");
    drop(restore);
    assert_eq!(beside(database), before);
}

/// Copies a database in a format, and restores it.
#[cfg(feature = "postgres")]
pub(crate) fn there_and_back(
    database: &dyn Engine,
    format: crate::backend::dump::Format,
    jobs: u32,
) -> Result<(DatabaseFacts, DatabaseAddress), RestoreError> {
    use crate::backend::dump::Format;
    let scene = Scene::new();
    let part = scene.folder.path().join("part");
    let jobs = NonZeroU32::new(jobs).expect("it is not zero");
    let dumping = crate::backend::dump::DumpRequest {
        folder: Some(&part),
        jobs,
        ..scene.request(format)
    };
    let copied = crate::backend::dump::tests::copy(&database.url(), &dumping).expect("it is whole");
    if format == Format::Custom {
        std::fs::write(&part, &copied.bytes).expect("the folder is ours");
    }
    let request = RestoreRequest {
        jobs,
        ..request(&scene)
    };
    let mut restore = open_restore(&address(database), Place::Beside, &request)?;
    match format {
        Format::Plain => fill(&mut *restore, &copied.bytes)?,
        _ => restore.fill(Contents::Archive(&part))?,
    };
    restore.analyze()?;
    Ok((copied.facts, kept(restore.as_mut(), database)?))
}
