//! Of PostgreSQL alone: locks, domains, merges, partitions.

use super::{EffectKind, Engine, Script, read_postgres};

#[test]
fn a_lock_is_of_each_table() {
    for (text, expected) in [
        ("LOCK t", "lock t ACCESS EXCLUSIVE"),
        (
            "LOCK TABLE ONLY s.t *, u IN SHARE ROW EXCLUSIVE MODE NOWAIT;",
            "lock s.t SHARE ROW EXCLUSIVE|lock u SHARE ROW EXCLUSIVE",
        ),
        ("LOCK", ""),
    ] {
        assert_eq!(read_postgres(text).join("|"), expected, "{text}");
    }
}

#[test]
fn a_partition_comes_and_goes() {
    let name = |name: &str| format!("Name {{ schema: None, name: \"{name}\" }}");
    assert_eq!(
        read_postgres("ALTER TABLE t ATTACH PARTITION p DEFAULT, DETACH PARTITION q CONCURRENTLY"),
        [
            format!(
                "t: AttachPartition {{ partition: {}, is_default: true }}",
                name("p")
            ),
            format!("t: DetachPartition {{ partition: {} }}", name("q")),
        ]
    );
}

#[test]
fn a_merge_is_read_as_what_it_does() {
    for (text, expected) in [
        (
            "MERGE INTO t USING (SELECT 1 AS id) s ON (t.id = s.id) WHEN MATCHED AND s.id > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = CASE WHEN true THEN 1 END WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
            "Insert t all|Update t|Delete t",
        ),
        (
            "MERGE INTO ONLY s.t AS x USING u ON true WHEN MATCHED THEN DELETE",
            "Delete s.t all",
        ),
        (
            "MERGE INTO t USING u ON (1 = 1) WHEN MATCHED AND true THEN DELETE WHEN MATCHED THEN UPDATE SET a = 1",
            "Update t all|Delete t",
        ),
        (
            "MERGE INTO t USING (VALUES (1)) AS s (id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id) WHEN MATCHED THEN DO NOTHING",
            "Insert t",
        ),
        (
            "WITH s AS (SELECT 1 AS id) MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
            "Delete t",
        ),
        ("MERGE INTO", ""),
        ("MERGE INTO t USING u ON", ""),
    ] {
        assert_eq!(read_postgres(text).join("|"), expected, "{text}");
    }
}

#[test]
fn a_domain_is_read_with_what_it_asks() {
    for (text, expected) in [
        (
            "ALTER DOMAIN s.d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID",
            "s.d: Add { name: Some(\"c\"), not_valid: true }",
        ),
        (
            "ALTER DOMAIN d ADD CHECK (VALUE > 0)",
            "d: Add { name: None, not_valid: false }",
        ),
        ("ALTER DOMAIN d ADD CONSTRAINT c NOT NULL", "d: SetNotNull"),
        ("ALTER DOMAIN d SET NOT NULL", "d: SetNotNull"),
        ("ALTER DOMAIN d DROP NOT NULL", "d: DropNotNull"),
        (
            "ALTER DOMAIN d DROP CONSTRAINT IF EXISTS c",
            "d: Drop(\"c\")",
        ),
        ("ALTER DOMAIN d VALIDATE CONSTRAINT c", "d: Validate(\"c\")"),
        ("ALTER DOMAIN d SET DEFAULT 1", "d: Other"),
        ("ALTER DOMAIN d ADD", "d: Other"),
    ] {
        assert_eq!(read_postgres(text).join("|"), expected, "{text}");
    }
}

#[test]
fn a_domain_and_a_partition_are_made_of_another() {
    let dialect = Engine::Postgres.dialect().expect("it is compiled in");
    let made = |text: &str| {
        let script = Script::parse(text, 1, dialect).expect("it can be split");
        match script.effects(0).remove(0).kind {
            EffectKind::Create(created) => created,
            kind => panic!("{kind:?}"),
        }
    };
    let text = "CREATE DOMAIN d AS NUMERIC(1,2) COLLATE \"C\" DEFAULT (1) NOT NULL CONSTRAINT c CHECK (VALUE > 0) CHECK (VALUE < 9)";
    let domain = made(text).domain.expect("it is one");
    assert_eq!(domain.of_type, "numeric(1,2)");
    assert_eq!(domain.checks, [Some("c".to_owned()), None]);
    assert!(domain.not_null);
    for (text, is_default, checks) in [
        ("CREATE TABLE p PARTITION OF s.t DEFAULT", true, 0),
        (
            "CREATE TABLE p PARTITION OF s.t (a, CHECK (a > 0)) FOR VALUES IN ('DEFAULT')",
            false,
            1,
        ),
    ] {
        let table = made(text).table;
        let whole = table.partition_of.expect("it is a part");
        assert_eq!(whole.to_string(), "s.t");
        assert_eq!(table.columns.len(), 0);
        assert_eq!((table.is_default, table.checks.len()), (is_default, checks));
    }
}
