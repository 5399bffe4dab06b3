//! `scripts/nightly-backup.sh`, as cron and systemd run it: on a real project, and over a program
//! that says what it was called with.

#![cfg(feature = "sqlite")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::session::studio_applied;
use crate::support::engine::Engine;
use crate::support::project::Project;
use crate::support::sqlite::SqliteDatabase;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");

#[expect(
    clippy::disallowed_methods,
    reason = "the tests start scripts as a user would"
)]
fn nightly_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("bash")
        .arg(format!("{SCRIPTS}/nightly-backup.sh"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("bash is there")
}

fn nightly(arguments: &[&str]) -> Output {
    nightly_in(Path::new("/"), arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes the file of variables of a project, and returns its path.
fn environment(project: &Project, program: &str, url: &str) -> String {
    let folder = project.path("");
    let folder = folder.display();
    project.write(
        "shop.env",
        &format!(
            "PROJECT={folder}\nDIESELKIT={program}\nDATABASE_URL={url}\nBACKUP_LOG={folder}/nightly.log\nBACKUP_METRICS={folder}/shop.prom\n"
        ),
    );
    project.path("shop.env").display().to_string()
}

#[test]
fn a_night_leaves_a_backup_a_line_and_numbers() {
    let database = SqliteDatabase::create();
    let project = studio_applied(&database);
    let file = environment(&project, env!("CARGO_BIN_EXE_dieselkit"), &database.url());
    let output = nightly(&[&file, "--note", "nightly"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        Default::default(),
        "cron sends it"
    );
    let listed = project.run(["backup", "list", "--json"]).json();
    assert_eq!(listed["data"]["backups"][0]["note"], "nightly");
    let log = fs::read_to_string(project.path("nightly.log")).expect("written");
    assert!(
        log.contains("\nbacked up ") && log.ends_with("ended with exit code 0\n"),
        "{log}"
    );
    let mode = fs::metadata(project.path("nightly.log"))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(project.path("shop.prom").is_file());
}

#[test]
fn a_night_that_failed_is_told_with_its_exit_code() {
    let database = SqliteDatabase::create();
    let project = studio_applied(&database);
    let file = environment(
        &project,
        env!("CARGO_BIN_EXE_dieselkit"),
        "sqlite:gone/gone.db",
    );
    for night in 1..=2 {
        let output = nightly(&[&file]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("error: "),
            "{}",
            text(&output.stderr)
        );
        let log = fs::read_to_string(project.path("nightly.log")).expect("written");
        assert_eq!(log.matches("ended with exit code 1\n").count(), night);
    }
    assert!(!project.path("shop.prom").exists());
}

#[test]
fn the_program_is_called_with_what_was_said() {
    let project = Project::new().file("fake", "#!/bin/sh\necho \"$PWD: $*\"\nexit 4\n");
    fs::set_permissions(project.path("fake"), fs::Permissions::from_mode(0o755)).expect("ours");
    let folder = project.path("").canonicalize().expect("there");
    let folder = folder.to_str().expect("UTF-8").to_owned();
    let fake = format!("{folder}/fake");
    project.write(
        "shop.env",
        &format!("PROJECT={folder}\nDIESELKIT={fake}\nBACKUP_LOCK_WAIT=5m\n"),
    );
    let output = nightly(&[&format!("{folder}/shop.env"), "--format", "custom"]);
    assert_eq!(output.status.code(), Some(4));
    let expected =
        format!("\n{folder}: backup create --lock-wait 5m --color never --format custom\n");
    assert!(
        text(&output.stderr).contains(&expected),
        "{}",
        text(&output.stderr)
    );
}

/// In the morning somebody has to hear of a night in which nothing was made.
#[test]
fn the_morning_looks_at_what_the_night_made() {
    let database = SqliteDatabase::create();
    let project = studio_applied(&database);
    let file = environment(&project, env!("CARGO_BIN_EXE_dieselkit"), &database.url());
    let look = [file.as_str(), "health", "--max-age", "26h"];
    let output = nightly(&look);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("unhealthy"),
        "{}",
        text(&output.stderr)
    );
    assert!(nightly(&[&file, "create"]).status.success());
    let output = nightly(&look);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "cron sends it");
    assert!(nightly(&[&file, "verify", "--restore"]).status.success());
    let listed = project.run(["backup", "list", "--json"]).json();
    assert_eq!(listed["data"]["backups"][0]["verdict"], "restored");
}

/// The shell looks for a bare name in PATH.
#[test]
fn a_file_of_variables_may_lie_in_the_current_folder() {
    let project = Project::new().file("fake", "#!/bin/sh\necho \"called: $*\"\n");
    fs::set_permissions(project.path("fake"), fs::Permissions::from_mode(0o755)).expect("ours");
    project.write("shop.env", "DIESELKIT=./fake\n");
    let output = nightly_in(&project.path(""), &["shop.env"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("called: backup create "));
}

#[test]
fn a_dry_run_is_asked_for_no_numbers() {
    let database = SqliteDatabase::create();
    let project = studio_applied(&database);
    let file = environment(&project, env!("CARGO_BIN_EXE_dieselkit"), &database.url());
    let output = nightly(&[&file, "prune", "--dry-run"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!project.path("shop.prom").exists());
}

#[test]
fn a_folder_that_is_gone_is_told_in_the_log() {
    let project = Project::new();
    let log = project.path("nightly.log");
    project.write(
        "shop.env",
        &format!("PROJECT=/nowhere/shop\nBACKUP_LOG={}\n", log.display()),
    );
    let output = nightly(&[&project.path("shop.env").display().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let log = fs::read_to_string(log).expect("written");
    assert_eq!(text(&output.stderr), log);
    assert!(
        log.contains("/nowhere/shop: No such file or directory")
            && log.ends_with("ended with exit code 2\n"),
        "{log}"
    );
}

#[test]
fn without_a_file_of_variables_nothing_is_run() {
    for arguments in [&[][..], &["/nowhere/shop.env"]] {
        assert_eq!(nightly(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

/// The unit names the script by the folder in which this project lies there.
#[test]
fn the_unit_runs_the_script() {
    let units = Path::new(SCRIPTS).join("systemd");
    let service = fs::read_to_string(units.join("dieselkit-backup@.service")).expect("there");
    let start = service
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let script = start.and_then(|start| start.split_whitespace().next());
    let script = script.and_then(|script| script.strip_prefix("/opt/dieselkit/"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script.expect("a script of ours"));
    let mode = fs::metadata(script).expect("there").permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "it can be run");
    assert!(units.join("dieselkit-backup@.timer").is_file());
}
