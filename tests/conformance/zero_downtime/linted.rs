//! The changes of the page, before the linter: what hurts is found by the rules that the page names,
//! and of the steps nothing is.

use std::collections::BTreeSet;

use dieselkit::lint::{Linter, Options, Report, Subject, Together};
use dieselkit::migration::MigrationSet;

use super::ON_SQLITE;
use super::chapter::{Change, changes};
use crate::scene::{Folder, address};
use crate::support::engine::Engine;

/// Lints a folder, as one run.
fn lint(folder: &Folder, database: &dyn Engine) -> Report {
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let subjects: Vec<Subject> = set.migrations().iter().map(Subject::from).collect();
    let linter = Linter::new(address(database).engine(), Options::default());
    let linter = linter.expect("it is compiled in");
    linter.knowing(&set).lint(&subjects, Together::OneRun)
}

/// Returns what is wrong with what the page says of its changes.
fn wrong(changes: impl Iterator<Item = Change>, database: &dyn Engine) -> Vec<String> {
    let mut wrong = Vec::new();
    for change in changes {
        for dangerous in &change.dangerous {
            let folder = Folder::new();
            folder.write("1_dangerous/up.sql", &dangerous.sql);
            let report = lint(&folder, database);
            let found: BTreeSet<&str> = report.findings.iter().map(|it| it.rule.as_str()).collect();
            for rule in &dangerous.found_by {
                if !found.contains(rule.as_str()) {
                    wrong.push(format!("{}: {rule} is not in {found:?}", change.title));
                }
            }
        }
        let folder = Folder::new();
        for step in &change.steps {
            for (file, text) in &step.files {
                folder.write(&format!("{}/{file}", step.name), text);
            }
        }
        for finding in lint(&folder, database).findings {
            let file = finding.place.file;
            let name = file.rsplit('/').next().unwrap_or_default();
            wrong.push(format!(
                "{}: {} in {name}: {}",
                change.title, finding.rule, finding.message
            ));
        }
    }
    wrong
}

#[test]
fn what_hurts_postgres_is_found_and_the_steps_are_clean() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let changes = changes().into_iter();
    let wrong = wrong(
        changes.filter(|change| change.title != ON_SQLITE),
        &database,
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_hurts_sqlite_is_found_and_the_steps_are_clean() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let changes = changes().into_iter();
    let wrong = wrong(
        changes.filter(|change| change.title == ON_SQLITE),
        &database,
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
