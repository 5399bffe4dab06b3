//! What a restore would do is shown before it does it, and a dry run does nothing of it.

use super::{beside, contents, name_of, neighbours, outgrown, text, users};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_dry_run_shows_the_plan_and_does_nothing,
    the_plan_is_shown_before_it_is_done,
    a_dry_run_fails_as_the_restore_would,
    the_old_one_is_dropped_where_that_was_asked_for,
    whoever_is_not_asked_drops_nothing,
    the_old_one_can_be_dropped_by_its_name,
];

/// Returns a project with a backup of one user, and its name; by now there are two.
fn backed_up(database: &dyn Engine, environment: &str) -> (Project, String) {
    outgrown(database, environment, &["--note", "before the cleaning"])
}

/// Returns the words at the beginning of each line of a plan.
fn lines(plan: &str) -> Vec<&str> {
    let of_plan = plan
        .lines()
        .skip_while(|line| !line.starts_with("restore "));
    let indented = of_plan.skip(1).take_while(|line| line.starts_with("  "));
    indented
        .map(|line| line.split_whitespace().next().expect("it has words"))
        .collect()
}

const LINES: [&str; 9] = [
    "taken",
    "of",
    "holds",
    "migrations",
    "size",
    "verdict",
    "into",
    "room",
    "compared",
];

fn a_dry_run_shows_the_plan_and_does_nothing(database: &dyn Engine) {
    let (project, id) = backed_up(database, "production");
    let before = contents(database, &database.url());
    let there = neighbours(database);
    let copy = name_of(&beside(database, "copy"));
    // Nobody is asked, since nothing is done.
    for place in [
        &["--replace", "--drop-old"][..],
        &["--replace"],
        &["--into", &copy],
    ] {
        let words = ["restore", &id, "--dry-run"];
        let shown = project.run(words.iter().chain(place)).succeeds();
        assert_eq!(lines(&shown.stdout), LINES, "{}", shown.stdout);
        assert!(
            shown.stdout.contains("up to 20260103000000"),
            "{}",
            shown.stdout
        );
        let json = project.run(words.iter().chain(place).chain(&["--json"]));
        let json = json.succeeds().json();
        let (data, plan) = (&json["data"], &json["data"]["plan"]);
        assert_eq!(data["dry_run"], true, "{json}");
        assert_eq!(plan["backup"]["id"], id.as_str(), "{json}");
        assert_eq!(plan["compared"], "manifest", "{json}");
        assert!(plan["room"]["needed_bytes"].is_u64(), "{json}");
        assert_eq!(plan["lacks"], serde_json::json!([]), "{json}");
        assert_eq!(data.get("execution_time_ms"), None, "{json}");
        assert_eq!(neighbours(database), there);
        assert!(contents(database, &database.url()) == before);
    }
    let replaces = project.run(["restore", &id, "--dry-run", "--replace", "--json"]);
    let plan = replaces.succeeds().json()["data"]["plan"].clone();
    assert!(text(&plan["replaced"]).contains("_before_"), "{plan}");
    assert_eq!(plan["old"], "kept");
    project
        .run(["restore", &id, "--dry-run", "--drop-old"])
        .exits(2);
}

fn the_plan_is_shown_before_it_is_done(database: &dyn Engine) {
    let (project, id) = backed_up(database, "development");
    let words = ["restore", &id, "--replace"];
    // Whoever refuses has seen what it was about.
    let refused = project.run(words).exits(5);
    assert_eq!(lines(&refused.stderr), LINES, "{}", refused.stderr);
    assert_eq!(users(database), 2);
    let quiet = project.run(words.iter().chain(&["-q"])).exits(5);
    assert_eq!(lines(&quiet.stderr), [""; 0], "{}", quiet.stderr);
    let done = project
        .run(words.iter().chain(&["--yes", "--json"]))
        .succeeds()
        .json();
    let data = &done["data"];
    assert_eq!(data["dry_run"], false, "{done}");
    assert_eq!(data["plan"]["replaced"], data["replaced"], "{done}");
    assert_eq!(data["old"], "kept", "{done}");
}

fn a_dry_run_fails_as_the_restore_would(database: &dyn Engine) {
    let (project, id) = backed_up(database, "development");
    let path = format!("backups/{id}.json");
    let manifest = project.read(&path);
    let raw = manifest.lines().find(|line| line.contains("raw_bytes"));
    let raw = raw.expect("it was compressed here").trim();
    project.write(
        &path,
        &manifest.replacen(raw, "\"raw_bytes\": 1000000000000000,", 1),
    );
    let there = neighbours(database);
    let copy = name_of(&beside(database, "copy"));
    let words = ["restore", &id, "--into", &copy];
    let shown = project.run(words.iter().chain(&["--dry-run"])).exits(1);
    assert!(
        shown.stdout.contains("\n  lacks      it takes "),
        "{}",
        shown.stdout
    );
    let json = project
        .run(words.iter().chain(&["--dry-run", "--json"]))
        .exits(1)
        .json();
    assert_eq!(json["data"]["plan"]["lacks"][0]["kind"], "room", "{json}");
    let done = project.run(words).exits(1);
    // How much is free differs from one moment to the next.
    let error = |said: &str| {
        let (_, error) = said.split_once("error: ").expect(said);
        error.split_once(" at least, and").expect(said).0.to_owned()
    };
    assert_eq!(error(&done.stderr), error(&shown.stderr));
    // A name that is taken is found out before, too.
    let taken = name_of(&database.url());
    project
        .run(["restore", &id, "--into", &taken, "--dry-run"])
        .exits(2);
    assert_eq!(neighbours(database), there);
}

fn the_old_one_is_dropped_where_that_was_asked_for(database: &dyn Engine) {
    let (project, id) = backed_up(database, "development");
    let words = ["restore", &id, "--replace", "--drop-old", "--yes", "--json"];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["old"], "dropped", "{report}");
    assert_eq!(report["hint"], serde_json::Value::Null, "{report}");
    assert_eq!(users(database), 1);
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
    project.run(["status"]).succeeds();
    // One that fails drops nothing.
    database.execute("INSERT INTO users VALUES (3)");
    let manifest = format!("backups/{id}.json");
    let other = project
        .read(&manifest)
        .replacen("\"rows\": 1", "\"rows\": 7", 1);
    project.write(&manifest, &other);
    project.run(words).exits(1);
    assert_eq!(users(database), 2);
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
}

fn whoever_is_not_asked_drops_nothing(database: &dyn Engine) {
    let (project, id) = backed_up(database, "development");
    let refused = project
        .run(["restore", &id, "--replace", "--drop-old"])
        .exits(5);
    assert!(
        refused
            .stderr
            .contains("is dropped once the new one stands"),
        "{}",
        refused.stderr
    );
    assert_eq!(users(database), 2);
    assert_eq!(neighbours(database).len(), 1);
}

fn the_old_one_can_be_dropped_by_its_name(database: &dyn Engine) {
    let (project, id) = backed_up(database, "production");
    let own = name_of(&database.url());
    let name = own.rsplit('/').next().expect("split yields one").to_owned();
    let words = ["restore", &id, "--replace", "--confirm", &name, "--json"];
    let report = project.run(words).succeeds().json();
    let old = text(&report["data"]["replaced"]);
    let hint = text(&report["hint"]);
    let (_, line) = hint.split_once('`').expect("it names a command");
    let line = line.split_once('`').expect("it ends").0;
    assert!(line.contains("db drop"), "{hint}");
    let old = old.rsplit('/').next().expect("split yields one").to_owned();
    // The name of the one that is meant is what confirms, not that of the address.
    let refused = project.shell(&format!("{line} --confirm {name}")).exits(5);
    assert!(refused.stderr.contains(&old), "{}", refused.stderr);
    assert_eq!(neighbours(database).len(), 2);
    project.shell(&format!("{line} --confirm {old}")).succeeds();
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
    assert_eq!(users(database), 1);
    let again = project.shell(&format!("{line} --confirm {old}")).exits(1);
    assert!(again.stderr.contains(&old), "{}", again.stderr);
}
