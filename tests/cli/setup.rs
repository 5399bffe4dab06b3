//! `init`, and what it finds.

use crate::session::Session;
use crate::support::project::Project;

#[test]
fn init_in_a_fresh_folder_and_again() {
    let project = Project::new();
    project.remove("migrations");
    let mut session = Session::of(&project);
    session.run("init").succeeds();
    session.run("init").succeeds();
    session.run("init --json").succeeds();
    insta::assert_snapshot!("init_config", project.read("dieselkit.toml"));
    session.matches("init_fresh");
    // What it wrote is read without complaint.
    let status = project.run(["status", "--database-url", "x.db"]).exits(1);
    assert!(
        status.stderr.contains("does not exist"),
        "{}",
        status.stderr
    );
}

#[test]
fn init_goes_on_with_a_diesel_project() {
    let project = Project::new()
        .file("diesel.toml", "[migrations_directory]\ndir = \"db/changes\"\n[print_schema]\nfile = \"src/schema.rs\"\n")
        .file("db/changes/2026-01-01-000000_users/up.sql", "CREATE TABLE users (id INTEGER);\n");
    project.remove("migrations");
    let mut session = Session::of(&project);
    session.run("init").succeeds();
    assert!(!project.path("migrations").exists());
    assert!(
        project
            .read("dieselkit.toml")
            .contains("directory = \"db/changes\"")
    );
    session.run("status --database-url sqlite:x.db").exits(1);
    session.run("up --database-url sqlite:x.db").succeeds();
    session.matches("init_diesel");
}

#[test]
fn init_overwrites_nothing_and_does_not_write_into_a_parents_project() {
    let project = Project::new().config("# mine\n");
    std::fs::create_dir(project.path("sub")).expect("the folder is ours");
    let mut session = Session::of(&project);
    session.run("init").succeeds();
    assert_eq!(project.read("dieselkit.toml"), "# mine\n");
    let output = project
        .command(["init"])
        .current_dir(project.path("sub"))
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert!(project.path("sub/dieselkit.toml").exists());
    assert!(project.path("sub/migrations").is_dir());
    assert_eq!(project.read("dieselkit.toml"), "# mine\n");
    session.matches("init_twice");
}

#[test]
fn init_names_a_folder_that_begins_as_a_flag_does() {
    let project = Project::new();
    let said = project.run(["init", "--migrations=-x y"]).succeeds();
    let hint = "hint: `dieselkit new create_users --migrations='-x y'`\n";
    assert!(said.stderr.ends_with(hint), "{}", said.stderr);
    let made = project.shell("dieselkit new create_users --migrations='-x y'");
    made.succeeds();
}

#[test]
fn init_names_the_file_that_it_cannot_write() {
    let project = Project::new().file("taken", "a file, no folder\n");
    let mut session = Session::of(&project);
    session.run("init --migrations taken/below").exits(1);
    session.run("init --config taken/dieselkit.toml").exits(1);
    session.matches("init_unwritable");
}
