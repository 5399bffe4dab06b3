//! Runners that are killed when the server is through with a statement, and nobody has noted it yet.

use std::process::Child;

use diesel::connection::SimpleConnection;
use dieselkit::migration::State;
use dieselkit::{Target, UpOptions};

use super::{Database, end_while_it_waits, failing_up, indexes_of_a, is_left, wait_until, waiting};
use crate::killed::start_child;
use crate::scene::{Folder, done, entry, rollback, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_build_that_was_done_is_taken_as_done_heavy,
    a_build_without_a_name_that_was_done_is_taken_as_done_heavy,
    another_index_of_that_name_is_not_taken_for_it_heavy,
    a_build_that_somebody_has_mended_is_taken_as_done,
    what_was_there_before_is_not_taken_for_it,
    a_drop_that_was_done_is_taken_as_done_heavy,
    a_drop_of_what_never_was_fails_again,
    a_drop_that_was_done_drops_no_second_one_heavy,
    a_drop_that_was_cut_off_goes_on_in_any_schema,
    a_detach_that_was_done_is_taken_as_done_heavy,
    a_detach_of_what_was_no_partition_fails_again,
];

/// Runs something in another process beside somebody who writes into `a`, and kills that process when
/// the server is through with it, which it has not heard.
fn kill_when_it_is_done(
    database: &Database,
    folder: &Folder,
    verb: &str,
    is_done: impl Fn() -> bool,
) {
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let mut child = start_child(database, folder, verb);
    wait_until("it waits", || waiting(database) > 0);
    stop(database, &child);
    writing.batch_execute("COMMIT").expect("it wrote");
    wait_until("the server is through", is_done);
    child.kill().expect("it is a child of ours");
    child.wait().expect("it is a child of ours");
    wait_until("the session is gone", || is_left(database));
    assert_eq!(entry(database, folder, "1").state, State::Interrupted);
}

fn stop(database: &Database, child: &Child) {
    let mut kill = database.cluster().program("kill");
    let stopped = kill.arg("-STOP").arg(child.id().to_string()).status();
    assert!(stopped.expect("it can be started").success());
}

fn with_rows(database: &Database, up_sql: &str) -> Folder {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    let folder = Folder::new();
    folder.add_statementwise("1_index", up_sql, "DROP INDEX CONCURRENTLY by_id;");
    folder
}

const BUILD: &str = "CREATE UNIQUE INDEX CONCURRENTLY by_id ON a (id) WHERE id > 0;\nSELECT 1;";

fn a_build_that_was_done_is_taken_as_done_heavy(database: &Database) {
    let folder = with_rows(database, BUILD);
    kill_when_it_is_done(database, &folder, "up", || {
        indexes_of_a(database) == ["by_id true"]
    });
    let made = || database.query_i64("SELECT 'by_id'::regclass::oid");
    let before = made();
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), ["by_id true"]);
    assert_eq!(made(), before);
}

fn a_build_without_a_name_that_was_done_is_taken_as_done_heavy(database: &Database) {
    let folder = with_rows(database, "CREATE INDEX CONCURRENTLY ON a (id);");
    kill_when_it_is_done(database, &folder, "up", || {
        indexes_of_a(database) == ["a_id_idx true"]
    });
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), ["a_id_idx true"]);
}

fn another_index_of_that_name_is_not_taken_for_it_heavy(database: &Database) {
    let folder = with_rows(database, BUILD);
    end_while_it_waits(database, &folder, |child| {
        child.kill().expect("it is a child of ours");
    });
    database.execute("DROP INDEX by_id; CREATE UNIQUE INDEX by_id ON a (id) WHERE id > 1");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.message, "relation \"by_id\" already exists");
}

fn a_build_that_somebody_has_mended_is_taken_as_done(database: &Database) {
    let folder = with_rows(database, BUILD);
    database.execute("INSERT INTO a VALUES (1)");
    failing_up(database, &folder, &UpOptions::default());
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    let mends = "REINDEX INDEX CONCURRENTLY by_id";
    let mended = database.connect().batch_execute(mends);
    mended.expect("nothing stands twice");
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), ["by_id true"]);
}

fn what_was_there_before_is_not_taken_for_it(database: &Database) {
    let folder = with_rows(database, BUILD);
    database.execute("CREATE UNIQUE INDEX by_id ON a (id) WHERE id > 0");
    for _ in 0..2 {
        let (failure, _) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failure.message, "relation \"by_id\" already exists");
    }
}

fn a_drop_that_was_done_is_taken_as_done_heavy(database: &Database) {
    let folder = with_rows(database, BUILD);
    up(database, &folder);
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let mut child = start_child(database, &folder, "rollback");
    wait_until("it waits", || waiting(database) > 0);
    stop(database, &child);
    writing.batch_execute("COMMIT").expect("it wrote");
    wait_until("it is gone", || indexes_of_a(database).is_empty());
    child.kill().expect("it is a child of ours");
    child.wait().expect("it is a child of ours");
    wait_until("the session is gone", || is_left(database));
    assert_eq!(done(&rollback(database, &folder, Target::All)), ["1"]);
    assert_eq!(database.applied(), [""; 0]);
}

fn a_drop_of_what_never_was_fails_again(database: &Database) {
    let folder = with_rows(database, "DROP INDEX CONCURRENTLY by_ib;");
    for _ in 0..2 {
        let (failure, _) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failure.message, "index \"by_ib\" does not exist");
    }
}

const DROP: &str = "SET search_path = app, public;\nDROP INDEX CONCURRENTLY by_id;";

/// Makes an index of one name in each of two schemas; who writes into `a` writes into the table of the
/// first one.
fn with_two(database: &Database) -> Folder {
    database.execute(
        "CREATE SCHEMA app;
         CREATE TABLE app.b (id INTEGER); CREATE INDEX by_id ON app.b (id);
         CREATE VIEW a AS SELECT id FROM app.b;
         CREATE TABLE c (id INTEGER); CREATE INDEX by_id ON c (id)",
    );
    let folder = Folder::new();
    folder.add_statementwise("1_drop", DROP, "");
    folder
}

fn by_id(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'by_id' ORDER BY 1",
    )
}

fn a_drop_that_was_done_drops_no_second_one_heavy(database: &Database) {
    let folder = with_two(database);
    kill_when_it_is_done(database, &folder, "up", || by_id(database) == ["public"]);
    // However often.
    for _ in 0..2 {
        let (failure, _) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(
            failure.message,
            "an earlier attempt may have dropped the index `by_id` that was meant: public.by_id is there, and another one may have been in app"
        );
        assert_eq!(failure.server_hint, None);
        assert_eq!(
            failure.hint(),
            "write the schema of the index that is meant into its file, `DROP INDEX CONCURRENTLY public.by_id;` if it is that one, and run `dieselkit up`"
        );
        assert_eq!(by_id(database), ["public"]);
    }
    let mended = DROP.replace("by_id", "app.by_id");
    folder.write("1_drop/up.sql", &mended);
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(by_id(database), ["public"]);
}

fn a_drop_that_was_cut_off_goes_on_in_any_schema(database: &Database) {
    database.execute("CREATE SCHEMA app");
    let folder = with_rows(database, DROP);
    database.execute("CREATE INDEX by_id ON a (id)");
    end_while_it_waits(database, &folder, |_| ());
    assert_eq!(indexes_of_a(database), ["by_id false"]);
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(by_id(database), [""; 0]);
}

const DETACH: &str = "ALTER TABLE a DETACH PARTITION a_1 CONCURRENTLY;";

fn with_partition(database: &Database) -> Folder {
    database.execute(
        "CREATE TABLE a (id INTEGER) PARTITION BY RANGE (id);
         CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM (1) TO (10)",
    );
    let folder = Folder::new();
    folder.add_statementwise("1_detach", DETACH, "");
    folder
}

fn a_detach_that_was_done_is_taken_as_done_heavy(database: &Database) {
    let folder = with_partition(database);
    let parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'a'::regclass";
    kill_when_it_is_done(database, &folder, "up", || database.query_i64(parts) == 0);
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

fn a_detach_of_what_was_no_partition_fails_again(database: &Database) {
    let folder = with_partition(database);
    database.execute("ALTER TABLE a DETACH PARTITION a_1");
    for _ in 0..2 {
        let (failure, _) = failing_up(database, &folder, &UpOptions::default());
        let said = "relation \"a_1\" is not a partition of relation \"a\"";
        assert_eq!(failure.message, said);
    }
}
