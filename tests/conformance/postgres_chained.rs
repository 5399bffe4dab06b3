//! A file's own transaction that ends, and begins anew at once: `COMMIT AND CHAIN`.

use dieselkit::UpOptions;
use dieselkit::migration::{PrepareError, RunError, StateLeft};

use crate::scene::{Folder, done, failing_up, migrator, tables, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_fails_in_it_is_rolled_back_and_run_again_in_one,
    what_is_rolled_back_is_begun_anew,
    what_it_leaves_open_is_refused,
    a_setting_of_the_one_before_lasts,
];

fn what_fails_in_it_is_rolled_back_and_run_again_in_one(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    let text = |last: &str| {
        format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ;\nCREATE TABLE a (id INTEGER);\nCOMMIT AND CHAIN;
CREATE TABLE b AS SELECT current_setting('transaction_isolation') AS level;\n{last};\nCOMMIT;\nCREATE TABLE c ();"
        )
    };
    folder.add_statementwise("1_a", &text("INSERT INTO nowhere VALUES (1)"), "");
    // What is run again is as whole as what is run first.
    for _ in 0..2 {
        let (failed, _) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failed.state_left, StateLeft::HalfWay { done: 3, total: 7 });
        assert_eq!(tables(database), ["a"]);
    }
    folder.write("1_a/up.sql", &text("INSERT INTO a VALUES (1)"));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(tables(database), ["a", "b", "c"]);
    let level = database.query_column("SELECT level FROM b");
    assert_eq!(level, ["repeatable read"]);
}

fn what_is_rolled_back_is_begun_anew(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    let text = |last: &str| {
        format!(
            "BEGIN;\nCREATE TABLE a (id INTEGER);\nROLLBACK AND CHAIN;\nCREATE TABLE b (id INTEGER);\n{last};\nCOMMIT;"
        )
    };
    folder.add_statementwise("1_a", &text("INSERT INTO a VALUES (1)"), "");
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.state_left, StateLeft::StepRolledBack);
    assert_eq!(tables(database), [""; 0]);
    folder.write("1_a/up.sql", &text("INSERT INTO b VALUES (1)"));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(tables(database), ["b"]);
}

fn what_it_leaves_open_is_refused(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    folder.add(
        "1_a",
        "BEGIN;\nCREATE TABLE a (id INTEGER);\nCOMMIT AND CHAIN;",
        "",
    );
    let refused = migrator(database, &folder).up(&UpOptions::default());
    match refused.expect_err("it is open") {
        RunError::Prepare {
            source: PrepareError::OpenTransaction { place },
            ..
        } => assert_eq!(place.line, 3),
        other => panic!("{other}"),
    }
    assert_eq!(tables(database), [""; 0]);
}

fn a_setting_of_the_one_before_lasts(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    let text = |last: &str| {
        format!(
            "BEGIN;\nSET app.tenant = 'seven';\nCOMMIT AND CHAIN;\nSET app.tenant = 'eight';\nROLLBACK;
CREATE TABLE kept (word TEXT);\n{last}"
        )
    };
    folder.add_statementwise("1_a", &text("INSERT INTO nowhere VALUES (1);"), "");
    failing_up(database, &folder, &UpOptions::default());
    let keep = "INSERT INTO kept SELECT current_setting('app.tenant', true);";
    folder.write("1_a/up.sql", &text(keep));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(database.query_column("SELECT word FROM kept"), ["seven"]);
}
