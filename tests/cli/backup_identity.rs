//! Whose a backup is: of the database itself, of a copy of it, or of another, on the days on which
//! that decides what is removed and what is found.

use std::fs;

use serde_json::json;

use crate::restore::{back_up, text};
use crate::session::{VERSIONS, studio};
use crate::support::engine::Engine;
#[cfg(feature = "postgres")]
use crate::support::postgres::PostgresDatabase;
use crate::support::project::{Output, Project};
#[cfg(feature = "sqlite")]
use crate::support::sqlite::SqliteDatabase;

on_both_engines![
    the_backup_of_a_copy_stands_in_for_none,
    before_the_first_migration_backups_are_pruned_like_others,
    a_database_without_metadata_has_backups_all_the_same,
    the_backups_of_a_lost_database_are_found,
    the_backups_of_a_database_made_anew_are_named,
];

/// Keeps one backup and no more.
const ONE: &str = "[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n";

/// Returns the names of the backups that are listed, newest first.
#[track_caller]
fn listed(project: &Project, flags: &[&str]) -> Vec<String> {
    let words = ["backup", "list", "--json"].iter().chain(flags);
    let listed = project.run(words).succeeds().json();
    let backups = listed["data"]["backups"].as_array().expect("a list");
    backups.iter().map(|backup| text(&backup["id"])).collect()
}

#[track_caller]
fn latest(project: &Project, flags: &[&str]) -> String {
    let words = ["backup", "show", "latest", "--json"].iter().chain(flags);
    let shown = project.run(words).succeeds().json();
    text(&shown["data"]["manifest"]["id"])
}

fn is_there(project: &Project, id: &str) -> bool {
    project.path(&format!("backups/{id}.json")).exists()
}

/// Restores the newest backup into the neighbour whose name has this end more, and returns its URL.
fn rehearse(project: &Project, database: &dyn Engine, end: &str) -> String {
    let url = format!("{}_{end}", database.url());
    let name = match url.strip_prefix("sqlite:") {
        Some(path) => path,
        None => url.rsplit('/').next().expect("it names one"),
    };
    project
        .run(["restore", "latest", "--into", name])
        .succeeds();
    url
}

#[track_caller]
fn says(output: &Output, parts: &[&str]) {
    for part in parts {
        assert!(
            output.stderr.contains(part),
            "{part} in:\n{}",
            output.stderr
        );
    }
}

/// A rehearsal has the identity of what it was restored from, and may share its folder.
fn the_backup_of_a_copy_stands_in_for_none(database: &dyn Engine) {
    let project = studio(database).config(ONE);
    project.run(["up"]).succeeds();
    let good = back_up(&project, &[]);
    let url = rehearse(&project, database, "rehearsal");
    let copy = back_up(&project, &["--database-url", &url]);
    assert!(is_there(&project, &good), "the copy's backup removed it");
    assert_eq!(latest(&project, &[]), good);
    let health = project.run(["backup", "health", "--json"]).succeeds();
    assert_eq!(health.json()["data"]["newest_good"], json!(good));
    assert_eq!(listed(&project, &[]), [good.as_str()]);
    assert_eq!(listed(&project, &["--database-url", &url]), [copy.as_str()]);
    let pruned = project.run(["backup", "prune", "--json"]).succeeds().json();
    assert_eq!(
        pruned["data"]["decisions"].as_array().map(Vec::len),
        Some(1)
    );
    let all = project.run(["backup", "list", "--all"]).succeeds().stdout;
    assert!(all.contains("_rehearsal"), "{all}");
    fs::remove_file(project.path(&format!("backups/{good}.json"))).expect("it is there");
    let before = format!("--before={}", VERSIONS[0]);
    for words in [
        &["backup", "show", "latest"][..],
        &["restore", "--into=none"],
        &["restore", "--into=none", &before],
    ] {
        let refused = project.run(words);
        assert_ne!(refused.code, Some(0), "{words:?}");
        says(
            &refused,
            &[
                &format!("`{copy}` of a copy"),
                "dieselkit backup list --all",
            ],
        );
    }
    let health = project.run(["backup", "health"]).exits(3);
    says(&health, &[&format!("`{copy}` of a copy")]);
}

fn before_the_first_migration_backups_are_pruned_like_others(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE old (id INTEGER)");
    let (older, newer) = (back_up(&project, &[]), back_up(&project, &[]));
    let project = project.config(ONE);
    let planned = project.run(["backup", "prune", "--dry-run"]).succeeds();
    let line = format!("remove {older} (no rule keeps it)");
    assert!(planned.stdout.contains(&line), "{}", planned.stdout);
    project.run(["backup", "prune"]).succeeds();
    assert_eq!(listed(&project, &[]), [newer]);
}

/// Plain Diesel, or the time before the first `up`.
fn a_database_without_metadata_has_backups_all_the_same(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE own (id INTEGER); INSERT INTO own VALUES (1)");
    let (first, second) = (back_up(&project, &[]), back_up(&project, &[]));
    let both = [second.as_str(), first.as_str()];
    let planned = project.run(["backup", "prune", "--dry-run"]).succeeds();
    assert!(planned.stdout.contains("0 of 2"), "{}", planned.stdout);
    assert_eq!(listed(&project, &[]), both);
    project.run(["backup", "health"]).succeeds();
    project.run(["up"]).succeeds();
    assert_eq!(listed(&project, &[]), both);
    project.run(["backup", "health"]).succeeds();
    back_up(&project, &[]);
    project.write("dieselkit.toml", ONE);
    let pruned = project.run(["backup", "prune", "--json"]).succeeds().json();
    assert_eq!(
        pruned["data"]["removed"],
        json!([]),
        "those may be another's"
    );
    let words = [
        "restore",
        "--before",
        VERSIONS[0],
        "--replace",
        "--yes",
        "--json",
    ];
    let restored = project.run(words).succeeds().json();
    assert_eq!(restored["data"]["source"], json!(second));
    assert_eq!(database.query_i64("SELECT id FROM own"), 1);
    assert!(!database.has_table("users"));
    let fourth = back_up(&project, &[]);
    assert!(!is_there(&project, &first), "it is theirs again");
    assert_eq!(listed(&project, &[]), [fourth]);
}

/// The day of the disaster: nothing is there but the folder, and the user may be another.
fn the_backups_of_a_lost_database_are_found(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let id = back_up(&project, &[]);
    project.run(["db", "drop", "--yes"]).succeeds();
    let url = database.url();
    let other = match url.split_once('@') {
        Some((_, server)) => format!("postgres://somebody:wrong@{server}"),
        None => url.clone(),
    };
    for flags in [&[][..], &["--database-url", &other]] {
        assert_eq!(listed(&project, flags), [id.as_str()], "{flags:?}");
        assert_eq!(latest(&project, flags), id, "{flags:?}");
    }
    let listed = project.run(["backup", "list"]).succeeds();
    says(&listed, &["cannot be asked which it is"]);
    project.run(["backup", "prune"]).exits(1);
    project
        .run(["restore", "latest", "--replace", "--yes"])
        .succeeds();
    assert_eq!(database.applied(), VERSIONS);
    assert_eq!(latest(&project, &[]), id, "and afterwards");
}

fn the_backups_of_a_database_made_anew_are_named(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let id = back_up(&project, &[]);
    project.run(["db", "drop", "--yes"]).succeeds();
    project.run(["up", "--create-database"]).succeeds();
    let none = project.run(["backup", "list"]).succeeds();
    let named = format!("`{id}` of one with this name");
    says(&none, &[&named, "dieselkit backup list --all"]);
    let refused = project.run(["backup", "show", "latest"]).exits(1);
    says(&refused, &[&named, "dieselkit backup list --all"]);
    assert!(
        !refused.stderr.contains("backup create"),
        "{}",
        refused.stderr
    );
    let refused = project.run(["restore", "--replace", "--yes"]).exits(1);
    says(&refused, &[&named, "dieselkit backup list --all"]);
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    assert_eq!(latest(&project, &[]), id);
}

/// The folder alone, and nobody who knows the address.
#[cfg(feature = "sqlite")]
#[test]
fn without_a_database_the_folder_can_be_read() {
    let database = SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    let id = back_up(&project, &[]);
    let project = project.env("DATABASE_URL", "");
    project.run(["backup", "list"]).exits(2);
    assert_eq!(listed(&project, &["--all"]), [id.as_str()]);
    project.run(["backup", "show", &id]).succeeds();
    project.run(["backup", "verify", &id]).succeeds();
    let shown = project.run(["backup", "show", &id, "--json"]).json();
    assert_eq!(shown["data"]["verdict"], json!("verified"));
    for (command, pinned) in [("pin", true), ("unpin", false)] {
        project.run(["backup", command, &id]).succeeds();
        let shown = project.run(["backup", "show", &id, "--json"]).json();
        assert_eq!(shown["data"]["manifest"]["pinned"], json!(pinned));
    }
    project.run(["backup", "pin", "latest"]).exits(2);
    project.run(["backup", "verify", "all"]).exits(2);
    project.run(["backup", "verify", &id, "--restore"]).exits(2);
}

/// Whoever asks, and by whichever way: the identity that is derived is the server's own.
#[cfg(feature = "postgres")]
#[test]
fn another_user_sees_the_backups_of_a_database_without_metadata() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    database.execute("CREATE TABLE own (id INTEGER)");
    let id = back_up(&project, &[]);
    let role = database.create_role("secret");
    let other_host = database.url().replace("127.0.0.1", "localhost");
    for url in [database.url_as(&role), other_host] {
        assert_eq!(listed(&project, &["--database-url", &url]), [id.as_str()]);
    }
}

/// What an unfinished file is called by, in the names of a database and of a migration.
#[cfg(feature = "sqlite")]
#[test]
fn a_backup_is_whole_whatever_its_names() {
    let project = Project::new().migration(
        "foo.partial_x",
        "CREATE TABLE a (id INTEGER PRIMARY KEY);",
        "",
    );
    let project = project.env("DATABASE_URL", "sqlite:shop.partial.db");
    project.run(["up"]).succeeds();
    let (first, second) = (back_up(&project, &[]), back_up(&project, &[]));
    let own = format!("backups/{first}.sqlite.gz.partial.txt");
    project.write(&own, "mine");
    project.run(["backup", "prune"]).succeeds();
    assert_eq!(listed(&project, &[]), [second.as_str(), first.as_str()]);
    project.run(["backup", "verify", "all"]).succeeds();
    assert_eq!(project.read(&own), "mine");
}

/// Two files of one name that share a folder, and one that was moved.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_of_the_same_name_elsewhere_is_another() {
    let project = Project::new().config(&format!("[backups]\ndirectory = \"shared\"\n{ONE}"));
    let project = project.migration("001_a", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "");
    for folder in ["here", "there", "moved"] {
        fs::create_dir(project.path(folder)).expect("the project is ours");
    }
    let (here, there) = (
        ["--database-url", "sqlite:here/app.db"],
        ["--database-url", "sqlite:there/app.db"],
    );
    project.run(["up", here[0], here[1]]).succeeds();
    fs::copy(project.path("here/app.db"), project.path("there/app.db")).expect("copied");
    let original = back_up(&project, &here);
    let copied = back_up(&project, &there);
    assert_eq!(listed(&project, &here), [original.as_str()]);
    assert_eq!(listed(&project, &there), [copied.as_str()]);
    assert_eq!(latest(&project, &here), original);
    let moved = ["--database-url", "sqlite:moved/app.db"];
    fs::rename(project.path("here/app.db"), project.path("moved/app.db")).expect("moved");
    assert_eq!(listed(&project, &moved), [original.as_str()]);
    fs::remove_file(project.path("moved/app.db")).expect("gone");
    assert_eq!(listed(&project, &here), [original.as_str()]);
}
