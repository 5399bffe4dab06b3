//! `up --rehearse`: what it says, on what, and that nothing is left whatever comes of it.

use crate::processes::{Running, slow};
use crate::restore::neighbours;
use crate::session::{Session, VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    what_is_found_is_told_to_people_and_programs,
    a_failure_is_told_as_that_of_a_run,
    a_way_down_that_does_not_lead_back_is_a_failure,
    a_backup_is_rehearsed_on,
    without_a_backup_one_that_is_insisted_on_is_an_error,
    ctrl_c_ends_it_and_leaves_no_copy,
    what_a_killed_one_left_the_next_removes,
    what_a_killed_one_left_doctor_names_with_what_removes_it,
    what_contradicts_is_a_wrong_usage,
    a_narrow_terminal_shows_what_there_is_room_for,
];

/// Returns a project of which the first migration is applied, and the second takes locks.
fn with_users(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.write(
        &up_of("2026-01-01-000000_create_users"),
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n",
    );
    project.write(
        &up_of("2026-01-02-000000_create_rooms"),
        "ALTER TABLE users ADD COLUMN email TEXT;\nUPDATE users SET email = name;\nCREATE INDEX users_email ON users (email);\n",
    );
    project.write(
        "migrations/2026-01-02-000000_create_rooms/down.sql",
        "DROP INDEX users_email;\nALTER TABLE users DROP COLUMN email;\n",
    );
    project.run(["up", "--steps", "1"]).succeeds();
    project
}

fn what_is_found_is_told_to_people_and_programs(database: &dyn Engine) {
    let project = with_users(database);
    database.execute("INSERT INTO users VALUES (1, 'a'), (2, 'b')");
    let mut session = Session::of(&project);
    session.run("up --rehearse").succeeds();
    session.run("up --rehearse --steps 1 --json").succeeds();
    session.run("up --rehearse --with-rollback").succeeds();
    assert_eq!(database.applied(), VERSIONS[..1]);
    project.run(["up"]).succeeds();
    session.run("up --rehearse").succeeds();
    session.matches(database.either("rehearsal_sqlite", "rehearsal_postgres"));
}

fn a_failure_is_told_as_that_of_a_run(database: &dyn Engine) {
    let project = with_users(database);
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE bookings (id INTEGER);\n  INSERT INTO nowhere VALUES (1);\n",
    );
    let mut session = Session::of(&project);
    session.run("up --rehearse").exits(1);
    let json = session.run("up --rehearse --json").exits(1).json();
    assert_eq!(json["data"]["failures"][0]["place"]["line"], 2, "{json}");
    assert_eq!(json["data"]["steps"].as_array().map(Vec::len), Some(1));
    assert_eq!(database.applied(), VERSIONS[..1]);
    let totals = &project.run(["status", "--json"]).succeeds().json()["data"]["totals"];
    assert_eq!(totals["failed"], 0, "{totals}");
    session.matches(database.either("rehearsal_failed_sqlite", "rehearsal_failed_postgres"));
}

fn a_way_down_that_does_not_lead_back_is_a_failure(database: &dyn Engine) {
    let project = with_users(database);
    project.write(
        "migrations/2026-01-03-000000_create_bookings/down.sql",
        "DROP TABLE bookings;\nDROP TABLE users;\n",
    );
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE bookings (id INTEGER);\nCREATE TABLE IF NOT EXISTS users (id INTEGER);\n",
    );
    let before = neighbours(database);
    let to_the_third = project
        .run(["up", "--rehearse", "--with-rollback"])
        .exits(1);
    let said = "the rehearsal failed to roll back migration `2026-01-02-000000_create_rooms`";
    assert!(
        to_the_third.stderr.contains(said),
        "{}",
        to_the_third.stderr
    );
    assert!(
        to_the_third.stdout.contains("does not lead back"),
        "{}",
        to_the_third.stdout
    );
    project.write(
        "migrations/2026-01-03-000000_create_bookings/down.sql",
        "DROP TABLE bookings;\nCREATE TABLE more (id INTEGER);\n",
    );
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE bookings (id INTEGER);\nDROP TABLE IF EXISTS more;\n",
    );
    let mut session = Session::of(&project);
    session.run("up --rehearse --with-rollback").exits(1);
    assert_eq!(neighbours(database), before);
    session.matches(database.either("rehearsal_down_sqlite", "rehearsal_down_postgres"));
}

fn a_backup_is_rehearsed_on(database: &dyn Engine) {
    let project = with_users(database);
    project.run(["backup", "create"]).succeeds();
    let before = neighbours(database);
    // What came after it is not there.
    database.execute("INSERT INTO users VALUES (1, 'a')");
    let json = project.run(["up", "--rehearse", "--on-copy=backup", "--json"]);
    let json = json.succeeds().json();
    assert_eq!(json["data"]["on"]["kind"], "backup", "{json}");
    assert_eq!(
        json["data"]["steps"][0]["statements"][1]["rows"], 0,
        "{json}"
    );
    let now = project.run(["up", "--rehearse", "--on-copy=now", "--json"]);
    let now = now.succeeds().json();
    assert_eq!(now["data"]["on"]["kind"], "copy", "{now}");
    assert_eq!(now["data"]["steps"][0]["statements"][1]["rows"], 1, "{now}");
    assert_eq!(neighbours(database), before);
}

fn without_a_backup_one_that_is_insisted_on_is_an_error(database: &dyn Engine) {
    let project = with_users(database);
    let said = project
        .run(["up", "--rehearse", "--on-copy=backup"])
        .exits(1);
    assert!(
        said.stderr.contains("there is no good backup"),
        "{}",
        said.stderr
    );
    let either = project.run(["up", "--rehearse", "--on-copy", "--json"]);
    assert_eq!(either.succeeds().json()["data"]["on"]["kind"], "copy");
}

fn ctrl_c_ends_it_and_leaves_no_copy(database: &dyn Engine) {
    let project = with_users(database);
    let slowish = database.either(
        "CREATE TABLE slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 8000000) SELECT max(i) AS i FROM n;\n",
        "SELECT pg_sleep(2);\n",
    );
    project.write(&up_of("2026-01-02-000000_create_rooms"), slowish);
    let before = neighbours(database);
    for on_copy in [
        &["up", "--rehearse", "-v"][..],
        &["up", "--rehearse", "--on-copy", "-v"],
    ] {
        let mut running = Running::of(&project, on_copy);
        running.wait_for_line("applying 2026-01-02-000000_create_rooms");
        running.signal("INT");
        let output = running.ends(&project).exits(130);
        let said = "of 2 steps of the rehearsal; nothing of it is left";
        assert!(output.stderr.contains(said), "{}", output.stderr);
        assert_eq!(neighbours(database), before);
        assert_eq!(database.applied(), VERSIONS[..1]);
    }
}

fn what_a_killed_one_left_the_next_removes(database: &dyn Engine) {
    let project = with_users(database);
    let before = neighbours(database);
    project.write(&up_of("2026-01-03-000000_create_bookings"), slow(database));
    let mut running = Running::of(&project, &["up", "--rehearse", "--on-copy", "-v"]);
    running.wait_for_line("applying 2026-01-03-000000_create_bookings");
    assert_ne!(neighbours(database), before);
    drop(running);
    // What was killed may be at work in it for a while.
    let mut said = String::new();
    for _ in 0..200 {
        said = project.run(["status"]).succeeds().stderr;
        if said.contains("there is") && said.contains("restor") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    for _ in 0..200 {
        project
            .run(["up", "--rehearse", "--on-copy", "--steps", "1"])
            .succeeds();
        if neighbours(database) == before {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it is left: {:?}; {said}", neighbours(database));
}

fn what_a_killed_one_left_doctor_names_with_what_removes_it(database: &dyn Engine) {
    let project = with_users(database);
    let before = neighbours(database);
    project.write(&up_of("2026-01-03-000000_create_bookings"), slow(database));
    let mut running = Running::of(&project, &["up", "--rehearse", "--on-copy", "-v"]);
    running.wait_for_line("applying 2026-01-03-000000_create_bookings");
    drop(running);
    let found = || {
        let json = project.run(["doctor", "--json"]).json();
        let checks = json["data"]["checks"].as_array().cloned();
        let mut checks = checks.expect("they are listed").into_iter();
        checks.find(|it| it["check"] == "restores" && it["verdict"] == "problem")
    };
    // What was killed may be at work in it for a while.
    let problem = (0..200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        found()
    });
    let problem = problem.expect("it is found");
    let cure = problem["cure"].as_str().expect("there is a cure");
    let command = cure.split('`').nth(1).expect("it is a command");
    assert!(command.starts_with("dieselkit db drop "), "{command}");
    let done = project.shell(&format!("{command} --yes"));
    assert_eq!(done.code, Some(0), "{command}: {}", done.stderr);
    assert_eq!(neighbours(database), before);
    assert_eq!(found(), None);
}

fn what_contradicts_is_a_wrong_usage(database: &dyn Engine) {
    let project = with_users(database);
    for line in [
        &["up", "--on-copy"][..],
        &["up", "--with-rollback"],
        &["up", "--rehearse", "--dry-run"],
        &["up", "--rehearse", "--backup"],
        &["up", "--rehearse", "--create-database"],
        &["up", "--rehearse", "--on-copy=else"],
    ] {
        project.run(line).exits(2);
    }
}

fn a_narrow_terminal_shows_what_there_is_room_for(database: &dyn Engine) {
    let project = with_users(database);
    let shown = |columns| {
        let line = "up --rehearse --steps 1 --quiet --color always";
        let terminal = crate::terminal::Terminal::as_wide_as(columns, &project, line);
        terminal.shows("rehearsed 1 migration in");
        crate::terminal::assert_ends(terminal, 0)
    };
    let wide = shown(200);
    assert!(wide.contains("rows") && wide.contains("builds"), "{wide}");
    let narrow = shown(60);
    let head = narrow.lines().find(|line| line.contains("took"));
    let head = head.unwrap_or_else(|| panic!("no table: {narrow}"));
    assert!(!head.contains("line"), "{narrow}");
    // Colours are in what is beneath the table.
    let coloured = "\u{1b}[31mreaders and writers of the whole file";
    let coloured = database.either(coloured, "\u{1b}[31mreaders and writers of public.users");
    assert!(narrow.contains(coloured), "{narrow:?}");
}

#[cfg(feature = "postgres")]
mod alone {
    use super::*;
    use crate::support::postgres::PostgresDatabase;

    #[test]
    fn a_protected_database_wants_its_name() {
        let database = &PostgresDatabase::create();
        let project = with_users_in_production(database);
        let refused = project.run(["up", "--rehearse", "--yes"]).exits(5);
        assert!(refused.stderr.contains("protected"), "{}", refused.stderr);
        let agreed = ["up", "--rehearse", "--confirm", database.name()];
        project.run(agreed).succeeds();
        // A copy asks nobody.
        project.run(["up", "--rehearse", "--on-copy"]).succeeds();
        assert_eq!(database.applied(), VERSIONS[..1]);
    }

    #[test]
    fn a_second_ctrl_c_names_the_copy_and_what_removes_it() {
        let database = &PostgresDatabase::create();
        let project = with_users(database);
        // It hears of no request to end, for a while.
        project.write(
            &up_of("2026-01-02-000000_create_rooms"),
            "DO $$ BEGIN FOR i IN 1..8 LOOP
               BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END;
             END LOOP; END $$;\n",
        );
        let before = neighbours(database);
        let mut running = Running::of(&project, &["up", "--rehearse", "--on-copy", "-v"]);
        running.wait_for_line("applying 2026-01-02-000000_create_rooms");
        let copy = neighbours(database).into_iter();
        let copy = copy.filter(|name| !before.contains(name));
        let copy = copy.collect::<Vec<_>>().remove(0);
        running.signal("INT");
        running.wait_for_line_of("stopping: nothing of the rehearsal is kept");
        running.signal("INT");
        let said = running.ends(&project).exits(130).stderr;
        assert!(said.contains("stopped at once"), "{said}");
        let (named, command) = said
            .lines()
            .find_map(|line| line.strip_prefix("the copy `")?.split_once("` is left: `"))
            .unwrap_or_else(|| panic!("it is not named: {said}"));
        assert!(named.ends_with(&copy), "{named}, not {copy}");
        let command = command
            .strip_suffix("` removes it")
            .expect("it is a command");
        assert_eq!(command, "dieselkit up --rehearse --on-copy");
        // As soon as the server is done with it.
        for _ in 0..200 {
            let line = ["up", "--rehearse", "--on-copy", "--steps", "1"];
            project.write(&up_of("2026-01-02-000000_create_rooms"), "SELECT 1;\n");
            project.run(line).succeeds();
            if neighbours(database) == before {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("it is left: {:?}", neighbours(database));
    }

    fn with_users_in_production(database: &dyn Engine) -> Project {
        let project = studio(database).env("DIESELKIT_ENV", "production");
        project.run(["up", "--steps", "1"]).succeeds();
        project
    }

    #[test]
    fn a_server_copies_what_nobody_is_connected_to() {
        let database = &PostgresDatabase::create();
        let project = with_users(database);
        let before = neighbours(database);
        let somebody = database.connect();
        let refused = project.run(["up", "--rehearse", "--on-copy=now"]).exits(4);
        assert!(
            refused.stderr.contains("so nothing was run"),
            "{}",
            refused.stderr
        );
        assert!(
            refused.stderr.contains("nobody is connected to"),
            "{}",
            refused.stderr
        );
        drop(somebody);
        assert_eq!(neighbours(database), before);
    }
}
