//! An address for the lock that holds none here is refused.

use super::*;

on_one_engine![PostgresDatabase:
    a_lock_in_another_database_is_refused,
    a_lock_of_another_user_is_refused,
    a_lock_through_the_pooler_is_refused,
];

fn refused(ran: Result<dieselkit::migration::RunReport, RunError>) -> BackendError {
    match ran.expect_err("it is refused") {
        RunError::Backend(error) => error,
        other => panic!("another error: {}", chain(&other)),
    }
}

fn a_lock_in_another_database_is_refused(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    let other = PostgresDatabase::create();
    let ran = migrator(&pooler, &other, &folder).up(&UpOptions::default());
    assert!(matches!(refused(ran), BackendError::LockElsewhere));
    assert_eq!(server.tables(), [""; 0]);
    assert_eq!(other.tables(), [""; 0]);
    nothing_is_stranded(server);
    nothing_is_stranded(&other);
}

fn a_lock_of_another_user_is_refused(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    let role = server.create_role("secret");
    let open = |url: &str| {
        let address = url.parse().expect("the support's URL is right");
        Database::connect(&address, Absent::Refuse).expect("it listens")
    };
    let database = open(&pooler.url()).with_lock_over(open(&server.url_as(&role)));
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let ran = Migrator::new(database, set).up(&UpOptions::default());
    let error = refused(ran);
    assert!(
        matches!(error, BackendError::LockOfAnother { .. }),
        "{error}"
    );
    assert_eq!(server.tables(), [""; 0]);
}

fn a_lock_through_the_pooler_is_refused(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::of_six());
    let open = || {
        let address = pooler.url().parse().expect("the support's URL is right");
        Database::open(&address, Access::ReadWrite).expect("it listens")
    };
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let ran = Migrator::new(open().with_lock_over(open()), set).up(&UpOptions::default());
    let error = refused(ran);
    assert!(matches!(error, BackendError::PooledLock), "{error}");
    assert_eq!(server.tables(), [""; 0]);
    nothing_is_stranded(server);
}
