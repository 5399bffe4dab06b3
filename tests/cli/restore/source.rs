//! Which backup or file is restored, and what is said of one that cannot be.

use super::{back_up, beside, contents, file_of, name_of, neighbours};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;

on_both_engines![
    the_newest_one_from_before_a_migration_is_found,
    half_of_a_migration_is_not_before_it,
    a_file_without_its_manifest_is_compared_with_nothing,
    what_is_not_there_is_refused,
    a_name_that_is_taken_is_refused,
    a_backup_of_another_engine_is_refused,
    what_is_no_backup_is_refused,
];

fn the_newest_one_from_before_a_migration_is_found(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q", "--to", VERSIONS[1]]).succeeds();
    back_up(&project, &["--note", "older"]);
    database.execute("INSERT INTO users VALUES (7)");
    let wanted = back_up(&project, &["--note", "newer"]);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    let copy = beside(database, "copy");
    let name = name_of(&copy);
    let words = [
        "restore",
        "--before",
        VERSIONS[2],
        "--into",
        &name,
        "--json",
    ];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["source"], wanted.as_str());
    assert_eq!(report["data"]["head"], VERSIONS[1]);
    let status = project.run(["status", "--json", "--database-url", &copy]);
    assert_eq!(status.succeeds().json()["data"]["totals"]["pending"], 1);
    let none = project.run(["restore", "--before", VERSIONS[0]]).exits(1);
    assert!(none.stderr.contains("no good backup"), "{}", none.stderr);
    // The newest one is from before every version that nobody knows.
    for mistyped in ["20260199000000", "create_users"] {
        project.run(["restore", "--before", mistyped]).exits(2);
    }
}

fn half_of_a_migration_is_not_before_it(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let before = back_up(&project, &["--note", "before"]);
    let name = "2026-03-01-000000_halves";
    project.write(
        &up_of(name),
        "CREATE TABLE half (id INTEGER);\nSELECT missing FROM nowhere;",
    );
    let metadata = format!("migrations/{name}/metadata.toml");
    project.write(&metadata, "run_in_transaction = false\n");
    project.run(["up", "-q"]).exits(1);
    let half = back_up(&project, &["--note", "half"]);
    let shown = project.run(["backup", "show", &half, "--json"]).json();
    let migrations = &shown["data"]["manifest"]["migrations"];
    assert_eq!(
        migrations["half_applied"][0], "20260301000000",
        "{migrations}"
    );
    let into = name_of(&beside(database, "copy"));
    let words = [
        "restore",
        "--before",
        "20260301000000",
        "--into",
        &into,
        "--json",
    ];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["source"], before.as_str());
}

fn a_file_without_its_manifest_is_compared_with_nothing(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let file = file_of(database, &id);
    std::fs::copy(project.path(&file), project.path("found.gz")).expect("copied");
    let copy = beside(database, "copy");
    let name = name_of(&copy);
    let words = ["restore", "found.gz", "--into", &name, "--json"];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["compared"], "nothing");
    assert!(report["warnings"][0].is_string(), "{report}");
    assert_eq!(
        contents(database, &copy),
        contents(database, &database.url())
    );
    // Where it lies, it is the backup.
    let name = name_of(&beside(database, "again"));
    let report = project.run(["restore", &file, "--into", &name, "--json"]);
    assert_eq!(report.succeeds().json()["data"]["compared"], "manifest");
}

fn what_is_not_there_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    let there = neighbours(database);
    for wanted in ["nothing", "shop_20200101T000000Z_001", "./gone.sql.gz"] {
        let output = project.run(["restore", wanted]).exits(2);
        assert!(output.stderr.contains("hint: "), "{}", output.stderr);
    }
    project.remove("backups");
    let none = project.run(["restore"]).exits(1);
    assert!(none.stderr.contains("no good backup"), "{}", none.stderr);
    assert_eq!(neighbours(database), there);
}

fn a_name_that_is_taken_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    let before = contents(database, &database.url());
    let there = neighbours(database);
    let name = name_of(&database.url());
    let output = project.run(["restore", "--into", &name]).exits(2);
    assert!(
        output.stderr.contains("exists already"),
        "{}",
        output.stderr
    );
    assert_eq!(contents(database, &database.url()), before);
    assert_eq!(neighbours(database), there);
}

fn a_backup_of_another_engine_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let there = neighbours(database);
    let manifest = format!("backups/{id}.json");
    let (ours, theirs) = database
        .either("SQLite PostgreSQL", "PostgreSQL SQLite")
        .split_once(' ')
        .expect("two");
    let content = project.read(&manifest);
    let engine = |name: &str| format!("\"engine\": \"{name}\"");
    assert!(content.contains(&engine(ours)), "{content}");
    project.write(&manifest, &content.replace(&engine(ours), &engine(theirs)));
    let output = project.run(["restore", &id]).exits(2);
    assert!(output.stderr.contains(theirs), "{}", output.stderr);
    assert_eq!(neighbours(database), there);
}

fn what_is_no_backup_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let there = neighbours(database);
    project.write("letter.sql", "SELECT 1;\n");
    project.write("empty.sql", "");
    for file in [
        "letter.sql",
        "empty.sql",
        &up_of("2026-01-01-000000_create_users"),
        "migrations",
    ] {
        let output = project.run(["restore", file]);
        assert!(matches!(output.code, Some(1 | 2)), "{file}: {output:?}");
        assert!(
            output.stderr.contains("hint: "),
            "{file}: {}",
            output.stderr
        );
        assert_eq!(neighbours(database), there);
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_pg_dump_itself_wrote_is_restored() {
    use crate::support::postgres::PostgresDatabase;
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let program = database.cluster().program("pg_dump");
    let program = program.get_program().to_string_lossy().into_owned();
    let url = database.url();
    let line = format!(
        "'{program}' '{url}' > own.sql && gzip -k own.sql \
         && '{program}' -Fc '{url}' > own.dump && '{program}' -Fd -f own.folder '{url}'"
    );
    project.shell(&line).succeeds();
    let before = contents(&database, &url);
    for file in ["own.sql", "own.sql.gz", "own.dump", "./own.folder"] {
        let copy = beside(&database, &file.replace(['.', '/'], "_"));
        let output = project.run(["restore", file, "--into", &name_of(&copy)]);
        let output = output.succeeds();
        assert!(
            output.stderr.contains("has no manifest"),
            "{}",
            output.stderr
        );
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}

/// What psql would go on in another database by: `pg_dump --create` writes it.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_names_a_database_leaves_all_as_it_is() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    let script = format!(
        "CREATE TABLE elsewhere (id INTEGER);\n\\connect {own}\nCREATE TABLE here (id INTEGER);\n{end}"
    );
    project.write("connects.sql", &script);
    project.write("creates.sql", &format!("CREATE DATABASE other;\n{script}"));
    for (file, words) in [("connects.sql", "line 2"), ("creates.sql", "line 3")] {
        let name = name_of(&beside(&database, "copy"));
        for place in [
            &["--into", name.as_str()][..],
            &["--replace", "--drop-old", "--yes"],
        ] {
            let output = project.run(["restore", file].iter().chain(place)).exits(1);
            assert!(output.stderr.contains(words), "{}", output.stderr);
            assert!(output.stderr.contains("--create"), "{}", output.stderr);
            assert_eq!(contents(&database, &database.url()), before);
            assert_eq!(neighbours(&database), there);
        }
    }
}

/// What is committed lies in the log until somebody puts it together.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_with_a_log_beside_it_is_refused() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    std::fs::copy(database.path(), project.path("live.db")).expect("copied");
    project.write("live.db-wal", "frames");
    let name = name_of(&beside(&database, "copy"));
    let words = ["restore", "live.db", "--into", &name];
    let output = project.run(words).exits(1);
    assert!(
        output.stderr.contains("wal_checkpoint"),
        "{}",
        output.stderr
    );
    assert_eq!(
        neighbours(&database).len(),
        1,
        "{:?}",
        neighbours(&database)
    );
    project.write("live.db-wal", "");
    project.run(words).succeeds();
}

#[cfg(feature = "postgres")]
#[test]
fn a_part_does_not_take_the_place_of_the_whole() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let id = back_up(&project, &["--table", "users"]);
    for flags in [&["--yes"][..], &["--dry-run"]] {
        let words = ["restore", &id, "--replace"];
        let output = project.run(words.iter().chain(flags)).exits(2);
        assert!(output.stderr.contains("--into"), "{}", output.stderr);
    }
    assert_eq!(contents(&database, &database.url()), before);
    let name = name_of(&beside(&database, "copy"));
    project.run(["restore", &id, "--into", &name]).succeeds();
}
