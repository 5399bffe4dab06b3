//! A pooler in transaction mode cannot keep the lock: it is found out and refused.

use dieselkit::backend::BackendError;
use dieselkit::migration::RunError;
use dieselkit::{Access, Database, MigrationSet, Migrator, UpOptions};

use crate::scene::{Folder, chain, shown, up};
use crate::support::engine::Engine;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_pooler_with_one_idle_client_is_refused,
    a_pooler_is_refused_again_and_again,
    a_busy_pooler_is_refused,
    status_answers_through_a_pooler,
];

type Server = PostgresDatabase<'static>;

fn through(pooler: &PgBouncer, folder: &Folder, access: Access) -> Migrator {
    let address = pooler.url().parse().expect("the support's URL is right");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    Migrator::new(
        Database::open(&address, access).expect("the pooler listens"),
        set,
    )
}

#[track_caller]
fn is_refused(database: &Server, pooler: &PgBouncer, folder: &Folder) {
    let refused = through(pooler, folder, Access::ReadWrite).up(&UpOptions::default());
    match refused.expect_err("it cannot keep the lock") {
        RunError::Backend(BackendError::PooledTransactions) => {}
        other => panic!("another error: {}", chain(&other)),
    }
    let stranded = "SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
        WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(database.query_i64(stranded), 0, "a lock is stranded");
    assert_eq!(database.tables(), [""; 0]);
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dieselkit%' AND datname = current_database()";
    assert_eq!(
        database.query_i64(ours),
        0,
        "a pooled session bears our name"
    );
}

fn a_pooler_with_one_idle_client_is_refused(database: &Server) {
    let (pooler, folder) = (PgBouncer::before(database, 1), Folder::of_six());
    is_refused(database, &pooler, &folder);
}

fn a_pooler_is_refused_again_and_again(database: &Server) {
    let (pooler, folder) = (PgBouncer::before(database, 5), Folder::of_six());
    for _ in 0..5 {
        is_refused(database, &pooler, &folder);
    }
    // The server itself is there for whoever asks it.
    assert_eq!(up(database, &folder).done.len(), 6);
}

fn a_busy_pooler_is_refused(database: &Server) {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;

    let (pooler, folder) = (PgBouncer::before(database, 5), Folder::of_six());
    let url = pooler.url();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = diesel::PgConnection::establish(&url).expect("it listens");
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    client
                        .batch_execute("SELECT pg_sleep(0.001)")
                        .expect("it answers");
                }
            });
        }
        let ran = std::panic::catch_unwind(|| {
            for _ in 0..5 {
                is_refused(database, &pooler, &folder);
            }
        });
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        ran.expect("each is refused");
    });
}

fn status_answers_through_a_pooler(database: &Server) {
    let (pooler, folder) = (PgBouncer::before(database, 1), Folder::of_six());
    up(database, &folder);
    for _ in 0..3 {
        let mut reader = through(&pooler, &folder, Access::ReadOnly);
        assert_eq!(shown(reader.status()).totals.applied, 6);
        shown(reader.check());
    }
}
