//! What cannot be restored is refused, and named for what it is.

use super::{back_up, backed_up, neighbours};
#[cfg(feature = "sqlite")]
use super::{beside, name_of};
use crate::session::{studio_applied, up_of};
use crate::support::engine::Engine;

on_both_engines![
    what_is_not_there_is_refused,
    a_backup_of_another_engine_is_refused,
    what_is_no_backup_is_refused,
    a_file_of_another_kind_is_named_with_what_helps,
];

fn what_is_not_there_is_refused(database: &dyn Engine) {
    let project = studio_applied(database);
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

fn a_backup_of_another_engine_is_refused(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
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
    let project = studio_applied(database);
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

fn a_file_of_another_kind_is_named_with_what_helps(database: &dyn Engine) {
    let project = studio_applied(database);
    let there = neighbours(database);
    project.write("empty.sql", "");
    project.write("old.zip", "PK\u{3}\u{4}and more");
    project.write("folder/notes.txt", "no dump");
    let (other, kind) = match database.either("sqlite", "postgres") {
        "sqlite" => (
            "--\n-- PostgreSQL database dump\n--\n",
            "a dump of PostgreSQL",
        ),
        _ => ("SQLite format 3\0and more", "a database file of SQLite"),
    };
    project.write("other", other);
    project.shell("gzip --keep other").succeeds();
    for (file, words) in [
        ("empty.sql", &["`empty.sql` is empty;", "hint: "][..]),
        ("old.zip", &["is packed by zip;", "`unzip old.zip`"]),
        ("./folder", &["`./folder` is a folder", "hint: `ls -l "]),
        ("other", &[kind, "--database-url "]),
        ("other.gz", &[kind, "--database-url "]),
    ] {
        for flags in [&["--dry-run"][..], &[]] {
            let output = project.run(["restore", file].iter().chain(flags)).exits(2);
            for word in words {
                assert!(output.stderr.contains(word), "{word}: {}", output.stderr);
            }
        }
        assert_eq!(neighbours(database), there, "{file}");
    }
}

/// What one engine alone has is not passed over.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_is_not_restored_as_a_role() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio_applied(&database);
    back_up(&project, &[]);
    for flags in [&["--dry-run"][..], &[]] {
        let words = ["restore", "--role", "app"];
        let said = project.run(words.iter().chain(flags)).exits(2).stderr;
        assert!(said.contains("a SQLite database has no roles"), "{said}");
        assert!(said.contains("hint: leave `--role` out"), "{said}");
    }
    assert_eq!(
        neighbours(&database).len(),
        1,
        "{:?}",
        neighbours(&database)
    );
}

/// What is committed lies in the log until somebody puts it together.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_with_a_log_beside_it_is_refused() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio_applied(&database);
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
