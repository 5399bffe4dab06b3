//! What comments, and the runs that migrations share, make of what the rules find.

#[cfg(feature = "postgres")]
mod squawk;
mod told;

#[cfg(feature = "postgres")]
use crate::backend::ColumnType;
use crate::backend::address::Engine;
#[cfg(feature = "postgres")]
use crate::lint::Level;
use crate::lint::{Facts, Linter, Options, Report, Subject, Together};
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
fn squawks_comment_hides_an_error_only_with_a_reason() {
    let of = |up: &str| lint(Engine::Postgres, &[up], Together::Apart);
    let rule = "ban-truncate-cascade";
    let ours = "-- lint:ignore drops-data -- it is a cache";
    for (comment, expected) in [
        (String::new(), vec!["3 ban-truncate-cascade"]),
        (
            format!("-- squawk-ignore {rule}"),
            vec!["3 ban-truncate-cascade"],
        ),
        (
            "-- squawk-ignore-file".to_owned(),
            vec!["3 ban-truncate-cascade"],
        ),
        (
            format!("/* é */ -- squawk-ignore {rule} -- it is a cache"),
            vec![],
        ),
    ] {
        let report = of(&format!("{ours}\n{comment}\nTRUNCATE users CASCADE;"));
        assert_eq!(found(&report), expected, "{comment}");
        let helps = report.findings.iter().filter_map(|it| it.help.as_deref());
        let mut helps = helps.filter(|help| help.contains("needs a reason"));
        let is_hidden = comment.contains("squawk") && !expected.is_empty();
        assert_eq!(helps.next().is_some(), is_hidden, "{comment}");
    }
    // What is no error it hides as it does for squawk.
    let taste = "-- squawk-ignore prefer-text-field\nALTER TABLE users ADD COLUMN b varchar(3);";
    assert_eq!(found(&of(taste)), [""; 0]);
}

#[test]
fn a_comment_without_a_rule_ignores_nothing_and_says_so() {
    for engine in crate::lint::rule::ANY {
        if engine.grammar().is_err() {
            continue;
        }
        let up = "-- lint:ignore -- all of it is meant\nDELETE FROM users;";
        let report = lint(*engine, &[up], Together::Apart);
        assert_eq!(
            found(&report),
            ["1 ignore-unknown-rule", "2 write-without-where"]
        );
        assert!(report.ignored.is_empty());
    }
}

#[cfg(feature = "postgres")]
#[test]
fn nothing_is_advised_of_a_partitioned_table_that_the_server_refuses() {
    const TABLES: &str = "CREATE TABLE t (id INT PRIMARY KEY);\nCREATE TABLE whole (id INT) PARTITION BY LIST (id);\nCREATE TABLE part PARTITION OF whole DEFAULT;\nCREATE INDEX whole_id ON whole (id);\nCREATE TABLE alone (id INT);";
    let outside = Settings {
        run_in_transaction: false,
        ..Settings::default()
    };
    for (up, rule, advised) in [
        (
            "ALTER TABLE TABLE_ ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES t (id);",
            "adding-foreign-key-constraint",
            "to each partition as `NOT VALID`",
        ),
        (
            "ALTER TABLE TABLE_ ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES t (id);",
            "constraint-missing-not-valid",
            "to each partition as `NOT VALID`",
        ),
        (
            "ALTER TABLE TABLE_ ADD CONSTRAINT c UNIQUE (id);",
            "disallowed-unique-constraint",
            "cannot take over an index",
        ),
        (
            "CREATE INDEX i ON TABLE_ (id);",
            "require-concurrent-index-creation",
            "`ON ONLY`",
        ),
        (
            "ALTER TABLE TABLE_ DETACH PARTITION part;",
            "require-concurrent-partition-detach",
            "Beside a `DEFAULT` partition",
        ),
    ] {
        for (table, is_corrected) in [("whole", true), ("alone", false)] {
            let first = Migration::from_sql("001_it", TABLES, None);
            let up = up.replace("TABLE_", table);
            let second = Migration::from_sql("002_it", &up, None).with_settings(outside.clone());
            let set = MigrationSet::from_list([first, second]).expect("two versions");
            let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
            let subject = Subject::from(&set.migrations()[1]);
            let report = linter.knowing(&set).lint(&[subject], Together::Apart);
            let mut findings = report.findings.iter();
            let found = findings.find(|found| found.rule == rule);
            let found = found.unwrap_or_else(|| panic!("{rule} is not found in {up}"));
            let help = found.help.as_deref().unwrap_or_default();
            assert_eq!(help.contains(advised), is_corrected, "{rule}: {help}");
            assert!(!is_corrected || found.fix.is_none(), "{rule}");
        }
    }
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
fn what_the_database_checks_counts_where_no_migration_tells() {
    let proven = "ALTER TABLE events ADD CONSTRAINT has_kind CHECK (((kind IS NOT NULL) AND (day IS NOT NULL)))";
    let divided = "CREATE TABLE whole () PARTITION BY RANGE (kind)";
    let attach = "ALTER TABLE whole ATTACH PARTITION events FOR VALUES FROM ('a') TO ('b');";
    let not_null = "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;";
    let dropped = format!("ALTER TABLE events DROP CONSTRAINT has_kind;\n{not_null}");
    let made = "ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL) NOT VALID;";
    for (before, definitions, up, expected) in [
        ("SELECT 1;", vec![], not_null, vec![Level::Error]),
        ("SELECT 1;", vec![proven], not_null, vec![]),
        ("SELECT 1;", vec![proven], &dropped, vec![Level::Error]),
        (made, vec![], not_null, vec![Level::Error]),
        // It was validated by hand.
        (made, vec![proven], not_null, vec![]),
        ("SELECT 1;", vec![], attach, vec![Level::Error]),
        ("SELECT 1;", vec![proven], attach, vec![Level::Warning]),
        ("SELECT 1;", vec![proven, divided], attach, vec![]),
        ("SELECT 1;", vec![divided], attach, vec![Level::Error]),
    ] {
        let list = [("001_before", before), ("002_it", up)];
        let list = list.map(|(name, up)| Migration::from_sql(name, up, None));
        let set = MigrationSet::from_list(list).expect("two versions");
        let definitions = definitions.into_iter().map(str::to_owned).collect();
        let facts = Facts::of_example(None, &[("events", 1_000_000)]);
        let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
        let report = linter
            .knowing(&set)
            .with_facts(facts.with_definitions(definitions))
            .lint(&[Subject::from(&set.migrations()[1])], Together::Apart);
        let findings = report.findings.iter();
        let big = findings.filter(|finding| finding.rule == "big-table");
        let levels: Vec<Level> = big.map(|finding| finding.level).collect();
        assert_eq!(levels, expected, "{before} {up}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_the_database_knows_of_columns_counts_where_no_migration_tells() {
    let column = |name: &str, of_type: &str| ColumnType {
        table: "Sales".to_owned(),
        column: name.to_owned(),
        of_type: of_type.to_owned(),
    };
    let facts = Facts::of_example(None, &[("Sales", 1_000_000)]).with_columns(vec![
        column("word", "character varying(10)"),
        column("price", "numeric(10,2)"),
        column("mood", "mood"),
    ]);
    for (up, expected) in [
        ("ALTER TABLE \"Sales\" ALTER word TYPE VARCHAR(20);", vec![]),
        (
            "ALTER TABLE \"Sales\" ALTER word TYPE VARCHAR(5);",
            vec!["1 big-table"],
        ),
        (
            "ALTER TABLE \"Sales\" ALTER price TYPE NUMERIC(14,1);",
            vec!["1 big-table", "1 narrows-type"],
        ),
        (
            "ALTER TYPE mood ADD VALUE 'z' AFTER 'y';\nINSERT INTO \"Sales\" VALUES ('z', 1, 'a');",
            vec![],
        ),
        (
            "ALTER TYPE mood ADD VALUE 'z' AFTER 'y';\nINSERT INTO \"Sales\" VALUES ('a', 1, 'z');",
            vec!["2 enum-value-used"],
        ),
    ] {
        let migration = Migration::from_sql("001_it", up, None);
        let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
        let linter = linter.with_facts(facts.clone());
        let report = linter.lint(&[Subject::from(&migration)], Together::Apart);
        let of_ours = found(&report);
        let of_ours: Vec<_> = of_ours
            .iter()
            .filter(|found| !["changing-column-type", "prefer-text-field"].contains(&&found[2..]))
            .collect();
        assert_eq!(of_ours, expected, "{up}");
    }
    let migration = Migration::from_sql(
        "001_it",
        "ALTER TYPE mood ADD VALUE 'z' AFTER 'y';\nINSERT INTO elsewhere VALUES ('z');",
        None,
    );
    let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
    let report = linter.lint(&[Subject::from(&migration)], Together::Apart);
    assert_eq!(report.findings[0].level, Level::Warning);
}

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

#[cfg(feature = "postgres")]
#[test]
fn a_comment_in_a_block_is_about_a_statement_of_it() {
    let comment = "-- lint:ignore write-without-where -- all are meant";
    for (body, expected, ignored) in [
        (
            format!("DELETE FROM a;\n{comment}\nDELETE FROM b;\nDELETE FROM c;"),
            vec!["2 write-without-where", "5 write-without-where"],
            1,
        ),
        (
            format!("DELETE FROM a; {comment}\nDELETE FROM b;"),
            vec!["3 write-without-where"],
            1,
        ),
        (format!("{comment}\nEXECUTE 'DELETE FROM a';"), vec![], 1),
        (
            format!("PERFORM 1;\n{comment}\nPERFORM 2;"),
            vec!["3 ignore-unused"],
            1,
        ),
        (
            "-- lint:ignore write-without-where\nDELETE FROM a;".to_owned(),
            vec!["2 ignore-without-reason", "3 write-without-where"],
            0,
        ),
    ] {
        let up = format!("DO $body$ BEGIN\n{body}\nEND $body$;");
        let report = lint(Engine::Postgres, &[&up], Together::Apart);
        assert_eq!(found(&report), expected, "{up}");
        assert_eq!(report.ignored.len(), ignored, "{up}");
    }
}

#[test]
fn a_comment_before_the_sections_of_a_file_ignores_nothing_and_says_so() {
    let folder = tempfile::tempdir().expect("there is room");
    let text = "-- lint:ignore write-without-where -- all are meant\n-- migrate:up\nDELETE FROM users;\n-- migrate:down\nSELECT 1;\n";
    std::fs::write(folder.path().join("001_it.sql"), text).expect("there is room");
    let set = MigrationSet::scan(folder.path()).expect("it can be read");
    let subject = Subject::from(&set.migrations()[0]);
    for engine in crate::lint::rule::ANY {
        if engine.grammar().is_err() {
            continue;
        }
        let linter = Linter::new(*engine, Options::default()).expect("it is compiled in");
        let report = linter.lint(std::slice::from_ref(&subject), Together::Apart);
        let expected = ["1 ignore-unused", "3 write-without-where"];
        assert_eq!(found(&report), expected, "{engine}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn an_index_of_the_database_counts_for_a_key_whatever_its_names_are() {
    use crate::backend::support::engine::Engine as _;
    use crate::backend::{Absent, Database};
    use crate::migration::Migrator;

    let key = "ALTER TABLE app.\"Orders\" ADD FOREIGN KEY (\"userId\") REFERENCES users (id);";
    let help = |made: &str| {
        let database = crate::backend::support::postgres::PostgresDatabase::create();
        database.execute(&format!(
            "CREATE SCHEMA app; CREATE TABLE users (id INT PRIMARY KEY); CREATE TABLE app.\"Orders\" (id INT, \"userId\" INT); {made}"
        ));
        let address = database.url().parse().expect("it is the suite's own");
        let connection = Database::connect(&address, Absent::CreateFile).expect("it is there");
        let set = MigrationSet::from_list([Migration::from_sql("001_it", key, None)]);
        let set = set.expect("one version");
        let subject = Subject::from(&set.migrations()[0]);
        let mut migrator = Migrator::new(connection, set);
        let definitions = migrator.definitions().expect("it tells");
        let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
        let facts = Facts::of_example(None, &[]).with_definitions(definitions);
        let report = linter.with_facts(facts).lint(&[subject], Together::Apart);
        let mut findings = report.findings.into_iter();
        let found = findings.find(|finding| finding.rule == "foreign-key-without-index");
        found.and_then(|finding| finding.help)
    };
    let advised = "`CREATE INDEX CONCURRENTLY \"Orders_userId\" ON app.\"Orders\" (\"userId\");`, in a migration of its own, outside of a transaction.";
    for made in [
        "",
        "CREATE INDEX i ON app.\"Orders\" USING brin (\"userId\")",
        "CREATE INDEX i ON app.\"Orders\" (\"userId\") WHERE id > 3",
    ] {
        assert_eq!(help(made).as_deref(), Some(advised), "{made}");
    }
    for made in [
        "CREATE INDEX i ON app.\"Orders\" (\"userId\", id)",
        "CREATE INDEX i ON app.\"Orders\" (\"userId\") WHERE \"userId\" IS NOT NULL",
        "ALTER TABLE app.\"Orders\" ADD UNIQUE (\"userId\")",
    ] {
        assert_eq!(help(made), None, "{made}");
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
