//! The examples of the rules that no file of `rules/` has: of comments, and of what cannot be read.
//!
//! They stand on the page of the rules as the others do, and are shown likewise.

use std::collections::BTreeSet;

use crate::UpOptions;
use crate::backend::address::Engine;
use crate::backend::support::{self, engine::Engine as Suite};
use crate::backend::{Absent, Database};
use crate::lint::catalog::RuleInfo;
use crate::lint::rule::ANY;
use crate::lint::rules::RULES;
use crate::lint::{Linter, Options, Subject, Together, rule_infos};
use crate::migration::{MigrationSet, Migrator};

/// The rule about files, whose examples are whole files; those of the others are ways up.
const OF_FILES: &str = "unreadable-file";

/// Returns the rules of this tool that are no file of `rules/`.
fn told() -> Vec<RuleInfo> {
    let has_file = |name| RULES.iter().any(|rule| rule.name == name);
    let rules = rule_infos().into_iter();
    rules
        .filter(|rule| rule.source == "dieselkit" && !has_file(rule.name))
        .collect()
}

/// Returns each rule with its example that is found, and the one that is not.
fn examples() -> Vec<(RuleInfo, String, String)> {
    let with_examples = told().into_iter().map(|rule| {
        let bad = rule.bad.clone().expect(rule.name).into_owned();
        let good = rule.good.clone().expect(rule.name).into_owned();
        (rule, bad, good)
    });
    with_examples.collect()
}

/// Writes an example of a rule to a folder of its own.
fn folder(rule: &str, example: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the system's folder for temporary files is writable");
    let migration = folder.path().join("20260101000000_example");
    if rule == OF_FILES {
        std::fs::write(migration.with_extension("sql"), example).expect("the folder is new");
    } else {
        std::fs::create_dir(&migration).expect("the folder is new");
        std::fs::write(migration.join("up.sql"), example).expect("the folder is new");
    }
    folder
}

/// Returns the rules that find something in an example of a rule.
fn found(rule: &str, example: &str, engine: Engine) -> BTreeSet<String> {
    let folder = folder(rule, example);
    let set = MigrationSet::scan(folder.path()).expect("it is a folder");
    let subjects: Vec<Subject> = set.migrations().iter().map(Subject::from).collect();
    let linter = Linter::new(engine, Options::default()).expect("it is compiled in");
    let linter = linter.knowing(&set).refusing(set.problems());
    let report = linter.lint(&subjects, Together::OneRun);
    let findings = report.findings.into_iter();
    findings.map(|finding| finding.rule).collect()
}

#[test]
fn what_the_page_says_of_comments_and_of_what_cannot_be_read_is_so() {
    let names: Vec<&str> = told().iter().map(|rule| rule.name).collect();
    assert_eq!(
        names,
        [
            "ignore-unknown-rule",
            "ignore-unused",
            "ignore-without-reason",
            "unreadable-file",
            "unreadable-sql",
        ]
    );
    for engine in ANY.iter().filter(|engine| engine.grammar().is_ok()) {
        for (rule, bad, good) in examples() {
            let name = rule.name;
            let in_bad = found(name, &bad, *engine);
            assert!(in_bad.contains(name), "{name} on {engine}: {in_bad:?}");
            // It is mended, and not by what another of them finds.
            let in_good = found(name, &good, *engine);
            let left = told().into_iter().find(|it| in_good.contains(it.name));
            assert_eq!(left, None, "{name} on {engine}");
        }
    }
}

/// Returns whether `up` refuses an example.
fn is_refused(rule: &str, example: &str, database: &dyn Suite) -> bool {
    let folder = folder(rule, example);
    let Ok(set) = MigrationSet::from_folder(folder.path()) else {
        return true;
    };
    if example.contains("DROP TABLE users") {
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY);");
    }
    let address = database.url().parse().expect("it is the suite's own");
    let connection = Database::connect(&address, Absent::CreateFile).expect("it is there");
    let mut migrator = Migrator::new(connection, set);
    migrator.up(&UpOptions::default()).is_err()
}

/// Checks that of all examples those alone are refused that cannot be read.
fn what_cannot_be_read_is_refused(mut fresh: impl FnMut() -> Box<dyn Suite>) {
    for (rule, bad, good) in examples() {
        let name = rule.name;
        let says_so = rule.hurts.starts_with("`up` refuses");
        assert_eq!(is_refused(name, &bad, &*fresh()), says_so, "{name}: {bad}");
        assert!(!is_refused(name, &good, &*fresh()), "{name}: {good}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_refuses_the_examples_that_cannot_be_read() {
    what_cannot_be_read_is_refused(|| Box::new(support::sqlite::SqliteDatabase::create()));
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_refuses_the_examples_that_cannot_be_read() {
    what_cannot_be_read_is_refused(|| Box::new(support::postgres::PostgresDatabase::create()));
}
