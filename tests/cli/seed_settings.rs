//! Settings of seeds that nobody understands: beside a data file, in a directive, and of the
//! people who are seeded for trying things out.

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![wrong_settings_are_a_usage_error_with_the_way_out];

fn wrong_settings_are_a_usage_error_with_the_way_out(database: &dyn Engine) {
    let project = Project::new()
        .migration(
            "2026-01-01-000000_create_notes",
            "CREATE TABLE notes (id INTEGER PRIMARY KEY);",
            "DROP TABLE notes;",
        )
        .file("seeds/development/010_notes.csv", "id\n1\n")
        .on(database);
    project.run(["up", "-q"]).succeeds();
    let mut session = Session::of(&project);
    for (file, text) in [
        (
            "development/010_notes.toml",
            "mode = 'upsert'\nkeys = 'id'\n",
        ),
        ("development/010_notes.toml", "mode = 'replase'\n"),
        ("development/010_notes.toml", "key = ['id', 'id']\n"),
        ("development/010_notes.toml", "key: id\n"),
        (
            "development/010_notes.toml",
            "key = 'id'\ncolumns = ['id', 'id']\n",
        ),
        ("development/020_notes.toml", "key = 'id'\n"),
        ("development/020_more.sql", "SELECT 1;\n-- seed: onec\n"),
        (
            "development/020_more.sql",
            "-- seed: now and then\nSELECT 1;\n",
        ),
        (
            "development/020_it's more.sql",
            "-- seed: once\nSELECT 1;\n-- Seed: always\n",
        ),
        (
            "development/credentials.toml",
            "[ana]\npasswort = 's3cret'\n",
        ),
        ("development/credentials.toml", "[ana]\nemail = 'a@x'\n"),
        ("common/credentials.toml", "[ana]\npassword = 's3cret'\n"),
    ] {
        let path = format!("seeds/{file}");
        project.write(&path, text);
        session.run("seed").exits(2);
        project.remove(&path);
    }
    project.write("seeds/development/020_notes.json", "[]\n");
    project.write(
        "seeds/development/020_notes.toml",
        "null = ''\ndelimiter = ';'\n",
    );
    session.run("seed").exits(2);
    project.remove("seeds/development/020_notes.json");
    project.remove("seeds/development/020_notes.toml");
    project.write("seeds/development/010_notes.toml", "keys = 'id'\n");
    for line in ["seed status", "seed --verify", "reset --yes", "seed --json"] {
        session.run(line).exits(2);
    }
    session.matches("seed_settings");
    assert_eq!(database.query_i64("SELECT count(*) FROM notes"), 0);
    // Nothing was dropped.
    project.remove("seeds/development/010_notes.toml");
    project.run(["seed"]).succeeds();
}
