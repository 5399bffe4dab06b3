//! `lint`: what it looks at, what it says of it, and in which forms.

mod gate;
#[cfg(feature = "postgres")]
mod on_postgres;

use std::process::Command;

use crate::session::{Session, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    what_is_pending_is_linted,
    files_and_all_are_linted_where_asked_for,
    a_file_is_looked_at_once_whatever_it_is_called,
    a_file_that_was_named_and_cannot_be_read_is_an_error,
    levels_are_those_of_the_environment,
    a_document_says_what_was_found,
    what_differs_from_a_revision_is_linted,
    what_no_server_reads_is_an_error,
];

/// The migration that has something to find, behind those of [`studio`].
const NAME: &str = "2026-01-04-000000_clean";

const UP: &str = "\
UPDATE users SET id = 1;
SELECT 1; -- lint:ignore write-without-where -- all are meant
-- lint:ignore write-without-were -- all are meant
DELETE FROM users;
-- lint:ignore drops-data -- rooms moved to another service
DROP TABLE rooms;
-- lint:ignore drops-data
DROP TABLE bookings;
";

/// Returns a project of which the first three migrations are applied, and one is pending.
fn project(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(&up_of(NAME), UP);
    project.write(
        &format!("migrations/{NAME}/metadata.toml"),
        "run_in_transaction = true\nirreversible = \"they are gone\"\n",
    );
    project
}

fn what_is_pending_is_linted(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --deny off").succeeds();
    project.write(&up_of(NAME), "UPDATE users SET id = 1 WHERE id = 2;\n");
    session.run("lint").succeeds();
    project.run(["up"]).succeeds();
    session.run("lint").succeeds();
    session.matches("lint_pending");
}

fn files_and_all_are_linted_where_asked_for(database: &dyn Engine) {
    let project = project(database).file("loose.sql", "DELETE FROM users;\n");
    let mut session = Session::of(&project);
    session.run("lint loose.sql").exits(3);
    session.run(&format!("lint migrations/{NAME}")).exits(3);
    let all = project.run(["lint", "--all", "--json"]).exits(3).json();
    assert_eq!(all["data"]["files"].as_array().map(Vec::len), Some(7));
    session
        .run("lint migrations/2026-01-01-000000_create_users/down.sql --deny info")
        .exits(3);
    session.run("lint absent.sql").exits(2);
    std::fs::create_dir(project.path("empty")).expect("the folder is ours");
    session.run("lint empty").exits(2);
    session.run("lint --explain write-without-where").succeeds();
    session.run("lint --explain write-without-were").exits(2);
    session.run("lint --explain rules --all").exits(2);
    session.run("lint --json --format sarif").exits(2);
    session.matches("lint_files");
}

fn a_file_is_looked_at_once_whatever_it_is_called(database: &dyn Engine) {
    let project = project(database).file("loose.sql", "DELETE FROM users;\n");
    let alias = project.path("link.sql");
    std::os::unix::fs::symlink("loose.sql", alias).expect("it is free");
    let lint = |names: &[&str]| {
        let arguments = ["lint", "--deny", "off", "--json"].iter().chain(names);
        project.run(arguments).succeeds().json()["data"]["files"].clone()
    };
    let loose = project.path("loose.sql").display().to_string();
    let names = ["loose.sql", "./loose.sql", "migrations/../loose.sql"];
    assert_eq!(lint(&names), serde_json::json!(["loose.sql"]));
    let names = ["link.sql", "loose.sql", &loose];
    assert_eq!(lint(&names), serde_json::json!(["link.sql"]));
    let file = up_of(NAME);
    let names = [&*file, "migrations", &format!("migrations/{NAME}")];
    let files = lint(&names);
    let files = files.as_array().expect("a list");
    let of_file = files.iter().filter(|name| **name == file);
    assert_eq!((files.len(), of_file.count()), (7, 1));
    let (up, down) = ("migrations/5_x/up.sql", "migrations/5_x/down.sql");
    project.write(up, "CREATE TABLE x (id INTEGER PRIMARY KEY);\n");
    project.write(down, "SELECT 1;\n");
    let both = project.run(["lint", down, up]).succeeds().stdout;
    assert!(both.contains("down-forgets"), "{both}");
}

fn a_file_that_was_named_and_cannot_be_read_is_an_error(database: &dyn Engine) {
    let table = "CREATE TABLE x (id BIGINT PRIMARY KEY);\n";
    let project = studio(database)
        .file("migrations/004_sectionless.sql", table)
        .file("migrations/005_empty/up.sql", "")
        .file("migrations/006_beside/up.sql", table)
        .file(
            "migrations/006_beside/metadata.toml",
            "run_in_trans = true\n",
        )
        .file("migrations/007_pair.up.sql", table)
        .file("migrations/007_pair.metadata.toml", "run_in_trans = true\n")
        .file("migrations/008_alone/down.sql", "DROP TABLE x;\n")
        .file("seeds/009_rows.sql", "INSERT INTO x VALUES (1);\n");
    let mut session = Session::of(&project);
    for name in [
        "migrations/004_sectionless.sql",
        "migrations/005_empty/up.sql",
        "migrations/006_beside/up.sql",
        "migrations/006_beside",
        "migrations/007_pair.up.sql",
        "migrations/008_alone/down.sql",
    ] {
        session.run(&format!("lint {name}")).exits(3);
    }
    project.write("migrations/006_beside/metadata.toml", "");
    session.run("lint migrations/006_beside/up.sql").exits(3);
    // What was not named is told, and no more.
    session.run("lint seeds/009_rows.sql").succeeds();
    session.matches("lint_unreadable");
}

fn levels_are_those_of_the_environment(database: &dyn Engine) {
    let project = project(database).config(
        "[lint]\ndeny = 'info'\n[lint.rules]\nwrite-without-where = 'warning'\nignore-unused = 'off'\n[environments.test.lint]\ndeny = 'error'\n[environments.test.lint.rules]\ndrops-data = 'off'\nignore-without-reason = 'info'\nignore-unknown-rule = 'info'\n[environments.development]\n",
    );
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --env test").succeeds();
    project.write("dieselkit.toml", "[lint.rules]\ndrop-data = 'off'\n");
    session.run("lint").exits(2);
    session.matches("lint_levels");
}

fn a_document_says_what_was_found(database: &dyn Engine) {
    let project = project(database);
    let document = project.run(["lint", "--json"]).exits(3).json();
    let same = project.run(["lint", "--format", "json"]).exits(3).json();
    assert_eq!(document, same);
    let data = &document["data"];
    assert_eq!(data["linted"], "pending");
    assert_eq!(data["deny"], "error");
    let file = up_of(NAME);
    assert_eq!(data["files"], serde_json::json!([file]));
    let first = &data["findings"][0];
    assert_eq!(first["rule"], "write-without-where");
    assert_eq!(first["migration"], NAME);
    assert_eq!(
        first["place"],
        serde_json::json!({ "file": file, "line": 1, "column": 1 })
    );
    assert_eq!(first["end_column"], 24);
    let ignored = &data["ignored"][2];
    assert_eq!(ignored["reason"], "rooms moved to another service");
    assert_eq!(ignored["findings"][0]["rule"], "drops-data");
    let listed = project.run(["lint", "--list", "--json"]).succeeds().json();
    let rules = listed["data"]["rules"].as_array().expect("a list");
    assert!(rules.iter().any(|rule| rule["name"] == "drops-data"));
}

/// Runs git in a project, as somebody who has no settings of their own.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests make a repository as a user would"
)]
fn git(project: &Project, line: &str) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(line.split(' '))
        .current_dir(project.path(""))
        .env("HOME", project.path(""))
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "{line}: {output:?}");
}

fn what_differs_from_a_revision_is_linted(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("lint --since main").exits(1);
    git(&project, "init --quiet --initial-branch main");
    git(&project, "add --all");
    git(&project, "commit --quiet -m first");
    session.run("lint --since main").succeeds();
    // Not added, changed, and settings alone.
    project.write(&up_of("2026-01-05-000000_more"), "DELETE FROM users;\n");
    project.write(
        &up_of("2026-01-01-000000_create_users"),
        "CREATE TABLE users (id BIGINT PRIMARY KEY);\nDROP TABLE old;\n",
    );
    let metadata = format!("migrations/{NAME}/metadata.toml");
    project.write(
        &metadata,
        "run_in_transaction = false\nirreversible = \"gone\"\n",
    );
    session.run("lint --since main").exits(3);
    session.run("lint --since nowhere").exits(1);
    session.run("lint --since=--output=x").exits(1);
    assert!(!project.path("x").exists());
    assert!(!project.path("migrations/x").exists());
    session.matches("lint_since");
    let project = project.env("PATH", "/nowhere");
    let said = project.run(["lint", "--since", "main"]).exits(1).stderr;
    assert!(said.contains("hint: install git; "), "{said}");
}

fn what_no_server_reads_is_an_error(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write("migrations/2026-01-05-000000_typo.sql", "-- migrate:up\nSELECT 1;\nCREATE TABLE x (a BIGINT));\nSELEC 1;\n-- migrate:down\nDROP TABLE IF EXISTS x;\n");
    project.write("migrations/2026-01-06-000000_bare.sql", "SELECT 1;\n");
    let said = project.run(["lint"]).exits(3).stdout;
    let places = [
        "migrations/2026-01-05-000000_typo.sql:3:26: error: ",
        "migrations/2026-01-05-000000_typo.sql:4:1: error: ",
        "migrations/2026-01-06-000000_bare.sql:1:1: error: SQL stands before",
    ];
    assert!(places.iter().all(|place| said.contains(place)), "{said}");
    assert!(said.contains(": 3 errors"), "{said}");
}

#[cfg(feature = "sqlite")]
#[test]
fn without_a_database_all_migrations_are_linted_and_it_says_so() {
    let project = Project::new()
        .irreversible(NAME, "DELETE FROM users;\n")
        .file(
            "Cargo.toml",
            "[dependencies]\ndiesel = { version = '2', features = ['sqlite'] }\n",
        );
    let mut session = Session::of(&project);
    session.run("lint").exits(3);
    session.run("lint --database-url sqlite:absent.db").exits(3);
    assert!(!project.path("absent.db").exists());
    session.matches("lint_no_database");
}

#[cfg(feature = "sqlite")]
#[test]
fn what_only_the_database_knows_to_refer_to_a_table_is_not_forgotten() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES people (id) ON DELETE CASCADE);");
    let project = Project::new().on(&database).irreversible(
        NAME,
        "CREATE TABLE people_new (id INTEGER PRIMARY KEY);\nINSERT INTO people_new SELECT id FROM people;\nDROP TABLE people;\nALTER TABLE people_new RENAME TO people;\n",
    );
    let mut session = Session::of(&project);
    session.run("lint --deny warning").exits(3);
    session.matches("lint_referring");
}

#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[test]
fn the_page_of_the_rules_is_the_one_that_the_program_prints() {
    let project = Project::new();
    let page = project
        .run(["lint", "--list", "--format", "markdown"])
        .succeeds();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint.md");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == page.stdout,
        "write it anew: `cargo run -- lint --list --format markdown > docs/lint.md`"
    );
    crate::session::assert_text(
        "lint_list",
        &project.run(["lint", "--list"]).succeeds().stdout,
    );
}
