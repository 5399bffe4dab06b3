//! Who is in the way of a run that goes through a pooler, and of what of it does not.

use std::time::Duration;

use dieselkit::migration::{Limit, Limits, Retry};

use super::*;

on_one_engine![PostgresDatabase:
    who_is_in_the_way_is_named,
    who_is_in_the_way_of_what_needs_a_session_is_named,
];

/// Runs within two seconds for each lock, without another try, and returns who was in the way.
fn in_the_way(pooler: &PgBouncer, server: &Server, folder: &Folder) -> Vec<Option<String>> {
    let limits = Limits::default().with_lock_timeout(Limit::of(Duration::from_secs(2)));
    let mut runner = migrator(pooler, server, folder)
        .with_limits(limits)
        .with_retry(Retry::new(1, Duration::from_mins(1)));
    let (failed, _) = failure(runner.up(&UpOptions::default()));
    let by = failed.blocked.expect("somebody looked").by;
    by.into_iter().map(|blocker| blocker.application).collect()
}

/// Returns a client with an open transaction.
fn client(server: &Server, statement: &str) -> diesel::PgConnection {
    let mut client = server.connect();
    for sql in ["SET application_name = 'the client'", "BEGIN", statement] {
        client.batch_execute(sql).expect("it may");
    }
    client
}

fn who_is_in_the_way_is_named(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    server.execute("CREATE TABLE t1 (id INTEGER)");
    folder.add("1_alter", "ALTER TABLE t1 ADD COLUMN name TEXT;", "");
    let mut reader = client(server, "SELECT * FROM t1");
    let by = in_the_way(&pooler, server, &folder);
    assert_eq!(by, [Some("the client".to_owned())]);
    reader.batch_execute("ROLLBACK").expect("it ends");
    let mut runner = migrator(&pooler, server, &folder);
    assert_eq!(done(&shown(runner.up(&UpOptions::default()))), ["1"]);
}

fn who_is_in_the_way_of_what_needs_a_session_is_named(server: &Server) {
    let (pooler, folder) = (PgBouncer::before(server, 2), Folder::new());
    server.execute("CREATE TABLE t1 (id INTEGER); INSERT INTO t1 VALUES (1)");
    // The first one goes through the pooler; who has a row is seen while it is waited for, or never.
    folder.add_table(2);
    folder.add_statementwise("3_alone", "UPDATE t1 SET id = 2;", "");
    let mut writer = client(server, "UPDATE t1 SET id = 3");
    let by = in_the_way(&pooler, server, &folder);
    assert_eq!(by, [Some("the client".to_owned())]);
    writer.batch_execute("ROLLBACK").expect("it ends");
    let mut runner = migrator(&pooler, server, &folder);
    assert_eq!(done(&shown(runner.up(&UpOptions::default()))), ["3"]);
}
