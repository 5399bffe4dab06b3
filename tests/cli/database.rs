//! `db create`, `db drop`, `db mark`, `reset`, and databases that are not there.

use crate::session::{Session, studio, studio_applied};
use crate::support::engine::Engine;
#[cfg(feature = "sqlite")]
use crate::support::project::Project;

on_both_engines![
    the_database_is_made_marked_and_dropped,
    a_missing_database_names_its_cure,
    another_database_that_is_not_there_is_not_made_to_drop_it,
    reset_drops_everything_and_applies_all,
    reset_of_an_empty_folder_drops_nothing,
];

/// Drops the database behind the program's back.
fn drop_it(project: &crate::support::project::Project) {
    project.run(["db", "drop", "--yes"]).succeeds();
}

fn the_database_is_made_marked_and_dropped(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE before (id INTEGER)");
    let mut session = Session::of(&project);
    session.run("db create").succeeds();
    session.run("db drop").exits(5);
    session.run("db drop --yes").succeeds();
    session.run("db drop --yes").exits(1);
    session.run("db create --json").succeeds();
    session.run("db create --json").succeeds();
    session.run("up -q").succeeds();
    session.run("db mark development").succeeds();
    session.run("db mark staging").exits(5);
    session.run("db mark staging --yes").succeeds();
    session.run("up").exits(5);
    session.run("up --env staging").succeeds();
    session.run("db mark Staging!").exits(2);
    session.run("db drop --env staging --yes --json").succeeds();
    session.matches(database.either("database_sqlite", "database_postgres"));
}

fn a_missing_database_names_its_cure(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE before (id INTEGER)");
    drop_it(&project);
    let mut session = Session::of(&project);
    for line in [
        "status",
        "history",
        "check",
        "rollback --yes",
        "redo --yes",
        "goto 20260101000000",
        "baseline 20260101000000",
        "reset --yes",
        "db drop --yes",
        "db mark test",
        "resolve 20260101000000 --applied --reason x",
        "repair 20260101000000 --reason x",
    ] {
        let output = session.run(line).exits(1);
        assert!(
            output.stderr.contains("hint: `dieselkit db create`"),
            "{line}: {}",
            output.stderr
        );
    }
    session.run("up --dry-run --create-database").succeeds();
    session.run("status").exits(1);
    session.run("up --create-database").succeeds();
    session.matches(database.either("missing_database_sqlite", "missing_database_postgres"));
}

fn another_database_that_is_not_there_is_not_made_to_drop_it(database: &dyn Engine) {
    let project = studio_applied(database);
    let url = database.url();
    let other = match url.strip_prefix("sqlite:") {
        Some(path) => format!("{path}_other"),
        None => format!("{}_other", url.rsplit('/').next().expect("it names one")),
    };
    let said = project.run(["db", "drop", &other, "--yes"]).exits(1).stderr;
    assert!(said.contains("does not exist"), "{said}");
    assert!(!said.contains("db create"), "{said}");
    let shows = database.either("`ls -l /", "postgres --list`");
    assert!(
        said.contains("hint: see which there are: `") && said.contains(shows),
        "{said}"
    );
}

/// The command names the server that the address does.
#[cfg(feature = "postgres")]
#[test]
fn who_may_make_no_database_is_told_where_the_right_is_given() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let role = database.create_role("secret");
    let url = format!("{}_other", database.url_as(&role));
    let project = studio(&database).env("DATABASE_URL", &url);
    let said = project.run(["db", "create"]).exits(1).stderr;
    let port = database.cluster().port();
    let cure = format!(
        "--port {port} postgres --command 'ALTER ROLE \"{}\" CREATEDB'`",
        role.name
    );
    assert!(
        said.contains("`psql --host ") && said.contains(&cure),
        "{said}"
    );
}

fn reset_drops_everything_and_applies_all(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    database.execute("CREATE TABLE extra (id INTEGER); CREATE VIEW seen AS SELECT id FROM extra");
    let mut session = Session::of(&project);
    session.run("reset").exits(5);
    session.run("reset --yes --no-seed").succeeds();
    assert!(!database.has_table("extra"));
    session.run("reset --json --yes").succeeds();
    session.matches(database.either("reset_sqlite", "reset_postgres"));
}

fn reset_of_an_empty_folder_drops_nothing(database: &dyn Engine) {
    let project = studio(database).file("other/README.md", "the migrations are elsewhere\n");
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    session.run("reset --migrations other").exits(1);
    session
        .run("reset --migrations other --yes --no-seed")
        .exits(1);
    session
        .run("reset --migrations other --yes --json")
        .exits(1);
    session.matches("reset_empty_folder");
    assert_eq!(database.query_i64("SELECT count(*) FROM rooms"), 1);
}

#[cfg(feature = "sqlite")]
#[test]
fn dropping_by_a_link_drops_the_file() {
    let project = Project::new()
        .irreversible("2026-01-01-000000_a", "CREATE TABLE a (id INT);")
        .file("there/here/.keep", "");
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(to, project.path(from)).expect("it is free");
    };
    link("link.db", "there/second.db");
    link("there/second.db", "here/real.db");
    project.write("there/here/real.db", "");
    project
        .run(["up", "--database-url", "sqlite:link.db"])
        .succeeds();
    assert!(project.path("there/here/real.db.dieselkit-lock").exists());
    for companion in ["real.db-wal", "real.db-shm", "real.db-journal"] {
        project.write(&format!("there/here/{companion}"), "");
    }
    let dropped = project
        .run(["db", "drop", "--yes", "--database-url", "sqlite:link.db"])
        .succeeds();
    let said = "dropped `there/here/real.db`, and the links `link.db`, `there/second.db` to it\n";
    assert_eq!(dropped.stdout, said);
    let left = |folder: &str| {
        let entries = std::fs::read_dir(project.path(folder)).expect("it is there");
        entries
            .map(|entry| entry.expect("it is there").file_name())
            .collect::<Vec<_>>()
    };
    assert_eq!(left("there/here"), [".keep"]);
    assert_eq!(left("there"), ["here"]);
    assert!(!project.path("link.db").is_symlink());
}

/// Whoever opens a pipe waits for its other end, and `SQLite` takes a device for an empty file.
#[cfg(feature = "sqlite")]
#[test]
fn what_is_no_file_is_no_database() {
    let project = Project::new().irreversible("2026-01-01-000000_a", "CREATE TABLE a (id INT);");
    project.shell("mkfifo pipe.db").succeeds();
    let socket = std::os::unix::net::UnixListener::bind(project.path("socket.db"));
    let _socket = socket.expect("the name is short enough");
    std::os::unix::fs::symlink("socket.db", project.path("link.db")).expect("it is free");
    for (name, what) in [
        ("pipe.db", "a pipe"),
        ("socket.db", "a socket"),
        ("link.db", "a socket"),
    ] {
        for verb in [
            "db drop --yes",
            "db create",
            "status",
            "check",
            "up",
            "up --dry-run",
        ] {
            let refused = project
                .shell(&format!(
                    "timeout 10 dieselkit {verb} --database-url sqlite:{name}"
                ))
                .exits(1);
            let said = format!(
                "`{}` is {what}, not a SQLite database\n",
                project.path(name).display()
            );
            assert!(refused.stderr.contains(&said), "{verb}: {}", refused.stderr);
            assert!(project.path(name).symlink_metadata().is_ok(), "{verb}");
        }
    }
}

/// Returns what is in the folder of a project's databases.
#[cfg(feature = "sqlite")]
fn beside(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.path("data")).expect("it is there");
    let names = entries.map(|entry| entry.expect("it is there").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What others write, or have open with its log, would be lost unseen.
#[cfg(feature = "sqlite")]
#[test]
fn what_other_programs_are_at_is_not_dropped() {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;

    for journal in ["DELETE", "WAL"] {
        let project = Project::new()
            .irreversible("2026-01-01-000000_a", "CREATE TABLE a (id INT);")
            .env("DATABASE_URL", "sqlite:data/app.db")
            .file("data/.keep", "");
        project.run(["up"]).succeeds();
        let path = project.path("data/app.db").display().to_string();
        let mut other = diesel::SqliteConnection::establish(&path).expect("it is there");
        let mut run = |sql: &str| other.batch_execute(sql).expect(sql);
        run(&format!("PRAGMA journal_mode = {journal}"));
        run("BEGIN IMMEDIATE; INSERT INTO a VALUES (1)");
        let refused = project
            .run(["db", "drop", "--yes", "--lock-wait", "0"])
            .exits(4);
        let hint = "hint: another program holds a lock on the database: end its transaction, or \
                    wait longer: `dieselkit db drop --yes --lock-wait 10m`\n";
        assert!(refused.stderr.ends_with(hint), "{}", refused.stderr);
        run("COMMIT; INSERT INTO a VALUES (2)");
        drop(other);
        let mut reader = diesel::SqliteConnection::establish(&path).expect("it is there");
        let found = "SELECT count(*) FROM a HAVING count(*) = 2";
        let rows: Vec<i64> = diesel::RunQueryDsl::load(
            diesel::dsl::sql::<diesel::sql_types::BigInt>(found),
            &mut reader,
        )
        .expect("it is read");
        assert_eq!(rows, [2], "{journal}");
        let (reading, waiting) = std::sync::mpsc::channel::<()>();
        let ends = std::thread::spawn(move || {
            let begun = reader.batch_execute("BEGIN IMMEDIATE; INSERT INTO a VALUES (3)");
            reading.send(()).expect("it is waited for");
            std::thread::sleep(std::time::Duration::from_millis(700));
            begun.and_then(|()| reader.batch_execute("COMMIT"))
        });
        waiting.recv().expect("it begins");
        project.run(["db", "drop", "--yes"]).succeeds();
        ends.join().expect("it ends").expect("nothing was lost");
        assert_eq!(beside(&project), [".keep"], "{journal}");
    }
}

/// What others are at would be lost with their connections.
#[cfg(feature = "postgres")]
#[test]
fn a_database_that_others_are_connected_to_is_dropped_by_force_alone() {
    use diesel::connection::SimpleConnection as _;

    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    let mut other = database.connect();
    other
        .batch_execute("SET application_name = 'the web'; BEGIN; INSERT INTO users VALUES (7)")
        .expect("it is there");
    let mut session = Session::of(&project);
    let refused = session.run("db drop --yes --lock-wait 0").exits(4);
    let said = "user postgres, the web, on 127.0.0.1";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    other.batch_execute("COMMIT").expect("nobody ended it");
    project.run(["status"]).succeeds();
    session.run("db drop --yes --force").succeeds();
    other.batch_execute("SELECT 1").expect_err("it is ended");
    session.run("db drop --yes --force").exits(1);
    session.matches("drop_in_use");
}
