//! The backup before a run: when it is made, where its name stands, and that it is a way back.

use crate::restore::{beside, contents, text};
use crate::session::{Session, VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    a_backup_before_a_run_is_named_and_restores,
    a_protected_environment_makes_one_before_what_destroys,
    without_a_backup_nothing_is_run,
    a_failed_up_is_undone_by_its_hint,
    a_failed_rollback_is_undone_by_its_hint,
    a_failed_reset_is_undone_by_its_hint,
    a_reset_that_does_not_seed_is_undone_by_its_hint,
    nothing_to_run_is_nothing_to_back_up,
    a_plan_says_that_a_backup_comes_first,
    what_is_verified_stands_in_the_configuration,
];

/// A migration that adds to the [`studio`].
const MORE: &str = "2026-01-04-000000_more";

/// Returns the name that confirms.
fn name(database: &dyn Engine) -> String {
    let url = database.url();
    url.rsplit('/').next().expect("it has a path").to_owned()
}

/// Returns the names of the backups in the project's folder, oldest first.
fn backups(project: &Project) -> Vec<String> {
    let listed = project.run(["backup", "list", "--json"]).succeeds().json();
    let listed = listed["data"]["backups"].as_array().expect("a list");
    let mut names: Vec<_> = listed.iter().map(|backup| text(&backup["id"])).collect();
    names.reverse();
    names
}

/// Returns what is known of a backup.
fn manifest(project: &Project, backup: &str) -> serde_json::Value {
    let shown = project.run(["backup", "show", backup, "--json"]);
    shown.succeeds().json()["data"]["manifest"].clone()
}

/// Returns what the history names of each attempt, oldest first.
fn noted(database: &dyn Engine) -> Vec<String> {
    database.query_column("SELECT backup FROM __dieselkit_history ORDER BY id")
}

/// Pastes the command of a hint that begins so, and returns what it made.
#[track_caller]
fn paste(project: &Project, said: &Output, begins: &str) -> Output {
    let pieces: Vec<&str> = said.stderr.split('`').collect();
    let command = pieces.iter().find(|piece| piece.starts_with(begins));
    let command = command.unwrap_or_else(|| panic!("no `{begins}` in: {}", said.stderr));
    project.shell(&format!("{command} --json"))
}

/// Returns the URL of what a restore made.
#[track_caller]
fn restored(database: &dyn Engine, output: &Output) -> String {
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    let made = text(&output.json()["data"]["database"]);
    let name = made.rsplit('/').next().expect("it has a name");
    let old = database.url();
    let folder = &old[..=old.rfind('/').expect("it has a path")];
    format!("{folder}{name}")
}

fn a_backup_before_a_run_is_named_and_restores(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    assert!(!project.path("backups").exists());
    let before = contents(database, &database.url());
    project.write(&up_of(MORE), "INSERT INTO users VALUES (7);\n");
    let said = project.run(["up", "--backup"]).succeeds();
    let [backup] = <[String; 1]>::try_from(backups(&project)).expect("one");
    assert!(
        said.stdout.starts_with(&format!("backed up as {backup}\n")),
        "{}",
        said.stdout
    );
    assert_eq!(noted(database)[2..], ["NULL", backup.as_str()]);
    let history = project.run(["history", "--json"]).succeeds().json();
    assert_eq!(history["data"]["attempts"][0]["backup"], backup.as_str());
    assert_eq!(
        history["data"]["attempts"][1]["backup"],
        serde_json::Value::Null
    );
    let shown = project.run(["history"]).succeeds();
    assert!(
        shown.stdout.contains(&format!("backup\n  {backup}\n")),
        "{}",
        shown.stdout
    );
    assert_eq!(manifest(&project, &backup)["note"], "before `up`");
    let copy = beside(database, "copy");
    let into = copy.strip_prefix("sqlite:").unwrap_or(&copy);
    let into = into.rsplit("://").next().expect("it has an end");
    let into = database.either(into, into.rsplit('/').next().expect("a name"));
    project.run(["restore", &backup, "--into", into]).succeeds();
    assert_eq!(contents(database, &copy), before);

    let down = project.run(["rollback", "--backup", "--yes", "--json"]);
    let down = down.exits(1).json();
    assert_eq!(down["data"], serde_json::Value::Null, "it is irreversible");
    project.write(
        &up_of(MORE).replace("up.sql", "down.sql"),
        "DELETE FROM users;\n",
    );
    let down = project.run(["rollback", "--backup", "--yes", "--json"]);
    let down = down.succeeds().json();
    let [_, second] = <[String; 2]>::try_from(backups(&project)).expect("two");
    assert_eq!(down["data"]["backup"], second.as_str());
    assert_eq!(noted(database)[3], second);
    let up = project.run(["up", "--json"]).succeeds().json();
    assert_eq!(up["data"]["backup"], serde_json::Value::Null);
}

fn a_protected_environment_makes_one_before_what_destroys(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    assert!(backups(&project).is_empty(), "nothing of it destroys");
    let name = &name(database);
    let confirmed = |line: &str| {
        let words = line.split(' ').chain(["--confirm", name, "--json"]);
        project.run(words).succeeds().json()["data"]["backup"].clone()
    };
    let mut made = 0;
    for (line, makes) in [
        ("rollback --no-backup", false),
        ("up", false),
        ("rollback", true),
        ("up --backup", true),
        ("redo --no-backup", false),
        ("redo", true),
        ("goto 20260102000000", true),
        ("goto 20260103000000", false),
        ("reset --no-backup", false),
        ("reset", true),
    ] {
        let backup = confirmed(line);
        made += usize::from(makes);
        assert_eq!(backup.is_string(), makes, "{line}: {backup}");
        assert_eq!(backups(&project).len(), made, "{line}");
        if makes {
            assert_eq!(backup, backups(&project).last().expect("one").as_str());
        }
    }
    project.write(&up_of(MORE), "ALTER TABLE rooms ADD COLUMN name TEXT;\n");
    assert!(!confirmed("up").is_string());
    project.write(
        &up_of("2026-01-05-000000_less"),
        "-- lint:ignore drops-data -- nobody books any more\nDROP TABLE bookings;\n",
    );
    assert!(confirmed("up").is_string());
    project.write(&up_of(MORE), "ALTER TABLE rooms ADD COLUMN label TEXT;\n");
    assert!(confirmed("up --force").is_string());
    // Elsewhere only where it is asked for.
    project
        .run(["db", "mark", "development", "--confirm", name])
        .succeeds();
    let made = backups(&project).len();
    let open = [
        "rollback",
        "--yes",
        "--env",
        "development",
        "--to",
        VERSIONS[0],
    ];
    project.run(open).exits(1);
    for version in [MORE, "2026-01-05-000000_less"] {
        project.write(&up_of(version).replace("up.sql", "down.sql"), "SELECT 1;\n");
    }
    project.write(
        "migrations/2026-01-03-000000_create_bookings/down.sql",
        "SELECT 1;\n",
    );
    project.run(open).succeeds();
    assert_eq!(backups(&project).len(), made);
}

fn without_a_backup_nothing_is_run(database: &dyn Engine) {
    let config = "[backups]\ndirectory = \"taken/below\"\n";
    let project = studio(database)
        .config(config)
        .file("taken", "a file, no folder\n");
    let project = project.env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    let before = contents(database, &database.url());
    let name = &name(database);
    let mut session = Session::of(&project);
    for line in [
        "rollback",
        "redo",
        "goto 20260102000000",
        "reset",
        "up --force",
    ] {
        if line == "up --force" {
            project.write(&up_of("2026-01-03-000000_create_bookings"), "SELECT 2;\n");
        }
        let refused = session.run(&format!("{line} --confirm {name}")).exits(1);
        assert!(
            refused.stderr.contains("nothing was run"),
            "{}",
            refused.stderr
        );
        let json = project
            .run(line.split(' ').chain(["--json", "--confirm", name]))
            .exits(1)
            .json();
        assert_eq!(json["exit_code"], 1);
        assert_eq!(contents(database, &database.url()), before, "{line}");
    }
    session.matches("safety_backup_failed");
    let refused = project.run(["rollback", "--confirm", name]).exits(1);
    let pasted = paste(&project, &refused, "dieselkit rollback --confirm");
    assert_eq!(pasted.code, Some(0), "{}", pasted.stderr);
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn a_failed_up_is_undone_by_its_hint(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    let before = contents(database, &database.url());
    project.write(&up_of(MORE), "DROP TABLE users;\nDROP TABLE nowhere;\n");
    let failed = project.run(["up", "--backup"]).exits(1);
    assert_eq!(database.applied(), VERSIONS);
    let [backup] = <[String; 1]>::try_from(backups(&project)).expect("one");
    assert_eq!(noted(database)[1..], vec![backup.as_str(); 3]);
    let shown = project.run(["history"]).succeeds();
    let once = format!("\n#4, #3, #2: backup\n  {backup}\n");
    assert!(shown.stdout.ends_with(&once), "{}", shown.stdout);
    let command = format!("dieselkit restore --before {}", VERSIONS[1]);
    let made = paste(&project, &failed, &command);
    assert_eq!(contents(database, &restored(database, &made)), before);
    // With what it says of `--replace` too.
    assert!(failed.stderr.contains("`--replace`"), "{}", failed.stderr);
    let replaced = project.shell(&format!("{command} --replace --yes"));
    assert_eq!(replaced.code, Some(0), "{}", replaced.stderr);
    assert_eq!(contents(database, &database.url()), before);
    let json = project.run(["up", "--backup", "--json"]).exits(1).json();
    let backup = backups(&project).pop().expect("the newest");
    assert_eq!(json["data"]["backup"], backup.as_str());
    let hint = json["hint"].as_str().expect("there is one");
    assert!(hint.contains(&command), "{hint}");
}

/// Pastes what the failure of a run hints at, and checks that it makes the database as it was.
#[track_caller]
fn assert_undone(database: &dyn Engine, project: &Project, failed: &Output, before: &str) {
    let backup = backups(project).pop().expect("one");
    let said = format!("backed up as {backup}\n");
    assert!(failed.stdout.starts_with(&said), "{}", failed.stdout);
    let made = paste(project, failed, &format!("dieselkit restore {backup}"));
    assert_eq!(contents(database, &restored(database, &made)), before);
}

fn a_failed_rollback_is_undone_by_its_hint(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let before = contents(database, &database.url());
    let down = "migrations/2026-01-02-000000_create_rooms/down.sql";
    project.write(down, "DROP TABLE nowhere;\n");
    let failed = ["rollback", "--all", "--backup", "--yes"];
    let failed = project.run(failed).exits(1);
    assert_eq!(database.applied(), VERSIONS[..2]);
    assert_undone(database, &project, &failed, &before);
}

fn a_failed_reset_is_undone_by_its_hint(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let before = contents(database, &database.url());
    project.write(&up_of(MORE), "DROP TABLE nowhere;\n");
    let failed = project.run(["reset", "--backup", "--yes"]).exits(1);
    assert_undone(database, &project, &failed, &before);
    let json = project.run(["reset", "--backup", "--yes", "--json"]);
    let json = json.exits(1).json();
    let backup = backups(&project).pop().expect("the newest");
    assert_eq!(json["data"]["backup"], backup.as_str());
}

fn a_reset_that_does_not_seed_is_undone_by_its_hint(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let before = contents(database, &database.url());
    project.write(
        "seeds/development/1_users.sql",
        "INSERT INTO nowhere VALUES (1);\n",
    );
    let failed = project.run(["reset", "--backup", "--yes"]).exits(1);
    let seeds_come_first =
        "run `dieselkit seed`; to have the database as it was before the run: `dieselkit restore ";
    assert!(
        failed.stderr.contains(seeds_come_first),
        "{}",
        failed.stderr
    );
    assert_undone(database, &project, &failed, &before);
}

fn nothing_to_run_is_nothing_to_back_up(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    for line in [
        "up --backup",
        "rollback --to 20260103000000 --backup",
        "goto 20260103000000 --backup",
    ] {
        project
            .run(line.split(' ').chain(["--confirm", &name(database)]))
            .succeeds();
    }
    assert!(!project.path("backups").exists());
    for line in ["up --backup --no-backup", "rollback --no-backup --backup"] {
        project.run(line.split(' ')).exits(2);
    }
}

fn a_plan_says_that_a_backup_comes_first(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    let mut session = Session::of(&project);
    session.run("up --dry-run --steps 1").succeeds();
    session.run("up --dry-run --steps 1 --backup").succeeds();
    project.run(["up"]).succeeds();
    session.run("rollback --dry-run").succeeds();
    session.run("rollback --dry-run --no-backup").succeeds();
    session.run("redo --dry-run --json").succeeds();
    session
        .run("goto 20260103000000 --dry-run --backup")
        .succeeds();
    session.matches("safety_backup_planned");
    assert!(!project.path("backups").exists());
}

fn what_is_verified_stands_in_the_configuration(database: &dyn Engine) {
    let project = studio(database).config("[backups]\nverify = \"restore\"\n");
    project.run(["up", "--backup"]).succeeds();
    project.run(["backup"]).succeeds();
    project.run(["backup", "--verify", "files"]).succeeds();
    let last_checks: Vec<_> = backups(&project)
        .iter()
        .map(|backup| {
            let manifest = manifest(&project, backup);
            let verdicts = manifest["verdicts"].as_array().expect("a list");
            text(&verdicts.last().expect("one")["check"])
        })
        .collect();
    assert_eq!(last_checks, ["restore", "restore", "files"]);
}

#[cfg(target_os = "linux")]
mod pruning {
    use super::*;

    on_both_engines![what_cannot_be_pruned_does_not_stop_the_run];

    /// A C program's `rename` that takes no backup away.
    const REMOVES_NONE: &str = "#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
int rename(const char *from, const char *to) {
    if (strstr(to, \"removing\")) { errno = EACCES; return -1; }
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, \"rename\");
    return real(from, to);
}
";

    fn what_cannot_be_pruned_does_not_stop_the_run(database: &dyn Engine) {
        let keeps_one = "[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n";
        let project = studio(database).config(keeps_one);
        project.run(["up"]).succeeds();
        project.run(["backup"]).succeeds();
        project.write("rename.c", REMOVES_NONE);
        project
            .shell("cc -shared -fPIC -o rename.so rename.c -ldl")
            .succeeds();
        let library = project.path("rename.so");
        project.write(&up_of(MORE), "INSERT INTO users VALUES (7);\n");
        let run = |words: &[&str]| {
            let output = project.command(words).env("LD_PRELOAD", &library).output();
            Output::from_process(output.expect("it starts"), &project.path(""))
        };
        // Made by itself, it is what was asked for.
        run(&["backup"]).exits(1);
        let up = run(&["up", "--backup"]).succeeds();
        assert_eq!(
            database.query_i64("SELECT count(*) FROM users WHERE id = 7"),
            1
        );
        let made = backups(&project);
        assert_eq!(made.len(), 3, "{made:?}");
        let said = format!(
            "warning: backup `{}` was made, but those before it could not be pruned",
            made[2]
        );
        assert!(up.stderr.contains(&said), "{}", up.stderr);
        let down = "migrations/2026-01-04-000000_more/down.sql";
        project.write(down, "DELETE FROM users;\n");
        let down = run(&["rollback", "--backup", "--yes", "--json"]);
        let down = down.succeeds().json();
        assert_eq!(
            down["data"]["backup"],
            *backups(&project).last().expect("one")
        );
        let warning = text(&down["warnings"][0]);
        assert!(warning.contains("could not be pruned"), "{down}");
        project.run(["up", "--backup"]).succeeds();
        assert_eq!(backups(&project).len(), 1);
    }
}

#[cfg(feature = "postgres")]
mod programs {
    use super::*;
    use crate::processes::Running;
    use crate::support::postgres::PostgresDatabase;

    /// Returns an applied project whose `pg_dump` does this instead of its work.
    fn with_pg_dump(database: &PostgresDatabase<'_>, instead: &str) -> Project {
        let project = studio(database).config("[backups]\npg_dump = \"./pg_dump\"\n");
        let project = project.env("DIESELKIT_ENV", "production");
        project.run(["up"]).succeeds();
        database.cluster().stand_in(&project, "pg_dump", instead);
        project
    }

    #[test]
    fn a_pg_dump_that_fails_half_way_leaves_everything_as_it_was() {
        for instead in [
            "echo 'CREATE TABLE'; echo 'out of luck' >&2; exit 1",
            "exit 0",
            "kill -9 $$",
        ] {
            let database = PostgresDatabase::create();
            let project = with_pg_dump(&database, instead);
            let before = contents(&database, &database.url());
            let name = &name(&database);
            for line in ["rollback", "reset", "up --backup"] {
                project.write(&up_of(MORE), "CREATE TABLE more (id INTEGER);\n");
                let words = line.split(' ').chain(["--confirm", name]);
                let refused = project.run(words).exits(1);
                let said = "failed to back the database up first, so nothing was run";
                assert!(
                    refused.stderr.contains(said),
                    "{instead}: {}",
                    refused.stderr
                );
                assert_eq!(contents(&database, &database.url()), before, "{instead}");
                assert!(backups(&project).is_empty(), "{instead}");
            }
        }
    }

    /// Checks what is said where a backup is stopped by Ctrl-C, and that nothing is left of it.
    #[track_caller]
    fn gives_up(project: &Project, running: Running, before: &str, database: &dyn Engine) {
        running.signal("INT");
        let stopped = running.ends(project).exits(130);
        let said = "stopping: the backup is given up, and nothing else was begun";
        assert!(stopped.stderr.contains(said), "{}", stopped.stderr);
        assert_eq!(contents(database, &database.url()), before);
        assert!(backups(project).is_empty());
    }

    #[test]
    fn ctrl_c_gives_the_backup_up_and_runs_nothing() {
        let database = PostgresDatabase::create();
        let project = with_pg_dump(&database, ": > at_work; exec sleep 60");
        let before = contents(&database, &database.url());
        let name = &name(&database);
        for command in ["rollback", "reset"] {
            let running = Running::of(&project, &[command, "--confirm", name]);
            for _ in 0..600 {
                if project.path("at_work").exists() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            gives_up(&project, running, &before, &database);
            project.remove("at_work");
        }
    }

    #[test]
    fn ctrl_c_gives_a_backup_up_that_is_all_there_is_to_do() {
        let database = PostgresDatabase::create();
        let begun = "head -c 100000 /dev/zero | tr '\\000' '-'; exec sleep 60";
        let project = with_pg_dump(&database, begun);
        let before = contents(&database, &database.url());
        let mut running = Running::of(&project, &["backup", "-v"]);
        running.wait_for_line_of("reading ");
        gives_up(&project, running, &before, &database);
    }

    #[test]
    fn without_pg_dump_the_hint_names_the_cure_and_the_way_without() {
        let database = PostgresDatabase::create();
        let project = with_pg_dump(&database, "exit 0");
        project.remove("pg_dump");
        let refused = project
            .run(["rollback", "--confirm", &name(&database)])
            .exits(1);
        assert!(refused.stderr.contains("pg_dump"), "{}", refused.stderr);
        let hint = refused
            .stderr
            .lines()
            .find(|line| line.starts_with("hint: "));
        let hint = hint.expect("there is one");
        assert!(
            hint.contains("; or, without a backup: `dieselkit rollback "),
            "{hint}"
        );
        let pasted = paste(&project, &refused, "dieselkit rollback --confirm");
        assert_eq!(pasted.code, Some(0), "{}", pasted.stderr);
    }
}
