//! A database is replaced under its lock, and with it nobody's.

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::backend::dump::tests::Scene;
use crate::backend::restore::{Contents, Owners, Place, Privileges, RestoreRequest, open_restore};
use crate::backend::support::engine::Engine;
use crate::backend::support::on_both_engines;
use crate::backend::{Access, BackendError, OtherSessions};

on_both_engines![a_database_is_replaced_under_its_lock];

const REPLACING: Replacing<'_> = Replacing {
    time: "now",
    unread: Unread::Refuse,
};

#[derive(Debug)]
enum TestError {
    Operation(OperationError),
    Restore(#[expect(dead_code, reason = "it is shown")] RestoreError),
}

impl From<OperationError> for TestError {
    fn from(error: OperationError) -> Self {
        Self::Operation(error)
    }
}

impl From<RestoreError> for TestError {
    fn from(error: RestoreError) -> Self {
        Self::Restore(error)
    }
}

fn caller() -> Caller {
    Caller {
        lock_wait: Some(Duration::ZERO),
        ..Caller::default()
    }
}

fn restored(database: &dyn Engine, scene: &Scene) -> Box<dyn Restore> {
    let bytes = scene.copy(database).expect("it is whole").bytes;
    let request = RestoreRequest {
        owners: Owners::Kept,
        privileges: Privileges::Kept,
        role: None,
        jobs: NonZeroU32::MIN,
        programs: &scene.programs,
        owner: "dieselkit restore",
        cancellation: &scene.cancellation,
    };
    let address = database.url().parse().expect("it is an address");
    let mut restore = open_restore(&address, Place::Beside, &request).expect("there is room");
    let filled = restore.fill(Contents::Stream(&mut bytes.as_slice()));
    filled.expect("it is whole");
    restore
}

fn a_database_is_replaced_under_its_lock(database: &dyn Engine) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let scene = Scene::new();
    let open = || {
        let address = database.url().parse().expect("it is an address");
        Database::open(&address, Access::ReadWrite).expect("it is there")
    };
    let mut new = restored(database, &scene);
    database.execute("INSERT INTO a VALUES (1)");
    let mut holder = open();
    let refused: Result<_, OperationError> = caller().under_shared_lock(&mut holder, |_| {
        Ok(caller().replace_database::<TestError>(open(), new.as_mut(), REPLACING))
    });
    drop(holder);
    let refused = refused.expect("it is free");
    assert!(
        matches!(
            refused,
            Err(TestError::Operation(OperationError::Backend(
                BackendError::LockTimeout { .. }
            )))
        ),
        "{refused:?}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
    drop(new);
    // What the copy lacks is lost on purpose.
    database.execute("DELETE FROM a");
    let mut new = restored(database, &scene);
    database.execute("INSERT INTO a VALUES (1)");
    let old = caller().replace_database::<TestError>(open(), new.as_mut(), REPLACING);
    let old = old.expect("nobody has it").expect("there was one");
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 0);
    let old = Database::open(&old, Access::ReadWrite).expect("it is kept");
    old.drop_whole(OtherSessions::Respect, &mut Err)
        .expect("it is ours");
}
