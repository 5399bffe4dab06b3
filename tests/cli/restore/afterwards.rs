//! What holds of a restored database once it has its name: it goes on where the other one stood.

use std::time::Duration;

use super::{back_up, beside, contents, name_of};
use crate::processes::{Running, slow};
use crate::session::{studio_applied, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_step_that_was_cut_off_is_interrupted_in_the_copy_too,
    numbers_are_given_out_from_where_they_stood,
];

/// Returns all that `status` says of a database.
fn status(project: &Project, url: &str) -> serde_json::Value {
    let status = project.run(["status", "--json", "--database-url", url]);
    status.succeeds().json()["data"].clone()
}

/// Returns a project one of whose migrations was killed in its second statement.
fn cut_off(database: &dyn Engine) -> Project {
    let name = "2026-01-04-000000_halves";
    let project = studio_applied(database);
    let up = format!("CREATE TABLE first_half (id INTEGER);\n{}", slow(database));
    project.write(&up_of(name), &up);
    let metadata = format!("migrations/{name}/metadata.toml");
    project.write(&metadata, "run_in_transaction = false\n");
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let done =
        "SELECT count(*) FROM __dieselkit_history WHERE status = 'RUNNING' AND statements_done = 1";
    let mut left = 400;
    while database.query_i64(done) == 0 {
        left -= 1;
        assert!(left > 0, "its first statement was not done within 20 s");
        std::thread::sleep(Duration::from_millis(50));
    }
    running.signal("KILL");
    drop(running);
    if database.either("sqlite", "postgres") == "postgres" {
        let _ = database.query_column(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }
    project
}

fn a_step_that_was_cut_off_is_interrupted_in_the_copy_too(database: &dyn Engine) {
    let project = cut_off(database);
    let id = back_up(&project, &["--hash"]);
    let there = status(&project, &database.url());
    assert_eq!(there["totals"]["interrupted"], 1, "{there}");
    assert_eq!(there["totals"]["running"], 0, "{there}");
    let before = contents(database, &database.url());
    let copy = beside(database, "copy");
    let words = ["restore", &id, "--into", &name_of(&copy)];
    project.run(words).succeeds();
    assert_eq!(status(&project, &copy), there);
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    assert_eq!(status(&project, &database.url()), there);
    assert!(contents(database, &database.url()) == before);
    // It is settled there as it would have been here.
    let line = format!(
        "dieselkit resolve 20260104000000 --applied --reason restored --yes --database-url '{copy}'"
    );
    project.shell(&line).succeeds();
    assert_eq!(status(&project, &copy)["totals"]["interrupted"], 0);
}

fn numbers_are_given_out_from_where_they_stood(database: &dyn Engine) {
    let id = database.either("INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY");
    let project = studio_applied(database);
    database.execute(&format!("CREATE TABLE tickets (id {id}, name TEXT)"));
    database.execute("INSERT INTO tickets (name) VALUES ('a'), ('b'), ('c')");
    database.execute("DELETE FROM tickets WHERE id > 1");
    let id = back_up(&project, &[]);
    database.execute("INSERT INTO tickets (name) VALUES ('d'), ('e')");
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    database.execute("INSERT INTO tickets (name) VALUES ('f')");
    assert_eq!(
        database.query_column("SELECT id FROM tickets ORDER BY id"),
        ["1", "4"]
    );
}

#[cfg(feature = "postgres")]
#[test]
fn the_planner_knows_what_is_in_it() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio_applied(&database);
    database.execute("INSERT INTO users SELECT generate_series(1, 100)");
    for (format, jobs) in [("plain", "1"), ("custom", "2")] {
        let id = back_up(&project, &["--format", format]);
        let words = [
            "restore",
            &id,
            "--replace",
            "--drop-old",
            "--yes",
            "--jobs",
            jobs,
        ];
        project.run(words).succeeds();
        let known = "SELECT count(*) FROM pg_stats WHERE tablename = 'users'";
        assert_eq!(database.query_i64(known), 1, "{format}");
    }
}
