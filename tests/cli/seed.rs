//! `seed`, `seed status`, and the seeds that `reset` calls.

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_database_is_filled_and_filled_again,
    what_cannot_be_seeded_is_told,
    seeds_of_an_environment_are_found_or_missed,
    seeds_are_due_again_after_a_rollback,
    a_protected_environment_refuses_to_delete_rows,
    a_reset_seeds,
    a_reset_drops_nothing_for_seeds_that_cannot_be_read,
    a_reset_that_fails_says_all_that_it_did,
    a_seeding_is_one_document,
    a_seed_whose_file_is_gone_counts_no_more,
];

/// Returns a project whose first table is of users, with an address each.
pub(crate) fn with_users() -> Project {
    Project::new().migration(
        "2026-01-01-000000_create_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);",
        "DROP TABLE users;",
    )
}

/// Makes a project of two tables and their seeds.
fn project(database: &dyn Engine) -> Project {
    with_users()
        .migration(
            "2026-01-02-000000_create_countries",
            "CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL);",
            "DROP TABLE countries;",
        )
        .file(
            "seeds/common/010_countries.csv",
            "code,name\nCH,Switzerland\nDE,Germany\n",
        )
        .file(
            "seeds/development/020_users.jsonl",
            "{\"id\": 1, \"email\": \"ana@example.com\"}\n{\"id\": 2, \"email\": \"bo@example.com\"}\n",
        )
        .file(
            "seeds/development/030_more.sql",
            "INSERT INTO users (id, email) VALUES (3, 'cy@example.com') ON CONFLICT DO NOTHING;\n",
        )
        .on(database)
}

fn a_database_is_filled_and_filled_again(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("up -q --steps 1").succeeds();
    session.run("seed").exits(1);
    session.run("up -q").succeeds();
    session.run("seed status --check").exits(3);
    session.run("seed --dry-run").succeeds();
    session.run("seed").succeeds();
    session.run("seed").succeeds();
    session.run("seed status --check").succeeds();
    project.write(
        "seeds/common/010_countries.csv",
        "code,name\nCH,Schweiz\nDE,Germany\nFR,France\n",
    );
    session.run("seed -v").succeeds();
    session.run("seed --only 030_more").succeeds();
    session.run("seed --only 030_more --force").succeeds();
    session.run("seed --force -q").succeeds();
    session.matches("seed");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 3);
    assert_eq!(database.query_i64("SELECT count(*) FROM countries"), 3);
}

fn seeds_are_due_again_after_a_rollback(database: &dyn Engine) {
    let project = project(database);
    project.write(
        "seeds/development/040_once.sql",
        "-- seed: once\nINSERT INTO users (id, email) VALUES (4, 'di@example.com');\n",
    );
    let mut session = Session::of(&project);
    session.run("up -q").succeeds();
    session.run("seed -q").succeeds();
    session.run("redo -q --yes --steps 2").succeeds();
    session.run("seed status --check").exits(3);
    session.run("seed --dry-run").succeeds();
    session.run("seed").succeeds();
    session.run("seed").succeeds();
    session.run("seed status --check").succeeds();
    session.run("seed --force --only 040_once").succeeds();
    session.run("seed status").succeeds();
    session.matches("seed_after_a_rollback");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 4);
}

fn what_cannot_be_seeded_is_told(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("up -q").succeeds();
    session.run("seed --only 020_user").exits(2);
    project.write("elsewhere.toml", "[seeds]\ndirectory = 'nowhere'\n");
    session.run("seed --config elsewhere.toml").exits(2);
    session.run("seed --only").exits(2);
    project.write(
        "seeds/development/020_users.jsonl",
        "{\"id\": 1, \"emial\": \"ana@example.com\"}\n",
    );
    session.run("seed").exits(1);
    project.write(
        "seeds/development/020_users.jsonl",
        "{\"id\": 1, \"email\": null}\n",
    );
    session.run("seed").exits(1);
    session.run("seed status").succeeds();
    project.write(
        "seeds/development/020_users.jsonl",
        "{\"id\": 1}\n{\"email\": \"a\"\n",
    );
    session.run("seed").exits(1);
    session.matches(database.either("seed_refused_sqlite", "seed_refused_postgres"));
}

fn seeds_of_an_environment_are_found_or_missed(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("up -q --env staging").succeeds();
    session.run("seed --env staging").exits(2);
    session.run("seed").exits(5);
    project.write(
        "dieselkit.toml",
        "[environments.staging]\nseeds = 'common'\n[environments.development]\nprotected = true\n",
    );
    session.run("seed --env staging").succeeds();
    session
        .run("db mark development --env staging --yes")
        .exits(5);
    session.run("seed").exits(5);
    session.matches("seed_environments");
}

fn a_protected_environment_refuses_to_delete_rows(database: &dyn Engine) {
    let project = project(database);
    project.write(
        "dieselkit.toml",
        "[environments.production]\nprotected = true\nseeds = 'common'\n",
    );
    project.write("seeds/common/020_users.toml", "mode = 'replace'\n");
    project.write("seeds/common/020_users.csv", "id,email\n1,a@example.com\n");
    let line = ["--env", "production", "--yes"];
    project.run(["up"].into_iter().chain(line)).succeeds();
    let seeding = ["seed"].into_iter().chain(line);
    let refused = project.run(seeding.clone()).exits(5);
    let hint = "leave `mode = \"replace\"` out of `seeds/common/020_users.toml`";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
}

fn a_reset_seeds(database: &dyn Engine) {
    let project = project(database);
    project.run(["up"]).succeeds();
    project.run(["reset", "--yes", "--no-seed"]).succeeds();
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
    for _ in 0..2 {
        let output = project.run(["reset", "--yes"]).succeeds();
        assert!(output.stdout.contains("3 seeds in"), "{}", output.stdout);
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 3);
    }
    project.write("seeds/development/9_x.csv", "id\n1\n");
    let refused = project.run(["reset", "--yes"]).exits(1);
    assert!(refused.stderr.contains("9_x.csv"), "{}", refused.stderr);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 3);
}

fn a_reset_drops_nothing_for_seeds_that_cannot_be_read(database: &dyn Engine) {
    let project = project(database);
    project.run(["up"]).succeeds();
    project.run(["seed"]).succeeds();
    let mut session = Session::of(&project);
    for (file, text) in [
        ("030_more.sql", "SELECT 1;\nSELEC 2;\n"),
        ("030_more.sql", "COMMIT;\n"),
        ("030_more.sql", "-- dieselkit:template\n"),
        (
            "030_more.sql",
            "-- seed: template\nINSERT INTO users (id, email) VALUES (3, {{ env('NOWHERE') }});\n",
        ),
        (
            "020_users.jsonl",
            "{\"id\": 1, \"email\": \"ana@example.com\"}\n{\"id\": 2, \"email\"\n",
        ),
        ("020_users.jsonl", "{\"id\": 1}\n[2]\n"),
        ("020_users.toml", "key = \"nickname\"\n"),
        ("040_users.csv", "id,email\n4,di@example.com,extra\n"),
    ] {
        let path = format!("seeds/development/{file}");
        let before = project.path(&path).exists().then(|| project.read(&path));
        project.write(&path, text);
        session.run("reset --yes").exits(1);
        match before {
            Some(before) => project.write(&path, &before),
            None => std::fs::remove_file(project.path(&path)).expect("it was written"),
        }
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 3);
    }
    session.matches(database.either(
        "reset_unreadable_seeds_sqlite",
        "reset_unreadable_seeds_postgres",
    ));
    project.run(["reset", "--yes"]).succeeds();
}

fn a_reset_that_fails_says_all_that_it_did(database: &dyn Engine) {
    let project = project(database);
    project.run(["up"]).succeeds();
    let rows = "seeds/development/020_users.jsonl";
    let seed = project.read(rows);
    project.write(rows, "{\"id\": 1, \"email\": null}\n");
    let mut session = Session::of(&project);
    session.run("reset --yes").exits(1);
    session.run("reset --yes --json").exits(1);
    project.write(rows, &seed);
    project.shell("dieselkit seed").succeeds();

    let second = "migrations/2026-01-02-000000_create_countries/up.sql";
    let sql = project.read(second);
    project.write(second, "DROP TABLE nowhere;\n");
    session.run("reset --yes").exits(1);
    session.run("reset --yes --json").exits(1);
    session.run("reset --yes --no-seed").exits(1);
    session.matches(database.either("reset_failed_sqlite", "reset_failed_postgres"));
    project.write(second, &sql);
    project.shell("dieselkit up").succeeds();
    project.shell("dieselkit seed").succeeds();
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 3);
}

fn a_seeding_is_one_document(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("up -q --steps 1").succeeds();
    session.run("seed --json").exits(1);
    session.run("up -q").succeeds();
    session.run("seed --json --dry-run").succeeds();
    session.run("seed --json").succeeds();
    project.write(
        "seeds/development/020_users.jsonl",
        "{\"id\": 1, \"email\": null}\n",
    );
    session.run("seed --json").exits(1);
    session.run("seed status --json").succeeds();
    session.matches(database.either("seed_json_sqlite", "seed_json_postgres"));
}

fn a_seed_whose_file_is_gone_counts_no_more(database: &dyn Engine) {
    let project = project(database);
    project.run(["up", "-q"]).succeeds();
    let wrong = "INSERT INTO users (id, email) VALUES (9, NULL);\n";
    project.write("seeds/development/040_wrong.sql", wrong);
    project.run(["seed"]).exits(1);
    project.remove("seeds/development/040_wrong.sql");
    project.remove("seeds/development/030_more.sql");
    let mut session = Session::of(&project);
    session.run("seed status --check").succeeds();
    session.matches("seed_status_gone");
    let document = project.run(["seed", "status", "--json"]).succeeds().json();
    let seeds = document["data"]["seeds"].as_array().expect("a list");
    assert_eq!(seeds.len(), 4);
    assert_eq!(seeds[2]["state"], "gone", "{document}");
    database.execute("DELETE FROM __dieselkit_seeds WHERE name = 'development/030_more.sql'");
    let status = project.run(["seed", "status"]).succeeds().stdout;
    assert!(!status.contains("030_more"), "{status}");
}
