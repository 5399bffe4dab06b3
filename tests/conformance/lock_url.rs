//! A lock that is held over the server's own address, while transactions go through a pooler: what a run
//! does is what it would do without one.

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
    a_transaction_through_a_pooler_is_not_ended_for_its_length,
    a_migration_in_rust_goes_through_a_pooler,
    one_transaction_for_all_goes_through_a_pooler,
    a_failing_step_is_placed_and_leaves_nothing,
    seeds_are_filled_under_the_same_lock,
    several_runners_apply_each_migration_once_heavy,
    a_step_does_not_begin_without_the_lock,
    a_step_is_not_committed_without_the_lock,
    a_lock_that_is_lost_when_all_is_done_is_no_failure,
    a_way_down_is_not_committed_without_the_lock,
    a_batch_is_not_committed_without_the_lock,
    who_takes_the_lock_next_waits_for_what_is_being_committed,
    a_lock_in_another_database_is_refused,
    a_lock_of_another_user_is_refused,
    a_lock_through_the_pooler_is_refused,
    who_is_in_the_way_is_named,
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

/// Ends whoever holds a lock of the database, and waits until it is gone.
const END_THE_HOLDER: &str = "DO $$ DECLARE ours oid := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND database = ours AND pid <> pg_backend_pid();
  WHILE EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = ours AND pid <> pg_backend_pid()) LOOP
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;";

/// Returns what is told of a failure, from the folder of the migrations.
fn said(failed: &StepFailure, folder: &Folder) -> String {
    let path = folder.path().display().to_string();
    format!("{failed}\nhint: {}", failed.hint()).replace(&path, "migrations")
}

fn a_step_does_not_begin_without_the_lock(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    let url = server.url();
    let mut runner = migrator(&pooler, server, &folder).with_observer(move |event: &Event| {
        use diesel::Connection;
        if matches!(event, Event::StepFinished { step, .. } if step.version == version("2")) {
            let mut other = diesel::PgConnection::establish(&url).expect("it is there");
            other.batch_execute(END_THE_HOLDER).expect("it may");
        }
    });
    let (failed, report) = failure(runner.up(&UpOptions::default()));
    assert_eq!(done(&report), ["1", "2"]);
    assert_eq!(failed.step.version, version("3"));
    assert_eq!(failed.state_left, StateLeft::NotBegun);
    insta::assert_snapshot!(said(&failed, &folder), @r"
    the connection of `lock_url` no longer holds the migration lock: it was cut off
    hint: the server's log says who ended it; then run `dieselkit up`
    ");
    assert_eq!(tables(server), ["t1", "t2"]);
    drop(runner);
    // The next run knows where it is.
    let ran = migrator(&pooler, server, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["3", "4", "5", "6"]);
    nothing_is_stranded(server);
}

fn a_step_is_not_committed_without_the_lock(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    folder.add_table(1);
    folder.add("2_t", &format!("CREATE TABLE t2 ();\n{END_THE_HOLDER}"), "");
    folder.add_table(3);
    let keep_going = UpOptions::default().keep_going();
    let (failed, report) = failure(migrator(&pooler, server, &folder).up(&keep_going));
    assert_eq!(done(&report), ["1"]);
    assert_eq!(report.failures.len(), 1, "nothing more is run");
    assert_eq!(failed.state_left, StateLeft::StepRolledBack);
    insta::assert_snapshot!(said(&failed, &folder), @r"
    migrations/2_t/up.sql: the connection of `lock_url` no longer holds the migration lock: it was cut off
    not written into the history: server closed the connection unexpectedly: This probably means the server terminated abnormally before or while processing the request.
    hint: the server's log says who ended it; then run `dieselkit up --keep-going`
    ");
    assert_eq!(state(server).0, ["t1"]);
    assert_eq!(server.applied(), ["1"]);
    folder.add("2_t", "CREATE TABLE t2 ();", "");
    let ran = migrator(&pooler, server, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["2", "3"]);
}

fn a_way_down_is_not_committed_without_the_lock(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    folder.add(
        "7_t",
        "CREATE TABLE t7 ();",
        &format!("DROP TABLE t7;\n{END_THE_HOLDER}"),
    );
    shown(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    let ran = migrator(&pooler, server, &folder).rollback(Target::Steps(2));
    let (failed, report) = failure(ran);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(failed.state_left, StateLeft::StepRolledBack);
    assert_eq!(server.applied().len(), 7);
    assert_eq!(
        entry(server, &folder, "7").state,
        dieselkit::migration::State::Applied
    );
}

fn a_batch_is_not_committed_without_the_lock(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    folder.add_table(1);
    folder.add("2_t", END_THE_HOLDER, "");
    folder.add_table(3);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let (failed, report) = failure(migrator(&pooler, server, &folder).up(&batch));
    assert_eq!(failed.state_left, StateLeft::RunRolledBack);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(tables(server), [""; 0]);
    assert_eq!(status(server, &folder).totals.applied, 0);
}

/// Cuts the holder of the lock off when the last step is committed.
fn a_lock_that_is_lost_when_all_is_done_is_no_failure(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::of_six());
    let cut_off = |version: &'static str| {
        let url = server.url();
        move |event: &Event| {
            use diesel::Connection;
            if matches!(event, Event::StepFinished { step, .. } if step.version == self::version(version))
            {
                let mut other = diesel::PgConnection::establish(&url).expect("it is there");
                other.batch_execute(END_THE_HOLDER).expect("it may");
            }
        }
    };
    let mut runner = migrator(&pooler, server, &folder).with_observer(cut_off("6"));
    let report = shown(runner.up(&UpOptions::default()));
    assert_eq!((done(&report).len(), report.lock_lost), (6, true));
    let mut runner = migrator(&pooler, server, &folder).with_observer(cut_off("1"));
    let report = shown(runner.rollback(Target::All));
    assert_eq!((done(&report).len(), report.lock_lost), (6, true));
    let report = shown(migrator(&pooler, server, &folder).up(&UpOptions::default()));
    assert_eq!((done(&report).len(), report.lock_lost), (6, false));
    // What a step without a transaction commits is only known to be durable by that connection.
    folder.add_statementwise("7_more", "CREATE TABLE t7 ();", "");
    let mut runner = migrator(&pooler, server, &folder).with_observer(cut_off("7"));
    let ended = runner
        .up(&UpOptions::default())
        .expect_err("it was cut off");
    assert!(matches!(ended, RunError::Backend(_)), "{}", chain(&ended));
    assert_eq!(server.applied().len(), 7);
    nothing_is_stranded(server);
}

fn who_takes_the_lock_next_waits_for_what_is_being_committed(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    server.execute(&format!(
        "CREATE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
           {}; PERFORM pg_sleep(2); RETURN NULL; END $f$",
        END_THE_HOLDER
            .trim_start_matches("DO $$ ")
            .trim_end_matches(" $$;")
    ));
    folder.add(
        "1_t",
        "CREATE TABLE t1 (id INTEGER);
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t1 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_it();
INSERT INTO t1 VALUES (1);",
        "",
    );
    let (begun, is_begun) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let mut first = migrator(&pooler, server, &folder).with_observer(move |event: &Event| {
            if matches!(event, Event::StepStarted { .. }) {
                begun.send(()).expect("somebody waits for it");
            }
        });
        let first = scope.spawn(move || first.up(&UpOptions::default()));
        is_begun.recv().expect("it begins");
        assert_eq!(done(&up(server, &folder)), [""; 0], "it is applied once");
        // What it had to do is done; that its connection is gone is no secret.
        let report = shown(first.join().expect("no panic"));
        assert_eq!(done(&report), ["1"]);
        assert!(report.lock_lost);
    });
    assert_eq!(server.query_i64("SELECT count(*) FROM t1"), 1);
    assert_eq!(attempts(server), ["1 apply SUCCESS"]);
}

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

fn who_is_in_the_way_is_named(server: &Server) {
    use dieselkit::migration::{Limit, Limits, Retry};
    use std::time::Duration;

    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    server.execute("CREATE TABLE t1 (id INTEGER)");
    folder.add("1_alter", "ALTER TABLE t1 ADD COLUMN name TEXT;", "");
    let mut reader = server.connect();
    let reading = "SET application_name = 'the reader'; BEGIN; SELECT * FROM t1";
    reader.batch_execute(reading).expect("it reads");
    let limits = Limits::default().with_lock_timeout(Limit::of(Duration::from_secs(2)));
    let mut runner = migrator(&pooler, server, &folder)
        .with_limits(limits)
        .with_retry(Retry::new(1, Duration::from_mins(1)));
    let (failed, _) = failure(runner.up(&UpOptions::default()));
    let by = failed.blocked.expect("somebody looked").by;
    let names: Vec<_> = by
        .iter()
        .map(|blocker| blocker.application.as_deref())
        .collect();
    assert_eq!(names, [Some("the reader")]);
    reader.batch_execute("ROLLBACK").expect("it ends");
    assert_eq!(done(&shown(runner.up(&UpOptions::default()))), ["1"]);
}
