//! Data files as people have them, and seedings that have nothing to do, from end to end.

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    data_files_are_read_as_they_are_written,
    headers_that_do_not_fit_are_told,
    the_environment_is_the_one_that_is_meant,
];

fn project(database: &dyn Engine) -> Project {
    let project = Project::new()
        .migration(
            "2026-01-01-000000_create_notes",
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT NOT NULL, remark TEXT);",
            "DROP TABLE notes;",
        )
        .on(database);
    project.run(["up", "-q"]).succeeds();
    project
}

/// Returns the rows as `id|word|remark`, NULL as `NULL`.
fn rows(database: &dyn Engine) -> Vec<String> {
    database.query_column(
        "SELECT id || '|' || word || '|' || coalesce(remark, 'NULL') FROM notes ORDER BY id",
    )
}

fn data_files_are_read_as_they_are_written(database: &dyn Engine) {
    let project = project(database);
    let expected = [
        "1|two\nlines, \"quoted\"|NULL",
        "2|empty|",
        "3|\u{1f600} Å\u{308} 日本|\\N",
    ];
    for text in [
        // As spreadsheets write it.
        "\u{feff}id,word,remark\r\n1,\"two\nlines, \"\"quoted\"\"\",\r\n2,empty,\"\"\r\n3,\u{1f600} Å\u{308} 日本,\\N\r\n",
        // Without an end of the last line, in another order.
        "word,remark,id\n\"two\nlines, \"\"quoted\"\"\",,1\nempty,\"\",2\n\u{1f600} Å\u{308} 日本,\\N,3",
    ] {
        project.write("seeds/development/010_notes.csv", text);
        project.run(["seed"]).succeeds();
        assert_eq!(rows(database), expected);
        let again = project.run(["seed", "--force"]).succeeds();
        assert!(again.stdout.contains("3 unchanged"), "{}", again.stdout);
    }
}

fn headers_that_do_not_fit_are_told(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    for (text, code) in [
        ("id,word,remarks\n1,a,b\n", 1),
        ("id,remark\n1,a\n", 1),
        ("word,remark\na,b\n", 1),
        ("id,word,word\n1,a,b\n", 1),
        ("id,word,\n1,a,b\n", 1),
        ("id,word\n1,a,b\n", 1),
        ("", 1),
        ("id,word\n", 0),
    ] {
        project.write("seeds/development/010_notes.csv", text);
        session.run("seed").exits(code);
    }
    session.matches(database.either("seed_headers_sqlite", "seed_headers_postgres"));
    assert_eq!(rows(database), [""; 0]);
}

fn the_environment_is_the_one_that_is_meant(database: &dyn Engine) {
    let project = project(database)
        .file("seeds/development/010_notes.csv", "id,word\n1,a\n")
        .file("seeds/test/010_notes.csv", "id,word\n2,b\n");
    // Unset, it is development, which `up` has marked the database as.
    for environment in [None, Some("")] {
        let mut command = project.command(["seed", "--dry-run"]);
        if let Some(value) = environment {
            command.env("DIESELKIT_ENV", value);
        }
        let output = command.output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("development/010_notes.csv"), "{said}");
    }
    let mut session = Session::of(&project);
    session.run("seed --env develpment").exits(2);
    session.run("seed --env develpment --dry-run").exits(2);
    session.run("seed --env test").exits(5);
    session
        .run("seed --env test --force --allow-pending")
        .exits(5);
    project.write(
        "dieselkit.toml",
        "[environments.development]\n[environments.test]\n",
    );
    session.run("seed --env develpment").exits(2);
    session.matches("seed_environment_meant");
    assert_eq!(rows(database), [""; 0]);
    assert!(!database.has_table("__dieselkit_seeds"));
}

/// What writes to the database shows in its file.
#[cfg(feature = "sqlite")]
#[test]
fn unchanged_seeds_leave_the_file_as_it_is() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = of_all_kinds(&database);
    let path = database.url().replace("sqlite:", "");
    let bytes = || {
        let folder = std::path::Path::new(&path)
            .parent()
            .expect("a file has a folder");
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder is ours")
            .map(|entry| entry.expect("the folder is ours").path())
            .filter(|path| !path.display().to_string().ends_with("lock"))
            .collect();
        names.sort();
        let read = |path: &std::path::PathBuf| std::fs::read(path).expect("the file is ours");
        names.iter().map(read).collect::<Vec<_>>()
    };
    let before = bytes();
    assert!(!before[0].is_empty());
    project.run(["seed"]).succeeds();
    assert_eq!(bytes(), before);
    project.run(["seed", "--force"]).succeeds();
    assert_ne!(bytes(), before);
}

/// Whatever writes takes a transaction id, of which the cluster has one counter.
#[cfg(feature = "postgres")]
#[test]
fn unchanged_seeds_take_no_transaction_id() {
    let cluster = crate::support::postgres::Cluster::start();
    // It takes ids of its own.
    cluster.execute("ALTER SYSTEM SET autovacuum = off");
    cluster.execute("SELECT pg_reload_conf()");
    let database = cluster.create_database();
    let project = of_all_kinds(&database);
    let next = || database.query_text("SELECT txid_snapshot_xmax(txid_current_snapshot())");
    let before = next();
    project.run(["seed"]).succeeds();
    assert_eq!(next(), before);
    project.run(["seed", "--force"]).succeeds();
    assert_ne!(next(), before);
}

/// Makes a project with a seed of each kind, which ran.
fn of_all_kinds(database: &dyn Engine) -> Project {
    let project = project(database)
        .file("seeds/common/010_notes.csv", "id,word\n1,a\n")
        .file(
            "seeds/common/020_notes.jsonl",
            "{\"id\": 2, \"word\": \"b\"}\n",
        )
        .file(
            "seeds/development/030_notes.json",
            "[{\"id\": 3, \"word\": \"c\"}]",
        )
        .file(
            "seeds/development/040_notes.sql",
            "INSERT INTO notes (id, word) VALUES (4, 'd') ON CONFLICT DO NOTHING;",
        )
        .file(
            "seeds/development/050_notes.sql",
            "-- seed: once\nINSERT INTO notes (id, word) VALUES (5, 'e');",
        );
    project.run(["seed"]).succeeds();
    project
}
