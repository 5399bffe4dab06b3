//! `seed --verify`, as a user meets it.

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_proof_says_what_a_second_run_changes,
    a_protected_environment_is_asked_for,
    the_example_passes,
];

fn project(database: &dyn Engine) -> Project {
    Project::new()
        .migration(
            "2026-01-01-000000_create_users",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, seen INTEGER);
CREATE TABLE log (word TEXT);
INSERT INTO users VALUES (9, 'old@example.com', 0);",
            "DROP TABLE users; DROP TABLE log;",
        )
        .file(
            "seeds/common/010_users.csv",
            "id,email,seen\n1,ana@example.com,0\n2,bo@example.com,0\n",
        )
        .on(database)
}

fn a_proof_says_what_a_second_run_changes(database: &dyn Engine) {
    let project = project(database).file(
        "seeds/development/020_once.sql",
        "-- seed: once\nINSERT INTO log VALUES ('once');",
    );
    let mut session = Session::of(&project);
    session.run("seed --verify").exits(1);
    session.run("up -q").succeeds();
    session.run("seed --verify").succeeds();
    session.run("seed --verify --dry-run").exits(2);
    project.write(
        "seeds/development/030_seen.sql",
        "UPDATE users SET seen = seen + 1;\nINSERT INTO log VALUES ('again');\n",
    );
    project.write(
        "seeds/development/040_more.sql",
        "INSERT INTO users (id, email) VALUES (3, NULL);\n",
    );
    session.run("seed --verify").exits(1);
    project.write(
        "seeds/development/040_more.sql",
        "INSERT INTO users (id, email) VALUES (3, 'cy@example.com');\n",
    );
    session.run("seed --verify").exits(3);
    session.run("seed --verify --only 030_seen --json").exits(3);
    session.run("seed status --check").exits(3);
    session.matches(database.either("seed_verify_sqlite", "seed_verify_postgres"));
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}

fn a_protected_environment_is_asked_for(database: &dyn Engine) {
    let project = project(database).config("[environments.production]\nseeds = 'common'\n");
    project.run(["up", "-q", "--env", "production"]).succeeds();
    let verify = ["seed", "--verify", "--env", "production"];
    let refused = project.run(verify).exits(5);
    assert!(
        refused.stderr.contains("is protected"),
        "{}",
        refused.stderr
    );
    let shown = project
        .run(["status", "--json", "--env", "production"])
        .json();
    let address = shown["database"].as_str().expect("it is named");
    let name = address.rsplit('/').next().expect("split yields one part");
    let confirm = ["--confirm", name];
    project.run(verify.iter().chain(&confirm)).succeeds();
}

fn the_example_passes(database: &dyn Engine) {
    let here = env!("CARGO_MANIFEST_DIR");
    let project = Project::new()
        .config(&format!(
            "[migrations]\ndirectory = '{here}/migrations'\n[seeds]\ndirectory = '{here}/seeds'\n"
        ))
        .on(database);
    project.run(["up", "-q"]).succeeds();
    for environment in ["development", "test"] {
        project.run(["db", "mark", environment, "--yes"]).succeeds();
        let output = project.run(["seed", "--verify", "--env", environment]);
        let output = output.succeeds();
        assert!(
            output.stdout.contains("the second run changed nothing"),
            "{}",
            output.stdout
        );
    }
}
