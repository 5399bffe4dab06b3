//! The copy of the database that is made before a run: when, beneath whose lock, and what is known of
//! it afterwards.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dieselkit::backend::BackendError;
use dieselkit::backup::retention::Keep;
use dieselkit::backup::{Catalog, Check, CreateError, CreateOptions, SafetyBackup};
use dieselkit::event::Event;
use dieselkit::migration::{CopyBefore, LockHeld, RunError, SafetyCopy, SafetyCopyError, StepSql};
use dieselkit::{Backups, Environment, Migrator, Target, UpOptions};

use crate::scene::{Folder, address, migrator, shown, up};
use crate::support::engine::Engine;

on_both_engines![
    a_backup_is_made_once_the_plan_stands_and_is_in_every_row,
    a_backup_is_made_before_what_destroys,
    nobody_else_migrates_while_it_is_made,
    a_backup_that_waits_for_the_run_is_not_waited_for,
    without_a_copy_nothing_runs,
    a_backup_of_another_database_is_refused,
    a_reset_is_preceded_by_one_backup,
    a_failure_names_the_way_back,
];

/// Who makes no backup, and notes that one was asked for.
#[derive(Clone, Default)]
struct Noting {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Noting {
    fn asked(&self) -> usize {
        self.asked.lock().expect("nobody panicked").len()
    }
}

impl SafetyCopy for Noting {
    fn make(&mut self, held: &LockHeld<'_>) -> Result<String, SafetyCopyError> {
        let mut asked = self.asked.lock().expect("nobody panicked");
        asked.push(held.identity().to_owned());
        Ok(format!("copy-{}", asked.len()))
    }
}

/// Who fails.
struct Failing;

impl SafetyCopy for Failing {
    fn make(&mut self, _held: &LockHeld<'_>) -> Result<String, SafetyCopyError> {
        let full = std::io::Error::other("no space left on device");
        Err(SafetyCopyError::new(full, Some("make room".to_owned())))
    }
}

/// Who does something else, once, meanwhile.
struct Doing<F>(Option<F>);

impl<F> SafetyCopy for Doing<F>
where
    F: FnOnce(&LockHeld<'_>) -> Result<String, SafetyCopyError> + Send,
{
    fn make(&mut self, held: &LockHeld<'_>) -> Result<String, SafetyCopyError> {
        let make = self.0.take().expect("one copy is made before a run");
        make(held)
    }
}

fn backups(database: &dyn Engine, folder: &Path) -> SafetyBackup {
    let environment = Environment::new("development").expect("a name");
    let backups = Backups::new(&address(database), &environment, folder);
    SafetyBackup::new(backups, CreateOptions::default(), Keep::default())
}

/// Returns a folder of migrations, and one for whatever else has to have a place.
fn folder_of_three() -> (tempfile::TempDir, Folder) {
    let home = tempfile::tempdir().expect("temporary folders can be made");
    let folder = Folder::new();
    for number in 1..=3 {
        folder.add_table(number);
    }
    (home, folder)
}

fn noted(database: &dyn Engine) -> Vec<String> {
    database.query_column("SELECT backup FROM __dieselkit_history ORDER BY id")
}

fn a_backup_is_made_once_the_plan_stands_and_is_in_every_row(database: &dyn Engine) {
    let (home, folder) = folder_of_three();
    folder.add_statementwise("4_whole", "CREATE TABLE t4 (id INTEGER);", "DROP TABLE t4;");
    let place = home.path().join("backups");
    let backing_up = |before| {
        let copy = backups(database, &place);
        migrator(database, &folder).with_safety_copy(before, copy)
    };
    let report = shown(backing_up(CopyBefore::Everything).up(&UpOptions::default()));
    let first = report.backup.expect("one was made");
    assert_eq!(first.restore, "dieselkit restore --before 1");
    assert_eq!(noted(database), vec![first.name.as_str(); 4]);
    let listing = Catalog::new(&place).read().expect("it is there");
    let [backup] = listing.backups.as_slice() else {
        panic!("not one: {listing:?}");
    };
    assert_eq!(backup.manifest.id.as_str(), first.name);
    assert!(backup.manifest.migrations.applied.is_empty());
    let verdicts: Vec<_> = backup
        .manifest
        .verdicts
        .iter()
        .map(|found| found.check)
        .collect();
    assert_eq!(verdicts, [Check::Created, Check::Files]);

    // Where there is nothing to run there is nothing to go back to.
    let report = shown(backing_up(CopyBefore::Everything).up(&UpOptions::default()));
    assert_eq!(report.backup, None);

    let down = shown(backing_up(CopyBefore::Everything).rollback(Target::Steps(2)));
    let second = down.backup.expect("one was made");
    assert_eq!(second.restore, format!("dieselkit restore {}", second.name));
    let (first, second) = (first.name.as_str(), second.name.as_str());
    assert_eq!(noted(database), [first, first, second, second]);
    // A run without one leaves what is known.
    crate::scene::rollback(database, &folder, Target::All);
    assert_eq!(noted(database), [first, first, second, second]);
    let history = shown(crate::scene::reader(database, &folder).history());
    assert_eq!(history[0].backup.as_deref(), Some(second));
}

fn a_backup_is_made_before_what_destroys(database: &dyn Engine) {
    let (_home, folder) = folder_of_three();
    let noting = Noting::default();
    let with = |before| migrator(database, &folder).with_safety_copy(before, noting.clone());
    shown(with(CopyBefore::Destruction).up(&UpOptions::default()));
    assert_eq!(noting.asked(), 0);
    let destroys = |steps: &[StepSql]| {
        assert_eq!(noting.asked(), 0, "a plan makes none");
        CopyBefore::Destruction.wants(steps)
    };
    assert!(destroys(&shown(
        migrator(database, &folder).plan_rollback(Target::Steps(1))
    )));
    folder.add_table(4);
    assert!(!destroys(&shown(
        migrator(database, &folder).plan_up(&UpOptions::default())
    )));
    folder.add("5_less", "DROP TABLE t1;", "CREATE TABLE t1 (id INTEGER);");
    let planned = shown(migrator(database, &folder).plan_up(&UpOptions::default()));
    assert!(destroys(&planned));
    assert!(!planned[0].destroys && planned[1].destroys);
    shown(with(CopyBefore::Destruction).up(&UpOptions::default()));
    assert_eq!(noting.asked(), 1);
    assert_eq!(noted(database)[2..], ["NULL", "copy-1", "copy-1"]);
    shown(with(CopyBefore::Destruction).redo(Target::Steps(1)));
    assert_eq!(noted(database)[4..], ["copy-2", "copy-2"]);
    shown(with(CopyBefore::Destruction).rollback(Target::Steps(1)));
    assert_eq!(noted(database)[4..], ["copy-2", "copy-3"]);
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE IF NOT EXISTS t4 (id INTEGER, name TEXT);",
    );
    shown(with(CopyBefore::Destruction).up(&UpOptions::default().force()));
    assert_eq!(noting.asked(), 4);
    let identity = "SELECT value FROM __dieselkit_metadata WHERE key = 'identity'";
    let asked = noting.asked.lock().expect("nobody panicked");
    assert_eq!(*asked, vec![database.query_text(identity); 4]);
}

fn nobody_else_migrates_while_it_is_made(database: &dyn Engine) {
    let (home, folder) = folder_of_three();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (noted, address) = (Arc::clone(&seen), address(database));
    let (migrations, place) = (folder.path().to_owned(), home.path().join("backups"));
    let meanwhile = Doing(Some(move |_: &LockHeld<'_>| {
        let opened = dieselkit::Database::open(&address, dieselkit::Access::ReadWrite);
        let set = dieselkit::MigrationSet::from_folder(&migrations).expect("it is readable");
        let another = Migrator::new(opened.expect("it is there"), set);
        let up = another
            .with_lock_wait(Duration::ZERO)
            .up(&UpOptions::default());
        let environment = Environment::new("development").expect("a name");
        let backups = Backups::new(&address, &environment, &place);
        let backup = backups
            .with_lock_wait(Duration::ZERO)
            .create(&CreateOptions::default(), &Keep::default());
        let mut noted = noted.lock().expect("nobody panicked");
        noted.push(matches!(
            up,
            Err(RunError::Backend(BackendError::LockTimeout { .. }))
        ));
        noted.push(matches!(
            backup,
            Err(CreateError::Backend(BackendError::LockTimeout { .. }))
        ));
        Ok("done".to_owned())
    }));
    let mut first = migrator(database, &folder).with_safety_copy(CopyBefore::Everything, meanwhile);
    assert_eq!(shown(first.up(&UpOptions::default())).done.len(), 3);
    assert_eq!(*seen.lock().expect("nobody panicked"), [true, true]);
}

/// A backup that waits for the lock must not have taken the folder that the run's own goes to.
fn a_backup_that_waits_for_the_run_is_not_waited_for(database: &dyn Engine) {
    let (home, folder) = folder_of_three();
    let place = home.path().join("backups");
    let (waits, waiting) = std::sync::mpsc::channel();
    let environment = Environment::new("development").expect("a name");
    let nightly = Backups::new(&address(database), &environment, &place);
    let mut nightly = nightly.with_observer(move |event: &Event| {
        if matches!(event, Event::LockWaiting { .. }) {
            // Whoever listened may have heard enough.
            let _ = waits.send(());
        }
    });
    let nights = Arc::new(Mutex::new(None));
    let begun = Arc::clone(&nights);
    let mut copy = backups(database, &place);
    let meanwhile = Doing(Some(move |held: &LockHeld<'_>| {
        let created =
            std::thread::spawn(move || nightly.create(&CreateOptions::default(), &Keep::default()));
        waiting.recv().expect("it waits for the lock");
        *begun.lock().expect("nobody panicked") = Some(created);
        copy.make(held)
    }));
    let mut with = migrator(database, &folder).with_safety_copy(CopyBefore::Everything, meanwhile);
    assert_eq!(shown(with.up(&UpOptions::default())).done.len(), 3);
    let night = nights.lock().expect("nobody panicked").take();
    let created = night.expect("it was begun").join().expect("it ends");
    let head = created
        .expect("the lock was freed")
        .manifest
        .migrations
        .head;
    assert_eq!(head.as_deref(), Some("3"));
}

fn without_a_copy_nothing_runs(database: &dyn Engine) {
    let (_home, folder) = folder_of_three();
    up(database, &folder);
    let before = database.schema_dump();
    let with = || migrator(database, &folder).with_safety_copy(CopyBefore::Everything, Failing);
    folder.add_table(4);
    let refused = [
        with().up(&UpOptions::default()).map(drop),
        with().rollback(Target::All).map(drop),
        with().redo(Target::Steps(1)).map(drop),
        with().reset().map(drop),
    ];
    for refused in refused {
        let error = refused.expect_err("there is no copy");
        assert!(matches!(error, RunError::NotBackedUp { .. }), "{error:?}");
        assert_eq!(error.hint().as_deref(), Some("make room"));
        assert!(error.report().is_none());
    }
    assert_eq!(database.schema_dump(), before);
    assert_eq!(database.applied(), ["1", "2", "3"]);
    assert_eq!(noted(database), ["NULL"; 3]);
    // The lock was given back.
    up(database, &folder);
}

fn a_backup_of_another_database_is_refused(database: &dyn Engine) {
    let (home, folder) = folder_of_three();
    let elsewhere = home.path().join("another.db");
    let another = format!("sqlite:{}", elsewhere.display());
    if cfg!(not(feature = "sqlite")) {
        return;
    }
    std::fs::write(&elsewhere, "").expect("the folder is ours");
    let environment = Environment::new("development").expect("a name");
    let address = another.parse().expect("it is an address");
    let backups = Backups::new(&address, &environment, home.path().join("backups"));
    let copy = SafetyBackup::new(backups, CreateOptions::default(), Keep::default());
    let mut with = migrator(database, &folder).with_safety_copy(CopyBefore::Everything, copy);
    let error = with.up(&UpOptions::default()).expect_err("it is another");
    let RunError::NotBackedUp { source } = error else {
        panic!("{error:?}");
    };
    let cause = source.cause().downcast_ref::<CreateError>();
    assert!(
        matches!(cause, Some(CreateError::OtherDatabase)),
        "{cause:?}"
    );
    assert!(database.applied().is_empty());
    assert!(!home.path().join("backups").exists());
}

fn a_reset_is_preceded_by_one_backup(database: &dyn Engine) {
    let (home, folder) = folder_of_three();
    up(database, &folder);
    database.execute("INSERT INTO t1 VALUES (7)");
    let place = home.path().join("backups");
    let mut with = migrator(database, &folder)
        .with_safety_copy(CopyBefore::Destruction, backups(database, &place));
    let report = shown(with.reset());
    let copy = report.applied.backup.expect("one was made");
    assert_eq!(copy.restore, format!("dieselkit restore {}", copy.name));
    assert_eq!(noted(database), vec![copy.name; 3]);
    let listing = Catalog::new(&place).read().expect("it is there");
    let [backup] = listing.backups.as_slice() else {
        panic!("not one: {listing:?}");
    };
    assert_eq!(backup.manifest.migrations.applied, ["1", "2", "3"]);
    let tables = &backup.manifest.facts.tables;
    let rows = tables
        .iter()
        .find(|table| table.name.contains("t1"))
        .map(|table| table.rows);
    assert_eq!(rows, Some(1));
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 0);
}

fn a_failure_names_the_way_back(database: &dyn Engine) {
    let (_home, folder) = folder_of_three();
    folder.add("4_bad", "DROP TABLE nowhere;", "SELECT 1;");
    let noting = Noting::default();
    let with =
        || migrator(database, &folder).with_safety_copy(CopyBefore::Destruction, noting.clone());
    let error = with().up(&UpOptions::default()).expect_err("one is bad");
    let hint = error.hint().expect("there is one");
    assert!(hint.contains("`dieselkit restore --before 1`"), "{hint}");
    assert_eq!(noted(database), ["copy-1"; 4]);
    folder.write("3_t/down.sql", "DROP TABLE nowhere;");
    folder.remove("4_bad");
    let error = with().rollback(Target::Steps(2)).expect_err("one is bad");
    let hint = error.hint().expect("there is one");
    assert!(hint.contains("`dieselkit restore copy-2`"), "{hint}");
    assert_eq!(noted(database)[2], "copy-2");
    folder.add("5_bad", "DROP TABLE nowhere;", "SELECT 1;");
    let error = with().reset().expect_err("one is bad");
    let hint = error.hint().expect("there is one");
    assert!(hint.contains("`dieselkit restore copy-3`"), "{hint}");
    assert_eq!(
        error.backup().map(|copy| copy.name.as_str()),
        Some("copy-3")
    );
}
