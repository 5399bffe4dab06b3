//! Every hint is followed literally: the command that it names is pasted into a shell.
//!
//! A command that is hinted at ends well, finds something, or asks for consent; it is never a
//! wrong usage, and it works on the database of the command that failed.

#[cfg(feature = "postgres")]
mod rights;
mod seeds;

use crate::processes::{Running, slow};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    a_missing_database,
    a_template_that_was_never_written,
    a_late_migration,
    a_late_migration_that_is_allowed,
    a_modified_migration,
    a_hole,
    a_statement_that_failed_half_way,
    a_way_down_that_failed_half_way,
    a_way_down_that_failed_and_left_nothing,
    a_rollback_of_several_that_failed_half_way,
    a_migration_that_failed,
    a_batch_with_what_cannot_be_in_one,
    going_on_where_all_or_nothing_is_configured,
    an_irreversible_rollback,
    no_configuration,
    no_folder,
    an_unknown_version,
    a_lock_that_is_held,
    another_environment,
    a_protected_environment,
    nobody_to_ask,
    what_plain_diesel_made,
    a_status_with_something_to_do,
];

const SECOND: &str = "2026-01-02-000000_create_rooms";
const THIRD: &str = "2026-01-03-000000_create_bookings";

/// What may become of a command that was hinted at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// It does what it says.
    Done,
    /// It has something to show.
    Findings,
    /// It asks, and nobody is there.
    Question,
}

/// Returns the commands of a hint, in the order in which it names them.
fn hinted(output: &Output) -> Vec<String> {
    let (_, hint) = output
        .stderr
        .rsplit_once("hint: ")
        .unwrap_or_else(|| panic!("no hint in: {}", output.stderr));
    let pieces = hint.split('`').skip(1).step_by(2);
    let commands = pieces.filter(|piece| piece.starts_with("dieselkit "));
    commands.map(str::to_owned).collect()
}

/// Follows the hint's first command, and sees that none of them is a wrong usage.
#[track_caller]
fn follow(project: &Project, output: &Output, comes: Comes) -> Output {
    let commands = hinted(output);
    let [first, others @ ..] = commands.as_slice() else {
        panic!("no command in: {}", output.stderr);
    };
    let followed = check(first, project.shell(first), comes);
    for other in others {
        let code = project.shell(other).code;
        assert_ne!(code, Some(2), "{other}");
    }
    followed
}

#[track_caller]
fn check(command: &str, output: Output, comes: Comes) -> Output {
    let came = match output.code {
        Some(0) => Comes::Done,
        Some(3) => Comes::Findings,
        Some(5) if output.stderr.contains("no terminal") => Comes::Question,
        code => panic!("`{command}` ended with {code:?}: {}", output.stderr),
    };
    assert_eq!(came, comes, "{command}: {}", output.stderr);
    output
}

fn applied(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project
}

fn a_missing_database(database: &dyn Engine) {
    let url = format!("{}_absent", database.url()).replace("test.db_absent", "absent.db");
    let project = studio(database).env("DATABASE_URL", &url);
    let refused = project.run(["status"]).exits(1);
    follow(&project, &refused, Comes::Done);
    project.run(["up"]).succeeds();
    project.run(["db", "drop", "--yes"]).succeeds();
}

fn a_template_that_was_never_written(database: &dyn Engine) {
    let project = studio(database);
    let made = project.run(["new", "later"]).succeeds().stdout;
    let refused = project.run(["up"]).exits(1);
    let noted = project.run(["status"]).succeeds().stderr;
    assert!(noted.contains("hint: write `"), "{noted}");
    let file = made.lines().next().expect("it prints the path");
    project.write(file, "CREATE TABLE later (id INTEGER);\n");
    follow(&project, &refused, Comes::Done);
    assert!(database.has_table("later"));
}

fn a_late_migration(database: &dyn Engine) {
    let project = applied(database);
    project.write(
        &up_of("2026-01-01-120000_late"),
        "CREATE TABLE late (id INTEGER);\n",
    );
    let version = "20260101120000";
    for line in ["up --to 20260101120000", "goto 20260103000000", "up"] {
        let refused = project.run(line.split(' ')).exits(1);
        follow(&project, &refused, Comes::Done);
        assert!(database.applied().contains(&version.to_owned()), "{line}");
        project
            .run([
                "resolve",
                version,
                "--reverted",
                "--reason",
                "the next round",
            ])
            .succeeds();
        database.execute("DROP TABLE late");
    }
}

fn a_late_migration_that_is_allowed(database: &dyn Engine) {
    let project = applied(database).config("[migrations]\nout_of_order = 'allow'\n");
    project.write(
        &up_of("2026-01-01-120000_late"),
        "CREATE TABLE late (id INTEGER);\n",
    );
    project.write(
        "migrations/2026-01-01-120000_late/down.sql",
        "DROP TABLE late;\n",
    );
    let noted = project.run(["check"]).succeeds().stdout;
    assert!(noted.contains("older than an applied one"), "{noted}");
    assert!(!noted.contains("--allow-out-of-order"), "{noted}");
    let json = project.run(["check", "--json"]).succeeds().json();
    assert_eq!(json["data"]["findings"][0]["weight"], "note");
    let output = project.run(["status"]).succeeds();
    follow(&project, &output, Comes::Done);
    assert!(database.has_table("late"));
}

fn a_modified_migration(database: &dyn Engine) {
    let project = applied(database);
    project.write(
        &up_of(THIRD),
        "CREATE TABLE bookings (id BIGINT PRIMARY KEY);\n",
    );
    let refused = project.run(["up"]).exits(1);
    // The second command accepts the file.
    follow(&project, &refused, Comes::Findings);
    project.run(["up"]).succeeds();
}

fn a_hole(database: &dyn Engine) {
    let project = applied(database);
    project.remove(&format!("migrations/{SECOND}"));
    let refused = project.run(["up"]).exits(1);
    follow(&project, &refused, Comes::Findings);
}

fn a_statement_that_failed_half_way(database: &dyn Engine) {
    let project = studio(database).metadata(SECOND, "run_in_transaction = false\n");
    let broken = "CREATE TABLE rooms (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n";
    project.write(&up_of(SECOND), broken);
    let failed = project.run(["up"]).exits(1);
    let again = project.run(["up"]).exits(1);
    assert_eq!(hinted(&failed), hinted(&again));
    project.write(&up_of(SECOND), &broken.replace("nowhere", "rooms"));
    follow(&project, &failed, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_way_down_that_failed_half_way(database: &dyn Engine) {
    let project = studio(database).metadata(THIRD, "run_in_transaction = false\n");
    project.run(["up"]).succeeds();
    let down = format!("migrations/{THIRD}/down.sql");
    project.write(&down, "DROP TABLE bookings;\nDROP TABLE nowhere;\n");
    let failed = project.run(["rollback", "--yes"]).exits(1);
    let refused = project.run(["up"]).exits(1);
    let status = project.run(["status"]).succeeds().stdout;
    assert!(status.contains("\n  half rolled back  2026"), "{status}");
    assert!(
        status.contains("\n3 migrations: 2 applied, 1 half rolled back\n"),
        "{status}"
    );
    let totals = &project.run(["status", "--json"]).json()["data"]["totals"];
    assert_eq!(totals["half_rolled_back"], 1, "{totals}");
    project.write(&down, "DROP TABLE bookings;\nSELECT 1;\n");
    follow(&project, &refused, Comes::Question);
    assert_eq!(hinted(&failed)[0], "dieselkit rollback --yes");
    // The second command of the hint has settled it.
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn a_way_down_that_failed_and_left_nothing(database: &dyn Engine) {
    let project = applied(database);
    let down = format!("migrations/{THIRD}/down.sql");
    let right = project.read(&down);
    project.write(&down, "DROP TABLE nowhere;\n");
    project.run(["rollback", "--yes"]).exits(1);
    let status = project.run(["status"]).succeeds();
    assert_eq!(hinted(&status)[0], "dieselkit rollback");
    project.write(&down, &right);
    project.run(["rollback", "--yes"]).succeeds();
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn a_rollback_of_several_that_failed_half_way(database: &dyn Engine) {
    let project = applied(database);
    let down = format!("migrations/{SECOND}/down.sql");
    let right = project.read(&down);
    project.write(&down, "DROP TABLE nowhere;\n");
    project.run(["rollback", "--steps", "2", "--yes"]).exits(1);
    let status = project.run(["status"]).succeeds();
    let hints = hinted(&status);
    assert_eq!(hints[0], "dieselkit up");
    assert!(hints[1].starts_with("dieselkit rollback"), "{hints:?}");
    project.write(&down, &right);
    project.shell(&format!("{} --yes", hints[1])).succeeds();
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn a_migration_that_failed(database: &dyn Engine) {
    let project = studio(database);
    let right = project.read(&up_of(THIRD));
    project.write(&up_of(THIRD), "INSERT INTO nowhere VALUES (1);\n");
    let failed = project.run(["up", "--to", VERSIONS[2]]).exits(1);
    project.write(&up_of(THIRD), &right);
    follow(&project, &failed, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_batch_with_what_cannot_be_in_one(database: &dyn Engine) {
    let project = studio(database).metadata(SECOND, "run_in_transaction = false\n");
    let refused = project.run(["up", "--transaction", "batch"]).exits(1);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn going_on_where_all_or_nothing_is_configured(database: &dyn Engine) {
    let project = studio(database).config("[migrations]\ntransaction = 'batch'\n");
    project.run(["up", "--keep-going", "--dry-run"]).exits(2);
    let refused = project.run(["up", "--keep-going"]).exits(2);
    assert_eq!(database.applied(), [""; 0]);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn an_irreversible_rollback(database: &dyn Engine) {
    let project = studio(database);
    project.remove(&format!("migrations/{THIRD}/down.sql"));
    project.run(["up"]).succeeds();
    let refused = project.run(["rollback", "--yes"]).exits(1);
    follow(&project, &refused, Comes::Done);
}

fn no_configuration(database: &dyn Engine) {
    let project = studio(database);
    let refused = project.run(["up", "--config", "own.toml"]).exits(2);
    follow(&project, &refused, Comes::Done);
    project.run(["up", "--config", "own.toml"]).succeeds();
}

fn no_folder(database: &dyn Engine) {
    let project = studio(database);
    let refused = project.run(["up", "--migrations", "db/other"]).exits(2);
    follow(&project, &refused, Comes::Done);
    assert!(project.path("db/other").is_dir());
    assert!(!project.path("sub").exists());
    project.run(["up", "--migrations", "db/other"]).succeeds();
}

fn an_unknown_version(database: &dyn Engine) {
    let project = applied(database);
    for line in ["goto 7", "history 7", "rollback --to 20260102000001 --yes"] {
        let refused = project.run(line.split(' ')).exits(2);
        follow(&project, &refused, Comes::Done);
    }
    let refused = project.run(["rollback", "--batch", "9", "--yes"]).exits(2);
    follow(&project, &refused, Comes::Done);
}

fn a_lock_that_is_held(database: &dyn Engine) {
    let project = studio(database);
    let right = project.read(&up_of(SECOND));
    project.write(&up_of(SECOND), slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let up = project.run(["up", "--lock-wait", "0"]).exits(4);
    let rollback = project
        .run(["rollback", "--yes", "--lock-wait", "100ms"])
        .exits(4);
    let limit = "error: the migration lock was not freed within 100ms; ";
    assert!(rollback.stderr.contains(limit), "{}", rollback.stderr);
    drop(running);
    project.write(&up_of(SECOND), &right);
    follow(&project, &up, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
    follow(&project, &rollback, Comes::Done);
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn another_environment(database: &dyn Engine) {
    let project = studio(database);
    project
        .run(["up", "--steps", "1", "--env", "staging"])
        .succeeds();
    let refused = project.run(["up", "--env", "test"]).exits(5);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_protected_environment(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--env", "production"]).succeeds();
    for line in [
        "rollback --env production",
        "redo --yes --env production",
        "rollback --env production --confirm another",
    ] {
        let refused = project.run(line.split(' ')).exits(5);
        follow(&project, &refused, Comes::Done);
    }
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn nobody_to_ask(database: &dyn Engine) {
    let project = applied(database);
    for line in ["rollback --steps 1", "goto 20260101000000", "reset"] {
        let refused = project.run(line.split(' ')).exits(5);
        follow(&project, &refused, Comes::Done);
    }
    assert_eq!(database.applied(), VERSIONS);
}

fn what_plain_diesel_made(database: &dyn Engine) {
    let project = studio(database);
    database.diesel_run(&project.migrations());
    project.remove(&format!("migrations/{THIRD}"));
    // Nobody ever knew its way down.
    let refused = project.run(["rollback", "--yes"]).exits(1);
    follow(&project, &refused, Comes::Done);
}

fn a_status_with_something_to_do(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    let status = project.run(["status"]).succeeds();
    follow(&project, &status, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_hint_acts_on_the_database_that_was_typed() {
    let project = Project::new()
        .env("DATABASE_URL", "sqlite:decoy.db")
        .config("[environments.development]\n[environments.test]\n")
        .file("other/001_a/up.sql", "CREATE TABLE a (id INTEGER);\n");
    let place = [
        "--database-url",
        "sqlite:real one.db",
        "--env",
        "test",
        "--migrations",
        "other",
    ];
    let run = |verb: &'static str| project.run([verb].into_iter().chain(place));
    follow(&project, &run("status").exits(1), Comes::Done);
    follow(&project, &run("status").succeeds(), Comes::Done);
    let applied = run("status").succeeds().stdout;
    assert!(applied.contains("1 applied"), "{applied}");
    assert!(!project.path("decoy.db").exists());
}
