//! Who shares the lock, who waits for whom, and that nothing is left of it.

use std::time::Duration;

use super::*;
use crate::backend::Access;
use crate::backend::support::engine::Engine;
use crate::backend::support::on_both_engines;
use crate::environment::Environment;

on_both_engines![
    a_second_backup_is_told_of_the_first,
    whoever_writes_is_told_of_a_backup,
    a_backup_is_told_of_whoever_writes,
    a_backup_makes_nothing,
    another_environment_is_refused,
];

fn caller(user: &str) -> Caller {
    let mut caller = Caller::default();
    caller.be(Some(user), Some("engine-1"));
    caller.lock_wait = Some(Duration::ZERO);
    caller
}

fn open(database: &dyn Engine, access: Access) -> Database {
    database.execute("SELECT 1");
    let address = database.url().parse().expect("the support's URL is right");
    Database::open(&address, access).expect("it is there")
}

fn share<T>(
    database: &dyn Engine,
    user: &str,
    run: impl FnOnce() -> T,
) -> Result<T, OperationError> {
    let mut opened = open(database, Access::ReadOnly);
    caller(user).under_shared_lock(&mut opened, |_| Ok(run()))
}

fn write<T>(
    database: &dyn Engine,
    user: &str,
    run: impl FnOnce() -> T,
) -> Result<T, OperationError> {
    let mut opened = open(database, Access::ReadWrite);
    caller(user).under_lock(&mut opened, |_, _| Ok(run()))
}

/// Returns what was said of the lock, which was not to be had.
#[track_caller]
fn refused<T: std::fmt::Debug>(tried: Result<T, OperationError>) -> String {
    match tried {
        Err(OperationError::Backend(error @ BackendError::LockTimeout { .. })) => error.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

fn a_second_backup_is_told_of_the_first(database: &dyn Engine) {
    let second = share(database, "ada", || share(database, "grace", || ()));
    let said = match second.expect("it is free") {
        Err(OperationError::Backend(error @ BackendError::BackupRunning { .. })) => {
            error.to_string()
        }
        other => panic!("not refused: {other:?}"),
    };
    assert!(said.contains("engine-1 ada backup"), "{said}");
    share(database, "grace", || ()).expect("it was given back");
}

fn whoever_writes_is_told_of_a_backup(database: &dyn Engine) {
    let said = share(database, "ada", || refused(write(database, "grace", || ())));
    let said = said.expect("it is free");
    let holder = concat!(
        "dieselkit ",
        env!("CARGO_PKG_VERSION"),
        " engine-1 ada backup"
    );
    assert!(said.contains(holder), "{said}");
    write(database, "grace", || ()).expect("it was given back");
}

fn a_backup_is_told_of_whoever_writes(database: &dyn Engine) {
    let said = write(database, "grace", || refused(share(database, "ada", || ())));
    let said = said.expect("it is free");
    assert!(said.contains("engine-1 grace,"), "{said}");
    share(database, "ada", || ()).expect("it was given back");
}

fn a_backup_makes_nothing(database: &dyn Engine) {
    database.execute("CREATE TABLE a (id INTEGER)");
    share(database, "ada", || ()).expect("it is free");
    assert_eq!(database.tables(), ["a"]);
}

fn another_environment_is_refused(database: &dyn Engine) {
    let environment = |name| Environment::new(name).expect("it is a name");
    let mut opened = open(database, Access::ReadWrite);
    let mut marking = caller("ada");
    marking.be_in(&environment("staging"));
    let marked: Result<(), OperationError> = marking.under_lock(&mut opened, |_, _| Ok(()));
    marked.expect("it has no mark yet");
    let shared_in = |name| {
        let mut sharing = caller("ada");
        sharing.be_in(&environment(name));
        sharing.under_shared_lock(&mut open(database, Access::ReadOnly), |sharing| {
            Ok::<_, OperationError>(sharing.identity.environment.clone())
        })
    };
    let marked = shared_in("staging").expect("it is the one");
    assert_eq!(marked.as_deref(), Some("staging"));
    let refused = shared_in("production");
    assert!(
        matches!(refused, Err(OperationError::EnvironmentMismatch { .. })),
        "{refused:?}"
    );
}

#[cfg(feature = "postgres")]
mod names {
    use super::*;
    use crate::backend::support::postgres::PostgresDatabase;

    /// A name in the address is the session's, and then it says nothing of a backup.
    #[test]
    fn a_backup_is_told_by_its_lock_whatever_its_session_is_called() {
        let database = PostgresDatabase::create();
        let url = format!("{}?application_name=nightly", database.url());
        let address = url.parse().expect("it is an address");
        let mut named = Database::open(&address, Access::ReadOnly).expect("it is there");
        let said = caller("ada").under_shared_lock(&mut named, |_| {
            Ok::<_, OperationError>(refused(write(&database, "grace", || ())))
        });
        let said = said.expect("it is free");
        assert!(said.contains("nightly backup,"), "{said}");
    }

    #[test]
    fn a_role_that_reads_is_enough() {
        let database = PostgresDatabase::create();
        write(&database, "ada", || ()).expect("it is free");
        let reader = database.create_reader("secret");
        let address = database.url_as(&reader).parse().expect("it is an address");
        let mut opened = Database::open(&address, Access::ReadOnly).expect("it is there");
        let shared: Result<(), OperationError> =
            caller("ada").under_shared_lock(&mut opened, |_| Ok(()));
        shared.expect("reading is enough");
    }
}
