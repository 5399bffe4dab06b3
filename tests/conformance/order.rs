//! Where files and database disagree: out of order, missing, ahead, modified, reformatted.

use dieselkit::migration::{Mark, OutOfOrder, PlanError, RunError};
use dieselkit::{UpOptions, UpTarget};

use crate::scene::{Folder, done, entry, migrator, status, up, up_with, version};
use crate::support::engine::Engine;

on_both_engines![
    a_late_migration_is_refused_and_marked,
    a_late_migration_is_applied_where_that_is_allowed,
    a_database_that_is_ahead_is_tolerated_and_shown,
    a_hole_in_the_middle_is_an_error_of_up,
    a_modified_migration_refuses_up,
    a_reformatted_migration_refuses_nothing,
    a_literal_and_a_quoted_name_are_no_format,
    what_stands_in_a_body_is_no_format,
    up_goes_as_far_as_it_is_told,
];

fn one_and_three_applied(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_table(3);
    up(database, &folder);
    folder.add_table(2);
    folder
}

fn a_late_migration_is_refused_and_marked(database: &dyn Engine) {
    let folder = one_and_three_applied(database);
    folder.add_table(4);
    assert!(entry(database, &folder, "2").has(Mark::OutOfOrder));
    let refused = migrator(database, &folder).up(&UpOptions::default());
    match refused.expect_err("it is late") {
        RunError::Plan(PlanError::OutOfOrder { names, newest, .. }) => {
            assert_eq!((names, newest), (vec!["2_t".to_owned()], version("3")));
        }
        other => panic!("another error: {other}"),
    }
    assert_eq!(database.applied(), ["1", "3"]);
}

fn a_late_migration_is_applied_where_that_is_allowed(database: &dyn Engine) {
    let folder = one_and_three_applied(database);
    folder.add_table(4);
    let late = UpOptions::default().out_of_order(OutOfOrder::Allow);
    assert_eq!(done(&up_with(database, &folder, &late)), ["2", "4"]);
    assert!(status(database, &folder).is_clean());
}

fn a_database_that_is_ahead_is_tolerated_and_shown(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("5_t");
    folder.remove("6_t");
    assert!(entry(database, &folder, "5").has(Mark::Ahead));
    assert_eq!(entry(database, &folder, "6").name, "6_t");
    let report = up(database, &folder);
    assert_eq!(report.ahead, [version("5"), version("6")]);
    assert_eq!(done(&report), [""; 0]);
}

fn a_hole_in_the_middle_is_an_error_of_up(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("3_t");
    folder.add_table(7);
    assert!(entry(database, &folder, "3").has(Mark::Missing));
    match migrator(database, &folder).up(&UpOptions::default()) {
        Err(RunError::Plan(PlanError::Hole { names, .. })) => assert_eq!(names, ["3_t"]),
        other => panic!("not refused as a hole: {other:?}"),
    }
    assert_eq!(database.applied().len(), 6);
}

fn a_modified_migration_refuses_up(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("2_t/up.sql", "CREATE TABLE t2 (id BIGINT);");
    folder.add_table(7);
    match migrator(database, &folder).up(&UpOptions::default()) {
        Err(RunError::Plan(PlanError::Modified { names, .. })) => assert_eq!(names, ["2_t"]),
        other => panic!("not refused as modified: {other:?}"),
    }
    assert_eq!(database.applied().len(), 6);
    let status = status(database, &folder);
    assert_eq!((status.totals.modified, status.is_clean()), (1, false));
}

fn a_reformatted_migration_refuses_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("1_t/up.sql", "\u{feff}create table t1 (id Integer);");
    folder.write(
        "2_t/up.sql",
        "-- Licence.\r\nCREATE TABLE t2 ( /* key */\r\n  id INTEGER\r\n);  \r\n",
    );
    for version in ["1", "2"] {
        assert_eq!(entry(database, &folder, version).marks, [Mark::Reformatted]);
    }
    folder.add_table(7);
    assert_eq!(done(&up(database, &folder)), ["7"]);
    assert!(status(database, &folder).is_clean());
}

fn what_stands_in_a_body_is_no_format(database: &dyn Engine) {
    let body = |said: &str| {
        let body = database.either(
            "CREATE TABLE t (id INTEGER);
CREATE TRIGGER noisy AFTER INSERT ON t BEGIN SELECT 'SAID'; SELECT 2; END;",
            "CREATE FUNCTION noisy() RETURNS text LANGUAGE sql AS $f$ SELECT 'SAID'; $f$;",
        );
        body.replace("SAID", said)
    };
    let folder = Folder::new();
    folder.add("1_body", &body("a"), "");
    up(database, &folder);
    folder.write("1_body/up.sql", &format!("-- noisy\n{}\n", body("a")));
    assert!(entry(database, &folder, "1").has(Mark::Reformatted));
    folder.write("1_body/up.sql", &body("b"));
    assert!(entry(database, &folder, "1").has(Mark::Modified));
}

fn a_literal_and_a_quoted_name_are_no_format(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add(
        "1_a",
        "CREATE TABLE a (x TEXT DEFAULT 'a  b');",
        "DROP TABLE a;",
    );
    folder.add("2_b", "CREATE TABLE b (\"x\" TEXT);", "DROP TABLE b;");
    up(database, &folder);
    folder.write("1_a/up.sql", "CREATE TABLE a (x TEXT DEFAULT 'a b');");
    folder.write("2_b/up.sql", "CREATE TABLE b (\"X\" TEXT);");
    for version in ["1", "2"] {
        assert_eq!(entry(database, &folder, version).marks, [Mark::Modified]);
    }
}

fn up_goes_as_far_as_it_is_told(database: &dyn Engine) {
    let folder = Folder::of_six();
    let to = |target| UpOptions::default().until(target);
    assert_eq!(
        done(&up_with(database, &folder, &to(UpTarget::Steps(2)))),
        ["1", "2"]
    );
    let third = to(UpTarget::To(version("3")));
    assert_eq!(done(&up_with(database, &folder, &third)), ["3"]);
    assert_eq!(done(&up_with(database, &folder, &third)), [""; 0]);
    let unknown = migrator(database, &folder).up(&to(UpTarget::To(version("33"))));
    assert!(matches!(
        unknown,
        Err(RunError::Plan(PlanError::UnknownVersion { .. }))
    ));
}
