//! Backups that are taken and read again: counted, pruned after, and verified.

use std::fs;

use serde_json::json;

use super::mornings::Mornings;
use crate::session::studio_applied;
use crate::support::engine::Engine;

on_both_engines![
    a_backup_is_taken_and_the_policy_applied,
    what_was_changed_on_disk_is_found,
    the_tables_that_are_counted_are_told,
];

fn a_backup_is_taken_and_the_policy_applied(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.project.write(
        "dieselkit.toml",
        "[backups.keep]\nwithin = \"0\"\nminimum = 1\n",
    );
    mornings.night("old", 500, None);
    mornings.write("shop_20260101T030000Z_003.sql.gz.partial", b"x");
    let made = mornings.project.run([
        "backup",
        "--json",
        "--note",
        "before the great cleaning",
        "--hash",
        "--metrics",
        "backup.prom",
    ]);
    let made = made.succeeds().json();
    assert_eq!(made["command"], json!("backup create"));
    let data = &made["data"];
    assert_eq!(data["backup"]["note"], json!("before the great cleaning"));
    assert_eq!(data["backup"]["migration"], json!("20260103000000"));
    assert_eq!(data["removed"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["cleaned_up"].as_array().map(Vec::len), Some(1));
    let id = data["backup"]["id"].as_str().expect("a name").to_owned();
    assert_eq!(mornings.names().len(), 2);
    let shown = mornings
        .project
        .run(["backup", "show", &id, "--json"])
        .json();
    let tables = &shown["data"]["manifest"]["facts"]["tables"];
    assert!(tables[0]["content_hash"].is_string(), "{tables}");
    let metrics = fs::read_to_string(mornings.project.path("backup.prom")).expect("written");
    assert!(metrics.contains("dieselkit_backup_kept{"), "{metrics}");
    let said = mornings.project.run(["backup", "create", "--level", "1"]);
    let said = said.succeeds().stdout;
    assert!(said.starts_with("backed up "), "{said}");
    assert!(
        said.ends_with(&format!("removed {id} (no rule keeps it)\n")),
        "{said}"
    );
}

fn what_was_changed_on_disk_is_found(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.run("backup verify all").exits(3);
    mornings.run("backup verify").exits(1);
    let mut make = |name: &str| {
        let made = mornings.project.run(["backup", "--json"]).succeeds().json();
        let id = made["data"]["backup"]["id"]
            .as_str()
            .expect("a name")
            .to_owned();
        let listed = mornings
            .project
            .run(["backup", "show", &id, "--json"])
            .json();
        let file = listed["data"]["manifest"]["parts"][0]["file"]
            .as_str()
            .expect("a file");
        mornings.ids.push((id, format!("[{name}]")));
        mornings.path(file)
    };
    let older = make("older");
    let newer = make("newer");
    mornings.run("backup verify").succeeds();
    let mut bytes = fs::read(&newer).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&newer, &bytes).expect("written");
    let checked = mornings
        .project
        .run(["backup", "verify", "all", "--metrics", "backup.prom"]);
    // Which byte the contents break at is another each time.
    let said = checked.exits(3).stdout;
    assert!(
        said.starts_with("failed ") && said.contains("has changed: its SHA-256 is"),
        "{said}"
    );
    let metrics = fs::read_to_string(mornings.project.path("backup.prom")).expect("written");
    assert!(metrics.contains("dieselkit_backup_good{"), "{metrics}");
    assert!(older.is_file());
    let latest = mornings
        .project
        .run(["backup", "show", "latest", "--json"])
        .json();
    assert_eq!(
        latest["data"]["verdict"],
        json!("verified"),
        "the older one"
    );
    let health = mornings
        .project
        .run(["backup", "health", "--max-verify-age", "1d"]);
    health.succeeds();
    let again = mornings
        .project
        .run(["backup", "verify", "all", "--json"])
        .exits(3)
        .json();
    assert_eq!(again["data"]["verified"][0]["passed"], json!(false));
    assert_eq!(again["data"]["verified"][1]["passed"], json!(true));
    mornings.matches("backup_verify");
}

/// Returns how many tables are told to be counted, of how many, in the order in which it is told.
fn counted(said: &str) -> Vec<(usize, usize)> {
    let lines = said.lines().filter_map(|line| {
        let (counted, rest) = line.trim().strip_prefix("counted ")?.split_once(" of ")?;
        let tables = rest.strip_suffix(" tables")?;
        Some((counted.parse().ok()?, tables.parse().ok()?))
    });
    lines.collect()
}

fn the_tables_that_are_counted_are_told(database: &dyn Engine) {
    let project = studio_applied(database);
    let commands = database.either("backup", "backup;backup --format directory");
    for command in commands.split(';') {
        let said = project.run(format!("{command} --verify restore -vv").split(' '));
        let told = counted(&said.succeeds().stderr);
        let tables = told.first().expect("they are told").1;
        assert!(tables > 3, "{told:?}");
        let each: Vec<_> = (0..=tables).map(|counted| (counted, tables)).collect();
        assert_eq!(told, [each.clone(), each].concat(), "{command}");
    }
}
