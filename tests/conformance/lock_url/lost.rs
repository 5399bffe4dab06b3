//! The connection that holds the lock is cut off: whatever is not committed is not done.

use super::*;

on_one_engine![PostgresDatabase:
    a_step_does_not_begin_without_the_lock,
    a_step_is_not_committed_without_the_lock,
    a_way_down_is_not_committed_without_the_lock,
    a_batch_is_not_committed_without_the_lock,
    a_lock_that_is_lost_when_all_is_done_is_no_failure,
    who_takes_the_lock_next_waits_for_what_is_being_committed,
];

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
        let (told, holders) = std::sync::mpsc::channel();
        let mut second =
            crate::scene::migrator(server, &folder).with_observer(move |event: &Event| {
                if let Event::LockWaiting { holder, .. } = event {
                    told.send(holder.clone()).expect("they are asked for");
                }
            });
        let report = shown(second.up(&UpOptions::default()));
        assert_eq!(done(&report), [""; 0], "it is applied once");
        drop(second);
        // The transaction that commits shares its lock, as a backup does.
        let holders: Vec<_> = holders.into_iter().flatten().collect();
        let names = holders
            .iter()
            .filter_map(|holder| holder.application.as_deref());
        assert!(
            !holders.is_empty() && names.clone().all(|name| !name.contains("backup")),
            "{holders:?}"
        );
        // What it had to do is done; that its connection is gone is no secret.
        let report = shown(first.join().expect("no panic"));
        assert_eq!(done(&report), ["1"]);
        assert!(report.lock_lost);
    });
    assert_eq!(server.query_i64("SELECT count(*) FROM t1"), 1);
    assert_eq!(attempts(server), ["1 apply SUCCESS"]);
}
