//! What `check` finds, kind by kind.

use dieselkit::UpOptions;
use dieselkit::migration::{CheckReport, Finding, FindingKind, Scope, Weight, check_files};

use crate::scene::{Folder, address, failing_up, reader, shown, up};
use crate::support::engine::Engine;

on_both_engines![
    another_name_of_an_applied_version_is_noted,
    a_folder_that_agrees_is_clean,
    a_modified_migration_is_shown_as_a_unified_diff,
    what_the_database_says_is_found,
    what_stopped_half_way_is_found,
    what_the_files_say_is_found,
    a_way_down_that_does_not_parse_is_found,
    the_files_alone_can_be_checked,
    a_transaction_that_is_left_open_is_found,
    a_syntax_error_is_placed_where_it_is,
    a_statement_that_explains_another_is_sound,
];

#[track_caller]
fn check(database: &dyn Engine, folder: &Folder) -> CheckReport {
    let report = shown(reader(database, folder).check());
    assert_eq!(report.scope, Scope::FilesAndDatabase);
    report
}

#[track_caller]
fn found(report: &CheckReport, kind: FindingKind) -> &Finding {
    let of_kind: Vec<_> = report
        .findings
        .iter()
        .filter(|found| found.kind == kind)
        .collect();
    match of_kind.as_slice() {
        [finding] => finding,
        other => panic!("one {kind:?} expected, got {other:?} of {report:?}"),
    }
}

fn a_folder_that_agrees_is_clean(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let report = check(database, &folder);
    assert_eq!(
        (report.findings.as_slice(), report.migrations),
        ([].as_slice(), 6)
    );
    assert!(report.is_clean());
}

fn a_modified_migration_is_shown_as_a_unified_diff(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "2_t/up.sql",
        "CREATE TABLE t2 (\n  id INTEGER,\n  name TEXT\n);\n",
    );
    up(database, &folder);
    folder.write(
        "2_t/up.sql",
        "CREATE TABLE t2 (\n  id BIGINT,\n  name TEXT\n);\n",
    );
    let report = check(database, &folder);
    let modified = found(&report, FindingKind::Modified);
    let path = folder.file("2_t/up.sql").display().to_string();
    let expected = format!(
        "--- {path} (as it was applied)
+++ {path}
@@ -1,4 +1,4 @@
 CREATE TABLE t2 (
-  id INTEGER,
+  id BIGINT,
   name TEXT
 );
"
    );
    assert_eq!(modified.diff.as_deref(), Some(expected.as_str()));
    assert_eq!(modified.migration.as_deref(), Some("2_t"));
    assert!(
        modified
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("dieselkit repair 2"))
    );
    assert!(!report.is_clean());
}

fn what_the_database_says_is_found(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.remove("2_t");
    up(database, &folder);
    folder.add_table(2);
    folder.write("1_t/up.sql", "create table t1 (id INTEGER);");
    folder.remove("3_t");
    folder.remove("6_t");
    let report = check(database, &folder);
    assert_eq!(report.findings.len(), 4, "{report:?}");
    let of = |kind| found(&report, kind).migration.as_deref();
    assert_eq!(of(FindingKind::OutOfOrder), Some("2_t"));
    assert_eq!(of(FindingKind::Missing), Some("3_t"));
    assert_eq!(of(FindingKind::Ahead), Some("6_t"));
    assert_eq!(
        found(&report, FindingKind::Missing).hint.as_deref(),
        Some(
            "bring the file back, or check out the branch that has it; where it is lost, `dieselkit rollback --to 1` takes it back by the way down that the history keeps, with all that came after it; or undo by hand what it made and run `dieselkit resolve 3 --reverted --reason \"…\"`"
        )
    );
    assert_eq!(of(FindingKind::Reformatted), Some("1_t"));
    assert_eq!(found(&report, FindingKind::Ahead).weight, Weight::Note);
    assert_eq!(
        found(&report, FindingKind::Reformatted).weight,
        Weight::Note
    );
}

fn what_stopped_half_way_is_found(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_statementwise(
        "1_a",
        "CREATE TABLE a (id INTEGER);\nDROP TABLE nowhere;",
        "DROP TABLE a;",
    );
    failing_up(database, &folder, &UpOptions::default());
    let report = check(database, &folder);
    let stopped = found(&report, FindingKind::Interrupted);
    assert_eq!(
        stopped.message,
        "the way up of `1_a` stopped after statement 1 of 2"
    );
    assert_eq!(
        stopped.hint.as_deref(),
        Some(
            "go on with `dieselkit up`, or settle it by hand: `dieselkit resolve 1 --applied --reason \"…\"`, or with `--reverted` once nothing of it is left"
        )
    );
}

fn with_every_mistake() -> Folder {
    let folder = Folder::new();
    folder.add(
        "10_ten",
        "CREATE TABLE ten (id INTEGER);",
        "DROP TABLE ten;",
    );
    folder.add(
        "9_nine",
        "CREATE TABLE nine (id INTEGER);",
        "DROP TABLE nine;",
    );
    folder.add(
        "20_twin",
        "CREATE TABLE twin (id INTEGER);",
        "DROP TABLE twin;",
    );
    folder.add(
        "2-0_twin",
        "CREATE TABLE twin (id INTEGER);",
        "DROP TABLE twin;",
    );
    folder.write("30_no_up/down.sql", "DROP TABLE x;");
    folder.add_table(40);
    folder.write("40_t/metadata.toml", "foreign_keys = \"on\"\n");
    folder.add(
        "50_one_way",
        "CREATE TABLE fifty (id INTEGER);",
        "-- gone\n",
    );
    folder.add("60_new", "-- dieselkit:template\n", "DROP TABLE sixty;");
    folder.add(
        "70_typo",
        "CREATE TABEL seventy (id INTEGER);",
        "DROP TABLE seventy;",
    );
    let long = format!("{}_long", "8".repeat(51));
    folder.add(
        &long,
        "CREATE TABLE eighty (id INTEGER);",
        "DROP TABLE eighty;",
    );
    folder
}

fn every_mistake_is_found(report: &CheckReport) {
    let kinds = [
        FindingKind::Duplicate,
        FindingKind::Unreadable,
        FindingKind::Settings,
        FindingKind::Irreversible,
        FindingKind::Template,
        FindingKind::Syntax,
        FindingKind::VersionTooLong,
        FindingKind::VersionOrder,
    ];
    for kind in kinds {
        let finding = found(report, kind);
        assert_eq!(finding.weight, Weight::Finding);
        assert!(!finding.message.is_empty());
    }
    assert_eq!(report.findings.len(), kinds.len(), "{report:?}");
}

fn what_the_files_say_is_found(database: &dyn Engine) {
    crate::scene::make(database);
    every_mistake_is_found(&check(database, &with_every_mistake()));
    assert_eq!(database.tables(), [""; 0]);
}

fn a_way_down_that_does_not_parse_is_found(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write("3_t/down.sql", "DROP TABLE t3\nDROP TABLE t2;\n");
    up(database, &folder);
    let report = check(database, &folder);
    let place = found(&report, FindingKind::Syntax)
        .place
        .clone()
        .expect("it has a place");
    assert_eq!(
        place.file,
        folder.file("3_t/down.sql").display().to_string()
    );
}

fn the_files_alone_can_be_checked(database: &dyn Engine) {
    let folder = with_every_mistake();
    let set = dieselkit::MigrationSet::scan(folder.path()).expect("the folder is there");
    let report = check_files(&set, address(database).engine()).expect("the engine is compiled in");
    assert_eq!(report.scope, Scope::Files);
    every_mistake_is_found(&report);
}

fn a_transaction_that_is_left_open_is_found(database: &dyn Engine) {
    crate::scene::make(database);
    let folder = Folder::of_six();
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE t4 (id INTEGER);\nBEGIN;\nCREATE TABLE yy (id INTEGER);\n",
    );
    let report = check(database, &folder);
    let open = found(&report, FindingKind::Refused);
    let place = open.place.clone().expect("it has a place");
    assert_eq!((place.line, place.column), (2, 1));
    assert_eq!(
        open.message,
        "the transaction that begins here does not end in this file"
    );
    assert_eq!(report.findings.len(), 1, "{report:?}");
}

const WRONG_IN_LINE_FOUR: &str = "-- ü
CREATE TABLE t (
  a INTEGER NOT NULL,
  b INTEGER, c TEXT NOT NULLL,
  d TEXT NOT NULL, NULLL INTEGER
);
";

fn a_syntax_error_is_placed_where_it_is(database: &dyn Engine) {
    database.execute("SELECT 1");
    let folder = Folder::new();
    folder.add("1_t", WRONG_IN_LINE_FOUR, "DROP TABLE t;");
    let set = dieselkit::MigrationSet::scan(folder.path()).expect("the folder is there");
    let alone = check_files(&set, address(database).engine()).expect("the engine is compiled in");
    for report in [check(database, &folder), alone] {
        let place = found(&report, FindingKind::Syntax).place.clone();
        let place = place.expect("it has a place");
        assert_eq!(place.line, 4, "{report:?}");
        if report.scope == Scope::FilesAndDatabase {
            assert_eq!(place.column, 25, "{report:?}");
        }
    }
}

fn a_statement_that_explains_another_is_sound(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add(
        "1_t",
        "CREATE TABLE t (id INTEGER);\nEXPLAIN SELECT * FROM t;",
        "DROP TABLE t;",
    );
    up(database, &folder);
    assert_eq!(check(database, &folder).findings, []);
}

fn another_name_of_an_applied_version_is_noted(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add("2026-01-01_users", "SELECT 1;", "SELECT 1;");
    folder.add("2026-01-02_teams", "SELECT 1;", "SELECT 1;");
    folder.add("2026-01-03_rooms", "SELECT 1;", "SELECT 1;");
    up(database, &folder);
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20260104')");
    up(database, &folder);
    for (from, to) in [
        ("2026-01-01_users", "2026-01-01_people"),
        // The same name, otherwise written.
        ("2026-01-02_teams", "20260102_teams"),
    ] {
        std::fs::rename(folder.file(from), folder.file(to)).expect("it is there");
    }
    // Adopted without a file, it had no name.
    folder.add("2026-01-04_late", "SELECT 1;", "SELECT 1;");
    let report = check(database, &folder);
    let found = found(&report, FindingKind::Renamed);
    assert_eq!(
        (found.weight, found.message.as_str()),
        (
            Weight::Note,
            "`2026-01-01_people` was applied as `2026-01-01_users`"
        )
    );
    let renamed = report.findings.iter();
    let renamed = renamed.filter(|found| found.kind == FindingKind::Renamed);
    assert_eq!(renamed.count(), 1);
    assert!(report.is_clean(), "{report:?}");
}
