//! `seed new`: its file, its number, and the template that is no seed yet.

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_new_seed_is_refused_until_it_is_written,
    a_new_seed_is_one_document,
];

fn a_new_seed_is_refused_until_it_is_written(database: &dyn Engine) {
    let project = Project::new()
        .migration(
            "2026-01-01-000000_create_users",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);",
            "DROP TABLE users;",
        )
        .on(database);
    let mut session = Session::of(&project);
    session.run("up -q").succeeds();
    session.run("seed new Demo-Users!").succeeds();
    session.run("seed").exits(1);
    project.write("seeds/development/010_demo_users.sql", "SELECT 1;\n");
    for format in ["csv", "jsonl", "json"] {
        session
            .run(&format!("seed new users --format {format}"))
            .succeeds();
        session.run("seed").exits(1);
        for file in ["020_users.csv", "020_users.jsonl", "020_users.json"] {
            let path = project.path(&format!("seeds/development/{file}"));
            let _ = std::fs::remove_file(path);
        }
    }
    session
        .run("seed new users --format csv --common")
        .succeeds();
    project.write("seeds/common/020_users.csv", "id,name\n1,Ana\n");
    session.run("seed").succeeds();
    session.matches("seed_new");
}

fn a_new_seed_is_one_document(database: &dyn Engine) {
    let project = Project::new().on(database);
    let mut session = Session::of(&project);
    session.run("seed new users --env test --json").succeeds();
    session.run("seed new --json").exits(2);
    session.run("seed new ... --json").exits(2);
    session.matches("seed_new_json");
}
