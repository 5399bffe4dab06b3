//! Backups and migrations at the same time: each says whom it would have to wait for.

use std::time::Duration;

use crate::processes::{Running, slow};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;

/// Returns a project whose backups take their time.
fn slowly_backed_up(database: &PostgresDatabase<'_>) -> Project {
    let project = studio(database).config("[backups]\npg_dump = \"./pg_dump\"\n");
    project.run(["up", "-q"]).succeeds();
    let waits = ": > at_work\nwhile [ ! -e enough ]; do sleep 0.1; done\nexec $REAL \"$@\"";
    database.cluster().stand_in(&project, "pg_dump", waits);
    project
}

#[track_caller]
fn wait_for(project: &Project, file: &str) {
    for _ in 0..400 {
        if project.path(file).exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("`{file}` was not there within 20 s");
}

#[test]
fn an_up_says_that_a_backup_is_running() {
    let database = PostgresDatabase::create();
    let project = slowly_backed_up(&database);
    project.write(
        &up_of("2026-01-04-000000_more"),
        "CREATE TABLE more (id INTEGER);\n",
    );
    let backup = Running::of(&project, &["backup"]);
    wait_for(&project, "at_work");
    let refused = project.run(["up", "--lock-wait", "0s"]).exits(4);
    assert!(
        refused.stderr.contains("is held by a backup: pid "),
        "{}",
        refused.stderr
    );
    assert_eq!(database.applied(), VERSIONS);
    let up = Running::of(&project, &["up"]);
    project.run(["status"]).succeeds();
    std::thread::sleep(Duration::from_millis(300));
    project.write("enough", "");
    backup.ends(&project).succeeds();
    let waited = up.ends(&project).succeeds();
    assert!(
        waited
            .stderr
            .contains("for the migration lock, held by a backup: pid "),
        "{}",
        waited.stderr
    );
    assert_eq!(database.applied().len(), 4);
}

#[test]
fn a_backup_says_that_an_up_is_running() {
    let database = PostgresDatabase::create();
    let project = slowly_backed_up(&database);
    project.write("enough", "");
    project.write(&up_of("2026-01-04-000000_more"), slow(&database));
    let mut up = Running::up(&project);
    up.wait_until_locked(&project);
    let refused = project.run(["backup", "--lock-wait", "0s"]).exits(4);
    assert!(
        refused
            .stderr
            .contains("the migration lock is held by pid "),
        "{}",
        refused.stderr
    );
    assert!(!project.path("at_work").exists(), "pg_dump was started");
    let left = std::fs::read_dir(project.path("backups"));
    let left: Vec<_> = left
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().contains("test_")),
        "{left:?}"
    );
}
