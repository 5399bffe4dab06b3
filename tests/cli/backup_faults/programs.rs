//! A `pg_dump` that fails, or that says that all is well where it is not, in each format.

use super::{KEEP_ONE, left_what_was, names, says};
use crate::session::studio;
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;

/// What stands before whatever a false `pg_dump` does: it knows where it writes to, and how to leave
/// half of a file.
const BEGINNING: &str = "\
for word; do case \"$word\" in --file=*) folder=\"${word#--file=}\";; esac; done
halve() { head -c $(($(wc -c < \"$1\") / 2)) \"$1\" > half && cat half > \"$1\"; }
";

/// Runs each as three tests, one a format.
macro_rules! in_each_format {
    ($($name:ident),+ $(,)?) => {
        mod plain { $(#[test] fn $name() { super::$name("plain"); })+ }
        mod custom { $(#[test] fn $name() { super::$name("custom"); })+ }
        mod directory { $(#[test] fn $name() { super::$name("directory"); })+ }
    };
}

in_each_format![
    one_that_is_killed_half_way_leaves_nothing,
    one_that_fails_leaves_nothing_and_is_quoted,
    one_that_writes_nothing_and_ends_well_leaves_nothing,
    one_that_writes_half_and_ends_well_leaves_nothing,
    one_that_does_not_write_the_end_and_ends_well_leaves_nothing,
    one_older_than_the_server_is_not_used,
];

/// Lets a script make the backups, which calls the real program `$REAL`.
pub(super) fn replace(database: &PostgresDatabase<'_>, project: &Project, script: &str) {
    let lines = format!("{BEGINNING}{script}");
    database.cluster().stand_in(project, "pg_dump", &lines);
}

/// Returns a project with one good backup, whose next ones are made by a script.
pub(super) fn spoilt(database: &PostgresDatabase<'_>, format: &str, script: &str) -> Project {
    let format = format!("[backups]\nformat = \"{format}\"\n");
    let project = studio(database).config(&format!("{format}{KEEP_ONE}"));
    project.run(["up"]).succeeds();
    database.execute("INSERT INTO users SELECT generate_series(1, 20000)");
    project.run(["backup"]).succeeds();
    replace(database, &project, script);
    project.config(&format!("{format}pg_dump = \"./pg_dump\"\n{KEEP_ONE}"))
}

/// Checks that what a script makes is no backup, and returns what was said.
#[track_caller]
fn leaves_what_was(format: &str, script: &str) -> String {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, format, script);
    let before = names(&project);
    left_what_was(&project, &before, project.run(["backup"]))
}

fn one_that_is_killed_half_way_leaves_nothing(format: &str) {
    let half = match format {
        "directory" => "$REAL \"$@\"; halve \"$folder/toc.dat\"",
        _ => "$REAL \"$@\" | head -c 2000",
    };
    let said = leaves_what_was(format, &format!("{half}\nkill -KILL $$\n"));
    let parts = ["error: ", "pg_dump", "signal", "none was removed", "hint: "];
    says(&said, &parts);
}

fn one_that_fails_leaves_nothing_and_is_quoted(format: &str) {
    let said = leaves_what_was(format, "echo 'pg_dump: error: out of luck' >&2\nexit 1\n");
    says(
        &said,
        &["error: ", "out of luck", "none was removed", "hint: "],
    );
}

fn one_that_writes_nothing_and_ends_well_leaves_nothing(format: &str) {
    let said = leaves_what_was(format, "exit 0\n");
    let why = match format {
        "directory" => "`toc.dat` is missing",
        _ => "wrote nothing that is whole",
    };
    says(&said, &["error: ", why]);
}

fn one_that_writes_half_and_ends_well_leaves_nothing(format: &str) {
    let halves = match format {
        "directory" => &[
            "$REAL \"$@\"; halve \"$folder/toc.dat\"",
            "$REAL \"$@\"; for file in \"$folder\"/*.dat.gz; do halve \"$file\"; done",
            "$REAL \"$@\"; rm \"$folder\"/*.dat.gz",
        ][..],
        _ => &["$REAL \"$@\" > whole; halve whole; cat whole"][..],
    };
    for half in halves {
        let said = leaves_what_was(format, &format!("{half}\nexit 0\n"));
        says(&said, &["error: the copy is not whole: ", "hint: "]);
    }
}

/// Of a folder that is the last of its files; of an archive, its last bytes, behind all rows.
fn one_that_does_not_write_the_end_and_ends_well_leaves_nothing(format: &str) {
    let script = match format {
        "plain" => "$REAL \"$@\" | grep -v 'dump complete'\nexit 0\n",
        "custom" => "$REAL \"$@\" > whole; head -c -4 whole\nexit 0\n",
        _ => "$REAL \"$@\"; ls \"$folder\"/*.dat.gz | tail -n 1 | xargs rm\nexit 0\n",
    };
    let said = leaves_what_was(format, script);
    says(&said, &["error: the copy is not whole: ", "hint: "]);
}

fn one_older_than_the_server_is_not_used(format: &str) {
    let database = PostgresDatabase::create();
    let project = spoilt(&database, format, "exit 0\n");
    let before = names(&project);
    project.write("pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n");
    let said = left_what_was(&project, &before, project.run(["backup"]));
    says(&said, &["9.6", "older", "hint: "]);
}
