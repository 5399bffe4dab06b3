//! `seed generate`: what it says, its refusals and its document.

use crate::processes::Running;
use crate::seed::with_users;
use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    rows_are_made_up_and_refused,
    made_up_rows_are_one_document,
    a_protected_environment_gets_no_rows,
    a_hundred_thousand_rows_take_little_memory,
];

fn project(database: &dyn Engine) -> Project {
    let project = with_users()
        .migration(
            "2026-01-02-000000_create_bookings",
            "CREATE TABLE bookings (
               id INTEGER PRIMARY KEY,
               guest INTEGER NOT NULL REFERENCES users (id),
               nights INTEGER NOT NULL CONSTRAINT whole_weeks CHECK (nights % 7 = 0)
             );
             CREATE VIEW guests AS SELECT guest FROM bookings;",
            "DROP VIEW guests; DROP TABLE bookings;",
        )
        .on(database);
    project.run(["up", "--steps", "1"]).succeeds();
    project
}

fn rows_are_made_up_and_refused(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    session.run("seed generate users --rows 100").exits(1);
    session
        .run("seed generate users --rows 100 --allow-pending")
        .succeeds();
    project.run(["up"]).succeeds();
    session
        .run("seed generate users --rows 100 --seed 7")
        .succeeds();
    session.run("seed generate users --rows 0").exits(2);
    session.run("seed generate users --rows -5").exits(2);
    session
        .run("seed generate users --rows 5 --seed x")
        .exits(2);
    session.run("seed generate users").exits(2);
    session.run("seed generate booking --rows 10").exits(2);
    session.run("seed generate guests --rows 10").exits(2);
    session
        .run("seed generate __dieselkit_history --rows 10")
        .exits(2);
    database.execute("DELETE FROM users");
    session.run("seed generate bookings --rows 10").exits(1);
    session
        .run("seed generate users --rows 5 --quiet")
        .succeeds();
    let refused = project.run(["seed", "generate", "bookings", "--rows", "100"]);
    let said = &refused.exits(1).stderr;
    assert!(
        said.contains("whole_weeks") && said.contains("`nights`"),
        "{said}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM bookings"), 0);
    session.matches(database.either("seed_generate_sqlite", "seed_generate_postgres"));
}

fn made_up_rows_are_one_document(database: &dyn Engine) {
    let project = project(database);
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    session
        .run("seed generate users --rows 3 --json")
        .succeeds();
    session.run("seed generate guests --rows 3 --json").exits(2);
    session.matches(database.either("seed_generate_json_sqlite", "seed_generate_json_postgres"));
}

fn a_protected_environment_gets_no_rows(database: &dyn Engine) {
    let project = project(database);
    let line = [
        "seed",
        "generate",
        "users",
        "--rows",
        "3",
        "--env",
        "production",
    ];
    project.run(line).exits(5);
    project.run(["--yes"].into_iter().chain(line)).exits(5);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn a_hundred_thousand_rows_take_little_memory(database: &dyn Engine) {
    let project = project(database);
    let line = ["seed", "generate", "users", "--allow-pending", "--rows"];
    let peak_of = |rows: &str| {
        let running = Running::of(&project, &[&line[..], &[rows]].concat());
        let (output, peak_kib) = running.ends_watched(&project);
        output.succeeds();
        peak_kib
    };
    let (few, many) = (peak_of("100"), peak_of("100000"));
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT email) FROM users"),
        100_100
    );
    assert!(many < few + 40 * 1024, "{many} KiB, and {few} KiB for 100");
}
