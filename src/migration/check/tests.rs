//! What is found in files alone.

use super::database::unified_diff;
use super::report::finding;
use super::*;
use crate::migration::examples::engine;
use crate::migration::model::SqlText;
use crate::migration::template;

fn checked(files: &[(&str, &str)]) -> CheckReport {
    let folder = tempfile::tempdir().expect("temporary folders can be made");
    for (path, text) in files {
        let path = folder.path().join(path);
        let parent = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(parent).expect("the folder is ours");
        std::fs::write(path, text).expect("the folder is ours");
    }
    let set = MigrationSet::scan(folder.path()).expect("the folder is readable");
    check_files(&set, engine()).expect("the engine is compiled in")
}

fn kinds(report: &CheckReport) -> Vec<FindingKind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

const UP: &str = "CREATE TABLE t (id INTEGER);";
const DOWN: &str = "DROP TABLE t;";

#[test]
fn a_good_folder_has_no_finding() {
    let report = checked(&[
        ("001_a/up.sql", UP),
        ("001_a/down.sql", DOWN),
        (
            "002_b.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:down irreversible it is gone\n",
        ),
    ]);
    assert_eq!(kinds(&report), []);
    assert_eq!((report.scope, report.migrations), (Scope::Files, 2));
    assert!(report.is_clean());
}

#[test]
fn files_that_cannot_be_read_are_findings_with_a_hint() {
    let long = format!("{}_a/up.sql", "1".repeat(51));
    let report = checked(&[
        ("001_a/down.sql", DOWN),
        (
            "002_b.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n",
        ),
        ("002_c/up.sql", UP),
        (&long, UP),
    ]);
    assert_eq!(
        kinds(&report),
        [
            FindingKind::Unreadable,
            FindingKind::Duplicate,
            FindingKind::VersionTooLong
        ]
    );
    assert!(report.findings.iter().all(|finding| finding.hint.is_some()));
    assert!(!report.is_clean());
}

#[test]
fn settings_that_diesel_reads_otherwise_are_findings() {
    for metadata in ["foreign_keys = \"off\"\n", "run_in_transction = false\n"] {
        let report = checked(&[
            ("001_a/up.sql", UP),
            ("001_a/down.sql", DOWN),
            ("001_a/metadata.toml", metadata),
        ]);
        assert_eq!(kinds(&report), [FindingKind::Settings], "{metadata}");
    }
}

#[test]
fn a_way_down_that_is_absent_without_a_word_is_a_finding() {
    let silent = checked(&[("001_a/up.sql", UP)]);
    assert_eq!(kinds(&silent), [FindingKind::Irreversible]);
    let hint = silent.findings[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains("irreversible"), "{hint}");

    let metadata = "run_in_transaction = true\nirreversible = \"it is gone\"\n";
    let outspoken = checked(&[("001_a/up.sql", UP), ("001_a/metadata.toml", metadata)]);
    assert_eq!(kinds(&outspoken), []);
}

#[test]
fn the_hint_for_an_irreversible_one_cures_it_in_every_layout() {
    let folder = tempfile::tempdir().expect("temporary folders can be made");
    for name in ["001_a/up.sql", "002_b.up.sql"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("ours");
        std::fs::write(path, UP).expect("ours");
    }
    let read = || MigrationSet::scan(folder.path()).expect("it is readable");
    let report = check_files(&read(), engine()).expect("the engine is compiled in");
    assert_eq!(report.findings.len(), 2);
    for finding in &report.findings {
        let hint = finding.hint.as_deref().unwrap_or_default();
        let (_, path) = hint.split_once(" > ").expect("it names the file to write");
        let settings = "run_in_transaction = true\nirreversible = \"WHY\"\n";
        std::fs::write(path.trim_end_matches('`'), settings).expect("it lies in our folder");
    }
    let report = check_files(&read(), engine()).expect("the engine is compiled in");
    assert_eq!(kinds(&report), []);
}

#[test]
fn a_file_that_is_still_the_template_is_a_finding_and_no_second_one() {
    let report = checked(&[
        ("001_a/up.sql", template::UP),
        ("001_a/down.sql", template::DOWN),
        ("002_b/up.sql", UP),
        ("002_b/down.sql", template::DOWN),
    ]);
    assert_eq!(kinds(&report), [FindingKind::Template; 3]);
}

#[test]
fn sql_that_does_not_parse_is_found_in_ways_down_too() {
    let report = checked(&[
        ("001_a/up.sql", UP),
        ("001_a/down.sql", "DROP TABLE t;\nSELECT 'open;"),
    ]);
    assert_eq!(kinds(&report), [FindingKind::Syntax]);
    let finding = &report.findings[0];
    let place = finding.place.as_ref().expect("it is in a file");
    assert!(place.file.ends_with("001_a/down.sql"), "{place}");
    assert_eq!((place.line, place.column), (2, 8));
    assert_eq!(finding.message, "unterminated string literal");
}

#[test]
fn a_version_that_is_no_number_does_not_keep_numbers_apart() {
    let text = "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n";
    let report = checked(&[("9_x.sql", text), ("10_y.sql", text), ("20-x.sql", text)]);
    assert_eq!(kinds(&report), [FindingKind::VersionOrder], "{report:?}");
}

#[test]
fn versions_that_text_and_number_order_differently_are_found_in_pairs() {
    let report = checked(&[
        ("9_nine/up.sql", UP),
        ("9_nine/down.sql", DOWN),
        ("10_ten/up.sql", UP),
        ("10_ten/down.sql", DOWN),
    ]);
    assert_eq!(kinds(&report), [FindingKind::VersionOrder]);
    assert_eq!(
        report.findings[0].message,
        "`10_ten` runs before `9_nine`, since versions compare as text"
    );
    let hint = report.findings[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains("`09`"), "{hint}");
}

#[test]
fn notes_alone_leave_a_report_clean() {
    let report = CheckReport {
        findings: vec![
            finding(FindingKind::Ahead, None, String::new()),
            finding(FindingKind::Reformatted, None, String::new()),
        ],
        ..CheckReport::default()
    };
    assert!(report.is_clean());
}

#[test]
fn a_diff_shows_what_was_applied_and_what_the_file_says() {
    let present = SqlText::whole_file("001_a/up.sql".as_ref(), "SELECT 1;\nSELECT 3;\n".to_owned());
    insta::assert_snapshot!(unified_diff("SELECT 1;\nSELECT 2;\n", &present), @"
    --- 001_a/up.sql (as it was applied)
    +++ 001_a/up.sql
    @@ -1,2 +1,2 @@
     SELECT 1;
    -SELECT 2;
    +SELECT 3;
    ");
}

#[test]
fn settings_that_no_migration_reads_are_found() {
    let settings = "run_in_transaction = false\n";
    let report = checked(&[
        ("001_a.up.sql", UP),
        ("001_a.down.sql", DOWN),
        ("001_a.metadata.toml", settings),
        (
            "002_b.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n",
        ),
        ("002_b.metadata.toml", settings),
        ("003_c.metadata.toml", settings),
        ("notes.metadata.toml", settings),
    ]);
    assert_eq!(
        kinds(&report),
        [FindingKind::Settings, FindingKind::Settings]
    );
    let told: Vec<_> = report.findings.iter().map(|found| &found.message).collect();
    assert!(
        told[0].contains("002_b.sql` says its settings itself"),
        "{told:?}"
    );
    assert!(told[1].contains("there is no `"), "{told:?}");
}
