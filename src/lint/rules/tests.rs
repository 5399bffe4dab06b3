//! The examples of all rules, put before the linter and before real databases.

#[cfg(feature = "sqlite")]
mod rebuild;

use std::fmt::Write as _;

use crate::UpOptions;
use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::backend::support;
use crate::backend::{Absent, Database};
use crate::lint::rule::{ANY, Claim, Example, Rule, Verdict};
use crate::lint::rules::RULES;
use crate::lint::{Facts, Finding, Linter, Options, Subject, Together, rule_infos};
use crate::migration::{Migration, MigrationSet, Migrator, Settings};
use crate::version::Target;

fn migration(example: &Example) -> Migration {
    let settings = Settings {
        run_in_transaction: example.run_in_transaction,
        ..Settings::default()
    };
    Migration::from_sql("002_example", example.up, example.down).with_settings(settings)
}

/// Returns what a rule finds in an example.
fn found(rule: &Rule, example: &Example, engine: Engine) -> Vec<Finding> {
    let before = Migration::from_sql("001_before", example.before, None);
    let set = MigrationSet::from_list([before, migration(example)]).expect("two versions");
    let facts = Facts::of_example(example.server_version, example.rows);
    let linter = Linter::new(engine, Options::default()).expect("it is compiled in");
    let subject = Subject::from(&set.migrations()[1]);
    let report = linter
        .knowing(&set)
        .with_facts(facts)
        .lint(&[subject], Together::OneRun);
    let findings = report.findings.into_iter();
    findings
        .filter(|finding| finding.rule == rule.name)
        .collect()
}

/// Returns every example with its rule and each engine that is compiled in.
fn examples() -> impl Iterator<Item = (&'static Rule, &'static Example, Engine)> {
    RULES.iter().flat_map(|rule| {
        rule.examples.iter().flat_map(move |example| {
            let compiled = example
                .engines
                .iter()
                .filter(|engine| engine.grammar().is_ok());
            compiled.map(move |engine| (*rule, example, *engine))
        })
    })
}

#[test]
fn every_bad_example_is_found_and_no_good_one_is() {
    let mut wrong = Vec::new();
    for (rule, example, engine) in examples() {
        let found = found(rule, example, engine);
        let is_right = found.is_empty() == (example.verdict == Verdict::Good);
        if !is_right {
            let (name, sql) = (rule.name, example.up);
            wrong.push(format!("{name} on {engine}: {found:?} in\n{sql}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_is_found_is_said_as_it_was() {
    let mut said = String::new();
    for engine in ANY {
        if engine.grammar().is_err() {
            continue;
        }
        let _ = writeln!(said, "# {engine}");
        for (rule, example, _) in examples().filter(|(_, _, of)| of == engine) {
            for finding in found(rule, example, *engine) {
                let Finding { place, message, .. } = &finding;
                let _ = writeln!(said, "{}: {place}: {message}", rule.name);
                // The rule's own advice is on the page of the rules.
                let help = finding.help.filter(|help| help != rule.instead);
                if let Some(help) = help {
                    let _ = writeln!(said, "  {help}");
                }
            }
        }
    }
    if ANY.iter().all(|engine| engine.grammar().is_ok()) {
        insta::assert_snapshot!(said);
    }
}

#[test]
fn every_rule_is_told_in_full() {
    for rule in RULES {
        let name = rule.name;
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{name}"
        );
        for verdict in [Verdict::Bad, Verdict::Good] {
            let has = rule
                .examples
                .iter()
                .any(|example| example.verdict == verdict);
            assert!(has, "{name}: {verdict:?}");
        }
        let fragments = [rule.finds, rule.hurts];
        assert!(fragments.iter().all(|text| !text.ends_with('.')), "{name}");
        assert!(rule.instead.ends_with('.'), "{name}");
    }
    let infos = rule_infos();
    for (index, rule) in infos.iter().enumerate() {
        let twice = infos[..index].iter().any(|other| other.name == rule.name);
        assert!(!twice, "{} is there twice", rule.name);
    }
}

/// Runs an example on a database of its own, down too where it has a way down; returns why it was
/// refused.
fn run(example: &Example, database: &dyn support::engine::Engine) -> Result<(), String> {
    if !example.before.is_empty() {
        database.execute(example.before);
    }
    let set = MigrationSet::from_list([migration(example)]).expect("one version");
    let address = database.url().parse().expect("it is the suite's own");
    let connection = Database::connect(&address, Absent::CreateFile).expect("it is there");
    let mut migrator = Migrator::new(connection, set);
    let told = |error: &dyn std::error::Error| {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        text
    };
    migrator
        .up(&UpOptions::default())
        .map_err(|error| told(&error))?;
    if example.down.is_some() && example.verdict == Verdict::Good {
        let down = migrator.rollback(Target::Steps(1));
        down.map_err(|error| told(&error))?;
    }
    Ok(())
}

/// Returns what an engine does otherwise with the examples than they say.
fn broken_promises(
    engine: Engine,
    major_version: u32,
    run: impl Fn(&Example) -> Result<(), String>,
) -> String {
    let mut broken = Vec::new();
    for (rule, example, _) in examples().filter(|(_, _, of)| *of == engine) {
        let ran = match example.claim {
            Claim::NotRun => continue,
            _ => run(example),
        };
        let is_kept = match (example.claim, &ran) {
            (Claim::Refused(words), Err(why)) => why.contains(words),
            (Claim::RefusedBefore(version, words), Err(why)) => {
                major_version < version && why.contains(words)
            }
            (Claim::RefusedBefore(version, _), Ok(())) => major_version >= version,
            (Claim::Runs, Ok(())) => true,
            _ => false,
        };
        if !is_kept {
            broken.push(format!("{}: {ran:?} of\n{}", rule.name, example.up));
        }
    }
    broken.join("\n\n")
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_does_with_every_example_what_it_says() {
    let broken = broken_promises(Engine::Sqlite, 3, |example| {
        run(example, &support::sqlite::SqliteDatabase::create())
    });
    assert!(broken.is_empty(), "{broken}");
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_does_with_every_example_what_it_says() {
    use support::engine::Engine as _;

    let database = support::postgres::PostgresDatabase::create();
    let version = database.query_i64("SELECT current_setting('server_version_num')::int8 / 10000");
    let version = u32::try_from(version).expect("a version");
    let broken = broken_promises(Engine::Postgres, version, |example| {
        database.execute(
            "DROP SCHEMA IF EXISTS old, shop CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;",
        );
        run(example, &database)
    });
    assert!(broken.is_empty(), "{broken}");
}

#[cfg(feature = "postgres")]
#[test]
fn a_value_of_an_earlier_file_is_found_where_all_share_a_transaction() {
    let added = "ALTER TYPE mood ADD VALUE 'calm' AFTER 'sad';";
    let of_new_type = format!("CREATE TYPE mood AS ENUM ('sad');\n{added}");
    let used = "UPDATE days SET mood = 'calm' WHERE id = 1;";
    let found = |first: &str, together, version| {
        let linter = Linter::new(Engine::Postgres, Options::default());
        let facts = Facts::of_example(version, &[]);
        let linter = linter.expect("it is compiled in").with_facts(facts);
        let subject = |name, up| Subject::from(&Migration::from_sql(name, up, None));
        let subjects = [subject("001_a", first), subject("002_b", used)];
        let report = linter.lint(&subjects, together);
        let mut findings = report.findings.into_iter();
        let found = findings.find(|finding| finding.rule == "enum-value-used");
        found.map(|finding| finding.place.to_string())
    };
    let there = Some("002_b/up.sql:1:24".to_owned());
    assert_eq!(found(added, Together::OneTransaction, None), there);
    assert_eq!(
        found(&of_new_type, Together::OneTransaction, Some("16.1")),
        there
    );
    assert_eq!(
        found(&of_new_type, Together::OneTransaction, Some("17.1")),
        None
    );
    for together in [Together::OneRun, Together::Apart] {
        assert_eq!(found(added, together, None), None);
    }
}

/// squawk panics of this one.
#[test]
fn a_text_that_no_server_takes_is_linted_to_its_end() {
    let migration = Migration::from_sql("001_any", "SELECT VARCHAR(3) ( INSERT INTO", None);
    for engine in ANY.iter().filter(|engine| engine.grammar().is_ok()) {
        let linter = Linter::new(*engine, Options::default()).expect("it is compiled in");
        let report = linter.lint(&[Subject::from(&migration)], Together::OneRun);
        assert_eq!(report.files.len(), 1);
    }
}

proptest::proptest! {
    /// Whatever stands in a file, it is linted to its end, and every place is in the file.
    #[test]
    fn any_text_is_linted(
        up in crate::sql::tests::any_text(),
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..30),
        run_in_transaction in proptest::prelude::any::<bool>(),
    ) {
        let settings = Settings { run_in_transaction, ..Settings::default() };
        let down = words.join(" ");
        for engine in ANY.iter().filter(|engine| engine.grammar().is_ok()) {
            let migration = Migration::from_sql("001_any", &up, Some(&down));
            let subject = Subject::from(&migration.with_settings(settings.clone()));
            let linter = Linter::new(*engine, Options::default()).expect("it is compiled in");
            let report = linter.lint(&[subject], Together::OneRun);
            for finding in &report.findings {
                let text = if finding.place.file.ends_with("up.sql") { &up } else { &down };
                let lines = text.matches('\n').count() + 1;
                proptest::prop_assert!(finding.end_line <= lines, "{finding:?}");
                let (_, done) = report.mended(&finding.place.file, text, Level::Info);
                proptest::prop_assert!(done.iter().all(|mended| mended.fix.is_some()));
            }
        }
    }
}

/// What statements are made of.
const WORDS: &[&str] = &[
    "CREATE",
    "DROP",
    "ALTER",
    "TABLE",
    "INDEX",
    "CONCURRENTLY",
    "ON",
    "t",
    "u",
    "\"é\"",
    "(",
    ")",
    ",",
    ";",
    "ADD",
    "COLUMN",
    "CONSTRAINT",
    "c",
    "FOREIGN KEY",
    "REFERENCES",
    "PRIMARY KEY",
    "INT",
    "VARCHAR(3)",
    "DEFAULT",
    "'x'",
    "TYPE",
    "USING",
    "VALUE",
    "UPDATE",
    "SET",
    "=",
    "1",
    "WHERE",
    "DELETE FROM",
    "INSERT INTO",
    "SELECT",
    "WITH",
    "AS",
    "RENAME",
    "TO",
    "CASCADE",
    "BEGIN",
    "COMMIT",
    "PRAGMA",
    "foreign_keys",
    "SCHEMA",
    "char(3)",
    "-- lint:ignore x -- y\n",
    "/* squawk-ignore */",
    "\\restrict é\n",
    ".",
];
