//! The newest backup is no good, and none was named: an older state takes the place of no database.

use std::fs;

use serde_json::{Value, json};

use super::{back_up, contents, file_of, neighbours};
use crate::session::studio_applied;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    one_that_is_cut_off_is_not_passed_over,
    one_without_its_file_is_not_passed_over,
    one_without_a_manifest_that_can_be_read_is_not_passed_over,
    one_that_holds_the_migration_is_no_newer_one_from_before_it,
    doctor_tells_of_it,
    a_dry_run_of_it_fails,
    one_from_the_future_takes_the_place_of_no_database,
];

/// Returns a project with two backups, of one user and of two, and their names.
fn twice_backed_up(database: &dyn Engine) -> (Project, String, String) {
    let project = studio_applied(database);
    database.execute("INSERT INTO users VALUES (1)");
    let older = back_up(&project, &[]);
    database.execute("INSERT INTO users VALUES (2)");
    let newer = back_up(&project, &[]);
    (project, older, newer)
}

fn cut_off(project: &Project, file: &str) {
    let path = project.path(file);
    let bytes = fs::read(&path).expect("it is there");
    fs::write(&path, &bytes[..bytes.len() - 10]).expect("it is ours");
}

/// Checks that no older state is taken silently for this newest one.
#[track_caller]
fn is_told_of(
    database: &dyn Engine,
    (project, older, newer): &(Project, String, String),
    why: &str,
) {
    let before = contents(database, &database.url());
    let there = neighbours(database);
    let before_version = ["--before", "999"];
    let chosen: [&[&str]; 2] = [&[], &before_version];
    project.write("migrations/999_later/up.sql", "SELECT 1;");
    for chosen in chosen {
        let replace = ["restore", "--replace", "--yes"];
        for dry_run in [&[][..], &["--dry-run"]] {
            let words = replace.iter().chain(chosen).chain(dry_run);
            let refused = project.run(words).exits(1).stderr;
            assert!(refused.contains(&format!("`{newer}`: ")), "{refused}");
            assert!(refused.contains(why), "{refused}");
            let hint = format!("`dieselkit restore {older} --replace");
            assert!(refused.contains(&hint), "{refused}");
            assert_eq!(neighbours(database), there);
        }
        let words = ["restore", "--dry-run"];
        let shown = project.run(words.iter().chain(chosen)).succeeds();
        let line = format!("\n  newer      is no good: `{newer}`: ");
        assert!(shown.stdout.contains(&line), "{}", shown.stdout);
        let told = format!("warning: a newer backup is no good, and was passed over: `{newer}`: ");
        assert!(shown.stderr.contains(&told), "{}", shown.stderr);
        let json = project.run(words.iter().chain(chosen).chain(&["--json"]));
        let json = json.succeeds().json();
        let warnings = json["warnings"].to_string();
        assert!(warnings.contains(newer) && warnings.contains(why), "{json}");
        assert_eq!(json["data"]["plan"]["passed_over"][0]["id"], json!(newer));
    }
    assert_eq!(contents(database, &database.url()), before);
    let done = project.run(["restore"]).succeeds().stderr;
    assert!(
        done.contains(&format!("passed over: `{newer}`: ")),
        "{done}"
    );
    project
        .run(["restore", older, "--replace", "--yes"])
        .succeeds();
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}

fn one_that_is_cut_off_is_not_passed_over(database: &dyn Engine) {
    let backed_up = twice_backed_up(database);
    cut_off(&backed_up.0, &file_of(database, &backed_up.2));
    is_told_of(database, &backed_up, " bytes, and had ");
}

fn one_without_its_file_is_not_passed_over(database: &dyn Engine) {
    let backed_up = twice_backed_up(database);
    let file = backed_up.0.path(&file_of(database, &backed_up.2));
    fs::remove_file(file).expect("it is ours");
    is_told_of(database, &backed_up, "is missing");
}

fn one_without_a_manifest_that_can_be_read_is_not_passed_over(database: &dyn Engine) {
    let backed_up = twice_backed_up(database);
    let manifest = format!("backups/{}.json", backed_up.2);
    backed_up.0.write(&manifest, "");
    is_told_of(database, &backed_up, "its manifest cannot be read");
}

/// By its time it is the newest, and it holds less than the other.
fn one_from_the_future_takes_the_place_of_no_database(database: &dyn Engine) {
    let (project, older, newer) = twice_backed_up(database);
    let path = format!("backups/{older}.json");
    let mut manifest: Value = serde_json::from_str(&project.read(&path)).expect("JSON");
    manifest["started_at"] = json!("2099-01-01T00:00:00Z");
    project.write(&path, &manifest.to_string());
    project.write("migrations/999_later/up.sql", "SELECT 1;");
    let before = contents(database, &database.url());
    let there = neighbours(database);
    let chosen: [&[&str]; 2] = [&[], &["--before", "999"]];
    for chosen in chosen {
        let replace = ["restore", "--replace", "--drop-old", "--yes"];
        for dry_run in [&[][..], &["--dry-run"]] {
            let words = replace.iter().chain(chosen).chain(dry_run);
            let refused = project.run(words).exits(1).stderr;
            for id in [&older, &newer] {
                let named = format!("`dieselkit restore {id} --replace");
                assert!(refused.contains(&named), "{refused}");
            }
            assert!(refused.contains("from the future"), "{refused}");
            assert_eq!(neighbours(database), there);
        }
        let words = ["restore", "--dry-run"];
        let shown = project.run(words.iter().chain(chosen)).succeeds();
        assert!(
            shown.stdout.contains(" UTC, in the future\n"),
            "{}",
            shown.stdout
        );
        let warned = format!("may be older than `{newer}`: see `dieselkit backup show {newer}`");
        assert!(shown.stderr.contains(&warned), "{}", shown.stderr);
    }
    assert_eq!(contents(database, &database.url()), before);
    project
        .run(["restore", &older, "--replace", "--yes"])
        .succeeds();
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}

/// It could not be the one that is meant, were it whole.
fn one_that_holds_the_migration_is_no_newer_one_from_before_it(database: &dyn Engine) {
    let project = studio_applied(database);
    let older = back_up(&project, &[]);
    project.write(
        "migrations/998_later/up.sql",
        "CREATE TABLE later (id INTEGER);",
    );
    project.write("migrations/998_later/down.sql", "DROP TABLE later;");
    project.run(["up", "-q"]).succeeds();
    let (cut, unread) = (back_up(&project, &[]), back_up(&project, &[]));
    cut_off(&project, &file_of(database, &cut));
    project.write(&format!("backups/{unread}.json"), "");
    let words = [
        "restore",
        "--before",
        "998",
        "--replace",
        "--dry-run",
        "--json",
    ];
    let json = project.run(words).succeeds().json();
    assert_eq!(json["data"]["plan"]["source"], json!(older), "{json}");
    assert_eq!(json["data"]["plan"]["passed_over"], json!([]), "{json}");
    project.run(["restore", "--replace", "--dry-run"]).exits(1);
}

fn doctor_tells_of_it(database: &dyn Engine) {
    let (project, older, newer) = twice_backed_up(database);
    project.run(["backup", "verify", &older]).succeeds();
    cut_off(&project, &file_of(database, &newer));
    let said = project.run(["doctor"]).stdout;
    let told = format!("1 newer backup is no good: `{newer}`: ");
    assert!(said.contains(&told), "{said}");
    project.write(&format!("backups/{newer}.json"), "");
    let said = project.run(["doctor"]).stdout;
    assert!(
        said.contains("cannot be read, and counts as no backup"),
        "{said}"
    );
}

/// Its size is what it was, so that only who read it knows.
fn a_dry_run_of_it_fails(database: &dyn Engine) {
    let (project, _, newer) = twice_backed_up(database);
    let file = project.path(&file_of(database, &newer));
    let mut bytes = fs::read(&file).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&file, &bytes).expect("it is ours");
    project.run(["restore", &newer, "--dry-run"]).succeeds();
    project.run(["backup", "verify", &newer]).exits(3);
    let shown = project.run(["restore", &newer, "--dry-run"]).exits(1);
    assert!(shown.stdout.contains("\n  damage     "), "{}", shown.stdout);
    assert!(shown.stderr.contains("is no good"), "{}", shown.stderr);
    project.run(["restore", &newer]).exits(1);
}
