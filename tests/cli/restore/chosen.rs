//! Which backup is meant where none is named.

use super::{back_up, beside, name_of};
use crate::session::{VERSIONS, studio, studio_applied, up_of};
use crate::support::engine::Engine;

on_both_engines![
    the_newest_one_from_before_a_migration_is_found,
    half_of_a_migration_is_not_before_it,
    a_backup_that_is_guessed_by_its_name_is_said_to_be,
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
    let project = studio_applied(database);
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

fn a_backup_that_is_guessed_by_its_name_is_said_to_be(database: &dyn Engine) {
    let project = studio_applied(database);
    back_up(&project, &[]);
    let told = "the backups are known by the database's name alone";
    let planned = project.run(["restore", "--dry-run"]).succeeds();
    assert!(!planned.stdout.contains(told), "{}", planned.stdout);
    let url = database.url();
    let own = url.rsplit('/').next().expect("it has a name");
    project.run(["db", "drop", "--confirm", own]).succeeds();
    let planned = project
        .run(["restore", "--dry-run", "--replace"])
        .succeeds();
    let refused = project.run(["restore", "--replace", "--json"]).exits(5);
    let refused = refused.json();
    assert!(refused["warnings"].to_string().contains(told), "{refused}");
    let line = format!("\n  guessed    {told}");
    assert!(planned.stdout.contains(&line), "{}", planned.stdout);
    let done = project.run(["restore", "--replace", "--yes"]).succeeds();
    assert!(done.stderr.contains(&line), "{}", done.stderr);
    // Whoever names one has not had it guessed.
    project.run(["status"]).succeeds();
}
