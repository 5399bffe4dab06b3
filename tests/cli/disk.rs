//! A disk that is full while a SQLite migration runs.

#![cfg(feature = "sqlite")]

use std::path::Path;

use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine as _;
use crate::support::project::{Output, Project};
use crate::support::sqlite::SqliteDatabase;

/// A migration that writes some 4 MB.
const LARGE: &str = "CREATE TABLE large (text TEXT);
INSERT INTO large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
SELECT hex(randomblob(500)) FROM n;
";

/// Runs the program through a shell that first does something to its surroundings.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests start the program as a user would"
)]
pub(crate) fn run_after(project: &Project, before: &str, arguments: &str) -> Output {
    let line = format!(
        "{before}; exec {} {arguments}",
        env!("CARGO_BIN_EXE_dieselkit")
    );
    let template = project.command([""; 0]);
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", &line])
        .current_dir(project.path(""))
        .env_clear();
    shell.envs(
        template
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = shell
        .stdin(std::process::Stdio::null())
        .output()
        .expect("sh is there");
    Output::from_process(output, &project.path(""))
}

#[test]
fn a_file_that_may_not_grow_loses_nothing_and_up_finishes_later() {
    let database = SqliteDatabase::create();
    let project = studio(&database);
    project.write(&up_of("2026-01-02-000000_create_rooms"), LARGE);
    // Blocks of 512 bytes; without the trap the system would end the process.
    let limited = "trap '' XFSZ; ulimit -f 2000";
    let output = run_after(&project, limited, "up").exits(1);
    assert!(
        output.stderr.contains(
            "failed to apply migration `2026-01-02-000000_create_rooms`; it was rolled back whole"
        ),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("hint: "), "{}", output.stderr);
    assert_eq!(database.applied(), VERSIONS[..1], "{}", output.stderr);
    assert!(!database.has_table("large"));
    let status = project.run(["status"]).succeeds().stdout;
    assert!(
        status.contains("1 failed") && status.contains("1 pending"),
        "{status}"
    );
    project.run(["up"]).succeeds();
    assert_eq!(database.applied(), VERSIONS);
    assert_eq!(
        database.query_text("SELECT integrity_check FROM pragma_integrity_check"),
        "ok"
    );
}

/// A small file system in memory, unmounted when dropped; none where mounting is not allowed.
pub(crate) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Mounts one of this size, as `mount` takes it.
    pub(crate) fn mount_of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        shell(&format!(
            "mount -t tmpfs -o size={size} tmpfs {}",
            folder.path().display()
        ))
        .then(|| Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        shell(&format!("umount {}", self.path().display()));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file system is mounted by a program"
)]
fn shell(line: &str) -> bool {
    let output = std::process::Command::new("sh").args(["-c", line]).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_full_disk_loses_nothing_and_up_finishes_once_there_is_room() {
    let Some(disk) = SmallDisk::mount_of("1m") else {
        eprintln!("skipped: only root may mount a small file system");
        return;
    };
    let database = disk.path().join("x.db");
    let project = studio(&SqliteDatabase::create())
        .env("DATABASE_URL", &format!("sqlite:{}", database.display()));
    project.write(&up_of("2026-01-02-000000_create_rooms"), LARGE);
    let output = project.run(["up"]).exits(1);
    assert!(
        output.stderr.contains("database or disk is full"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("hint: "), "{}", output.stderr);
    let status = project.run(["status", "--json"]).succeeds().json();
    assert_eq!(status["data"]["totals"]["applied"], 1, "{status}");
    assert!(shell(&format!(
        "mount -o remount,size=32m {}",
        disk.path().display()
    )));
    project.run(["up"]).succeeds();
    project.run(["status", "--check"]).succeeds();
}

#[test]
fn a_damaged_file_has_a_hint() {
    let project = studio(&SqliteDatabase::create()).env("DATABASE_URL", "sqlite:x.db");
    let damaged = format!("SQLite format 3\0{}", "damaged ".repeat(600));
    project.write("x.db", &damaged);
    for line in ["status", "up", "check"] {
        let output = project.run([line]).exits(1);
        assert!(
            output
                .stderr
                .contains("file is not a database\nhint: the file is encrypted, damaged"),
            "{line}: {}",
            output.stderr
        );
    }
}

/// Runs a line that finds the program as `dieselkit`, by the rights of files alone, of which the
/// system's administrator is free otherwise.
fn bound_by_rights(project: &Project, line: &str) -> Output {
    let unbound = "setpriv --bounding-set=-dac_override,-dac_read_search";
    project.shell(&format!(
        "if [ $(id -u) = 0 ]; then {unbound} {line}; else {line}; fi"
    ))
}

/// Another user's file of the lock can be locked by whoever may read it, and is named where that is
/// not so.
#[test]
fn a_lock_s_file_that_may_not_be_written_is_locked_or_named() {
    let database = SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "--steps", "1"]).succeeds();
    let mut lock = database.path().into_os_string();
    lock.push(".dieselkit-lock");
    let lock = Path::new(&lock).display().to_string();
    project.shell(&format!("chmod 444 {lock}")).succeeds();
    bound_by_rights(&project, "dieselkit up").succeeds();
    assert_eq!(database.applied(), VERSIONS);
    project.shell(&format!("chmod 0 {lock}")).succeeds();
    let refused = bound_by_rights(&project, "dieselkit rollback --yes").exits(1);
    let folder = Path::new(&lock).parent().expect("it has one").display();
    let said = format!("hint: `ls -ld {folder} {lock}`\n");
    assert!(refused.stderr.ends_with(&said), "{}", refused.stderr);
}

#[test]
fn a_database_that_may_not_be_written_is_named() {
    let database = SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "--steps", "1"]).succeeds();
    let path = database.path().display().to_string();
    let folder = path.strip_suffix("/test.db").expect("its name");
    project.shell(&format!("chmod 444 {path}")).succeeds();
    let refused = bound_by_rights(&project, "dieselkit up").exits(1);
    let said = format!("`ls -l {path}`, `ls -ld {folder}`");
    assert!(refused.stderr.contains(&said), "{}", refused.stderr);
}
