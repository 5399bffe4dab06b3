//! `backup verify --restore` and `backup create --verify`: does a backup come back?

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::session::studio_applied;
use crate::support::engine::Engine;
#[cfg(feature = "postgres")]
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;

on_both_engines![
    a_new_backup_is_verified_at_once,
    one_that_cannot_be_judged_does_not_keep_the_others_from_it,
    a_backup_that_comes_back_is_shown_as_restored,
    a_backup_that_comes_back_otherwise_is_none,
    what_says_nothing_of_a_backup_is_no_verdict,
    health_tells_that_the_newest_is_no_good,
];

/// The one before is young enough, so that nothing else would say it.
fn health_tells_that_the_newest_is_no_good(database: &dyn Engine) {
    let (project, _) = with_backup(database);
    let health = ["backup", "health", "--max-age", "26h"];
    let said = project.run(health).succeeds().stderr;
    assert!(!said.contains("no good"), "{said}");
    database.execute("INSERT INTO users VALUES (41)");
    let newest = back_up(&project);
    let end = database.either("sqlite.gz", "sql.gz");
    let file = project.path(&format!("backups/{newest}.{end}"));
    let bytes = fs::read(&file).expect("it is there");
    fs::write(&file, &bytes[1..]).expect("it is ours");
    let output = project.run(health).succeeds();
    let told = format!("warning: 1 newer backup is no good: `{newest}`: ");
    assert!(output.stderr.contains(&told), "{}", output.stderr);
    let json = project
        .run(health.iter().chain(&["--json"]))
        .succeeds()
        .json();
    assert_eq!(json["data"]["newest_failed"]["id"], json!(newest), "{json}");
    assert_eq!(json["data"]["healthy"], json!(true), "{json}");
}

/// Returns a project with one backup, and its name.
pub(crate) fn with_backup(database: &dyn Engine) -> (Project, String) {
    let project = studio_applied(database);
    let id = back_up(&project);
    (project, id)
}

pub(crate) fn back_up(project: &Project) -> String {
    let made = project
        .run(["backup", "--hash", "--json"])
        .succeeds()
        .json();
    text(&made["data"]["backup"]["id"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Returns what there is of databases, or of files, whose name begins as the database's.
fn databases(database: &dyn Engine) -> Vec<String> {
    let Some(file) = database.url().strip_prefix("sqlite:").map(str::to_owned) else {
        return database.query_column(
            "SELECT datname FROM pg_database WHERE starts_with(datname, current_database())
             ORDER BY datname",
        );
    };
    let file = Path::new(&file);
    let entries = fs::read_dir(file.parent().expect("a folder")).expect("there");
    let names = entries.map(|entry| entry.expect("readable").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with("-shm")).collect();
    names.sort();
    names
}

/// Changes what a manifest says.
fn edit(project: &Project, id: &str, edit: impl FnOnce(&mut Value)) {
    let file = format!("backups/{id}.json");
    let mut manifest: Value = serde_json::from_str(&project.read(&file)).expect("JSON");
    edit(&mut manifest);
    project.write(&file, &manifest.to_string());
}

pub(crate) fn row_of(project: &Project) -> Value {
    let listed = project.run(["backup", "list", "--json"]).json();
    listed["data"]["backups"][0].clone()
}

fn a_backup_that_comes_back_is_shown_as_restored(database: &dyn Engine) {
    let (project, id) = with_backup(database);
    let week = ["backup", "health", "--max-verify-age", "1d"];
    project.run(week).exits(3);
    let before = databases(database);
    let said = project.run(["backup", "verify", "--restore"]);
    let said = said.succeeds().stdout;
    assert!(said.starts_with(&format!("verified {id} (")), "{said}");
    assert_eq!(databases(database), before);
    assert_eq!(row_of(&project)["verdict"], json!("restored"));
    project.run(week).succeeds();
}

fn a_backup_that_comes_back_otherwise_is_none(database: &dyn Engine) {
    let (project, id) = with_backup(database);
    edit(&project, &id, |manifest| {
        let tables = manifest["facts"]["tables"].as_array_mut().expect("tables");
        let rooms = |table: &&mut Value| text(&table["name"]).contains("rooms");
        let rooms = tables.iter_mut().find(rooms).expect("there");
        rooms["rows"] = json!(7);
    });
    let before = databases(database);
    let checked = project.run(["backup", "verify", &id, "--restore", "--no-owner", "--json"]);
    let checked = checked.exits(3).json();
    let verified = &checked["data"]["verified"][0];
    assert_eq!(verified["passed"], json!(false));
    assert_eq!(verified["verdict"]["check"], json!("restore"));
    let finding = text(&verified["verdict"]["findings"][0]);
    assert!(
        finding.contains("rooms") && finding.contains('7'),
        "{finding}"
    );
    assert_eq!(databases(database), before);
    assert_eq!(row_of(&project)["verdict"], json!("failed"));
    project.run(["backup", "health"]).exits(3);
}

fn what_says_nothing_of_a_backup_is_no_verdict(database: &dyn Engine) {
    let (project, id) = with_backup(database);
    edit(&project, &id, |manifest| {
        manifest["database"]["engine"] = json!("another");
    });
    let before = databases(database);
    project.run(["backup", "verify", "--jobs", "2"]).exits(2);
    let refused = project.run(["backup", "verify", &id, "--restore", "--jobs", "2"]);
    let said = refused.exits(2).stderr;
    assert!(said.contains("is a backup of another"), "{said}");
    assert_eq!(databases(database), before);
    let shown = project.run(["backup", "show", &id, "--json"]).json();
    assert_eq!(shown["data"]["verdict"], json!("created"));
}

fn one_that_cannot_be_judged_does_not_keep_the_others_from_it(database: &dyn Engine) {
    let (project, older) = with_backup(database);
    let unknown = back_up(&project);
    edit(&project, &unknown, |manifest| {
        manifest["database"]["engine"] = json!("another");
    });
    let bad = back_up(&project);
    edit(&project, &bad, |manifest| {
        manifest["migrations"]["applied"] = json!(["1"]);
    });
    let words = ["backup", "verify", "all", "--restore"];
    let said = project.run(words).exits(1);
    assert!(
        said.stdout.contains(&format!("verified {older} (")),
        "{said:?}"
    );
    assert!(said.stdout.contains(&format!("failed {bad} (")), "{said:?}");
    let without = format!("no verdict {unknown}:\n  `{unknown}` is a backup of another");
    assert!(said.stdout.contains(&without), "{said:?}");
    assert!(
        said.stderr
            .contains("error: 1 of 3 backups could not be judged, and have no new verdict"),
        "{said:?}"
    );
    let told = project.run(words.into_iter().chain(["--json"]));
    let told = told.exits(1).json();
    assert_eq!(told["data"]["unjudged"][0]["id"], json!(unknown));
    assert_eq!(told["data"]["verified"].as_array().map(Vec::len), Some(2));
}

fn a_new_backup_is_verified_at_once(database: &dyn Engine) {
    let (project, _) = with_backup(database);
    let before = databases(database);
    for (check, verdict, what) in [
        ("files", "verified", "verified  its files ("),
        ("restore", "restored", "verified  a restored copy ("),
    ] {
        let said = project.run(["backup", "--verify", check]).succeeds().stdout;
        assert!(said.contains(what), "{said}");
        assert_eq!(row_of(&project)["verdict"], json!(verdict));
    }
    assert_eq!(databases(database), before);
}

/// Returns what a monitor is told of the backups.
#[cfg(feature = "postgres")]
fn told(project: &Project, metric: &str) -> String {
    let told = project.read("shop.prom");
    let name = format!("dieselkit_backup_{metric}{{");
    let line = told.lines().find(|line| line.starts_with(&name));
    let value = line.and_then(|line| line.rsplit(' ').next());
    value.expect("it is told").to_owned()
}

/// One row is lost on the way, and what is written is whole all the same.
#[cfg(feature = "postgres")]
#[test]
fn a_backup_that_fails_at_once_removes_none() {
    let database = PostgresDatabase::create();
    let (project, good) = with_backup(&database);
    let loses_one = "$REAL \"$@\" | grep -vx 1";
    database.cluster().stand_in(&project, "pg_dump", loses_one);
    project.write(
        "dieselkit.toml",
        "[backups]\npg_dump = \"./pg_dump\"\n[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n",
    );
    let before = databases(&database);
    let metrics = "--metrics=shop.prom";
    project.run(["backup", "health", metrics]).succeeds();
    assert_eq!(told(&project, "verdict"), "1");
    let success = told(&project, "last_success_timestamp_seconds");
    let said = project.run(["backup", "--verify", "restore", metrics]);
    let said = said.exits(1).stderr;
    assert_eq!(told(&project, "verdict"), "0");
    assert_eq!(told(&project, "last_success_timestamp_seconds"), success);
    assert!(
        said.contains("rooms") && said.contains("none was removed for it"),
        "{said}"
    );
    assert_eq!(databases(&database), before);
    let listed = project.run(["backup", "list", "--json"]).json();
    let listed = &listed["data"]["backups"];
    assert_eq!(listed[0]["verdict"], json!("failed"));
    assert_eq!(listed[1]["id"], json!(good));
}

/// A role that is missing here may be there where the backup is needed.
#[cfg(feature = "postgres")]
#[test]
fn a_missing_role_is_not_the_backups_fault() {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    let role = format!("{}_clerk", database.query_text("SELECT current_database()"));
    database.execute(&format!(
        "CREATE ROLE \"{role}\"; ALTER TABLE rooms OWNER TO \"{role}\""
    ));
    let id = back_up(&project);
    database.execute(&format!(
        "REASSIGN OWNED BY \"{role}\" TO CURRENT_USER; DROP ROLE \"{role}\""
    ));
    let before = databases(&database);
    let said = project.run(["backup", "verify", &id, "--restore"]);
    let said = said.exits(1).stderr;
    assert!(said.contains(&role), "{said}");
    assert_eq!(databases(&database), before);
    assert_eq!(row_of(&project)["verdict"], json!("created"));
    project
        .run(["backup", "verify", &id, "--restore", "--no-owner"])
        .succeeds();
    assert_eq!(row_of(&project)["verdict"], json!("restored"));
}
