//! A lock that is held over the server's own address, while transactions go through a pooler: what a run
//! does is what it would do without one.

mod in_the_way;
mod lost;
mod refused;

use std::thread;

use diesel::connection::SimpleConnection as _;
use dieselkit::backend::BackendError;
use dieselkit::event::Event;
use dieselkit::migration::{RunError, StateLeft, StepFailure, TransactionMode};
use dieselkit::seed::{CommonSeeds, SeedOptions, SeedSet, Seeder};
use dieselkit::{
    Absent, Access, Database, Environment, MigrationSet, Migrator, RustMigration, Target, UpOptions,
};

use crate::scene::{
    Folder, attempts, chain, done, entry, failure, rollback, shown, state, status, tables, up,
    version,
};
use crate::support::engine::Engine;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    everything_goes_through_a_pooler_again_and_again,
    a_busy_pooler_serves_each_transaction_by_another_session,
    what_needs_a_session_has_one,
    what_a_migration_sets_stays_with_nobody,
    what_a_migration_makes_for_its_session_stays_with_nobody,
    what_another_has_left_in_the_pools_session_stays,
    a_transaction_through_a_pooler_is_not_ended_for_its_length,
    a_migration_in_rust_goes_through_a_pooler,
    one_transaction_for_all_goes_through_a_pooler,
    a_failing_step_is_placed_and_leaves_nothing,
    seeds_are_filled_under_the_same_lock,
    several_runners_apply_each_migration_once_heavy,
    a_connection_that_was_ended_while_it_did_nothing_is_made_anew,
];

type Server = PostgresDatabase<'static>;

/// Returns the database through the pooler, its lock held over the server's own address.
fn through(pooler: &PgBouncer, server: &dyn Engine) -> Database {
    let open = |url: String| {
        let address = url.parse().expect("the support's URL is right");
        Database::open(&address, Access::ReadWrite).expect("it listens")
    };
    open(pooler.url()).with_lock_over(open(server.url()))
}

fn migrator(pooler: &PgBouncer, server: &dyn Engine, folder: &Folder) -> Migrator {
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    Migrator::new(through(pooler, server), set)
}

fn nothing_is_stranded(server: &Server) {
    let stranded = "SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
        WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(server.query_i64(stranded), 0, "a lock is stranded");
}

fn everything_goes_through_a_pooler_again_and_again(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::of_six());
    for _ in 0..2 {
        let mut runner = migrator(&pooler, server, &folder);
        assert_eq!(shown(runner.up(&UpOptions::default())).done.len(), 6);
        assert!(shown(runner.up(&UpOptions::default())).done.is_empty());
        assert_eq!(shown(runner.status()).totals.applied, 6);
        assert_eq!(
            done(&shown(runner.redo(Target::Steps(2)))),
            ["6", "5", "5", "6"]
        );
        assert_eq!(done(&shown(runner.rollback(Target::Steps(1)))), ["6"]);
        assert_eq!(done(&shown(runner.rollback(Target::All))).len(), 5);
        assert_eq!(tables(server), [""; 0]);
        nothing_is_stranded(server);
    }
    let mut runner = migrator(&pooler, server, &folder);
    shown(runner.up(&UpOptions::default()));
    assert_eq!(shown(runner.reset()).applied.done.len(), 6);
    drop(runner);
    nothing_is_stranded(server);
    // Whoever goes without the pooler finds what was done, and goes on with it.
    folder.add_table(7);
    assert_eq!(done(&up(server, &folder)), ["7"]);
    assert_eq!(done(&rollback(server, &folder, Target::All)).len(), 7);
}

fn a_busy_pooler_serves_each_transaction_by_another_session(server: &Server) {
    use diesel::Connection;

    let (pooler, folder) = (PgBouncer::before(server, 5), Folder::of_six());
    let url = pooler.url();
    let over = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = diesel::PgConnection::establish(&url).expect("it listens");
                while !over.load(std::sync::atomic::Ordering::SeqCst) {
                    let query = "SELECT pg_sleep(0.001)";
                    client.batch_execute(query).expect("it answers");
                }
            });
        }
        let ran = std::panic::catch_unwind(|| {
            for _ in 0..3 {
                let mut runner = migrator(&pooler, server, &folder);
                shown(runner.up(&UpOptions::default()));
                shown(runner.rollback(Target::All));
            }
        });
        over.store(true, std::sync::atomic::Ordering::SeqCst);
        ran.expect("each run is done");
    });
    nothing_is_stranded(server);
}

fn what_needs_a_session_has_one(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    folder.add_statementwise(
        "7_index",
        "SET statement_timeout = '1min';\nCREATE INDEX CONCURRENTLY by_id ON t1 (id);\nSELECT 1;",
        "DROP INDEX CONCURRENTLY by_id;",
    );
    let mut runner = migrator(&pooler, server, &folder);
    assert_eq!(shown(runner.up(&UpOptions::default())).done.len(), 7);
    let valid = "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'by_id'::regclass";
    assert_eq!(server.query_column(valid), ["true"]);
    assert_eq!(done(&shown(runner.rollback(Target::Steps(1)))), ["7"]);
    assert_eq!(done(&shown(runner.up(&UpOptions::default()))), ["7"]);
}

/// Asks whoever the pooler gives, in each of its sessions.
fn through_the_pool(pooler: &PgBouncer, query: &str) -> String {
    use diesel::{Connection, RunQueryDsl};

    #[derive(diesel::QueryableByName)]
    struct Answer {
        #[diesel(sql_type = diesel::sql_types::Text)]
        answer: String,
    }

    let mut client = diesel::PgConnection::establish(&pooler.url()).expect("it listens");
    client.set_prepared_statement_cache_size(diesel::connection::CacheSize::Disabled);
    let asked = client.transaction(|client| diesel::sql_query(query).get_result::<Answer>(client));
    asked.expect("it answers").answer
}

fn what_a_migration_sets_stays_with_nobody(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::new());
    let role = server.create_role("secret").name;
    server.execute(&format!("CREATE SCHEMA other AUTHORIZATION {role}"));
    folder.add(
        "1_sets",
        &format!("SET search_path = other; SET statement_timeout = '7min'; SET ROLE {role}; CREATE TABLE a (id INTEGER);"),
        "SET search_path = other; DROP TABLE a;",
    );
    folder.add_table(2);
    let asked = "SELECT concat_ws(' ', current_setting('search_path'), current_setting('statement_timeout'), current_user) AS answer";
    let before = through_the_pool(&pooler, asked);
    let mut runner = migrator(&pooler, server, &folder);
    assert_eq!(done(&shown(runner.up(&UpOptions::default()))), ["1", "2"]);
    assert_eq!(through_the_pool(&pooler, asked), before);
    let where_it_is = "SELECT schemaname FROM pg_tables WHERE tablename IN ('a', 't2') ORDER BY 1";
    assert_eq!(server.query_column(where_it_is), ["other", "public"]);
    shown(runner.rollback(Target::All));
    assert_eq!(through_the_pool(&pooler, asked), before);
    // What another client has left in the pool's session is nothing to a run.
    through_the_pool(
        &pooler,
        "SELECT set_config('search_path', 'other', false) AS answer",
    );
    shown(runner.up(&UpOptions::default()));
    assert_eq!(server.query_column(where_it_is), ["other", "public"]);
}

/// Makes everything that stays in a session, some of it even where the transaction is rolled back.
const FOR_THE_SESSION: &str = "CREATE TEMPORARY TABLE ours (id INTEGER);
CREATE TEMPORARY VIEW seen AS SELECT id FROM ours;
CREATE FUNCTION pg_temp.two() RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
CREATE TYPE pg_temp.pair AS (a INTEGER, b INTEGER);
PREPARE ours AS SELECT 1;
LISTEN ours;
SELECT pg_advisory_lock(7), pg_advisory_lock(7), pg_advisory_lock_shared(3, -4), pg_advisory_lock(-8);
DECLARE ours CURSOR WITH HOLD FOR SELECT 1;
DECLARE reading CURSOR FOR SELECT id FROM ours;
CREATE TEMPORARY TABLE late (id INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO late VALUES (1), (2);
UPDATE late SET id = id + 1;
";

/// What is there of it.
const OF_THE_SESSION: &str = "SELECT concat_ws(' ',
  (SELECT 'statements ' || string_agg(name, ',' ORDER BY name) FROM pg_prepared_statements),
  (SELECT 'temporary ' || string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
  (SELECT 'functions ' || string_agg(proname, ',') FROM pg_proc WHERE pronamespace = pg_my_temp_schema()),
  (SELECT 'types ' || string_agg(typname, ',') FROM pg_type WHERE typnamespace = pg_my_temp_schema() AND typrelid = 0 AND typelem = 0),
  (SELECT 'channels ' || string_agg(name, ',') FROM pg_listening_channels() AS c (name)),
  (SELECT 'cursors ' || string_agg(name, ',') FROM pg_cursors WHERE is_holdable),
  (SELECT 'locks ' || string_agg(objid::text, ',') FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
) AS answer";

fn what_a_migration_makes_for_its_session_stays_with_nobody(server: &Server) {
    use diesel::connection::SimpleConnection as _;

    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::new());
    let here = |step: &str| {
        assert_eq!(through_the_pool(&pooler, OF_THE_SESSION), "", "{step}");
    };
    folder.add("1_makes", FOR_THE_SESSION, FOR_THE_SESSION);
    folder.add_table(2);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    for options in [UpOptions::default(), batch] {
        let ran = migrator(&pooler, server, &folder).up(&options);
        assert_eq!(done(&shown(ran)), ["1", "2"]);
        here("up");
        shown(migrator(&pooler, server, &folder).rollback(Target::All));
        here("down");
    }
    let failing = format!("{FOR_THE_SESSION}SELECT 1 / 0;");
    folder.add("3_fails", &failing, "");
    let (failed, _) = failure(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!(failed.sqlstate.as_deref(), Some("22012"), "{failed}");
    here("a failure");
    let (failed, _) = failure(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!(failed.sqlstate.as_deref(), Some("22012"), "{failed}");
    here("the failure again");
    let rust = RustMigration::new("4_rust", "1", |db: &mut diesel::PgConnection| {
        Ok(db.batch_execute(FOR_THE_SESSION)?)
    });
    folder.remove("3_fails");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let set = set.with([rust]).expect("each version once");
    shown(Migrator::new(through(&pooler, server), set).up(&UpOptions::default()));
    here("a function");
}

fn what_another_has_left_in_the_pools_session_stays(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::new());
    let leave =
        "CREATE TEMPORARY TABLE theirs (id INTEGER); PREPARE theirs AS SELECT 1; LISTEN theirs;
        SELECT pg_advisory_lock(9); DECLARE theirs CURSOR WITH HOLD FOR SELECT 1";
    {
        use diesel::Connection;
        let mut client = diesel::PgConnection::establish(&pooler.url()).expect("it listens");
        let left = client.transaction(|client| client.batch_execute(leave));
        left.expect("it may");
    }
    let before = through_the_pool(&pooler, OF_THE_SESSION);
    assert_eq!(
        before,
        "statements theirs temporary theirs channels theirs cursors theirs locks 9"
    );
    folder.add("1_makes", FOR_THE_SESSION, "");
    shown(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!(through_the_pool(&pooler, OF_THE_SESSION), before);
    folder.add("2_fails", &format!("{FOR_THE_SESSION}SELECT 1 / 0;"), "");
    failure(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!(through_the_pool(&pooler, OF_THE_SESSION), before);
}

fn a_transaction_through_a_pooler_is_not_ended_for_its_length(server: &Server) {
    server.execute(&format!(
        "ALTER DATABASE \"{0}\" SET idle_session_timeout = '7min';
         ALTER DATABASE \"{0}\" SET idle_in_transaction_session_timeout = '7min'",
        server.name()
    ));
    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::new());
    let holds = "concat_ws(' ', current_setting('idle_session_timeout'), current_setting('idle_in_transaction_session_timeout'))";
    folder.add(
        "1_seen",
        &format!("CREATE TABLE seen AS SELECT {holds} AS holds;"),
        "",
    );
    shown(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!(server.query_column("SELECT holds FROM seen"), ["0 0"]);
    let asked = format!("SELECT {holds} AS answer");
    assert_eq!(through_the_pool(&pooler, &asked), "7min 7min");
}

fn a_migration_in_rust_goes_through_a_pooler(server: &Server) {
    use diesel::RunQueryDsl as _;

    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::of_six());
    let rust = || {
        RustMigration::new("7_rust", "1", |db: &mut diesel::PgConnection| {
            let insert = diesel::sql_query("INSERT INTO t1 VALUES ($1)");
            insert
                .bind::<diesel::sql_types::Integer, _>(7)
                .execute(db)?;
            Ok(())
        })
        .with_down(|db: &mut diesel::PgConnection| Ok(db.batch_execute("DELETE FROM t1")?))
    };
    for _ in 0..2 {
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let set = set.with([rust()]).expect("each version once");
        let mut runner = Migrator::new(through(&pooler, server), set);
        shown(runner.up(&UpOptions::default()));
        assert_eq!(server.query_column("SELECT id FROM t1"), ["7"]);
        shown(runner.rollback(Target::All));
    }
}

fn one_transaction_for_all_goes_through_a_pooler(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let mut runner = migrator(&pooler, server, &folder);
    assert_eq!(shown(runner.up(&batch)).done.len(), 6);
    folder.add_table(7);
    folder.add(
        "8_bad",
        "CREATE TABLE t8 (id INTEGER);\nCREATE TABLE t1 ();",
        "",
    );
    let mut runner = migrator(&pooler, server, &folder);
    let (failed, report) = failure(runner.up(&batch));
    assert_eq!(failed.state_left, StateLeft::RunRolledBack);
    assert_eq!(failed.place.clone().map(|place| place.line), Some(2));
    assert_eq!(report.undone.len(), 1);
    assert_eq!(tables(server).len(), 6);
}

fn a_failing_step_is_placed_and_leaves_nothing(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    folder.add_table(1);
    folder.add(
        "2_bad",
        "CREATE TABLE t2 (id INTEGER);\nINSERT INTO t1 VALUES (1 / 0);",
        "",
    );
    let (failed, report) = failure(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!(done(&report), ["1"]);
    assert_eq!(failed.place.clone().map(|place| place.line), Some(2));
    assert_eq!(failed.sqlstate.as_deref(), Some("22012"));
    assert_eq!(failed.not_recorded, None);
    assert_eq!(tables(server), ["t1"]);
    assert_eq!(attempts(server), ["1 apply SUCCESS", "2 apply FAILED"]);
    nothing_is_stranded(server);
}

fn seeds_are_filled_under_the_same_lock(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 1), Folder::new());
    let seeds = Folder::new();
    folder.add("1_t1", "CREATE TABLE t1 (id INTEGER PRIMARY KEY);", "");
    folder.add("2_t2", "CREATE TABLE t2 (id INTEGER PRIMARY KEY);", "");
    seeds.write("development/010_t1.csv", "id\n1\n2\n");
    seeds.write("development/020_t2.sql", "INSERT INTO t2 VALUES (3);");
    shown(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    let environment = Environment::new("development").expect("a name");
    for runs in [2, 0] {
        let set = SeedSet::from_folder(seeds.path(), &environment, CommonSeeds::NeedCompany);
        let set = set.expect("they are readable");
        let mut seeder = Seeder::new(through(&pooler, server), set);
        let ran = seeder.seed(&SeedOptions::default());
        assert_eq!(ran.expect("they fit").done.len(), runs);
    }
    assert_eq!(server.query_i64("SELECT count(*) FROM t1"), 2);
    nothing_is_stranded(server);
}

fn several_runners_apply_each_migration_once_heavy(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 3), Folder::of_six());
    let totals: usize = thread::scope(|scope| {
        let runners = (0..5).map(|_| {
            scope.spawn(|| {
                let ran = migrator(&pooler, server, &folder).up(&UpOptions::default());
                shown(ran).done.len()
            })
        });
        let runners: Vec<_> = runners.collect();
        let ran = runners
            .into_iter()
            .map(|runner| runner.join().expect("it ran"));
        ran.sum()
    });
    assert_eq!(totals, 6);
    assert_eq!(
        server.query_i64("SELECT count(*) FROM __dieselkit_history"),
        6
    );
    nothing_is_stranded(server);
}

/// Ends whoever is connected and holds no lock, as the server does with a session that is idle for too long.
const END_THE_IDLE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS a
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND NOT EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND locktype = 'advisory')";

fn a_connection_that_was_ended_while_it_did_nothing_is_made_anew(server: &Server) {
    let folder = Folder::of_six();
    let open = || {
        let address = server.url().parse().expect("the support's URL is right");
        Database::open(&address, Access::ReadWrite).expect("it listens")
    };
    let url = server.url();
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let runner = Migrator::new(open().with_lock_over(open()), set);
    let mut runner = runner.with_observer(move |event: &Event| {
        use diesel::Connection;
        if matches!(event, Event::LockAcquired | Event::StepFinished { .. }) {
            let mut other = diesel::PgConnection::establish(&url).expect("it is there");
            other.batch_execute(END_THE_IDLE).expect("it may");
        }
    });
    assert_eq!(shown(runner.up(&UpOptions::default())).done.len(), 6);
    server.execute(END_THE_IDLE);
    assert_eq!(shown(runner.rollback(Target::All)).done.len(), 6);
    nothing_is_stranded(server);
}
