//! One moment for `pg_dump` and for us, whatever others do; and a password that nobody sees.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

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
fn what_is_counted_is_what_is_restored_while_others_write() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE a (id SERIAL PRIMARY KEY, at TIMESTAMPTZ DEFAULT now(), amount REAL DEFAULT random());
CREATE TABLE b (id INTEGER REFERENCES a);
INSERT INTO a (amount) SELECT 1 FROM generate_series(1, 20000);",
    );
    let ended = AtomicBool::new(false);
    let mut scene = Scene::new();
    work(&mut scene, "sleep 0.5; exec $REAL \"$@\"");
    let copied = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    database.execute(
                        "WITH new AS (INSERT INTO a DEFAULT VALUES RETURNING id) INSERT INTO b SELECT id FROM new",
                    );
                }
            });
        }
        let copied = dumped(&scene, &database);
        ended.store(true, Ordering::SeqCst);
        copied
    });
    let copied = copied.expect("it is whole");
    let again = dumped(&Scene::new(), &restored(&copied.bytes)).expect("it is whole");
    assert_eq!(again.facts.tables, copied.facts.tables);
    let now = dumped(&Scene::new(), &database).expect("it is whole");
    assert_ne!(now.facts.tables, copied.facts.tables, "nobody wrote");
    // A sequence moves on without asking, and a restored one must not be behind.
    let [found, wanted] = [&again, &copied].map(|copied| copied.facts.sequences[0].last_value);
    assert!(found >= wanted && wanted >= 20000, "{found} {wanted}");
}

/// The planner looks into the function of an index, whatever is asked of the table.
#[test]
fn an_index_whose_function_needs_the_search_path_is_counted_and_told() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE people (name TEXT, kind REGCLASS);
CREATE TABLE other (name TEXT);
CREATE INDEX ON other (lower(name));
INSERT INTO people VALUES ('Ada', 'people'), ('Grace', 'other');",
    );
    let before = dumped(&Scene::new(), &database).expect("it is whole");
    assert_eq!(before.complaints, [""; 0]);
    database.execute(
        "CREATE FUNCTION clean(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS 'SELECT lower(t)';
CREATE FUNCTION norm(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS 'SELECT clean(t)';
CREATE INDEX ON people (norm(name));",
    );
    let after = dumped(&Scene::new(), &database).expect("it is whole");
    assert_eq!(after.facts.tables, before.facts.tables);
    assert_eq!(counts(&after.facts), ["public.other 0", "public.people 2"]);
    let [warning] = after.complaints.as_slice() else {
        panic!("not one: {:?}", after.complaints);
    };
    insta::assert_snapshot!(warning);
    let scene = Scene::new();
    let request = DumpRequest {
        hashing: Hashing::Skipped,
        ..scene.request(Format::Plain)
    };
    let counted = copy(&database.url(), &request).expect("it is whole");
    assert_eq!(counts(&counted.facts), counts(&after.facts));
}

/// A table that is rewritten between the snapshot and `pg_dump`'s lock would be dumped empty, and
/// one that we keep from being rewritten would keep `pg_dump` from it, for ever.
#[test]
fn a_table_that_changes_its_shape_is_dumped_whole() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a SELECT generate_series(1, 1000)");
    let mut scene = Scene::new();
    let begun = scene.folder.path().join("begun");
    work(
        &mut scene,
        &format!("touch {}; sleep 0.7; exec $REAL \"$@\"", begun.display()),
    );
    let copied = thread::scope(|scope| {
        scope.spawn(|| {
            while !begun.exists() {
                thread::sleep(Duration::from_millis(10));
            }
            database.execute("ALTER TABLE a ALTER COLUMN id TYPE BIGINT");
        });
        dumped(&scene, &database)
    });
    let copied = copied.expect("it is whole");
    assert_eq!(counts(&copied.facts), ["public.a 1000"]);
    let restored = restored(&copied.bytes);
    assert_eq!(restored.query_i64("SELECT count(*) FROM a"), 1000);
    let column = "SELECT data_type FROM information_schema.columns WHERE table_name = 'a'";
    assert_eq!(restored.query_text(column), "bigint");
}

#[test]
fn tables_that_are_changed_all_the_time_are_not_waited_for_without_end() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER)");
    let mut holder = database.connect();
    Backend::batch_execute(&mut holder, "BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
        .expect("it is free");
    let scene = Scene::new();
    let request = DumpRequest {
        patience: Duration::from_millis(100),
        ..scene.request(Format::Plain)
    };
    let refused = copy(&database.url(), &request).map(|copied| copied.moment);
    assert!(
        matches!(refused, Err(DumpError::TablesChanging { .. })),
        "{refused:?}"
    );
}

#[test]
fn names_and_passwords_may_hold_anything() {
    let cluster = Cluster::shared();
    let name = format!("My \"own\" 'db' {}", Uuid::new_v4().simple());
    let quoted = name.replace('"', "\"\"");
    let database = PostgresDatabase::create();
    let role = database.create_role(r"a:b\c@d 'e' /f?");
    cluster.execute(&format!("CREATE DATABASE \"{quoted}\" OWNER {}", role.name));
    let url = database.url_as(&role);
    let address = PostgresAddress::parse(&url)
        .expect("it is one")
        .with_database(&name);
    let record = Scene::new();
    let mut scene = Scene::new();
    let at = |name: &str| record.folder.path().join(name);
    work(
        &mut scene,
        &format!(
            "env > {0}/env; tr '\\0' '\\n' < /proc/$$/cmdline > {0}/cmdline; cp \"$PGPASSFILE\" {0}/passfile; echo \"$PGPASSFILE\" > {0}/path; exec $REAL \"$@\"",
            record.folder.path().display()
        ),
    );
    let copied = copy(&address.url(), &scene.request(Format::Plain));
    cluster.execute(&format!("DROP DATABASE \"{quoted}\""));
    assert_eq!(copied.expect("it is whole").moment.name, name);
    let read = |name: &str| std::fs::read_to_string(at(name)).expect("it was recorded");
    assert_eq!(read("passfile"), "*:*:*:*:a\\:b\\\\c@d 'e' /f?\n");
    assert!(is_gone(read("path").trim()));
    for place in ["env", "cmdline"] {
        assert!(!read(place).contains("@d 'e'"), "{}", read(place));
    }
    assert!(read("cmdline").contains("--snapshot="));
}

/// Returns whether a file of passwords is closed, or not there: what is open under its number by now
/// is something else, and has a name.
fn is_gone(passfile: &str) -> bool {
    match std::fs::read_link(passfile) {
        Ok(behind) => !behind.to_string_lossy().ends_with("(deleted)"),
        Err(_) => !std::path::Path::new(passfile).exists(),
    }
}

#[test]
fn the_password_is_gone_on_every_way_out() {
    let database = PostgresDatabase::create();
    let role = database.create_role("a secret");
    let mut scene = Scene::new();
    let path = scene.folder.path().join("path");
    let note = format!("echo \"$PGPASSFILE\" > {}", path.display());
    for end in ["exit 1", "kill -9 $$", "exit 0", "exec $REAL \"$@\""] {
        work(&mut scene, &format!("{note}; {end}"));
        let ended = copy(&database.url_as(&role), &scene.request(Format::Plain));
        if let Err(error) = ended {
            assert!(
                !format!("{error:?} {error}").contains("a secret"),
                "{error:?}"
            );
        }
        let passfile = std::fs::read_to_string(&path).expect("it was recorded");
        assert_ne!(passfile.trim(), "");
        assert!(is_gone(passfile.trim()), "{end}");
    }
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

/// A cast of one's own takes two minutes for a row.
#[test]
fn what_is_counted_slowly_is_ended_in_its_middle() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE a (id INTEGER);
INSERT INTO a VALUES (1);
CREATE FUNCTION slowly(a) RETURNS TEXT LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_catalog.pg_sleep(120); RETURN 1; END';
CREATE CAST (a AS TEXT) WITH FUNCTION slowly(a);",
    );
    let scene = Scene::new();
    let begun = Instant::now();
    let copied = thread::scope(|scope| {
        scope.spawn(|| {
            let sleeps = format!(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '{}'",
                database.name()
            );
            while database.query_i64(&sleeps) == 0 && begun.elapsed() < Duration::from_mins(1) {
                thread::sleep(Duration::from_millis(50));
            }
            scene.cancellation.cancel();
        });
        dumped(&scene, &database)
    });
    assert!(
        matches!(copied, Err(DumpError::Interrupted)),
        "{:?}",
        copied.err()
    );
    assert!(
        begun.elapsed() < Duration::from_secs(110),
        "it was waited for"
    );
}

#[test]
fn a_part_of_a_database_is_what_pg_dump_takes_for_it() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE SCHEMA \"App\"; CREATE TABLE a (id SERIAL); CREATE TABLE b (id SERIAL); CREATE TABLE \"App\".c (id SERIAL);
INSERT INTO a DEFAULT VALUES; INSERT INTO b DEFAULT VALUES; INSERT INTO \"App\".c DEFAULT VALUES;",
    );
    let names = |schemas: &[&str], tables: &[&str], without: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let mut scene = Scene::new();
        scene.scope.schemas = owned(schemas);
        scene.scope.tables = owned(tables);
        scene.scope.without_data_of = owned(without);
        let copied = dumped(&scene, &database).expect("it is whole");
        let target = PostgresDatabase::create();
        target.execute("DROP SCHEMA public");
        target.execute("CREATE SCHEMA public; CREATE SCHEMA \"App\"");
        let text = String::from_utf8(copied.bytes).expect("it is SQL");
        // The schemas are there already.
        let text = text.replace("CREATE SCHEMA \"App\";", "");
        let cluster = Cluster::shared();
        let _ = cluster;
        target.execute(&without_copies(&text));
        let made = target.query_column(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'App') ORDER BY 1",
        );
        let facts: Vec<_> = copied
            .facts
            .tables
            .iter()
            .map(|table| table.name.clone())
            .collect();
        let mut sorted = facts;
        sorted.sort();
        assert_eq!(sorted, made);
        let sequences = target.query_column(
            "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences ORDER BY 1",
        );
        let mut found: Vec<_> = copied
            .facts
            .sequences
            .iter()
            .map(|fact| fact.name.clone())
            .collect();
        found.sort();
        assert_eq!(found, sequences);
        counts(&copied.facts)
    };
    assert_eq!(
        names(&[], &[], &["b"]),
        ["\"App\".c 1", "public.a 1", "public.b 0"]
    );
    assert_eq!(names(&["\"App\""], &[], &[]), ["\"App\".c 1"]);
    assert_eq!(names(&["\"App\""], &["A"], &[]), ["public.a 1"]);
    assert_eq!(
        names(&[], &["[ab]", "\"App\".*"], &[]),
        ["\"App\".c 1", "public.a 1", "public.b 1"]
    );
}

/// Returns a dump without its rows and without what psql alone reads.
fn without_copies(text: &str) -> String {
    let mut kept = Vec::new();
    let mut in_rows = false;
    for line in text.lines() {
        if line.starts_with("COPY ") {
            in_rows = true;
        } else if in_rows && line == "\\." {
            in_rows = false;
        } else if !in_rows && !line.starts_with('\\') {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[test]
fn an_archive_and_a_folder_are_written_too() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (2)");
    let scene = Scene::new();
    let copied = copy(&database.url(), &scene.request(Format::Custom)).expect("it is whole");
    assert!(copied.bytes.starts_with(b"PGDMP"));
    assert_eq!(counts(&copied.facts), ["public.a 2"]);
    let folder = scene.folder.path().join("whole");
    let request = DumpRequest {
        folder: Some(&folder),
        jobs: std::num::NonZeroU32::new(2).expect("it is not zero"),
        ..scene.request(Format::Directory)
    };
    let copied = copy(&database.url(), &request).expect("it is whole");
    assert_eq!(
        (copied.bytes.len(), counts(&copied.facts)),
        (0, vec!["public.a 2".to_owned()])
    );
    assert!(folder.join("toc.dat").exists());
}

#[test]
fn a_reader_sees_what_it_owns_nothing_of() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    let reader = database.create_reader("secret");
    let scene = Scene::new();
    let copied = copy(&database.url_as(&reader), &scene.request(Format::Plain));
    let copied = copied.expect("reading is enough");
    assert_eq!(counts(&copied.facts), ["public.a 1"]);
    assert!(
        copied.facts.roles.contains(&reader.name),
        "{:?}",
        copied.facts.roles
    );
    assert!(copied.facts.roles.contains(&"postgres".to_owned()));
    let tool = copied.moment.tool.expect("it is pg_dump");
    assert!(tool.path.ends_with("pg_dump"));
    let same = dumped(&scene, &database)
        .expect("it is whole")
        .moment
        .identity;
    assert_eq!(copied.moment.identity, same);
}

#[test]
fn the_roles_of_the_server_are_written_apart() {
    let database = PostgresDatabase::create();
    let role = database.create_role("a secret");
    let scene = Scene::new();
    let request = scene.request(Format::Plain);
    let text = |url: &str| {
        let address = url.parse().expect("it is an address");
        let globals = dump::globals(&address, &request).expect("it is whole");
        let globals = globals.expect("it has a server");
        let text = String::from_utf8(globals.text).expect("it is SQL");
        (text, globals.complaints)
    };
    let made = format!("CREATE ROLE {};", role.name);
    let (whole, complaints) = text(&database.url());
    assert!(whole.contains(&made) && whole.contains("SCRAM-SHA-256"));
    assert_eq!(complaints, [""; 0]);
    let (seen, complaints) = text(&database.url_as(&role));
    assert!(seen.contains(&made) && !seen.contains("SCRAM-SHA-256"));
    assert!(complaints[0].contains(&role.name), "{complaints:?}");
}

#[test]
fn half_of_the_roles_is_none() {
    let database = PostgresDatabase::create();
    let scene = Scene::new();
    let half = "case \"$1\" in --version) echo 'pg_dumpall (PostgreSQL) 99.1';; *) echo 'CREATE ROLE half;';; esac";
    let beside = scene.folder.path().join("pg_dumpall");
    std::fs::rename(program(&scene, half), beside).expect("it is ours");
    let whole = "echo 'pg_dump (PostgreSQL) 99.1'";
    let programs = Programs {
        pg_dump: Some(program(&scene, whole)),
        ..Programs::default()
    };
    let request = DumpRequest {
        programs: &programs,
        ..scene.request(Format::Plain)
    };
    let address = database.url().parse().expect("it is an address");
    let refused = dump::globals(&address, &request);
    assert!(
        matches!(refused, Err(DumpError::Silent { .. })),
        "{refused:?}"
    );
}
