//! One moment for `pg_dump` and for us, whatever others do; and a password that nobody sees.

mod counting;
mod forms;
mod login;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::backend::dump::tests::{Copied, Scene, copy, counts};
use crate::backend::dump::{Programs, open_dump};
use crate::backend::support::engine::Engine as _;
use crate::backend::support::postgres::{Cluster, PostgresDatabase};

/// Makes a program of this name that runs lines of a shell; `$REAL` is the installed one.
fn program(scene: &Scene, lines: &str) -> PathBuf {
    let real = programs::find(
        &Programs::default(),
        programs::PG_DUMP,
        &Server {
            version: String::new(),
            major: 1,
        },
    );
    let real = real.expect("it is installed with the server").tool.path;
    let path = scene.folder.path().join("pg_dump");
    let text = format!("#!/bin/sh\nREAL={}\n{lines}\n", real.display());
    std::fs::write(&path, text).expect("the folder is ours");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    path
}

/// The same, but for what it says of itself.
fn work(scene: &mut Scene, lines: &str) {
    let lines = format!("case \"$1\" in --version|--help) exec $REAL \"$1\";; esac\n{lines}");
    scene.programs.pg_dump = Some(program(scene, &lines));
}

/// Restores a plain dump into a database of its own.
fn restored(bytes: &[u8]) -> PostgresDatabase<'static> {
    let database = PostgresDatabase::create();
    let cluster = Cluster::shared();
    let mut psql = cluster.program("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction"])
        .arg(format!(
            "--dbname=postgres://postgres@{}/{}",
            cluster.address(),
            database.name()
        ))
        .env("PGPASSWORD", cluster.password())
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut psql = psql.spawn().expect("psql is installed with the server");
    let mut stdin = psql.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, bytes).expect("it reads all");
    drop(stdin);
    assert!(psql.wait().expect("it is ours").success());
    database
}

fn dumped(scene: &Scene, database: &PostgresDatabase<'_>) -> Result<Copied, DumpError> {
    copy(&database.url(), &scene.request(Format::Plain))
}

#[test]
fn what_is_no_whole_dump_is_refused() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER)");
    let mut scene = Scene::new();
    let mut refused = |lines: &str| {
        work(&mut scene, lines);
        let ended = dumped(&scene, &database).map(|copied| copied.moment);
        ended.expect_err(lines)
    };
    let error = refused("echo 'no room' >&2; exit 1");
    assert!(
        matches!(&error, DumpError::ToolFailed { complaints, status, .. }
            if complaints == "no room\n" && status == "exit status: 1"),
        "{error:?}"
    );
    let error = refused("$REAL \"$@\"; exit 3");
    assert!(matches!(&error, DumpError::ToolFailed { .. }), "{error:?}");
    let error = refused("$REAL \"$@\"; kill -9 $$");
    assert!(
        matches!(&error, DumpError::ToolFailed { status, .. } if status.contains("signal: 9")),
        "{error:?}"
    );
    let error = refused("exit 0");
    assert!(matches!(&error, DumpError::Silent { .. }), "{error:?}");
}

#[test]
fn an_older_program_is_refused_before_it_begins() {
    let database = PostgresDatabase::create();
    let mut scene = Scene::new();
    scene.programs.pg_dump = Some(program(&scene, "echo 'pg_dump (PostgreSQL) 9.6.24'"));
    let refused = dumped(&scene, &database).map(|copied| copied.moment);
    let Err(DumpError::ToolTooOld { version, major, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!((version.as_str(), major >= 10), ("9.6.24", true));
}

#[test]
fn whoever_drops_a_dump_ends_it() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (t TEXT); INSERT INTO a SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
    let scene = Scene::new();
    let address = database.url().parse().expect("it is an address");
    let dump = open_dump(&address, &scene.request(Format::Plain)).expect("it begins");
    let at_work = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'pg_dump of%'";
    assert_eq!(database.query_i64(at_work), 1);
    drop(dump);
    let begun = Instant::now();
    while database.query_i64(at_work) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it lives on");
        thread::sleep(Duration::from_millis(20));
    }
}
