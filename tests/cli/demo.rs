//! The demo, on a copy of this project's migrations and with the program that is built already.

#![cfg(feature = "sqlite")]

use std::path::Path;
use std::process::Command;

use crate::support::project::{Output, Project};

/// Copies a file, or a folder with all that is in it, from this project.
fn copy(project: &Project, path: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if from.is_file() {
        std::fs::create_dir_all(project.path(path).parent().expect("it is in a folder"))
            .and_then(|()| std::fs::copy(&from, project.path(path)))
            .expect("the project's folder is ours");
        return;
    }
    for entry in std::fs::read_dir(from).expect("it is a folder") {
        let name = entry.expect("it is there").file_name();
        copy(project, &format!("{path}/{}", name.display()));
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests start scripts as a user would"
)]
fn the_demo_does_what_it_says() {
    let project = Project::new();
    for path in ["migrations", "seeds", "dieselkit.toml", "scripts/demo.sh"] {
        copy(&project, path);
    }
    let before = std::fs::read_dir(project.path(""))
        .expect("it is there")
        .count();
    let output = Command::new("bash")
        .arg(project.path("scripts/demo.sh"))
        .env("DIESELKIT", env!("CARGO_BIN_EXE_dieselkit"))
        // It must not be reached.
        .env("DATABASE_URL", "sqlite:nowhere/of.db")
        .output()
        .expect("bash is there");
    let output = Output::from_process(output, &project.path("")).succeeds();
    assert_eq!(output.stdout.matches("$ dieselkit up\n").count(), 2);
    assert!(
        output.stdout.contains("\nrolled back "),
        "{}",
        output.stdout
    );
    let said = "# Done. The database was temporary and is removed.\n";
    assert!(output.stdout.ends_with(said), "{}", output.stdout);
    let after = std::fs::read_dir(project.path(""))
        .expect("it is there")
        .count();
    assert_eq!(before, after);
}
