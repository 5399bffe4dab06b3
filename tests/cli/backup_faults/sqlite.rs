//! What happens around a copy of a file: the disk, the folder, the database, and this process.

use std::fs;
use std::process::Stdio;

use super::{
    KEEP_ONE, bound_by_the_rights_of_its_folder, is_none_before_its_manifest, left_what_was, names,
    says, wait_for_more_than,
};
use crate::disk::{SmallDisk, run_after};
use crate::processes::Running;
use crate::session::studio;
use crate::support::engine::Engine as _;
use crate::support::project::Project;
use crate::support::sqlite::SqliteDatabase;

/// Returns a project with one good backup.
fn backed_up(database: &SqliteDatabase) -> (Project, Vec<String>) {
    let project = studio(database).config(KEEP_ONE);
    project.run(["up"]).succeeds();
    fill(database, 20_000);
    project.run(["backup"]).succeeds();
    let before = names(&project);
    (project, before)
}

/// Adds rows that do not compress well.
fn fill(database: &SqliteDatabase, rows: u32) {
    database.execute(&format!(
        "CREATE TABLE IF NOT EXISTS large (text TEXT);
INSERT INTO large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
SELECT hex(randomblob(50)) FROM n;"
    ));
}

#[test]
fn a_disk_that_is_full_leaves_nothing() {
    let database = SqliteDatabase::create();
    let (project, before) = backed_up(&database);
    // In blocks of 512 bytes: there is no room for the copy; there is for that, and not for the
    // compressed file beside it. Without the trap the system would end the process.
    for blocks in [20, 1000] {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}");
        let output = run_after(&project, &limited, "backup");
        let said = left_what_was(&project, &before, output);
        says(&said, &["error: ", "full", "hint: "]);
    }
}

/// The copy lies on the disk of the backups until it is compressed, and not on the database's.
#[test]
fn a_full_disk_of_the_backups_is_named() {
    let Some(disk) = SmallDisk::mount_of("1m") else {
        eprintln!("left out: mounting is not allowed here");
        return;
    };
    let database = SqliteDatabase::create();
    let folder = disk.path().display().to_string();
    let project = studio(&database).config(&format!("[backups]\ndirectory = {folder:?}\n"));
    project.run(["up", "-q"]).succeeds();
    fill(&database, 20_000);
    let said = project.run(["backup"]).exits(1).stderr;
    let told = format!("there is no room for the copy on the disk of `{folder}`");
    let shows = format!("`dieselkit backup prune`; `df -h {folder}` shows what is left");
    says(&said, &[&told, "full", &shows]);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    let database = SqliteDatabase::create();
    let (project, before) = backed_up(&database);
    let output = bound_by_the_rights_of_its_folder(&project, 0o500);
    let said = left_what_was(&project, &before, output);
    says(&said, &["error: ", "backups", "hint: "]);
}

/// A page in the middle is overwritten: what was good is not replaced by what is not.
#[test]
fn a_database_that_is_damaged_is_told_of_and_leaves_nothing() {
    let database = SqliteDatabase::create();
    let (project, before) = backed_up(&database);
    let mut bytes = fs::read(database.path()).expect("it is ours");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xaa);
    fs::write(database.path(), bytes).expect("it is ours");
    let said = left_what_was(&project, &before, project.run(["backup"]));
    says(&said, &["error: ", "malformed"]);
}

#[test]
fn what_a_killed_process_left_is_cleaned_up() {
    let database = SqliteDatabase::create();
    let (project, before) = backed_up(&database);
    fill(&database, 400_000);
    let backup = Running::of(&project, &["backup"]);
    wait_for_more_than(&project, before.len());
    // It is killed when it is dropped.
    drop(backup);
    let left = names(&project);
    assert!(left.len() > before.len(), "it ended too early: {left:?}");
    let listed = project.run(["backup", "list", "--json"]).succeeds().json();
    let listed = listed["data"]["backups"].as_array().map(Vec::len);
    assert_eq!(listed, Some(1));
    project.run(["backup", "verify", "latest"]).succeeds();
    let said = project.run(["backup"]).succeeds().stdout;
    says(&said, &["removed ", "(unfinished)"]);
    let after = names(&project);
    assert_eq!(after.len(), 4, "the last, and the verified one: {after:?}");
}

#[test]
fn what_dies_before_its_manifest_is_no_backup_and_goes() {
    let database = SqliteDatabase::create();
    let (project, _) = backed_up(&database);
    is_none_before_its_manifest(&project);
}

/// At any moment, of each file that has its name it is known what it is of.
#[test]
fn no_file_has_its_name_before_it_is_known_whose_it_is() {
    let database = SqliteDatabase::create();
    let (project, _) = backed_up(&database);
    let folder = project.path("backups");
    let mut backup = project.command(["backup"]);
    backup.stdout(Stdio::null()).stderr(Stdio::null());
    let mut backup = backup.spawn().expect("the program starts");
    while backup.try_wait().expect("it is ours").is_none() {
        for name in names(&project) {
            let Some(id) = name.strip_suffix(".sqlite.gz") else {
                continue;
            };
            let known = |ending: &str| folder.join(format!("{id}{ending}")).exists();
            // In the order in which one name becomes the other; and it may have been removed.
            let known = known(".json.making") || known(".json") || known(".json.removing");
            assert!(known || !folder.join(&name).exists(), "{name}");
        }
    }
}
