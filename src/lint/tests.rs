//! What the runs that migrations share make of what the rules find.

mod comments;
#[cfg(feature = "postgres")]
mod known;
mod new_tables;
#[cfg(feature = "postgres")]
mod squawk;
mod told;

use crate::backend::address::Engine;
#[cfg(feature = "postgres")]
use crate::lint::Level;
use crate::lint::{Linter, Options, Report, Subject, Together};
use crate::migration::{Migration, MigrationSet, Settings};

/// Lints ways up in this order, each a migration of its own.
fn lint(engine: Engine, ways: &[&str], together: Together) -> Report {
    let numbered = ways.iter().enumerate();
    let migrations =
        numbered.map(|(index, up)| Migration::from_sql(&format!("{index:03}_it"), up, None));
    let set = MigrationSet::from_list(migrations).expect("versions of their own");
    let subjects: Vec<Subject> = set.migrations().iter().map(Subject::from).collect();
    let linter = Linter::new(engine, Options::default()).expect("it is compiled in");
    linter.lint(&subjects, together)
}

/// Returns what is found, as `line rule`.
fn found(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    findings
        .map(|finding| format!("{} {}", finding.place.line, finding.rule))
        .collect()
}

#[cfg(feature = "postgres")]
#[test]
fn what_shares_a_transaction_holds_what_earlier_ones_do() {
    let apart = Together::OneRun;
    let one = Together::OneTransaction;
    let value = [
        "ALTER TYPE mood ADD VALUE 'z' AFTER 'y';",
        "CREATE TABLE q (m mood DEFAULT 'z');",
    ];
    let locked = [
        "ALTER TABLE users ADD COLUMN email TEXT;",
        "UPDATE users SET email = '' WHERE email IS NULL;",
    ];
    let of = |ways: &[&str], together| found(&lint(Engine::Postgres, ways, together));
    assert_eq!(of(&value, apart), [""; 0]);
    assert_eq!(of(&value, one), ["1 enum-value-used"]);
    assert_eq!(of(&locked, apart), [""; 0]);
    assert_eq!(of(&locked, one), ["1 lock-then-write"]);
    let index = [
        "CREATE INDEX users_name ON users (name);",
        "DROP INDEX users_name;",
        "UPDATE users SET name = 'x' WHERE name IS NULL;",
    ];
    let dropped = |together| {
        let of_all = lint(Engine::Postgres, &index, together);
        let findings = of_all.findings.iter();
        let found = findings.filter(|it| it.rule == "lock-then-write");
        let found = found.map(|it| (it.place.to_string(), it.message.clone()));
        found.collect::<Vec<_>>()
    };
    assert_eq!(dropped(apart), []);
    let there = "002_it/up.sql:1:1".to_owned();
    let message = "rows are changed while `users` is locked against readers".to_owned();
    assert_eq!(dropped(one), [(there, message)]);
    // What the run itself has made nobody waits for.
    let new = [
        "CREATE TABLE kinds (id BIGINT); ALTER TABLE kinds ADD COLUMN word TEXT;",
        "UPDATE users SET name = 'x' WHERE name IS NULL;",
    ];
    assert_eq!(of(&new, one), [""; 0]);
}

#[cfg(feature = "postgres")]
#[test]
fn what_a_chained_transaction_holds_began_with_it() {
    let of = |chain: &str| {
        let way = format!(
            "BEGIN;\nALTER TABLE users ADD COLUMN email TEXT;\n{chain};\n\
             UPDATE users SET email = '' WHERE email IS NULL;\nALTER TABLE users ADD COLUMN nick TEXT;\n\
             DELETE FROM users WHERE nick = '';\nCOMMIT;"
        );
        let report = lint(Engine::Postgres, &[&way], Together::OneRun);
        let all = report.findings.iter();
        let held = all.filter(|finding| finding.rule == "lock-then-write");
        held.map(|finding| finding.place.line).collect::<Vec<_>>()
    };
    // Told once in a transaction.
    assert_eq!(of("SELECT 1"), [4]);
    assert_eq!(of("COMMIT AND CHAIN"), [6]);
}

#[test]
fn a_migration_outside_of_transactions_is_found_where_the_run_is_one() {
    let settings = Settings {
        run_in_transaction: false,
        ..Settings::default()
    };
    let outside = Migration::from_sql("001_it", "SELECT 1;", None).with_settings(settings);
    for engine in crate::lint::rule::ANY {
        if engine.grammar().is_err() {
            continue;
        }
        for (together, expected) in [
            (Together::OneRun, vec![]),
            (Together::OneTransaction, vec!["1 not-in-transaction"]),
        ] {
            let linter = Linter::new(*engine, Options::default()).expect("it is compiled in");
            let report = linter.lint(&[Subject::from(&outside)], together);
            assert_eq!(found(&report), expected);
        }
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_gives_up_the_lock_of_the_run_is_found() {
    for (up, expected) in [
        ("SELECT 1;\nDISCARD ALL;", true),
        ("SELECT pg_advisory_unlock_all();", true),
        (
            "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;",
            true,
        ),
        ("DISCARD PLANS;", false),
        ("SELECT pg_advisory_unlock(7);", false),
    ] {
        let report = lint(Engine::Postgres, &[up], Together::Apart);
        let mut findings = report.findings.iter();
        let found = findings.find(|finding| finding.rule == "unreadable-sql");
        assert_eq!(found.is_some(), expected, "{up}");
        if let Some(found) = found {
            assert_eq!(found.level, Level::Error, "{up}");
            let help = found.help.as_deref();
            assert!(help.is_some_and(|help| help.contains("which lock")), "{up}");
        }
    }
}

#[cfg(feature = "postgres")]
#[test]
fn nobody_is_told_to_write_not_valid_where_it_cannot_be() {
    for (added, expected) in [
        ("CHECK (a > 0)", "NOT VALID"),
        ("UNIQUE (a)", "UNIQUE USING INDEX"),
        ("PRIMARY KEY (a)", "PRIMARY KEY USING INDEX"),
        ("EXCLUDE USING gist (a WITH =)", "Nothing spares it"),
    ] {
        let up = format!("ALTER TABLE t ADD CONSTRAINT c {added};");
        let report = lint(Engine::Postgres, &[&up], Together::Apart);
        let mut findings = report.findings.iter();
        let found = findings.find(|finding| finding.rule == "constraint-missing-not-valid");
        let help = found.and_then(|finding| finding.help.as_deref());
        assert!(
            help.is_some_and(|help| help.contains(expected)),
            "{up} {help:?}"
        );
    }
}

#[cfg(feature = "postgres")]
#[test]
fn the_end_of_a_transaction_that_the_file_has_begun_is_no_fault() {
    let update = "UPDATE t SET z = 'x' WHERE id = 1;";
    for (up, expected) in [
        (
            format!("BEGIN;\n{update}\nCOMMIT AND CHAIN;\n{update}\nCOMMIT;"),
            vec![],
        ),
        (
            format!("BEGIN;\nSAVEPOINT a;\n{update}\nROLLBACK TO SAVEPOINT a;\nCOMMIT;"),
            vec![],
        ),
        (format!("BEGIN;\n{update}\nCOMMIT;\nCOMMIT;"), vec![4]),
        (format!("BEGIN;\n{update}\nBEGIN;\nCOMMIT;"), vec![3]),
    ] {
        let report = lint(Engine::Postgres, &[&up], Together::Apart);
        let findings = report.findings.iter();
        let told = findings.filter(|finding| finding.rule == "transaction-nesting");
        let lines: Vec<_> = told.map(|finding| finding.place.line).collect();
        assert_eq!(lines, expected, "{up}");
    }
}
