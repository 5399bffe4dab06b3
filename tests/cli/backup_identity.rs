//! Whose a backup is that was made before the database had an identity of its own.

use serde_json::json;

use crate::session::studio;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    before_the_first_migration_backups_are_pruned_like_others,
    those_from_before_the_first_migration_are_listed_and_come_back,
];

/// Returns a project on a database that was filled by others.
fn filled(database: &dyn Engine) -> Project {
    database.execute("CREATE TABLE old (id INTEGER); INSERT INTO old VALUES (1)");
    studio(database)
}

fn back_up(project: &Project) -> String {
    let made = project.run(["backup", "--json"]).succeeds().json();
    let id = made["data"]["backup"]["id"].as_str();
    id.expect("a name").to_owned()
}

fn listed(project: &Project) -> Vec<String> {
    let listed = project.run(["backup", "list", "--json"]).succeeds().json();
    let backups = listed["data"]["backups"].as_array().expect("backups");
    let ids = backups.iter().map(|backup| backup["id"].as_str());
    ids.map(|id| id.expect("a name").to_owned()).collect()
}

fn before_the_first_migration_backups_are_pruned_like_others(database: &dyn Engine) {
    let project = filled(database);
    let older = back_up(&project);
    let newer = back_up(&project);
    let project = project.config("[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n");
    let planned = project.run(["backup", "prune", "--dry-run"]).succeeds();
    let line = format!("remove {older} (no rule keeps it)");
    assert!(planned.stdout.contains(&line), "{}", planned.stdout);
    project.run(["backup", "prune"]).succeeds();
    assert_eq!(listed(&project), [newer]);
}

fn those_from_before_the_first_migration_are_listed_and_come_back(database: &dyn Engine) {
    let project = filled(database);
    let before = back_up(&project);
    project.run(["up", "-q"]).succeeds();
    let after = back_up(&project);
    assert_eq!(listed(&project), [after, before.clone()]);
    let project = project.config("[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n");
    let pruned = project.run(["backup", "prune", "--json"]).succeeds().json();
    assert_eq!(pruned["data"]["removed"], json!([]));
    let words = [
        "restore",
        "--before",
        "20260101000000",
        "--replace",
        "--yes",
        "--json",
    ];
    let restored = project.run(words).succeeds().json();
    assert_eq!(restored["data"]["source"], json!(before));
    assert_eq!(database.query_i64("SELECT id FROM old"), 1);
    assert!(!database.has_table("users"));
}
