//! Protected environments, rule by rule, where no terminal is there to ask on.

use crate::session::{Session, VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    production_wants_the_name_and_yes_is_not_enough,
    a_refusal_is_one_document,
    the_configuration_may_lift_and_place_protection,
    a_marked_database_refuses_every_writing_command_elsewhere,
    marking_is_the_cure_and_wants_the_name,
    an_environment_that_is_not_listed_is_no_mark,
    forgetting_what_is_applied_wants_the_name,
    a_way_up_that_loses_rows_wants_the_name,
    a_trigger_that_says_it_deletes_wants_the_name_and_a_backup,
    a_trigger_that_only_writes_over_asks_for_nothing,
];

/// What destroys, on a project with three applied migrations of which the last is modified.
const DESTROYING: [&str; 7] = [
    "rollback",
    "rollback --all",
    "redo",
    "goto 20260101000000",
    "up --force",
    "reset",
    "db drop",
];

/// The names of the commands that ask for consent, as their documents bear them.
const COMMANDS_THAT_ASK: [&str; 7] = [
    "rollback", "redo", "goto", "up", "reset", "db drop", "db mark",
];

/// Returns the name that confirms.
fn name(database: &dyn Engine) -> String {
    let url = database.url();
    url.rsplit('/').next().expect("it has a path").to_owned()
}

/// Returns a project whose migrations are applied in this environment, the last one modified.
fn applied_in(database: &dyn Engine, environment: &str) -> Project {
    let project = studio(database).env("DIESELKIT_ENV", environment);
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE IF NOT EXISTS bookings (id BIGINT PRIMARY KEY);\n",
    );
    project
}

fn production_wants_the_name_and_yes_is_not_enough(database: &dyn Engine) {
    let project = applied_in(database, "production");
    let mut session = Session::of(&project);
    for line in DESTROYING {
        session.run(line).exits(5);
        project.run(line.split(' ').chain(["--yes"])).exits(5);
        project
            .run(line.split(' ').chain(["--confirm", "another"]))
            .exits(5);
        project
            .run(line.split(' ').chain(["--yes", "--confirm", ""]))
            .exits(5);
        project
            .run(line.split(' ').chain(["--json", "--yes"]))
            .exits(5);
        assert_eq!(database.applied(), VERSIONS, "{line}");
    }
    session.matches("protected");
    let name = name(database);
    for line in DESTROYING {
        project
            .run(line.split(' ').chain(["--confirm", &name]))
            .succeeds();
        if !line.starts_with("db") {
            project.run(["up"]).succeeds();
            assert_eq!(database.applied(), VERSIONS, "{line}");
        }
    }
}

/// Checks that a command line is refused, and that standard output is one document that says so.
#[track_caller]
fn assert_refused_in_json(project: &Project, line: &str) {
    let output = project.run(line.split(' ').chain(["--json"])).exits(5);
    let command = COMMANDS_THAT_ASK
        .into_iter()
        .find(|command| line.starts_with(command));
    let document = crate::json::assert_document(line, command, &output);
    let error = &document["error"];
    assert!(error["message"].is_string(), "{line}: {document}");
    assert!(error["causes"].is_array(), "{line}: {document}");
    let hint = error["hint"].as_str().expect("how to consent");
    assert!(hint.contains("`dieselkit "), "{line}: {hint}");
    if matches!(command, Some("rollback" | "redo" | "reset")) {
        let losses = &document["data"]["losses"];
        assert!(losses.is_array(), "{line}: {document}");
    }
}

fn a_refusal_is_one_document(database: &dyn Engine) {
    let protected = applied_in(database, "production");
    for line in DESTROYING {
        for consent in ["", " --yes", " --confirm another"] {
            assert_refused_in_json(&protected, &format!("{line}{consent}"));
        }
    }
    for consent in ["", " --yes", " --confirm another"] {
        assert_refused_in_json(&protected, &format!("db mark development{consent}"));
    }
    assert_eq!(database.applied(), VERSIONS);
    let name = name(database);
    protected
        .run(["db", "mark", "development", "--confirm", &name])
        .succeeds();
    let open = protected.env("DIESELKIT_ENV", "development");
    for line in DESTROYING {
        assert_refused_in_json(&open, line);
    }
    // Only a mark that lifts or places protection is asked about.
    assert_refused_in_json(&open, "db mark production");
    assert_eq!(database.applied(), VERSIONS);
}

fn the_configuration_may_lift_and_place_protection(database: &dyn Engine) {
    let project = applied_in(database, "production");
    project.write(
        "dieselkit.toml",
        "[environments.production]\nprotected = false\n[environments.staging]\n",
    );
    project.run(["rollback"]).exits(5);
    project.run(["rollback", "--yes"]).succeeds();
    project.run(["db", "mark", "staging", "--yes"]).succeeds();
    project.write(
        "dieselkit.toml",
        "[environments.production]\n[environments.staging]\nprotected = true\n",
    );
    project
        .run(["rollback", "--yes", "--env", "staging"])
        .exits(5);
    project
        .run(["rollback", "--confirm", &name(database), "--env", "staging"])
        .succeeds();
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn a_marked_database_refuses_every_writing_command_elsewhere(database: &dyn Engine) {
    let project = applied_in(database, "production").env("DIESELKIT_ENV", "development");
    let name = name(database);
    let mut session = Session::of(&project);
    for line in [
        "up",
        "up --force",
        "rollback",
        "redo",
        "goto 20260101000000",
        "baseline 20260103000000",
        "resolve 20260103000000 --reverted --reason x",
        "repair 20260103000000 --reason x",
        "reset",
        "db drop",
    ] {
        session.run(line).exits(5);
        // Neither consent nor the right name helps: it is not the database that was meant.
        project
            .run(line.split(' ').chain(["--yes", "--confirm", &name]))
            .exits(5);
    }
    assert_eq!(database.applied(), VERSIONS);
    for line in ["status", "history", "check", "rollback --dry-run"] {
        let code = if line == "check" { 3 } else { 0 };
        let output = session.run(line).exits(code);
        assert!(
            output
                .stderr
                .contains("warning: the database is marked as `production`"),
            "{line}: {}",
            output.stderr
        );
        let json = project
            .run(line.split(' ').chain(["--json"]))
            .exits(code)
            .json();
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json}");
    }
    session.matches("marked");
}

fn marking_is_the_cure_and_wants_the_name(database: &dyn Engine) {
    let project = applied_in(database, "production").env("DIESELKIT_ENV", "development");
    let mut session = Session::of(&project);
    session.run("db mark development").exits(5);
    session.run("db mark development --yes").exits(5);
    session
        .run("db mark development --confirm another")
        .exits(5);
    let name = name(database);
    session
        .run(&format!("db mark development --confirm {name}"))
        .succeeds();
    session.run("rollback --yes").succeeds();
    session.run("db mark production --yes").exits(5);
    session.matches("mark");
}

fn an_environment_that_is_not_listed_is_no_mark(database: &dyn Engine) {
    let both = "[environments.development]\n[environments.staging]\nprotected = true\n";
    let project = studio(database).config(both);
    project.run(["up", "--steps", "1"]).succeeds();
    let mut session = Session::of(&project);
    session.run("db mark stagin --yes").exits(2);
    let name = name(database);
    session
        .run(&format!("db mark staging --confirm {name}"))
        .succeeds();
    // What it was protected by is gone, and so is not known to be open.
    project.write("dieselkit.toml", "[environments.development]\n");
    session.run("up").exits(5);
    session.run("db mark development --yes").exits(5);
    session
        .run(&format!("db mark development --confirm {name}"))
        .succeeds();
    session.run("up").succeeds();
    session.matches("mark_unlisted");
}

fn forgetting_what_is_applied_wants_the_name(database: &dyn Engine) {
    let project = applied_in(database, "production");
    let forget = ["resolve", VERSIONS[0], "--reverted", "--reason", "x"];
    for consent in [&[][..], &["--yes"], &["--confirm", "another"], &["--json"]] {
        project.run(forget.iter().chain(consent)).exits(5);
    }
    assert_eq!(database.applied(), VERSIONS);
    let name = name(database);
    project
        .run(forget.iter().chain(&["--confirm", &name]))
        .succeeds();
    assert_eq!(database.applied(), VERSIONS[1..]);
}

/// What is lost is shown first: a way up that loses nothing asks for nothing.
fn a_way_up_that_loses_rows_wants_the_name(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-04-000000_forget_bookings"),
        "DROP TABLE bookings; -- lint:ignore drops-data -- nobody books any more\n",
    );
    let mut session = Session::of(&project);
    let up = "up --no-backup";
    database.execute("INSERT INTO bookings (id) VALUES (1), (2)");
    session.run("up --dry-run --no-backup").succeeds();
    session.run(up).exits(5);
    project.run(up.split(' ').chain(["--yes"])).exits(5);
    assert!(database.has_table("bookings"));
    let refused = project.run(up.split(' ').chain(["--json"])).exits(5).json();
    assert_eq!(refused["data"]["losses"][0]["rows"]["count"], 2);
    let planned = &refused["data"]["planned"][0]["version"];
    assert_eq!(planned, "20260104000000", "{refused}");
    let name = name(database);
    let confirmed = up.split(' ').chain(["--confirm", &name, "--json"]);
    let report = project.run(confirmed).succeeds().json();
    let lost = &report["data"]["losses"][0];
    assert_eq!(lost["kind"], "table", "{report}");
    assert_eq!(lost["table"], "bookings");
    assert_eq!(lost["rows"]["count"], 2);
    assert_eq!(lost["rows"]["certainty"], "exact");
    assert!(!database.has_table("bookings"));
    session.matches("up_that_loses");
    project.write(
        &up_of("2026-01-05-000000_forget_users"),
        "DROP TABLE users; -- lint:ignore drops-data -- nobody is left\n",
    );
    project.run(["up"]).succeeds();
}

/// Has a trigger run this where rows are put into the table.
fn triggered(database: &dyn Engine, name: &str, table: &str, body: &str) {
    let trigger = format!("CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW");
    if database.either("sqlite", "postgres") == "sqlite" {
        database.execute(&format!("{trigger} BEGIN {body}; END"));
        return;
    }
    database.execute(&format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN {body}; RETURN NEW; END $$"
    ));
    database.execute(&format!("{trigger} EXECUTE FUNCTION {name}()"));
}

/// Returns a project whose next migration puts a row into a table, and another table with rows.
fn with_inbox(database: &dyn Engine) -> Project {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    database.execute("CREATE TABLE inbox (id INTEGER)");
    database.execute("INSERT INTO bookings (id) VALUES (1), (2)");
    let put = "INSERT INTO inbox VALUES (1);\n";
    project.write(&up_of("2026-01-04-000000_put"), put);
    project
}

/// The words of the migration destroy nothing: those of the trigger do.
fn a_trigger_that_says_it_deletes_wants_the_name_and_a_backup(database: &dyn Engine) {
    let project = with_inbox(database);
    triggered(database, "purge", "inbox", "DELETE FROM bookings");
    let mut session = Session::of(&project);
    session.run("up --dry-run").succeeds();
    session.run("up").exits(5);
    let bookings = "SELECT id FROM bookings";
    assert_eq!(database.query_column(bookings).len(), 2);
    let refused = project.run(["up", "--json"]).exits(5).json();
    let lost = &refused["data"]["losses"][0];
    assert_eq!(lost["kind"], "triggered", "{refused}");
    assert_eq!(lost["deed"], "deletes", "{refused}");
    let planned = project.run(["up", "--dry-run", "--json"]);
    let planned = planned.succeeds().json();
    assert_eq!(planned["data"]["steps"][0]["destroys"], true, "{planned}");
    let name = name(database);
    let report = project.run(["up", "--json", "--confirm", &name]);
    let report = report.succeeds().json();
    assert!(report["data"]["backup"].is_string(), "{report}");
    assert!(database.query_column(bookings).is_empty());
    session.matches("up_that_triggers");
}

/// As one does that keeps the time of the last change.
fn a_trigger_that_only_writes_over_asks_for_nothing(database: &dyn Engine) {
    let project = with_inbox(database);
    triggered(database, "touch", "inbox", "UPDATE bookings SET id = id");
    let report = project.run(["up", "--json"]).succeeds().json();
    assert_eq!(report["data"]["losses"][0]["deed"], "overwrites");
    assert_eq!(report["data"]["backup"], serde_json::Value::Null);
}
