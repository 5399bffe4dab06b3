//! `backup list`, `show`, `prune`, `pin`, `unpin` and `health`, on folders as they are found in the
//! morning.

mod mornings;
mod taken;

use std::fs::{self, File};

use serde_json::json;

use crate::support::engine::Engine;
use mornings::Mornings;

on_both_engines![
    what_there_is_is_listed_and_shown,
    a_database_without_its_identity_is_another,
    a_prune_says_what_goes_and_why,
    the_last_verified_one_outlives_everything,
    a_clock_that_was_ahead_removes_nothing,
    another_environments_policy_is_refused,
    a_pinned_one_stays,
    health_is_an_exit_code,
    a_folder_at_work_is_waited_for,
    a_manifest_that_cannot_be_read_is_told_of,
    each_answer_is_one_document,
];

fn what_there_is_is_listed_and_shown(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.run("backup list").succeeds();
    assert!(!mornings.path("").exists(), "a question made the folder");
    mornings.night("older", 50, Some(&[]));
    let failed = mornings.night("failed", 26, Some(&["cut off at byte 1024"]));
    let mut pinned = mornings.manifest("pinned", 2, None);
    pinned["pinned"] = json!(true);
    pinned["note"] = json!("before the great cleaning");
    pinned["scope"] = json!({ "tables": ["users"], "without_data_of": ["rooms"] });
    pinned["warnings"] = json!(["pg_dump: warning: circular foreign keys"]);
    mornings.put(&pinned);
    let mut other = mornings.manifest("other", 3, None);
    other["database"]["identity"] = json!("another");
    mornings.put(&other);
    mornings.write("shop_20200101T000000Z_001.json", b"{\"schema_version\": 7}");
    mornings.write("README", b"ours");
    mornings.run("backup list").succeeds();
    mornings.run("backup list --all -q").succeeds();
    mornings.run("backup show latest").succeeds();
    mornings.run(&format!("backup show {failed}")).succeeds();
    let pinned = pinned["id"].as_str().expect("a name").to_owned();
    mornings.run(&format!("backup show {pinned}")).succeeds();
    mornings.run("backup show shop_").exits(2);
    mornings.run("backup show nothing").exits(2);
    mornings
        .run("backup show shop_20200101T000000Z_001")
        .exits(1);
    fs::remove_file(mornings.path(&format!("{pinned}.sql.gz"))).expect("removed");
    mornings.run(&format!("backup show {pinned}")).succeeds();
    mornings.matches("backup_list");
}

fn a_database_without_its_identity_is_another(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    let id = mornings.night("night", 2, None);
    database.execute("DROP TABLE __dieselkit_metadata");
    let listed = mornings.project.run(["backup", "list", "--json"]).json();
    assert_eq!(listed["data"]["backups"], json!([]));
    assert_eq!(listed["data"]["namesakes"], json!([id]));
    mornings.project.run(["backup", "prune", "-q"]).succeeds();
    assert_eq!(
        mornings.names().len(),
        2,
        "what is not proved to be its own stays"
    );
    let gone_url = database.either("sqlite:gone.db", "postgres://nobody@127.0.0.1:1/gone");
    let gone = mornings
        .project
        .run(["backup", "list", "--json", "--database-url", gone_url]);
    let gone = gone.json();
    assert_eq!(gone["data"]["others"], json!(1));
    let warning = gone["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("cannot be asked which it is"), "{warning}");
    let pruned = mornings
        .project
        .run(["backup", "prune", "--database-url", gone_url]);
    pruned.exits(1);
}

fn a_prune_says_what_goes_and_why(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.project.write(
        "dieselkit.toml",
        "[backups.keep]\nwithin = \"26h\"\nlast = 2\nminimum = 1\n",
    );
    mornings.run("backup prune").succeeds();
    assert!(!mornings.path("").exists(), "it made the folder");
    mornings.night("oldest", 100, None);
    mornings.night("verified", 75, Some(&[]));
    mornings.night("failed", 50, Some(&["cut off"]));
    mornings.night("old", 27, None);
    mornings.night("new", 2, None);
    mornings.write("shop_20260101T030000Z_003.sql.gz.partial", b"x");
    let before = mornings.names();
    mornings.run("backup prune --dry-run").succeeds();
    assert_eq!(mornings.names(), before, "a dry run changed something");
    mornings.run("backup prune").succeeds();
    assert_eq!(mornings.names().len(), 6);
    mornings.run("backup prune").succeeds();
    mornings.matches("backup_prune");
}

/// The table of the issue: failed nights, the newest corrupt on disk, files of like names.
fn the_last_verified_one_outlives_everything(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.project.write(
        "dieselkit.toml",
        "[backups.keep]\nwithin = \"0\"\nlast = 3\nminimum = 0\n",
    );
    for night in 1..=15 {
        mornings.night("failed", night * 24, Some(&["cut off"]));
    }
    // Each is what it was but for its contents, which are read by nobody who prunes.
    let corrupt = [3, 2].map(|hours| mornings.night("corrupt", hours, Some(&[])));
    mornings.write(&format!("{}.sql.gz", corrupt[1]), &[b'x'; 1024]);
    let verified = mornings.night("verified", 16 * 24, Some(&[]));
    let foreign = [
        "shop_20260101T030000Z_003.sql.gz",
        "shop_20260101T030000Z_003.sql",
        "shop-2026-01-01.json",
        "shop.sql.gz.partial",
        "shop_20250101T030000Z_003.json",
    ];
    for name in foreign {
        mornings.write(name, b"{}");
    }
    let mut other = mornings.manifest("other", 24 * 400, None);
    other["database"]["identity"] = json!("another");
    mornings.put(&other);
    // It was verified, and is not what it was: that is found first.
    mornings
        .project
        .run(["backup", "verify", &corrupt[0]])
        .exits(3);
    // A night of the year to come: as long as it is there, nothing goes.
    let ahead = mornings.night("ahead", -24 * 365, Some(&[]));
    let before = mornings.names();
    mornings.run("backup prune").succeeds();
    assert_eq!(mornings.names(), before);
    for ending in ["json", "sql.gz"] {
        fs::remove_file(mornings.path(&format!("{ahead}.{ending}"))).expect("removed");
    }
    mornings.run("backup prune").succeeds();
    let mut expected: Vec<String> = foreign.iter().map(|&name| name.to_owned()).collect();
    for id in [&verified, other["id"].as_str().expect("a name")] {
        expected.extend([format!("{id}.json"), format!("{id}.sql.gz")]);
    }
    expected.sort();
    assert_eq!(mornings.names(), expected);
}

fn a_clock_that_was_ahead_removes_nothing(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.project.write(
        "dieselkit.toml",
        "[backups.keep]\nwithin = \"0\"\nminimum = 0\n",
    );
    mornings.night("old", 500, None);
    mornings.night("verified", 400, Some(&[]));
    let ahead = mornings.night("ahead", -24 * 365, None);
    let before = mornings.names();
    let shown = mornings.project.run(["backup", "show", &ahead]).succeeds();
    assert!(
        shown.stdout.contains(" UTC, in the future, in 4.2 s\n"),
        "{}",
        shown.stdout
    );
    let pruned = mornings.project.run(["backup", "prune", "--json"]).json();
    assert_eq!(mornings.names(), before);
    assert_eq!(
        pruned["data"]["decisions"][2]["reasons"][0]["rule"],
        json!("clock_jumped")
    );
    fs::remove_file(mornings.path(&format!("{ahead}.json"))).expect("removed");
    mornings.project.run(["backup", "prune", "-q"]).succeeds();
    assert_eq!(
        mornings.names().len(),
        3,
        "the verified one, and what is no backup"
    );
}

fn another_environments_policy_is_refused(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.night("night", 2, None);
    mornings.run("backup prune --env test").exits(5);
    mornings.run("backup prune --env test --dry-run").exits(5);
    mornings.run("backup list --env test -q").succeeds();
    mornings.matches("backup_other_environment");
}

fn a_pinned_one_stays(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.project.write(
        "dieselkit.toml",
        "[backups.keep]\nwithin = \"0\"\nminimum = 1\n",
    );
    let old = mornings.night("old", 500, None);
    let new = mornings.night("new", 2, None);
    mornings.run(&format!("backup pin {old}")).succeeds();
    mornings.run(&format!("backup pin {old}")).succeeds();
    mornings.run("backup pin latest").succeeds();
    mornings.run("backup unpin latest").succeeds();
    mornings.run("backup prune").succeeds();
    assert_eq!(mornings.names().len(), 4);
    mornings.run(&format!("backup unpin {old}")).succeeds();
    mornings.run(&format!("backup unpin {old}")).succeeds();
    mornings.run("backup prune").succeeds();
    assert_eq!(
        mornings.names(),
        [format!("{new}.json"), format!("{new}.sql.gz")]
    );
    mornings.matches("backup_pin");
}

fn health_is_an_exit_code(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.run("backup health").exits(3);
    mornings.night("verified", 200, Some(&[]));
    mornings
        .run("backup health --metrics dieselkit.prom")
        .exits(3);
    mornings.night("failed", 2, Some(&["cut off"]));
    mornings.run("backup health --max-age 2d").exits(3);
    mornings.night("new", 26, None);
    mornings
        .run("backup health --max-age 26h --max-verify-age 8d")
        .exits(3);
    mornings
        .run("backup health --max-age 27h --max-verify-age 2w")
        .succeeds();
    mornings
        .run("backup health --max-age 27h --json")
        .succeeds();
    mornings.run("backup health --max-age soon").exits(2);
    let metrics = fs::read_to_string(mornings.project.path("dieselkit.prom")).expect("written");
    let names = metrics.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(names.count(), 9, "{metrics}");
    let beside = fs::read_dir(mornings.project.path("")).expect("there");
    let is_partial = |name: &std::ffi::OsStr| name.to_string_lossy().contains("partial");
    assert!(!beside.flatten().any(|entry| is_partial(&entry.file_name())));
    mornings
        .run("backup health --max-age 27h --metrics nowhere/x.prom")
        .exits(1);
    let parts = mornings.project.path("backups");
    fs::remove_dir_all(parts).expect("there");
    for (name, hours) in [("part", 2), ("other part", 3)] {
        let mut part = mornings.manifest(name, hours, None);
        part["scope"] = json!({ "tables": ["users"] });
        mornings.put(&part);
    }
    mornings.run("backup health --metrics parts.prom").exits(3);
    let metrics = fs::read_to_string(mornings.project.path("parts.prom")).expect("written");
    let numbers: Vec<&str> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next_back())
        .collect();
    assert_eq!(numbers, ["2", "0", "2"], "{metrics}");
    mornings.night("ahead", -30, None);
    mornings.run("backup health").exits(3);
    mornings.matches("backup_health");
}

fn a_folder_at_work_is_waited_for(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    let id = mornings.night("night", 2, None);
    let lock = File::create(mornings.path(".dieselkit-backups.lock")).expect("made");
    lock.lock().expect("free");
    fs::write(
        mornings.path(".dieselkit-backups.lock"),
        "{\"pid\": 4711, \"application\": \"a backup\"}",
    )
    .expect("written");
    mornings.run("backup prune --lock-wait 0").exits(4);
    mornings.run("backup pin latest --lock-wait 50ms").exits(4);
    mornings.run("backup list -q").succeeds();
    drop(lock);
    mornings
        .run(&format!("backup pin {id} --lock-wait 0"))
        .succeeds();
    mornings.matches("backup_at_work");
}

fn a_manifest_that_cannot_be_read_is_told_of(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.run("backup verify all -q").exits(3);
    mornings.write("shop_20260101T030000Z_003.json", b"{");
    mornings.run("backup verify all").exits(3);
    mornings.run("backup prune --dry-run").succeeds();
    mornings.run("backup prune").succeeds();
    let said = mornings.run("backup verify all --json").exits(3).json();
    assert_eq!(
        said["data"]["unreadable"][0]["path"],
        json!("backups/shop_20260101T030000Z_003.json")
    );
    mornings.matches("backup_unreadable");
}

fn each_answer_is_one_document(database: &dyn Engine) {
    let mut mornings = Mornings::of(database);
    mornings.night("old", 500, None);
    mornings.night("new", 2, Some(&[]));
    for line in [
        "backup list --json",
        "backup show latest --json",
        "backup prune --dry-run --json",
        "backup prune --json",
        "backup pin latest --json",
        "backup show nothing --json",
    ] {
        mornings.run(line);
    }
    for (said, shown) in [
        (mornings.identity.clone(), "[identity]"),
        (format!("\"{}\"", mornings.engine), "\"[engine]\""),
    ] {
        mornings.ids.push((said, shown.to_owned()));
    }
    mornings.matches("backup_json");
}
