//! `lint`: what it looks at, what it says of it, and in which forms.

use std::process::Command;

use crate::session::{Session, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    what_is_pending_is_linted,
    files_and_all_are_linted_where_asked_for,
    a_file_is_looked_at_once_whatever_it_is_called,
    levels_are_those_of_the_environment,
    a_document_says_what_was_found,
    what_differs_from_a_revision_is_linted,
    errors_keep_up_from_a_protected_database,
    no_other_command_goes_round_the_gate,
    neither_does_a_reset,
    elsewhere_nobody_lints,
    one_transaction_for_all_is_linted_as_one,
    what_no_server_reads_is_an_error,
];

/// The migration that has something to find, behind those of [`studio`].
const NAME: &str = "2026-01-04-000000_clean";

const UP: &str = "\
UPDATE users SET id = 1;
SELECT 1; -- lint:ignore write-without-where -- all are meant
-- lint:ignore write-without-were -- all are meant
DELETE FROM users;
-- lint:ignore drops-data -- rooms moved to another service
DROP TABLE rooms;
-- lint:ignore drops-data
DROP TABLE bookings;
";

/// Returns a project of which the first three migrations are applied, and one is pending.
fn project(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(&up_of(NAME), UP);
    project.write(
        &format!("migrations/{NAME}/metadata.toml"),
        "run_in_transaction = true\nirreversible = \"they are gone\"\n",
    );
    project
}

fn what_is_pending_is_linted(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --deny off").succeeds();
    project.write(&up_of(NAME), "UPDATE users SET id = 1 WHERE id = 2;\n");
    session.run("lint").succeeds();
    project.run(["up"]).succeeds();
    session.run("lint").succeeds();
    session.matches("lint_pending");
}

fn files_and_all_are_linted_where_asked_for(database: &dyn Engine) {
    let project = project(database).file("loose.sql", "DELETE FROM users;\n");
    let mut session = Session::of(&project);
    session.run("lint loose.sql").exits(3);
    session.run(&format!("lint migrations/{NAME}")).exits(3);
    let all = project.run(["lint", "--all", "--json"]).exits(3).json();
    assert_eq!(all["data"]["files"].as_array().map(Vec::len), Some(7));
    session
        .run("lint migrations/2026-01-01-000000_create_users/down.sql --deny info")
        .exits(3);
    session.run("lint absent.sql").exits(2);
    std::fs::create_dir(project.path("empty")).expect("the folder is ours");
    session.run("lint empty").exits(2);
    session.run("lint --explain write-without-where").succeeds();
    session.run("lint --explain write-without-were").exits(2);
    session.run("lint --explain rules --all").exits(2);
    session.run("lint --json --format sarif").exits(2);
    session.matches("lint_files");
}

fn a_file_is_looked_at_once_whatever_it_is_called(database: &dyn Engine) {
    let project = project(database).file("loose.sql", "DELETE FROM users;\n");
    let alias = project.path("link.sql");
    std::os::unix::fs::symlink("loose.sql", alias).expect("it is free");
    let lint = |names: &[&str]| {
        let arguments = ["lint", "--deny", "off", "--json"].iter().chain(names);
        project.run(arguments).succeeds().json()["data"]["files"].clone()
    };
    let loose = project.path("loose.sql").display().to_string();
    let names = ["loose.sql", "./loose.sql", "migrations/../loose.sql"];
    assert_eq!(lint(&names), serde_json::json!(["loose.sql"]));
    let names = ["link.sql", "loose.sql", &loose];
    assert_eq!(lint(&names), serde_json::json!(["link.sql"]));
    let file = up_of(NAME);
    let names = [&*file, "migrations", &format!("migrations/{NAME}")];
    let files = lint(&names);
    let files = files.as_array().expect("a list");
    let of_file = files.iter().filter(|name| **name == file);
    assert_eq!((files.len(), of_file.count()), (7, 1));
    let (up, down) = ("migrations/5_x/up.sql", "migrations/5_x/down.sql");
    project.write(up, "CREATE TABLE x (id INTEGER PRIMARY KEY);\n");
    project.write(down, "SELECT 1;\n");
    let both = project.run(["lint", down, up]).succeeds().stdout;
    assert!(both.contains("down-forgets"), "{both}");
}

fn levels_are_those_of_the_environment(database: &dyn Engine) {
    let project = project(database).config(
        "[lint]\ndeny = 'info'\n[lint.rules]\nwrite-without-where = 'warning'\nignore-unused = 'off'\n[environments.test.lint]\ndeny = 'error'\n[environments.test.lint.rules]\ndrops-data = 'off'\nignore-without-reason = 'info'\nignore-unknown-rule = 'info'\n[environments.development]\n",
    );
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --env test").succeeds();
    project.write("dieselkit.toml", "[lint.rules]\ndrop-data = 'off'\n");
    session.run("lint").exits(2);
    session.matches("lint_levels");
}

fn a_document_says_what_was_found(database: &dyn Engine) {
    let project = project(database);
    let document = project.run(["lint", "--json"]).exits(3).json();
    let same = project.run(["lint", "--format", "json"]).exits(3).json();
    assert_eq!(document, same);
    let data = &document["data"];
    assert_eq!(data["linted"], "pending");
    assert_eq!(data["deny"], "error");
    let file = up_of(NAME);
    assert_eq!(data["files"], serde_json::json!([file]));
    let first = &data["findings"][0];
    assert_eq!(first["rule"], "write-without-where");
    assert_eq!(first["migration"], NAME);
    assert_eq!(
        first["place"],
        serde_json::json!({ "file": file, "line": 1, "column": 1 })
    );
    assert_eq!(first["end_column"], 24);
    let ignored = &data["ignored"][2];
    assert_eq!(ignored["reason"], "rooms moved to another service");
    assert_eq!(ignored["findings"][0]["rule"], "drops-data");
    let listed = project.run(["lint", "--list", "--json"]).succeeds().json();
    let rules = listed["data"]["rules"].as_array().expect("a list");
    assert!(rules.iter().any(|rule| rule["name"] == "drops-data"));
}

/// Runs git in a project, as somebody who has no settings of their own.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests make a repository as a user would"
)]
fn git(project: &Project, line: &str) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(line.split(' '))
        .current_dir(project.path(""))
        .env("HOME", project.path(""))
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "{line}: {output:?}");
}

fn what_differs_from_a_revision_is_linted(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("lint --since main").exits(1);
    git(&project, "init --quiet --initial-branch main");
    git(&project, "add --all");
    git(&project, "commit --quiet -m first");
    session.run("lint --since main").succeeds();
    // Not added, changed, and settings alone.
    project.write(&up_of("2026-01-05-000000_more"), "DELETE FROM users;\n");
    project.write(
        &up_of("2026-01-01-000000_create_users"),
        "CREATE TABLE users (id BIGINT PRIMARY KEY);\nDROP TABLE old;\n",
    );
    let metadata = format!("migrations/{NAME}/metadata.toml");
    project.write(
        &metadata,
        "run_in_transaction = false\nirreversible = \"gone\"\n",
    );
    session.run("lint --since main").exits(3);
    session.run("lint --since nowhere").exits(1);
    session.run("lint --since=--output=x").exits(1);
    assert!(!project.path("x").exists());
    assert!(!project.path("migrations/x").exists());
    session.matches("lint_since");
    let project = project.env("PATH", "/nowhere");
    let said = project.run(["lint", "--since", "main"]).exits(1).stderr;
    assert!(said.contains("hint: install git; "), "{said}");
}

fn errors_keep_up_from_a_protected_database(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    let mut session = Session::of(&project);
    session.run("up").exits(5);
    let document = project.run(["up", "--json"]).exits(5).json();
    assert_eq!(
        document["data"]["findings"][0]["rule"],
        "write-without-where"
    );
    assert_eq!(database.applied().len(), 3);
    session.run("up --dry-run").succeeds();
    session.run("up --no-lint --no-backup").succeeds();
    assert_eq!(database.applied().len(), 4);
    session.matches("lint_gate");
}

fn neither_does_a_reset(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(
        &up_of(NAME),
        "-- lint:ignore drops-data\nDROP TABLE bookings;\n",
    );
    for line in ["reset --json", "reset --dry-run --json"] {
        let document = project.run(line.split(' ')).exits(5).json();
        assert_eq!(document["data"]["totals"]["error"], 1, "{line}");
        let findings = document["data"]["findings"].as_array();
        let mut findings = findings.into_iter().flatten();
        let found = findings.any(|found| found["rule"] == "ignore-without-reason");
        assert!(found, "{line}: {document}");
    }
    let planned = project.run(["reset", "--dry-run", "--no-lint", "--json"]);
    let planned = planned.succeeds().json();
    assert_eq!(planned["data"]["steps"].as_array().map(Vec::len), Some(4));
    assert_eq!(planned["data"]["losses"][2]["rows"]["count"], 0);
    assert_eq!(planned["data"]["backup_first"], true);
    // All the rows of a table are nobody's that the same run has made.
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    project.run(["up"]).exits(5);
    project.run(["reset", "--dry-run"]).succeeds();
    assert_eq!(database.applied().len(), 3);
}

fn no_other_command_goes_round_the_gate(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    project.write(&format!("migrations/{NAME}/down.sql"), "SELECT 1;\n");
    let mut session = Session::of(&project);
    session.run("goto 20260104000000 --dry-run").succeeds();
    session.run("goto 20260104000000").exits(5);
    assert_eq!(database.applied().len(), 3);
    session
        .run("goto 20260104000000 --no-lint --no-backup")
        .succeeds();
    assert_eq!(database.applied().len(), 4);
    session.run("redo").exits(5);
    // A way down is not what the gate is about.
    session.run("goto 20260103000000 --dry-run").succeeds();
    session.matches("lint_gate_of_others");
}

fn one_transaction_for_all_is_linted_as_one(database: &dyn Engine) {
    let project = studio(database).config("[migrations]\ntransaction = 'batch'\n");
    project.run(["up"]).succeeds();
    project.write(
        "migrations/004_outside.sql",
        "-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down irreversible\n",
    );
    let said = project.run(["lint"]).exits(3).stdout;
    assert!(said.contains("not-in-transaction"), "{said}");
}

fn what_no_server_reads_is_an_error(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write("migrations/2026-01-05-000000_typo.sql", "-- migrate:up\nSELECT 1;\nCREATE TABLE x (a BIGINT));\nSELEC 1;\n-- migrate:down\nDROP TABLE IF EXISTS x;\n");
    project.write("migrations/2026-01-06-000000_bare.sql", "SELECT 1;\n");
    let said = project.run(["lint"]).exits(3).stdout;
    let places = [
        "migrations/2026-01-05-000000_typo.sql:3:26: error: ",
        "migrations/2026-01-05-000000_typo.sql:4:1: error: ",
        "migrations/2026-01-06-000000_bare.sql:1:1: error: SQL stands before",
    ];
    assert!(places.iter().all(|place| said.contains(place)), "{said}");
    assert!(said.contains(": 3 errors"), "{said}");
}

fn elsewhere_nobody_lints(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    project.run(["up", "--steps", "3"]).succeeds();
    project.run(["up"]).succeeds();
    assert_eq!(database.applied().len(), 4);
}

#[cfg(feature = "sqlite")]
#[test]
fn without_a_database_all_migrations_are_linted_and_it_says_so() {
    let project = Project::new()
        .irreversible(NAME, "DELETE FROM users;\n")
        .file(
            "Cargo.toml",
            "[dependencies]\ndiesel = { version = '2', features = ['sqlite'] }\n",
        );
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --database-url sqlite:absent.db").exits(3);
    assert!(!project.path("absent.db").exists());
    session.matches("lint_no_database");
}

#[cfg(feature = "postgres")]
mod on_postgres {
    use serde_json::Value;

    use super::*;
    use crate::sarif::results_of;
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
        let suppressed = results
            .iter()
            .filter(|result| !result["suppressions"].is_null());
        assert_eq!(suppressed.count(), 1);
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
        database
            .execute("ALTER TABLE users ADD CONSTRAINT coded CHECK (code IS NOT NULL) NOT VALID;");
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
}

#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[test]
fn the_page_of_the_rules_is_the_one_that_the_program_prints() {
    let project = Project::new();
    let page = project
        .run(["lint", "--list", "--format", "markdown"])
        .succeeds();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint.md");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == page.stdout,
        "write it anew: `cargo run -- lint --list --format markdown > docs/lint.md`"
    );
    crate::session::assert_text(
        "lint_list",
        &project.run(["lint", "--list"]).succeeds().stdout,
    );
}
