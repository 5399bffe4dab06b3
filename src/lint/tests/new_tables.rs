//! Which tables a run is sure to have made itself.

use crate::backend::address::Engine;
use crate::lint::{Facts, Linter, Options, Report, Subject, Together};
use crate::migration::{Migration, MigrationSet};

/// Lints ways up as one run, with these tables in the database; returns where rows are changed without
/// a condition, as `file line`.
fn written_without_where(engine: Engine, known: &[(&str, i64)], ways: &[&str]) -> Vec<String> {
    let numbered = ways.iter().enumerate();
    let subjects = numbered.map(|(index, up)| {
        let migration = Migration::from_sql(&format!("{index}"), up, None);
        Subject::from(&migration)
    });
    let subjects: Vec<Subject> = subjects.collect();
    let linter = Linter::new(engine, Options::default()).expect("it is compiled in");
    let linter = linter.with_facts(Facts::of_example(None, known));
    without_where(&linter.lint(&subjects, Together::OneRun))
}

fn without_where(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    let of_it = findings.filter(|finding| finding.rule == "write-without-where");
    let places = of_it.map(|finding| &finding.place);
    let name = |file: &str| file.split('/').next().unwrap_or_default().to_owned();
    places
        .map(|place| format!("{} {}", name(&place.file), place.line))
        .collect()
}

#[test]
fn what_may_be_another_table_is_not_taken_for_new() {
    let orders: &[_] = &[("orders", 9)];
    let others: &[_] = &[("others", 9)];
    let unless = "CREATE TABLE IF NOT EXISTS orders (id INT);\nDELETE FROM orders;";
    let elsewhere =
        "CREATE TABLE archive.orders (id INT);\nDELETE FROM archive.orders;\nDELETE FROM orders;";
    let heap = "CREATE TEMPORARY TABLE orders (id INT);\nDELETE FROM orders;\nDROP TABLE orders;\nDELETE FROM orders;";
    let made = "CREATE TABLE orders (id INT);";
    let kept = "CREATE TEMPORARY TABLE orders (id INT);";
    let emptied = "DELETE FROM orders;";
    for engine in crate::lint::rule::ANY {
        let Ok(grammar) = engine.grammar() else {
            continue;
        };
        let usual = format!(
            "CREATE TABLE {}.orders (id INT);\n{emptied}",
            grammar.usual_schema()
        );
        for (known, ways, expected) in [
            (orders, vec![unless], vec!["0 2"]),
            (others, vec![unless], vec![]),
            (&[], vec![unless], vec![]),
            (others, vec![made, unless], vec![]),
            (orders, vec![elsewhere], vec!["0 3"]),
            (&[], vec![elsewhere], vec!["0 3"]),
            (others, vec![elsewhere], vec![]),
            (&[], vec![&*usual], vec![]),
            (orders, vec![heap], vec!["0 4"]),
            (orders, vec![kept, emptied], vec!["1 1"]),
            (others, vec![kept, emptied], vec![]),
            (orders, vec![kept, "DELETE FROM main.orders;"], vec!["1 1"]),
        ] {
            let found = written_without_where(*engine, known, &ways);
            assert_eq!(found, expected, "{engine} {known:?} {ways:?}");
        }
    }
}

#[test]
fn what_an_earlier_migration_makes_is_there_for_the_next() {
    let unless = "CREATE TABLE IF NOT EXISTS orders (id INT);\nDELETE FROM orders;";
    for engine in crate::lint::rule::ANY {
        if engine.grammar().is_err() {
            continue;
        }
        for (before, is_applied, expected) in [
            ("CREATE TABLE orders (id INT);", false, vec!["2 2"]),
            ("CREATE TABLE others (id INT);", false, vec![]),
            (
                "CREATE TABLE others (id INT); ALTER TABLE others RENAME TO orders;",
                false,
                vec!["2 2"],
            ),
            (
                "CREATE TABLE orders (id INT); DROP TABLE orders;",
                false,
                vec![],
            ),
            // What is applied has made the table that is there.
            ("CREATE TABLE others (id INT);", true, vec![]),
        ] {
            let list = [("1", before), ("2", unless)];
            let list = list.map(|(name, up)| Migration::from_sql(name, up, None));
            let set = MigrationSet::from_list(list).expect("two versions");
            let known: &[(&str, i64)] = if is_applied { &[("orders", 9)] } else { &[] };
            let subject = Subject::from(&set.migrations()[1]);
            let subject = if is_applied {
                subject.applied()
            } else {
                subject
            };
            let linter = Linter::new(*engine, Options::default()).expect("it is compiled in");
            let linter = linter
                .knowing(&set)
                .with_facts(Facts::of_example(None, known));
            let report = linter.lint(&[subject], Together::Apart);
            assert_eq!(without_where(&report), expected, "{engine} {before}");
        }
    }
}
