//! Which backup or file is restored, and what is said of one that cannot be.

use super::{back_up, beside, contents, file_of, name_of, neighbours};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;

on_both_engines![
    the_newest_one_from_before_a_migration_is_found,
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
