//! What is linted where a server knows more than the files, or squawk can mend them.

use serde_json::Value;

use super::*;
use crate::sarif::{places_of, results_of};
use crate::support::postgres::PostgresDatabase;

/// What one of squawk's rules mends outside of a transaction, and in none.
const INDEX: &str = "CREATE INDEX users_id ON users (id);\n";

#[test]
fn what_can_be_mended_is_and_applied_migrations_stay_as_they_are() {
    let database = PostgresDatabase::create();
    let applied = "2026-01-04-000000_applied";
    let pending = "2026-01-05-000000_pending";
    let inside = "2026-01-06-000000_inside";
    let single = "migrations/2026-01-07-000000_single.sql";
    let project = studio(&database)
        .irreversible(applied, INDEX)
        .metadata(applied, "run_in_transaction = false\n");
    project.run(["up"]).succeeds();
    project.write(&up_of(pending), &INDEX.replace("users_id", "b"));
    project.write(
        &format!("migrations/{pending}/metadata.toml"),
        "run_in_transaction = false\n",
    );
    project.write(&up_of(inside), &INDEX.replace("users_id", "c"));
    project.write(
        single,
        "-- migrate:up transaction:false\n-- é\nCREATE INDEX d ON rooms (id);\n-- migrate:down transaction:false\nDROP INDEX d;\n",
    );
    let mut session = Session::of(&project);
    session.run("lint --all --fix").succeeds();
    assert_eq!(project.read(&up_of(applied)), INDEX);
    assert_eq!(
        project.read(&up_of(pending)),
        "CREATE INDEX concurrently b ON users (id);\n"
    );
    assert_eq!(
        project.read(&up_of(inside)),
        "CREATE INDEX c ON users (id);\n"
    );
    assert_eq!(
        project.read(single),
        "-- migrate:up transaction:false\n-- é\nCREATE INDEX concurrently d ON rooms (id);\n-- migrate:down transaction:false\nDROP INDEX concurrently d;\n"
    );
    session.run("lint --fix").succeeds();
    session.matches("lint_fix");
    project.run(["up"]).succeeds();
}

#[test]
fn what_is_mended_is_the_file_behind_a_link_once() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let database = PostgresDatabase::create();
    let first = "2026-01-05-000000_first";
    let second = "2026-01-06-000000_second";
    let outside = "run_in_transaction = false\n";
    let project = studio(&database)
        .irreversible(first, "SELECT 1;\n")
        .metadata(first, outside)
        .irreversible(second, "SELECT 1;\n")
        .metadata(second, outside)
        .file("shared/index.sql", INDEX);
    project.run(["up", "--steps", "3"]).succeeds();
    let target = project.path("shared/index.sql");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o604)).expect("it is ours");
    for migration in [first, second] {
        let link = project.path(&up_of(migration));
        fs::remove_file(&link).expect("it is there");
        symlink("../../shared/index.sql", link).expect("it is free");
    }
    project.run(["lint", "--fix"]).succeeds();
    let mended = "CREATE INDEX concurrently users_id ON users (id);\n";
    assert_eq!(project.read("shared/index.sql"), mended);
    for migration in [first, second] {
        let link = project.path(&up_of(migration)).symlink_metadata();
        assert!(link.expect("it is there").is_symlink());
    }
    let mode = fs::metadata(&target).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o604);
}

#[test]
fn nothing_is_mended_where_nobody_knows_what_is_applied() {
    let project = Project::new()
        .irreversible(NAME, INDEX)
        .metadata(NAME, "run_in_transaction = false\n")
        .file("loose.sql", "ALTER TABLE t ADD COLUMN c char(3);\n")
        .env("DATABASE_URL", "postgres://u:s3cret@127.0.0.1:1/none");
    let mut session = Session::of(&project);
    session.run("lint --fix").exits(1);
    assert_eq!(project.read(&up_of(NAME)), INDEX);
    session.run("lint --fix loose.sql").succeeds();
    session.matches("lint_unmended");
}

/// Something of everything: more than one line, letters of more bytes, what has to be escaped.
const ODD: &str = "-- é: 100%\nALTER TABLE users\n  ADD COLUMN ü int NOT NULL;\n-- squawk-ignore prefer-text-field -- as it is\nALTER TABLE users ADD COLUMN b varchar(3);\n-- lint:ignore write-without-where -- é, \"all\"\nDELETE FROM users;\nDELETE FROM rooms;\n";

#[test]
fn github_and_scanners_are_told_in_their_own_forms() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    project.write("migrations/2026-01-04-000000_o,d:d/up.sql", ODD);
    let mut session = Session::of(&project);
    session.run("lint --format github").exits(3);
    session.run("lint").exits(3);
    session.run("lint --format sarif").exits(3);
    session.matches("lint_forms");
    let said = project.run(["lint", "--format", "sarif"]).stdout;
    let document: Value = serde_json::from_str(&said).expect("one document");
    let results = results_of(&document);
    assert!(results.len() > 1, "{results:?}");
    let of_comments = |result: &&Value| result["suppressions"] != serde_json::json!([]);
    assert_eq!(results.iter().filter(of_comments).count(), 1);
}

#[test]
fn scanners_find_the_places_in_files_of_any_name() {
    let files = [
        (
            "100%41 é#1.sql",
            "\u{feff}DELETE FROM \"a{0}\";\r\n  DELETE FROM \"😀\"; SELECT 1;\n",
        ),
        ("a b/{c}?.sql", "/* é */ DELETE FROM ü;\n"),
    ];
    let project = Project::new().env("DATABASE_URL", "postgres://127.0.0.1:1/none");
    for (name, text) in files {
        project.write(name, text);
    }
    let arguments = ["lint", "--format", "sarif", files[0].0, files[1].0];
    let said = project.run(arguments).exits(3).stdout;
    let document: Value = serde_json::from_str(&said).expect("one document");
    let read = |file: &str| project.read(file).trim_start_matches('\u{feff}').to_owned();
    let places = places_of(&document, read).into_iter();
    let places: Vec<_> = places
        .filter(|(rule, _)| rule == "write-without-where")
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        places,
        [
            "DELETE FROM \"a{0}\"",
            "DELETE FROM \"😀\"",
            "DELETE FROM ü"
        ]
    );
}

#[test]
fn a_table_that_nobody_has_analyzed_is_big_by_its_size() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    database.execute(
        "CREATE TABLE notes (id BIGINT, note TEXT) WITH (autovacuum_enabled = off);
         INSERT INTO notes SELECT n, repeat('x', 32) FROM generate_series(1, 20000) AS n;
         CREATE TABLE few (id BIGINT, note TEXT) WITH (autovacuum_enabled = off);
         INSERT INTO few SELECT n, repeat('x', 32) FROM generate_series(1, 5000) AS n;
         CREATE TABLE grown (id BIGINT) WITH (autovacuum_enabled = off);
         INSERT INTO grown SELECT n FROM generate_series(1, 1000) AS n;
         ANALYZE grown;
         INSERT INTO grown SELECT n FROM generate_series(1, 20000) AS n;
         CREATE TABLE emptied (id BIGINT) WITH (autovacuum_enabled = off);
         INSERT INTO emptied SELECT n FROM generate_series(1, 20000) AS n;
         ANALYZE emptied;
         TRUNCATE emptied;
         CREATE TABLE visits (day INT, id BIGINT) PARTITION BY LIST (day);
         CREATE TABLE visits_1 PARTITION OF visits FOR VALUES IN (1);
         CREATE TABLE visits_2 PARTITION OF visits FOR VALUES IN (2) PARTITION BY LIST (day);
         CREATE TABLE visits_2_1 PARTITION OF visits_2 DEFAULT;
         INSERT INTO visits SELECT 1 + n % 2, n FROM generate_series(1, 18000) AS n;",
    );
    let tables = ["notes", "few", "grown", "emptied", "visits", "visits_1"];
    let indexes = tables.map(|table| format!("CREATE INDEX {table}_id ON {table} (id);\n"));
    project.write(&up_of(NAME), &indexes.concat());
    project.write("dieselkit.toml", "[lint]\nbig_table_rows = 15000\n");
    let found = project.run(["lint", "--json"]).exits(3).json();
    let findings = found["data"]["findings"].as_array().expect("a list");
    let big = findings.iter().filter(|found| found["rule"] == "big-table");
    let messages: Vec<&str> = big
        .map(|found| found["message"].as_str().expect("a text"))
        .collect();
    let named = |table: &str| format!("`{table}`, which has some ");
    let wanted = ["notes", "grown", "visits"].map(named);
    assert_eq!(messages.len(), wanted.len(), "{messages:?}");
    for (message, wanted) in messages.iter().zip(wanted) {
        assert!(message.contains(&wanted), "{message}");
        let (_, size) = message.split_once(&wanted).expect("it was seen");
        assert!(
            size.ends_with(" rows by its size, beneath a lock"),
            "{size}"
        );
        let rows: u32 = size
            .split(' ')
            .next()
            .unwrap_or_default()
            .parse()
            .expect("a number");
        assert!((15_000..30_000).contains(&rows), "{rows}");
    }
}

#[test]
fn what_is_partitioned_in_the_database_alone_is_known() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    database.execute(
        "CREATE SCHEMA logs;
         CREATE TABLE logs.visits (day INT, id BIGINT) PARTITION BY LIST (day);
         CREATE TABLE logs.visits_1 PARTITION OF logs.visits DEFAULT;
         CREATE INDEX visits_id ON logs.visits (id);
         CREATE INDEX visits_1_day ON logs.visits_1 (day);",
    );
    project.write(
        &up_of(NAME),
        "CREATE INDEX CONCURRENTLY a ON logs.visits (day);
DROP INDEX CONCURRENTLY logs.visits_1_day, logs.visits_id;
CREATE INDEX CONCURRENTLY b ON logs.visits_1 (id);
CREATE INDEX CONCURRENTLY c ON public.visits (id);
",
    );
    project.write(
        &format!("migrations/{NAME}/metadata.toml"),
        "run_in_transaction = false\nirreversible = \"for good\"\n",
    );
    let found = project.run(["lint", "--json"]).exits(3).json();
    let findings = found["data"]["findings"].as_array().expect("a list");
    let of_rule = findings
        .iter()
        .filter(|found| found["rule"] == "partitioned-concurrently");
    let lines: Vec<_> = of_rule.map(|found| &found["place"]["line"]).collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn a_check_that_the_database_alone_has_spares_the_reading() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    database.execute("ALTER TABLE users ADD COLUMN code INT DEFAULT 1; INSERT INTO users (id) SELECT generate_series(2, 300); ANALYZE users;");
    project.write(
        &up_of(NAME),
        "ALTER TABLE users ALTER COLUMN code SET NOT NULL;\n",
    );
    project.write("dieselkit.toml", "[lint]\nbig_table_rows = 100\n");
    let is_found = || {
        let document = project.run(["lint", "--json"]).json();
        let findings = document["data"]["findings"].as_array().cloned();
        let findings = findings.expect("a list");
        findings.iter().any(|found| found["rule"] == "big-table")
    };
    database.execute("ALTER TABLE users ADD CONSTRAINT coded CHECK (code IS NOT NULL) NOT VALID;");
    assert!(is_found());
    database.execute("ALTER TABLE users VALIDATE CONSTRAINT coded;");
    assert!(!is_found());
}

#[test]
fn what_the_database_says_of_itself_is_known() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    database.execute("INSERT INTO users SELECT generate_series(2, 300); ANALYZE users;");
    project.write(&up_of(NAME), "CREATE INDEX users_id ON users (id);\n");
    project.write("dieselkit.toml", "[lint]\nbig_table_rows = 100\n");
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --all").exits(3);
    session.matches("lint_big");
}

#[test]
fn what_squawk_panics_of_is_told_without_its_panic() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.write("odd.sql", "SELECT VARCHAR(3) ( INSERT INTO;\n");
    let told = project.run(["lint", "odd.sql"]);
    assert!(told.stdout.contains("linted 1 file"), "{}", told.stdout);
    assert!(!told.stderr.contains("panicked"), "{}", told.stderr);
}
