//! What happens around `pg_dump`: the disk, the folder, the server, and this process itself.

use std::fs;
use std::process::Stdio;
#[cfg(feature = "sqlite")]
use std::time::{Duration, Instant};

use super::programs::{replace, spoilt};
use super::{
    bound_by_the_rights_of_its_folder, is_none_before_its_manifest, left_what_was, names, says,
    wait_for_more_than,
};
#[cfg(feature = "sqlite")]
use crate::disk::run_after;
use crate::processes::Running;
use crate::session::studio;
use crate::support::engine::Engine as _;
use crate::support::postgres::{Cluster, PostgresDatabase};
use crate::support::project::{Output, Project};

/// Runs each as three tests, one a format.
macro_rules! in_each_format {
    ($($(#[$gate:meta])* $name:ident),+ $(,)?) => {
        mod plain { $($(#[$gate])* #[test] fn $name() { super::$name("plain"); })+ }
        mod custom { $($(#[$gate])* #[test] fn $name() { super::$name("custom"); })+ }
        mod directory { $($(#[$gate])* #[test] fn $name() { super::$name("directory"); })+ }
    };
}

in_each_format![
    // What limits the disk is told with the tests of the other engine.
    #[cfg(feature = "sqlite")]
    a_disk_that_is_full_leaves_nothing,
    a_folder_that_may_not_be_written_to_is_named,
    a_server_that_stops_in_the_middle_leaves_nothing,
    what_a_killed_process_left_is_cleaned_up,
    a_killed_process_leaves_no_password,
    a_second_one_of_the_same_database_waits_wherever_it_is_put,
    a_request_to_stop_ends_it_and_leaves_nothing,
    what_dies_before_its_manifest_is_no_backup_and_goes,
    a_name_that_is_taken_meanwhile_is_left_alone,
];

/// A `pg_dump` that hangs in the middle, until there is a file `on`: in a pipe after some bytes,
/// and in a folder as soon as there are rows.
const HANGS: &str = "hang() { : > hanging; while [ ! -e on ]; do sleep 0.05; done; }
if [ -z \"$folder\" ]; then
    { $REAL \"$@\" || : > failed; } | (head -c 2000; hang; cat)
    [ ! -e failed ]
    exit
fi
$REAL \"$@\" & dump=$!
while ! ls \"$folder\"/*.dat.gz > /dev/null 2>&1; do sleep 0.01; done
kill -STOP $dump && hang
kill -CONT $dump
wait $dump
";

/// Returns a project whose next backup is in the middle of a table that takes its time.
fn hanging(database: &PostgresDatabase<'_>, format: &str) -> (Project, Vec<String>) {
    let project = spoilt(database, format, HANGS);
    // More than the pipes on the way hold, and more than is written at a breath.
    database.execute("INSERT INTO users SELECT generate_series(20001, 1500000)");
    let before = names(&project);
    (project, before)
}

#[cfg(feature = "sqlite")]
fn a_disk_that_is_full_leaves_nothing(format: &str) {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, format, "exec $REAL \"$@\"\n");
    let before = names(&project);
    // Blocks of 512 bytes; without the trap the system would end the process.
    let output = run_after(&project, "trap '' XFSZ; ulimit -f 20", "backup");
    let said = left_what_was(&project, &before, output);
    says(&said, &["error: ", "File too large", "hint: "]);
}

/// A cast of one's own takes two minutes for a row, where the contents are hashed.
#[cfg(feature = "sqlite")]
#[test]
fn a_disk_that_is_full_ends_what_is_counted_meanwhile() {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, "plain", "exec $REAL \"$@\"\n");
    database.execute(
        "CREATE FUNCTION slowly(users) RETURNS TEXT LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_catalog.pg_sleep(120); RETURN 1; END';
CREATE CAST (users AS TEXT) WITH FUNCTION slowly(users);",
    );
    let before = names(&project);
    let begun = Instant::now();
    let output = run_after(&project, "trap '' XFSZ; ulimit -f 20", "backup --hash");
    let said = left_what_was(&project, &before, output);
    says(&said, &["error: ", ".partial", "File too large"]);
    assert!(
        begun.elapsed() < Duration::from_secs(110),
        "it was waited for"
    );
}

/// `pg_dump` itself writes it, and says nothing of where.
#[test]
fn a_disk_that_is_full_beneath_a_folder_is_named() {
    let database = PostgresDatabase::create();
    let full = "pg_dump: error: could not write to file: No space left on device";
    let lines = format!("$REAL \"$@\" && echo '{full}' >&2 && exit 1\n");
    let project = spoilt(&database, "directory", &lines);
    let before = names(&project);
    let said = left_what_was(&project, &before, project.run(["backup"]));
    let shows = "`dieselkit backup prune`; `df -h backups` shows what is left";
    says(&said, &[full, shows]);
}

fn a_folder_that_may_not_be_written_to_is_named(format: &str) {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, format, "exec $REAL \"$@\"\n");
    let before = names(&project);
    let output = bound_by_the_rights_of_its_folder(&project, 0o500);
    let said = left_what_was(&project, &before, output);
    says(&said, &["error: ", "backups", "hint: "]);
}

fn a_server_that_stops_in_the_middle_leaves_nothing(format: &str) {
    let cluster = Cluster::start();
    let database = cluster.create_database();
    let (project, before) = hanging(&database, format);
    let mut command = project.command(["backup"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    wait_for(&project, "hanging");
    cluster.stop();
    project.write("on", "");
    let output = child
        .expect("it starts")
        .wait_with_output()
        .expect("it ends");
    let output = Output::from_process(output, &project.path("")).exits(1);
    assert_eq!(names(&project), before, "{}", output.stderr);
    says(&output.stderr, &["error: ", "server"]);
    // Its database is gone with the server.
    std::mem::forget(database);
}

fn what_a_killed_process_left_is_cleaned_up(format: &str) {
    let database = PostgresDatabase::create();
    let (project, before) = hanging(&database, format);
    let backup = Running::of(&project, &["backup"]);
    wait_for_more_than(&project, before.len());
    wait_for(&project, "hanging");
    // It is killed when it is dropped.
    drop(backup);
    let left = names(&project);
    let partial = |name: &String| name.contains(".partial");
    assert!(left.iter().any(partial), "{left:?}");
    let listed = project.run(["backup", "list"]).succeeds().stdout;
    assert!(!listed.contains("partial"), "{listed}");
    project.run(["backup", "verify", "latest"]).succeeds();
    project.write("on", "");
    replace(&database, &project, "exec $REAL \"$@\"\n");
    let said = project.run(["backup"]).succeeds().stdout;
    says(&said, &["removed ", "(unfinished)"]);
    let after = names(&project);
    assert!(!after.iter().any(partial), "{after:?}");
    assert_eq!(after.len(), 4, "the last, and the verified one: {after:?}");
}

/// While `pg_dump` is at work, and may log in once more.
fn a_killed_process_leaves_no_password(format: &str) {
    let database = PostgresDatabase::create();
    let (project, _) = hanging(&database, format);
    let folder = project.path("temporary");
    fs::create_dir(&folder).expect("it is ours");
    let project = project.env("TMPDIR", &folder.to_string_lossy());
    let backup = Running::of(&project, &["backup"]);
    wait_for(&project, "hanging");
    // It is killed when it is dropped.
    drop(backup);
    let left = fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(left, 0, "in the folder for temporary files");
    project.write("on", "");
}

/// In a folder of its own, which nobody else has locked.
fn a_second_one_of_the_same_database_waits_wherever_it_is_put(format: &str) {
    let database = PostgresDatabase::create();
    let (project, _) = hanging(&database, format);
    let elsewhere = studio(&database);
    let backup = Running::of(&project, &["backup"]);
    wait_for(&project, "hanging");
    let refused = elsewhere.run(["backup", "--lock-wait", "0"]).exits(4);
    let said = refused.stderr;
    says(
        &said,
        &[" backup, ", "makes a backup of the same database", "hint: "],
    );
    project.write("on", "");
    backup.ends(&project).succeeds();
    elsewhere.run(["backup"]).succeeds();
}

fn a_request_to_stop_ends_it_and_leaves_nothing(format: &str) {
    let database = PostgresDatabase::create();
    let (project, before) = hanging(&database, format);
    let backup = Running::of(&project, &["backup"]);
    wait_for(&project, "hanging");
    backup.signal("INT");
    let said = backup.ends(&project).exits(130).stderr;
    assert_eq!(names(&project), before, "{said}");
    says(&said, &["interrupted"]);
}

fn what_dies_before_its_manifest_is_no_backup_and_goes(format: &str) {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, format, "exec $REAL \"$@\"\n");
    is_none_before_its_manifest(&project);
}

/// Somebody puts a file there that has the name of the new one.
fn a_name_that_is_taken_meanwhile_is_left_alone(format: &str) {
    const TAKES: &str = "take() {
    while ! ls -d backups/*.partial > /dev/null 2>&1; do sleep 0.05; done
    for new in backups/*.partial; do echo mine > \"${new%.partial}\"; done
}
[ -z \"$folder\" ] || { take; exec $REAL \"$@\"; }
$REAL \"$@\" | (head -c 100; take; cat)
";
    let database = PostgresDatabase::create();
    let project = spoilt(&database, format, TAKES);
    let before = names(&project);
    let said = project.run(["backup"]).exits(1).stderr;
    let after = names(&project);
    assert_eq!(after.len(), before.len() + 1, "{after:?}: {said}");
    says(&said, &["is there already, and stays as it is"]);
}

#[track_caller]
fn wait_for(project: &Project, file: &str) {
    for _ in 0..600 {
        if project.path(file).exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("`{file}` was not there within 30 s");
}
