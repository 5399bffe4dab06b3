//! What statements are read as, on every engine that is compiled in.

#[cfg(feature = "postgres")]
mod further;

use std::fmt::Write as _;

use super::{Action, Effect, EffectKind, ObjectKind};
use crate::backend::address::Engine;
use crate::sql::Script;

/// Reads a text as each engine's, in few words for each change.
fn read(text: &str) -> Vec<String> {
    let mut readings = Vec::new();
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let Ok(dialect) = engine.dialect() else {
            continue;
        };
        let script = Script::parse(text, 1, dialect).expect("it can be split");
        let effects = (0..script.statements().len()).flat_map(|index| script.effects(index));
        readings.push(effects.map(|effect| told(&effect)).collect::<Vec<_>>());
    }
    let first = readings[0].clone();
    assert!(readings.iter().all(|other| *other == first), "{readings:?}");
    first
}

fn told(effect: &Effect) -> String {
    match &effect.kind {
        EffectKind::Create(created) => {
            let name = created.name.as_ref().map(ToString::to_string);
            let mut said = format!("create {:?} {}", created.kind, name.unwrap_or_default());
            if let Some(on) = &created.on {
                let _ = write!(said, " on {on}");
            }
            if created.kind == ObjectKind::Index {
                let _ = write!(said, " {:?}", created.index.columns);
            }
            for key in &created.table.keys {
                let _ = write!(said, " key {key:?}");
            }
            for key in &created.table.references {
                let _ = write!(said, " {:?} to {}", key.columns, key.to);
            }
            for (is, word) in [
                (created.temporary, " temporary"),
                (created.or_existing, " or existing"),
                (created.table.of_query, " of query"),
                (created.index.unique, " unique"),
                (created.index.partial, " partial"),
                (created.index.concurrently, " concurrently"),
            ] {
                said += if is { word } else { "" };
            }
            said
        }
        EffectKind::Drop(dropped) => {
            let names: Vec<_> = dropped.names.iter().map(ToString::to_string).collect();
            let mut said = format!("drop {:?} {}", dropped.kind, names.join(" "));
            for (is, word) in [
                (dropped.if_exists, " if exists"),
                (dropped.cascade, " cascade"),
                (dropped.concurrently, " concurrently"),
            ] {
                said += if is { word } else { "" };
            }
            said
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::AddColumn(added) => {
                let mut said = format!("{}: add {}", altered.table, added.name);
                for (is, word) in [
                    (added.not_null, " not null"),
                    (added.key, " key"),
                    (added.stored, " stored"),
                    (added.numbered, " numbered"),
                    (added.checked, " checked"),
                ] {
                    said += if is { word } else { "" };
                }
                if let Some(default) = &added.default {
                    let _ = write!(said, " default {default}");
                }
                if let Some(key) = &added.references {
                    let _ = write!(said, " to {}", key.to);
                }
                said
            }
            Action::AddConstraint(added) => {
                let name = added.name.clone().unwrap_or_default();
                let kind = added.kind;
                let mut said =
                    format!("{}: add {kind:?} {name} {:?}", altered.table, added.columns);
                if !added.check.not_null.is_empty() {
                    let _ = write!(said, " proves {:?}", added.check.not_null);
                }
                if let Some(key) = &added.references {
                    let _ = write!(said, " {:?} to {}", key.columns, key.to);
                }
                said += if added.not_valid { " not valid" } else { "" };
                said += if added.using_index {
                    " using index"
                } else {
                    ""
                };
                said
            }
            action => format!("{}: {action:?}", altered.table),
        },
        EffectKind::AddValue(added) => format!("{}: value {}", added.of, added.value),
        EffectKind::Rebuild(rebuilt) => format!("{:?} {}", rebuilt.how, rebuilt.name),
        EffectKind::Unread => "unread".to_owned(),
        EffectKind::AlterDomain(altered) => format!("{}: {:?}", altered.domain, altered.action),
        EffectKind::Lock(locked) => format!("lock {} {}", locked.table, locked.mode),
        EffectKind::Write(written) => {
            let bounded = if written.bounded { "" } else { " all" };
            format!("{:?} {}{bounded}", written.verb, written.table)
        }
    }
}

#[test]
fn what_is_made_is_read() {
    for (text, expected) in [
        (
            "CREATE TABLE IF NOT EXISTS a.\"b\" (id INT PRIMARY KEY, c INT REFERENCES d (id) ON DELETE CASCADE, e NUMERIC(1,2) UNIQUE, CONSTRAINT x FOREIGN KEY (c, e) REFERENCES f (g, h), UNIQUE (c, e))",
            "create Table a.b key [\"id\"] key [\"e\"] key [\"c\", \"e\"] [\"c\"] to d [\"c\", \"e\"] to f or existing",
        ),
        (
            "CREATE TEMPORARY TABLE t AS SELECT 1",
            "create Table t temporary of query",
        ),
        (
            "CREATE UNIQUE INDEX i ON t (a, lower(b), c DESC) WHERE a > 1",
            "create Index i on t [Some(\"a\"), None, Some(\"c\")] unique partial",
        ),
        ("CREATE VIEW v AS SELECT 1", "create View v"),
        (
            "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN SELECT 1; END",
            "create Trigger g on t",
        ),
    ] {
        assert_eq!(read(text), [expected], "{text}");
    }
}

#[cfg(feature = "postgres")]
fn read_postgres(text: &str) -> Vec<String> {
    let dialect = Engine::Postgres.dialect().expect("it is compiled in");
    let script = Script::parse(text, 1, dialect).expect("it can be split");
    let effects = (0..script.statements().len()).flat_map(|index| script.effects(index));
    effects.map(|effect| told(&effect)).collect()
}

#[cfg(feature = "postgres")]
#[test]
fn what_only_a_server_makes_is_read() {
    for (text, expected) in [
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t USING gin (a gin_ops) INCLUDE (b)",
            "create Index i on s.t [Some(\"a\")] or existing concurrently",
        ),
        ("CREATE INDEX ON t (a)", "create Index  on t [Some(\"a\")]"),
        (
            "CREATE OR REPLACE FUNCTION s.f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$",
            "create Routine s.f or existing",
        ),
        ("CREATE POLICY p ON t USING (true)", "create Policy p on t"),
        (
            "CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING",
            "create Rule r on t",
        ),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "create View v"),
        ("CREATE DOMAIN d AS INT", "create Type d"),
        (
            "ALTER TYPE s.m ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'x'",
            "s.m: value it's",
        ),
        (
            "DROP INDEX CONCURRENTLY IF EXISTS i, s.j",
            "drop Index i s.j if exists concurrently",
        ),
        (
            "DROP FUNCTION f(INT, TEXT), g() CASCADE",
            "drop Routine f g cascade",
        ),
        (
            "TRUNCATE TABLE a, b RESTART IDENTITY",
            "Truncate a all Truncate b all",
        ),
        (
            "WITH x AS (DELETE FROM ONLY a RETURNING *), y(z) AS (SELECT 1) INSERT INTO b SELECT * FROM x",
            "Delete a all Insert b all",
        ),
    ] {
        assert_eq!(read_postgres(text).join(" "), expected, "{text}");
    }
}

#[test]
fn what_is_altered_is_read_action_by_action() {
    for (text, expected) in [
        (
            "ALTER TABLE t ADD COLUMN a INT NOT NULL DEFAULT 7, DROP COLUMN b, ALTER COLUMN c SET DATA TYPE BIGINT USING c, ALTER d SET NOT NULL",
            "t: add a not null default 7|t: DropColumn { column: \"b\", if_exists: false }|t: SetType { column: \"c\", to: \"bigint\", using: Some([\"c\"]) }|t: SetNotNull { column: \"d\" }",
        ),
        (
            "ALTER TABLE ONLY t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES s.u (id) NOT VALID",
            "t: add ForeignKey c [] [\"a\"] to s.u not valid",
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i, VALIDATE CONSTRAINT d",
            "t: add Unique c [] using index|t: ValidateConstraint { name: \"d\" }",
        ),
        (
            "ALTER TABLE t ADD a TEXT DEFAULT now() REFERENCES u",
            "t: add a default NOW ( ) to u",
        ),
        (
            "ALTER TABLE t RENAME a TO b",
            "t: RenameColumn { from: \"a\", to: \"b\" }",
        ),
        ("ALTER TABLE t RENAME TO u", "t: RenameTo { to: \"u\" }"),
        (
            "ALTER TABLE t DROP CONSTRAINT IF EXISTS c",
            "t: DropConstraint { name: \"c\", if_exists: true }",
        ),
        (
            "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(20)",
            "t: SetType { column: \"a\", to: \"varchar(20)\", using: None }",
        ),
        (
            "ALTER TABLE t SET (fillfactor = 70)",
            "t: Other(\"SET ( FILLFACTOR = 70\")",
        ),
        ("ALTER INDEX i RENAME TO j", ""),
    ] {
        assert_eq!(read(text).join("|"), expected, "{text}");
    }
}

#[test]
fn the_types_of_columns_are_read() {
    let text = "CREATE TABLE t (a NUMERIC(12, 2) NOT NULL, b DOUBLE PRECISION DEFAULT 1, c, d TIMESTAMP WITH TIME ZONE, PRIMARY KEY (a)); ALTER TABLE t ADD e Varchar(3) UNIQUE;";
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let Ok(dialect) = engine.dialect() else {
            continue;
        };
        let script = Script::parse(text, 1, dialect).expect("it can be split");
        let EffectKind::Create(created) = &script.effects(0)[0].kind else {
            panic!("a table is made");
        };
        let types: Vec<&str> = created
            .table
            .columns
            .iter()
            .map(|(_, of)| of.as_str())
            .collect();
        let expected = [
            "numeric(12,2)",
            "double precision",
            "",
            "timestamp with time zone",
        ];
        assert_eq!(types, expected);
        let EffectKind::Alter(altered) = &script.effects(1)[0].kind else {
            panic!("a table is altered");
        };
        let Action::AddColumn(added) = &altered.action else {
            panic!("a column is added");
        };
        assert_eq!(added.of_type, "varchar(3)");
    }
}

#[test]
fn rows_are_changed_all_or_some() {
    for (text, expected) in [
        ("DELETE FROM t", "Delete t all"),
        ("DELETE FROM t WHERE id = 1", "Delete t"),
        ("UPDATE t SET a = (SELECT 1 WHERE true)", "Update t all"),
        ("UPDATE t SET a = 1 WHERE id = 1", "Update t"),
        ("INSERT INTO t VALUES (1)", "Insert t"),
        ("INSERT INTO t (a) SELECT 1", "Insert t all"),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1",
            "Insert t",
        ),
        ("DROP TABLE IF EXISTS a", "drop Table a if exists"),
        ("SELECT 1", ""),
        ("", ""),
        // Nothing that nobody could read hangs or panics.
        ("CREATE", ""),
        ("CREATE TABLE", "create Table "),
        ("CREATE TABLE (;", "create Table "),
        ("ALTER TABLE t ADD", "t: Other(\"ADD\")"),
        ("ALTER TABLE t ,,", "t: Other(\"\")|t: Other(\"\")"),
        ("DELETE FROM", ""),
        ("DROP", ""),
    ] {
        assert_eq!(read(text).join("|"), expected, "{text}");
    }
}

#[test]
fn what_is_found_stands_where_it_says() {
    let text = "SELECT 1;\nALTER TABLE t ADD a INT, ADD b INT REFERENCES u (id);";
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let Ok(dialect) = engine.dialect() else {
            continue;
        };
        let script = Script::parse(text, 1, dialect).expect("it can be split");
        let effects = script.effects(1);
        let spans: Vec<&str> = effects
            .iter()
            .map(|effect| &text[effect.span.range()])
            .collect();
        assert_eq!(spans, ["ADD a INT", "ADD b INT REFERENCES u (id)"]);
        let key = effects[1].kind.foreign_keys()[0];
        assert_eq!(&text[key.span.range()], "REFERENCES u (id)");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_is_stored_anew_is_read() {
    for (text, expected) in [
        ("CLUSTER (VERBOSE) s.t USING i", "Cluster s.t"),
        ("CLUSTER i ON t", "Cluster t"),
        ("CLUSTER", ""),
        ("VACUUM FULL t, u", "Vacuum t|Vacuum u"),
        ("VACUUM (ANALYZE, FULL) t", "Vacuum t"),
        ("VACUUM (FULL false) t", ""),
        ("VACUUM ANALYZE t", ""),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "Refresh v"),
        ("REINDEX (VERBOSE) TABLE t", "Reindex t"),
        ("REINDEX INDEX CONCURRENTLY i", "ReindexOne i"),
        ("REINDEX DATABASE d", ""),
        (
            "ALTER TABLE t ATTACH PARTITION s.p FOR VALUES IN (1)",
            "t: AttachPartition { partition: Name { schema: Some(\"s\"), name: \"p\" }, is_default: false }",
        ),
        (
            "ALTER TABLE t ADD a BIGSERIAL, ADD b INT GENERATED ALWAYS AS IDENTITY, ADD c INT CHECK (c > 0)",
            "t: add a numbered|t: add b numbered|t: add c checked",
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c CHECK ((a IS NOT NULL) AND \"B\" IS NOT NULL) NOT VALID",
            "t: add Check c [] proves [\"a\", \"B\"] not valid",
        ),
        (
            "ALTER TABLE t ADD CHECK (a IS NOT NULL OR b > 1)",
            "t: add Check  []",
        ),
        ("DROP OWNED BY me, you CASCADE", "drop Owned me you cascade"),
    ] {
        assert_eq!(read_postgres(text).join("|"), expected, "{text}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_a_block_does_is_read() {
    for (text, expected) in [
        (
            "DO $$ BEGIN DELETE FROM t; UPDATE u SET a = CASE WHEN b THEN 1 ELSE 2 END; END $$",
            "Delete t all|Update u all",
        ),
        (
            "DO LANGUAGE plpgsql $a$\nDECLARE n int := 1;\nBEGIN\n  IF n > 0 AND NOT EXISTS (SELECT 1) THEN\n    CREATE TYPE mood AS ENUM ('a');\n  ELSE DROP TABLE t; END IF;\nEXCEPTION WHEN duplicate_object THEN null;\nEND $a$;",
            "create Type mood or existing|drop Table t",
        ),
        (
            "DO $$ BEGIN FOR r IN SELECT 1 LOOP EXECUTE 'DROP TABLE \"it''s\"; TRUNCATE u'; END LOOP; END $$",
            "drop Table it's|Truncate u all",
        ),
        (
            "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'x'); EXECUTE 'DROP TABLE ' || 'y'; END $$",
            "unread|unread",
        ),
        (
            "DO $$ BEGIN EXECUTE $q$DELETE FROM t$q$; END $$",
            "Delete t all",
        ),
        ("DO LANGUAGE plperl $$ spi_exec_query('x') $$", "unread"),
        ("DO 'BEGIN DELETE FROM t; END'", "unread"),
        ("DO $$ BEGIN PERFORM 1; RAISE NOTICE 'x'; END $$", ""),
        ("DO", "unread"),
    ] {
        assert_eq!(read_postgres(text).join("|"), expected, "{text}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_a_block_does_stands_where_it_is_written() {
    let text = "SELECT 1;\nDO $x$ BEGIN\n  DROP TABLE t;\n  EXECUTE 'TRUNCATE u';\nEND $x$;";
    let dialect = Engine::Postgres.dialect().expect("it is compiled in");
    let script = Script::parse(text, 1, dialect).expect("it can be split");
    let effects = script.effects(1);
    let places = effects.iter().map(|effect| &text[effect.span.range()]);
    assert_eq!(
        places.collect::<Vec<_>>(),
        ["DROP TABLE t", "EXECUTE 'TRUNCATE u'"]
    );
}
