//! What the database knows beside the migrations, and what it would refuse.

use super::found;
use crate::backend::ColumnType;
use crate::backend::address::Engine;
use crate::lint::{Facts, Level, Linter, Options, Subject, Together};
use crate::migration::{Migration, MigrationSet, Settings};

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

#[test]
fn an_index_that_only_the_database_has_is_of_a_big_table() {
    let index = "CREATE INDEX odb ON events (kind)".to_owned();
    for (definitions, expected) in [(vec![], vec![]), (vec![index], vec!["1 big-table"])] {
        let migration = Migration::from_sql("001_it", "REINDEX INDEX odb;", None);
        let facts = Facts::of_example(None, &[("events", 1_000_000)]);
        let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
        let report = linter
            .with_facts(facts.with_definitions(definitions))
            .lint(&[Subject::from(&migration)], Together::Apart);
        let mut told = found(&report);
        told.retain(|told| told.ends_with("big-table"));
        assert_eq!(told, expected);
    }
}

#[test]
fn a_name_without_a_schema_is_in_the_first_one_that_the_database_has() {
    let rule = "1 down-destroys-more";
    for (home, gone, expected) in [
        (Some("s"), "s.t", vec![]),
        (Some("s"), "public.t", vec![rule]),
        (Some("public"), "s.t", vec![rule]),
        (None, "s.t", vec![]),
        (None, "public.t", vec![]),
    ] {
        let down = format!("DROP TABLE IF EXISTS {gone};");
        let up = "CREATE TABLE t (id BIGINT PRIMARY KEY);";
        let migration = Migration::from_sql("001_it", up, Some(&down));
        let facts = Facts::of_example(None, &[]).with_home_schema(home.map(str::to_owned));
        let linter = Linter::new(Engine::Postgres, Options::default()).expect("it is there");
        let report = linter
            .with_facts(facts)
            .lint(&[Subject::from(&migration)], Together::Apart);
        let mut told = found(&report);
        told.retain(|told| told.ends_with("down-destroys-more"));
        assert_eq!(told, expected, "{home:?} {gone}");
    }
}
