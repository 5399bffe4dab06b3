//! Hints about files, pasted into a shell where names hold what a shell reads otherwise.
//!
//! Each command reaches the file that it is about, and no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::session::up_of;
use crate::support::project::Project;

/// Folders of migrations whose names a shell takes apart, or a program takes for a flag.
const FOLDERS: [&str; 3] = ["two words", "-rf $PWD", "it's \"so\" > x; *"];

/// A name with all that too; what stands behind it after a blank is there as well.
const NAME: &str = "002_x y $PWD 'q'";

/// Returns every file below a folder, with its bytes; a link that leads nowhere has none.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it is readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            found.insert(path.display().to_string(), bytes);
        }
    }
    found
}

/// Runs a check, follows the command that begins so, and returns which files are others now.
fn follow(project: &Project, folder: &str, begins: &str) -> Vec<String> {
    let flag = format!("--migrations={folder}");
    let said = project.run(["check", &flag]);
    let said = format!("{}{}", said.stdout, said.stderr);
    let command = said.split('`').find(|piece| piece.starts_with(begins));
    let command = command.unwrap_or_else(|| panic!("no `{begins}` in: {said}"));
    let before = files(&project.path(""));
    let done = project.shell(command);
    assert_eq!(done.code, Some(0), "{command}: {}", done.stderr);
    let after = files(&project.path(""));
    let paths = before.keys().chain(after.keys());
    let changed = paths.filter(|path| before.get(*path) != after.get(*path));
    let root = format!("{}/", project.path("").display()).replace("//", "/");
    let mut changed: Vec<String> = changed.map(|path| path.replacen(&root, "", 1)).collect();
    changed.sort();
    changed.dedup();
    changed
}

fn project(folder: &str) -> Project {
    let project = Project::new().env("DATABASE_URL", "sqlite:x.db");
    for bystander in ["y", "y.down.sql", "words", "x", "PWD"] {
        project.write(bystander, "kept\n");
    }
    project.write(&format!("{folder}/002_x"), "kept\n");
    project
}

#[test]
fn what_is_removed_is_the_file_that_was_meant() {
    for folder in FOLDERS {
        let project = project(folder);
        let file = format!("{folder}/{NAME}.down.sql");
        project.write(&file, "DROP TABLE x;\n");
        assert_eq!(follow(&project, folder, "rm "), [file]);
    }
}

#[test]
fn what_is_renamed_is_the_file_that_was_meant() {
    for folder in FOLDERS {
        let project = project(folder);
        let twin = format!("{folder}/002_another/up.sql");
        project.write(&twin, "CREATE TABLE x (id INTEGER);\n");
        // Only where one of them was applied is it known which is to be renamed.
        let flag = format!("--migrations={folder}");
        project.run(["up", &flag]).succeeds();
        let file = format!("{folder}/{NAME}/up.sql");
        project.write(&file, "CREATE TABLE y (id INTEGER);\n");
        let renamed = file.replace("002_", "VERSION_");
        let mut both = [renamed, file];
        both.sort();
        assert_eq!(follow(&project, folder, "mv "), both);
    }
}

#[test]
fn what_is_added_to_is_the_file_that_was_meant() {
    for folder in FOLDERS {
        let project = project(folder);
        let up = format!("{folder}/{NAME}/up.sql");
        project.write(&up, "CREATE TABLE x (id INTEGER);\n");
        let settings = format!("{folder}/{NAME}/metadata.toml");
        assert_eq!(follow(&project, folder, "printf "), [settings.as_str()]);
        project.write(&settings, "irreversible = true\n");
        assert_eq!(follow(&project, folder, "echo "), [settings.as_str()]);
        let checked = project.run(["check", &format!("--migrations={folder}")]);
        assert!(checked.stdout.contains("no findings"), "{}", checked.stdout);
    }
}

#[test]
fn what_is_removed_is_the_link_that_was_meant() {
    for folder in FOLDERS {
        let project = project(folder);
        let link = format!("{folder}/{NAME}.sql");
        std::os::unix::fs::symlink("nowhere", project.path(&link)).expect("the folder is ours");
        assert_eq!(follow(&project, folder, "rm "), [link]);
    }
}

#[test]
fn what_is_read_is_the_file_that_was_meant() {
    for folder in FOLDERS {
        let project = project(folder);
        project.write(&format!("{folder}/{NAME}.SQL"), "");
        assert_eq!(follow(&project, folder, "ls -l "), [""; 0]);
    }
}

#[test]
fn what_is_converted_is_text_afterwards() {
    for folder in FOLDERS {
        let project = project(folder);
        let file = format!("{folder}/{NAME}/up.sql");
        project.write(&file, "");
        let sql = b"CREATE TABLE caf\xe9 (id INTEGER);\n";
        fs::write(project.path(&file), sql).expect("the file is ours");
        assert_eq!(follow(&project, folder, "iconv "), [file.as_str()]);
        assert_eq!(project.read(&file), "CREATE TABLE café (id INTEGER);\n");
        project
            .run(["up", &format!("--migrations={folder}")])
            .succeeds();
    }
}

#[test]
fn a_version_is_one_word() {
    let project = project("migrations");
    let name = "x y $PWD_z";
    project.write(&up_of(name), "CREATE TABLE x (id INTEGER);\n");
    project.run(["up"]).succeeds();
    project.write(&up_of(name), "CREATE TABLE x (id BIGINT);\n");
    let changed = follow(&project, "migrations", "dieselkit repair ");
    assert!(changed.contains(&"x.db".to_owned()), "{changed:?}");
}

#[test]
fn the_name_of_what_undoes_a_migration_is_one_word() {
    let project = project("migrations");
    project.write(&up_of(NAME), "CREATE TABLE x (id INTEGER);\n");
    project.run(["up"]).succeeds();
    let refused = project.run(["rollback", "--yes"]).exits(1);
    let command = refused
        .stderr
        .split('`')
        .find(|piece| piece.starts_with("dieselkit new "));
    let command = command.unwrap_or_else(|| panic!("none in: {}", refused.stderr));
    let made = project.shell(command).succeeds().stdout;
    assert!(made.contains("_undo_x_y_pwd_q/"), "{made}");
}

#[test]
fn a_folder_that_is_made_is_the_one_that_was_meant() {
    for folder in FOLDERS {
        let project = Project::new();
        let url = format!("sqlite:./{folder}/x.db");
        let refused = project.run(["up", "--database-url", &url]).exits(1);
        let command = refused
            .stderr
            .split('`')
            .find(|piece| piece.starts_with("mkdir "));
        let command = command.unwrap_or_else(|| panic!("none in: {}", refused.stderr));
        project.shell(command).succeeds();
        assert!(project.path(folder).is_dir(), "{command}");
        project.run(["up", "--database-url", &url]).succeeds();
    }
}
