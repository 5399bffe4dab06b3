//! Backups that cannot be made: whatever goes wrong, nothing looks like a backup that is none, those
//! that were there before are there afterwards, the exit code is 1, and it is said why.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod programs;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Duration;

use crate::support::project::{Output, Project};

/// What keeps one backup: with any other, the next one would take the place of the good one.
const KEEP_ONE: &str = "[backups.keep]\nwithin = \"0\"\nlast = 1\nminimum = 1\n";

/// Returns the names in the folder of backups, but for the lock's file.
fn names(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.path("backups")).expect("it is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.ends_with("lock"))
        .collect();
    names.sort();
    names
}

/// Waits until something is begun beside so many files.
#[track_caller]
fn wait_for_more_than(project: &Project, count: usize) {
    for _ in 0..400 {
        if names(project).len() > count {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing was begun within 20 s");
}

/// Checks that a backup failed, left nothing, and took nothing away: the good one from before
/// stands, and so does what it holds.
#[track_caller]
fn left_what_was(project: &Project, before: &[String], output: Output) -> String {
    assert!(before.len() > 1, "a backup and its manifest: {before:?}");
    let output = output.exits(1);
    assert_eq!(names(project), before, "{}", output.stderr);
    project.run(["backup", "verify", "latest"]).succeeds();
    output.stderr
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

/// Checks that a backup whose process died when its files had their names, and its manifest had
/// not, is none, and is gone with the next one.
#[track_caller]
fn is_none_before_its_manifest(project: &Project) {
    project.run(["backup", "pin", "latest"]).succeeds();
    let before = names(project);
    let made = project.run(["backup", "--json"]).succeeds().json();
    let id = made["data"]["backup"]["id"].as_str().expect("a name");
    let (manifest, making) = (format!("{id}.json"), format!("{id}.json.making"));
    let at = |name: &str| project.path("backups").join(name);
    fs::rename(at(&manifest), at(&making)).expect("it is ours");
    assert!(names(project).len() > before.len() + 1);
    let listed = project.run(["backup", "list"]).succeeds().stdout;
    assert!(!listed.contains(id), "{listed}");
    let planned = project.run(["backup", "prune", "--dry-run"]);
    let planned = planned.succeeds().stdout;
    let told = planned.matches(&format!("remove backups/{id}")).count();
    assert_eq!(told, 2, "{planned}");
    // It may get the very name, where it is made within the same second.
    let said = project.run(["backup"]).succeeds().stdout;
    let told = said.matches(&format!("removed backups/{id}")).count();
    assert_eq!(told, 2, "{said}");
    let after = names(project);
    assert!(before.iter().all(|name| after.contains(name)), "{after:?}");
    assert_eq!(after.len(), before.len() + 2, "{after:?}");
    project.run(["backup", "verify", "all"]).succeeds();
}

/// Runs a backup in a folder of backups that is given these rights, as somebody whom they bind.
fn bound_by_the_rights_of_its_folder(project: &Project, rights: u32) -> Output {
    let folder = project.path("backups");
    fs::set_permissions(&folder, Permissions::from_mode(rights)).expect("it is ours");
    // The superuser's right to write anywhere is given up for it.
    let unbound = "setpriv --bounding-set=-dac_override,-dac_read_search";
    let output = project.shell(&format!(
        "if [ $(id -u) = 0 ]; then {unbound} dieselkit backup; else dieselkit backup; fi"
    ));
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("it is ours");
    output
}
