//! Backups that cannot be made: whatever goes wrong, nothing looks like a backup that is none, and
//! those that were there before are there afterwards.

#![cfg(feature = "postgres")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

#[cfg(feature = "sqlite")]
use crate::disk::run_after;
use crate::processes::Running;
use crate::session::studio;
use crate::support::engine::Engine as _;
use crate::support::postgres::{Cluster, PostgresDatabase};
use crate::support::project::{Output, Project};

/// What stands before whatever a false `pg_dump` does: its questions are answered by the real one.
const ANSWERS: &str = "#!/bin/sh
case \"$1\" in --version|--help) exec REAL \"$1\";; esac
";

/// Returns a project with one good backup, whose next ones are made by a script.
fn spoilt(database: &PostgresDatabase<'_>, script: &str) -> Project {
    let project =
        studio(database).config("[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n");
    project.run(["up"]).succeeds();
    database.execute("INSERT INTO users SELECT generate_series(1, 20000)");
    project.run(["backup"]).succeeds();
    let real = real_pg_dump(database);
    let script = format!("{ANSWERS}{script}").replace("REAL", &real);
    project.write("pg_dump", &script);
    let runs = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("pg_dump"), runs).expect("it is ours");
    project.config(
        "[backups]\npg_dump = \"./pg_dump\"\n[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n",
    )
}

fn real_pg_dump(database: &PostgresDatabase<'_>) -> String {
    let program = database.cluster().program("pg_dump");
    program.get_program().to_string_lossy().into_owned()
}

/// Returns the names in the folder of backups, but for the lock's file.
fn names(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.path("backups")).expect("it is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.ends_with("lock"))
        .collect();
    names.sort();
    names
}

/// Waits until something is begun beside so many files.
#[track_caller]
fn wait_for_more_than(project: &Project, count: usize) {
    for _ in 0..400 {
        if names(project).len() > count {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing was begun within 20 s");
}

/// Checks that a backup failed, left nothing, and took nothing away; returns what it said.
#[track_caller]
fn leaves_what_was(script: &str) -> String {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, script);
    let before = names(&project);
    assert_eq!(before.len(), 2, "a backup and its manifest: {before:?}");
    let output = project.run(["backup"]).exits(1);
    assert_eq!(names(&project), before, "{}", output.stderr);
    project.run(["backup", "verify", "latest"]).succeeds();
    output.stderr
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn a_dump_that_is_killed_half_way_leaves_nothing() {
    let said = leaves_what_was("REAL \"$@\" | head -c 2000\nkill -KILL $$\n");
    says(&said, &["error: ", "pg_dump", "signal"]);
}

#[test]
fn a_dump_that_fails_leaves_nothing_and_is_quoted() {
    let said = leaves_what_was("echo 'pg_dump: error: out of luck' >&2\nexit 1\n");
    says(&said, &["error: ", "out of luck"]);
}

#[test]
fn a_dump_of_nothing_that_ends_well_leaves_nothing() {
    let said = leaves_what_was("exit 0\n");
    says(&said, &["error: ", "end"]);
}

#[test]
fn half_a_dump_that_ends_well_leaves_nothing() {
    let said = leaves_what_was("REAL \"$@\" | head -c 2000\nexit 0\n");
    says(&said, &["error: ", "end"]);
}

#[test]
fn a_dump_without_its_end_marker_leaves_nothing() {
    let said = leaves_what_was("REAL \"$@\" | grep -v 'dump complete'\nexit 0\n");
    says(&said, &["error: ", "end"]);
}

#[test]
fn a_dump_older_than_the_server_is_not_used() {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, "exit 0\n");
    let before = names(&project);
    project.write("pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n");
    let said = project.run(["backup"]).exits(1).stderr;
    says(&said, &["9.6", "older", "hint: "]);
    assert_eq!(names(&project), before);
}

// What limits the disk is told with the tests of the other engine.
#[cfg(feature = "sqlite")]
#[test]
fn a_disk_that_is_full_leaves_nothing() {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, "exec REAL \"$@\"\n");
    let before = names(&project);
    // Blocks of 512 bytes; without the trap the system would end the process.
    let output = run_after(&project, "trap '' XFSZ; ulimit -f 20", "backup").exits(1);
    assert_eq!(names(&project), before, "{}", output.stderr);
    says(&output.stderr, &["error: ", ".partial"]);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, "exec REAL \"$@\"\n");
    let before = names(&project);
    let closed = std::fs::Permissions::from_mode(0o500);
    std::fs::set_permissions(project.path("backups"), closed).expect("it is ours");
    // The superuser's right to write anywhere is given up for it.
    let unbound = "setpriv --bounding-set=-dac_override,-dac_read_search";
    let output: Output = project.shell(&format!("{unbound} dieselkit backup"));
    let output = output.exits(1);
    says(&output.stderr, &["error: ", "backups"]);
    assert_eq!(names(&project), before);
}

#[test]
fn a_server_that_stops_in_the_middle_leaves_nothing() {
    let cluster = Cluster::start();
    let database = cluster.create_database();
    let slow = "REAL \"$@\" | (head -c 2000; sleep 5; cat)\nexit 0\n";
    let project = spoilt(&database, slow);
    // More than the pipes on the way hold: it has to be read while the server is gone.
    database.execute("INSERT INTO users SELECT generate_series(20001, 1500000)");
    let before = names(&project);
    let mut command = project.command(["backup"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    wait_for_more_than(&project, before.len());
    cluster.stop();
    let output = child
        .expect("it starts")
        .wait_with_output()
        .expect("it ends");
    let output = Output::from_process(output, &project.path(""));
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert_eq!(names(&project), before, "{}", output.stderr);
    // Its database is gone with the server.
    std::mem::forget(database);
}

#[test]
fn what_a_killed_process_left_is_cleaned_up() {
    let database = PostgresDatabase::create();
    let slow = "REAL \"$@\" | (head -c 2000; sleep 20; cat)\n";
    let project = spoilt(&database, slow);
    let before = names(&project);
    let backup = Running::of(&project, &["backup"]);
    wait_for_more_than(&project, before.len());
    // It is killed when it is dropped.
    drop(backup);
    let left = names(&project);
    assert!(
        left.iter().any(|name| name.contains(".partial")),
        "{left:?}"
    );
    let listed = project.run(["backup", "list"]).succeeds().stdout;
    assert!(!listed.contains("partial"), "{listed}");
    project.write(
        "pg_dump",
        &format!("{ANSWERS}exec REAL \"$@\"\n").replace("REAL", &real_pg_dump(&database)),
    );
    project.run(["backup"]).succeeds();
    let after = names(&project);
    assert!(
        !after.iter().any(|name| name.contains(".partial")),
        "{after:?}"
    );
    assert_eq!(after.len(), 2, "the last one alone is kept: {after:?}");
}
