//! What is wrong with files, locks, half-done steps and backups, as `doctor` tells it.

#[cfg(feature = "sqlite")]
use std::fs;

use serde_json::{Value, json};

use super::{found, problem, problems};
use crate::backup_verify::with_backup;
#[cfg(feature = "sqlite")]
use crate::disk::SmallDisk;
use crate::processes::{Running, slow};
use crate::session::{studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;
#[cfg(feature = "sqlite")]
use crate::support::sqlite::SqliteDatabase;

on_both_engines![
    each_file_that_is_wrong_is_told_with_its_place,
    a_file_that_is_still_the_template_has_its_cure,
    files_are_looked_at_where_no_database_is,
    without_a_folder_the_database_is_looked_at,
    who_holds_the_lock_is_named,
    a_step_that_was_cut_off_is_told,
    how_old_the_last_backup_and_its_test_are_is_told,
];

fn each_file_that_is_wrong_is_told_with_its_place(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    for (name, sql) in [
        ("2026-01-04-000000_a", "SELEC 1;\n"),
        ("2026-01-05-000000_b", "SELECT 1;\n\nSELEC 2;\n"),
    ] {
        project.write(&up_of(name), sql);
        project.write(&format!("migrations/{name}/down.sql"), "SELECT 1;\n");
    }
    let told = problems(&project, "migrations");
    let places = [
        "migrations/2026-01-04-000000_a/up.sql:1:1: ",
        "migrations/2026-01-05-000000_b/up.sql:3:1: ",
    ];
    assert_eq!(told.len(), places.len(), "{told:?}");
    for ((message, cure), place) in told.iter().zip(places) {
        assert!(message.starts_with(place), "{message}");
        assert!(cure.contains("`dieselkit check`"), "{cure}");
    }
}

fn a_file_that_is_still_the_template_has_its_cure(database: &dyn Engine) {
    let project = studio(database);
    project.run(["new", "left"]).succeeds();
    let told = problems(&project, "migrations");
    assert!(!told.is_empty());
    let (message, cure) = &told[0];
    assert!(message.contains("still the template"), "{message}");
    assert!(cure.contains("up.sql`, then run `dieselkit up`"), "{cure}");
}

fn files_are_looked_at_where_no_database_is(database: &dyn Engine) {
    let nowhere = database.either(
        "sqlite:nowhere.db",
        "postgres://ana@127.0.0.1:1/shop?connect_timeout=1",
    );
    let project = studio(database).env("DATABASE_URL", nowhere);
    project.write(&up_of("2026-01-02-000000_create_rooms"), "SELEC 1;\n");
    problem(&project, "connection");
    let (message, _) = problem(&project, "migrations");
    assert!(message.contains("create_rooms/up.sql:1:1: "), "{message}");
}

fn without_a_folder_the_database_is_looked_at(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let found = found(&project, &["--migrations", "elsewhere"]);
    let verdict_of = |check: &str| {
        let it = found.iter().find(|it| it.check == check);
        it.map(|it| it.verdict.as_str())
    };
    for check in ["connection", "privileges", "lock", "mark"] {
        assert_eq!(verdict_of(check), Some("good"), "{check}");
    }
    assert_eq!(verdict_of("migrations"), Some("problem"));
}

fn who_holds_the_lock_is_named(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of("2026-01-04-000000_slow"), slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let found = found(&project, &[]);
    let lock = found.iter().find(|it| it.check == "lock");
    let lock = lock.expect("it is looked at");
    assert_eq!(lock.verdict, "note");
    let message = &lock.message;
    assert!(message.starts_with("held by pid "), "{message}");
    assert!(message.contains("dieselkit "), "{message}");
}

fn a_step_that_was_cut_off_is_told(database: &dyn Engine) {
    let rooms = "2026-01-02-000000_create_rooms";
    let project = studio(database).metadata(rooms, "run_in_transaction = false\n");
    let half = "CREATE TABLE rooms (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n";
    project.write(&up_of(rooms), half);
    project.run(["up"]).exits(1);
    let (message, cure) = problem(&project, "migrations");
    assert!(message.contains(rooms), "{message}");
    assert!(cure.contains("`dieselkit up`"), "{cure}");
}

#[cfg(feature = "sqlite")]
#[test]
fn a_disk_with_little_room_for_backups_is_told() {
    let Some(disk) = SmallDisk::mount_of("8m") else {
        eprintln!("skipped: only root may mount a small file system");
        return;
    };
    let folder = disk.path().join("backups");
    let config = format!("[backups]\ndirectory = '{}'\n", folder.display());
    let database = SqliteDatabase::create();
    let project = studio(&database).config(&config);
    project.run(["up"]).succeeds();
    // Nothing makes it smaller.
    database.execute("CREATE TABLE noise (bytes BLOB)");
    database.execute("INSERT INTO noise VALUES (randomblob(400000))");
    project.run(["backup"]).succeeds();
    assert_eq!(problems(&project, "disk"), []);
    // All but less than a block's worth of it.
    let mut block = 1 << 20;
    let filler = disk.path().join("filler");
    let mut content = Vec::new();
    while block >= 1 << 16 {
        content.resize(content.len() + block, 0);
        if fs::write(&filler, &content).is_err() {
            content.truncate(content.len() - block);
            block /= 2;
        }
    }
    fs::write(&filler, &content).expect("it fitted before");
    let (message, cure) = problem(&project, "disk");
    assert!(message.contains("and the last one took"), "{message}");
    assert!(cure.contains("`dieselkit backup prune"), "{cure}");
}

/// Lets a backup, and the last look at it, be as old as they are told to be.
fn date(project: &Project, id: &str, made: &str, verified: &str) {
    let file = format!("backups/{id}.json");
    let mut manifest: Value = serde_json::from_str(&project.read(&file)).expect("JSON");
    for key in ["started_at", "finished_at"] {
        manifest[key] = json!(made);
    }
    for verdict in manifest["verdicts"].as_array_mut().expect("a list") {
        verdict["at"] = json!(verified);
    }
    project.write(&file, &manifest.to_string());
}

fn how_old_the_last_backup_and_its_test_are_is_told(database: &dyn Engine) {
    let (project, id) = with_backup(database);
    let config = "[environments.development]\nprotected = true\n";
    let project = project.config(config);
    let (message, cure) = problem(&project, "backups");
    assert!(
        message.contains("no good backup was ever verified"),
        "{message}"
    );
    assert!(cure.contains("`dieselkit backup verify"), "{cure}");
    project.run(["backup", "verify", &id]).succeeds();
    assert_eq!(problems(&project, "backups"), []);
    let long_ago = "2020-01-01T00:00:00Z";
    date(&project, &id, long_ago, long_ago);
    let told = problems(&project, "backups");
    let [(age, new), (test, verify)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(age.contains(" old, more than 26h"), "{age}");
    assert!(new.contains("`dieselkit backup create"), "{new}");
    assert!(test.contains("verified"), "{test}");
    assert!(verify.contains("`dieselkit backup verify"), "{verify}");
}
