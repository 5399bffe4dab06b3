//! `new`: the files that it writes, and what becomes of them.

use crate::session::Session;
use crate::support::project::{Output, Project};

/// Returns the one path that `new` printed last, without its file.
fn made(stdout: &str) -> String {
    let line = stdout.lines().next().expect("it prints the path");
    line.to_owned()
}

#[test]
fn every_form_of_a_new_migration() {
    let project = Project::new();
    let mut session = Session::of(&project);
    session.run("new made_plain").succeeds();
    session.run("create made_with_alias").succeeds();
    session
        .run_words(&["new", "Made  With-Blanks & Signs"])
        .succeeds();
    session
        .run_words(&[
            "new",
            "made_described",
            "--description",
            "Support calls back",
        ])
        .succeeds();
    session.run("new made_alone --no-transaction").succeeds();
    session.run("new made_single --single-file").succeeds();
    session.matches("new");
    let json = project
        .run(["new", "made_in_json", "--json"])
        .succeeds()
        .json();
    let name = json["data"]["name"].as_str().expect("a name");
    assert_eq!(json["data"]["path"], format!("migrations/{name}"));
    assert_eq!(json["data"]["version"], name[..17].replace('-', ""));
}

#[test]
fn a_subfolder_belongs_to_the_project_above_it() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("src/deep")).expect("the folder is ours");
    let new_in = |folder: &str| {
        let mut command = project.command(["new", "made"]);
        let output = command.current_dir(project.path(folder)).output();
        Output::from_process(output.expect("it runs"), &project.path("")).succeeds()
    };
    // Only the folder itself tells where the project is.
    let output = new_in("src/deep");
    assert_eq!(output.stderr, "");
    assert!(!project.path("src/deep/migrations").exists());
    project.remove("migrations");
    let output = new_in("src");
    assert!(project.path("src/migrations").exists());
    assert!(
        output
            .stderr
            .starts_with("hint: the folder `migrations` is new"),
        "{}",
        output.stderr
    );
}

#[test]
fn sequential_numbers_are_the_next_free_ones() {
    let project = Project::new();
    let mut session = Session::of(&project);
    session.run("new one --sequential").succeeds();
    session.run("new two --sequential --single-file").succeeds();
    session
        .run("new three --sequential --single-file --no-transaction")
        .succeeds();
    session.matches("new_sequential");
    insta::assert_snapshot!("new_template", project.read("migrations/001_one/up.sql"));
    insta::assert_snapshot!(
        "new_template_down",
        project.read("migrations/001_one/down.sql")
    );
    insta::assert_snapshot!(
        "new_template_single",
        project.read("migrations/003_three.sql")
    );
}

#[test]
fn names_that_cannot_be_used_are_a_wrong_usage() {
    let project = Project::new();
    let mut session = Session::of(&project);
    for name in ["", "   ", "?!", "..", "---"] {
        session.run_words(&["new", name]).exits(2);
    }
    session.run_words(&["new", "?!", "--json"]).exits(2);
    assert_eq!(
        std::fs::read_dir(project.migrations())
            .expect("it is there")
            .count(),
        0
    );
    session.matches("new_unusable");
}

#[test]
fn a_template_that_was_left_as_it_is_is_refused_in_every_form() {
    for form in [
        &["new", "x"][..],
        &["new", "x", "--single-file"],
        &["new", "x", "--no-transaction"],
    ] {
        let project = Project::new().env("DATABASE_URL", "sqlite:x.db");
        let path = made(&project.run(form).succeeds().stdout);
        let up = project.run(["up"]).exits(1);
        assert!(up.stderr.contains("still the template"), "{}", up.stderr);
        assert!(up.stderr.contains(&path), "{path}: {}", up.stderr);
        project.run(["check"]).exits(3);
    }
}

#[test]
fn a_template_that_was_filled_in_is_applied() {
    let project = Project::new().env("DATABASE_URL", "sqlite:x.db");
    for form in [
        &["new", "a", "--sequential"][..],
        &["new", "b", "--single-file", "--sequential"],
    ] {
        let path = made(&project.run(form).succeeds().stdout);
        let name = form[1];
        let sql = format!("CREATE TABLE {name} (id INTEGER);\n");
        let text = project.read(&path);
        let written = match text.split_once("-- migrate:down") {
            Some((up, down)) => format!("{up}{sql}-- migrate:down{down}\nDROP TABLE {name};\n"),
            None => text + &sql,
        };
        project.write(&path, &written);
        project.run(["up"]).succeeds();
    }
}

#[test]
fn a_name_that_no_file_system_takes_is_a_wrong_usage() {
    let project = Project::new();
    let long = "x".repeat(300);
    for words in [
        vec!["new", long.as_str()],
        vec!["new", &long, "--single-file"],
        vec!["new", &long, "--sequential"],
    ] {
        let refused = project.run(&words).exits(2);
        assert!(refused.stderr.contains("too long"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("ls -ld"), "{}", refused.stderr);
    }
    // What is left of the 255 bytes behind the version, and before `.sql`.
    let sequential = ["--sequential", "--single-file"];
    let fits = "x".repeat(255 - "001_".len() - ".sql".len());
    project
        .run(["new", &fits].iter().chain(&sequential))
        .succeeds();
    let longer = format!("{fits}x");
    project
        .run(["new", &longer].iter().chain(&sequential))
        .exits(2);
    project.run(["new", &longer, "--sequential"]).succeeds();
}
