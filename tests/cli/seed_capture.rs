//! `seed capture`: its files, its refusals and its document.

use crate::seed::with_users;
use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![what_is_captured_is_seeded_again, a_capture_is_one_document,];

fn project(database: &dyn Engine) -> Project {
    let project = with_users()
        .migration(
            "2026-01-02-000000_create_bookings",
            "CREATE TABLE bookings (id INTEGER PRIMARY KEY, guest INTEGER REFERENCES users (id));",
            "DROP TABLE bookings;",
        )
        .on(database);
    project.run(["up"]).succeeds();
    database.execute("INSERT INTO users VALUES (1, 'ana@corp.test'), (2, 'bo@corp.test')");
    database.execute("INSERT INTO bookings VALUES (1, 2), (2, NULL)");
    project
}

fn what_is_captured_is_seeded_again(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session
        .run("seed capture bookings --with-references --limit 1 --anonymize email=fake:email")
        .succeeds();
    session.run("seed capture bookings").exits(1);
    session.run("seed capture bookings --force").succeeds();
    session
        .run("seed capture users --into users.csv")
        .succeeds();
    session
        .run("seed capture users --into users.json")
        .succeeds();
    session.run("seed capture users --into users.txt").exits(2);
    session
        .run("seed capture users --into users.json --format csv")
        .exits(2);
    session
        .run("seed capture users bookings --into x.csv")
        .exits(2);
    session.run("seed capture people").exits(2);
    session
        .run("seed capture users --anonymize email=fake:mail")
        .exits(2);
    session
        .run("seed capture users --anonymize mail=hash")
        .exits(2);
    session.run("seed").succeeds();
    session.matches("seed_capture");
    let kept = "id,email\n1,ana@corp.test\n2,bo@corp.test\n";
    assert_eq!(project.read("users.csv"), kept);
    let emails = database.query_text("SELECT email FROM users WHERE id = 2");
    assert!(emails.contains("@example."), "{emails}");
}

fn a_capture_is_one_document(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("seed capture bookings users --json").succeeds();
    session
        .run("seed capture users --where nothing=1 --into x.csv --json")
        .exits(1);
    session.matches(database.either("seed_capture_json_sqlite", "seed_capture_json_postgres"));
}

#[cfg(feature = "sqlite")]
#[test]
fn a_capture_that_needs_types_says_which_format_has_some() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = Project::new().on(&database);
    database.execute("CREATE TABLE files (id INTEGER PRIMARY KEY, content BLOB)");
    database.execute("INSERT INTO files VALUES (1, 5)");
    let refused = project.run(["seed", "capture", "files"]).exits(1);
    let hint = "hint: take a format that has types: `--format jsonl`";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    let typed = ["seed", "capture", "files", "--format", "jsonl"];
    project.run(typed).succeeds();
}
