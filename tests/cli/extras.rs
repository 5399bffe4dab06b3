//! Completions and manual pages.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::project::Project;

/// Feeds a text to a program and returns whether it was content; none where it is not installed.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests start programs as a user would"
)]
fn accepts(program: &str, arguments: &[&str], text: &str) -> Option<bool> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    Some(child.wait().expect("it is a child").success())
}

#[test]
fn completions_of_every_shell_are_scripts() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.run(["completions", shell]).succeeds().stdout;
        for command in ["rollback", "baseline", "allow-out-of-order"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
        if ["bash", "zsh", "fish"].contains(&shell) {
            assert_ne!(accepts(shell, &["-n"], &script), Some(false), "{shell}");
        }
    }
    assert_eq!(
        accepts("bash", &["-n"], "if"),
        Some(false),
        "bash does not check"
    );
    project.run(["completions", "cmd"]).exits(2);
}

/// Returns the title of a page: no date, and the version where the version belongs.
fn title(page: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(".TH {page} 1 \"\" \"dieselkit {version}\"")
}

#[test]
fn the_manual_page_renders() {
    let page = Project::new().run(["man"]).succeeds().stdout;
    assert!(
        page.lines().any(|line| line == title("dieselkit")),
        "{page}"
    );
    assert!(page.contains(".SH SYNOPSIS"));
    // Where groff is installed it must find nothing to warn of.
    let warnings = ["-man", "-Tutf8", "-ww", "-z"];
    assert_ne!(accepts("groff", &warnings, &page), Some(false));
}

#[test]
fn one_manual_page_a_command_is_written_into_a_folder() {
    let project = Project::new();
    let output = project.run(["man", "--out", "pages/man1"]).succeeds();
    assert_eq!(output.stdout, "wrote the manual pages to pages/man1\n");
    for page in ["dieselkit", "dieselkit-up", "dieselkit-db-create"] {
        let text = project.read(&format!("pages/man1/{page}.1"));
        let found = text.lines().find(|line| line.starts_with(".TH "));
        assert_eq!(found, Some(&*title(page)));
    }
    for (page, synopsis) in [
        ("up", r"[\fB\-\-to\fR \fIVERSION\fR]"),
        ("up", r"[\fB\-e\fR|\fB\-\-env\fR \fINAME\fR]"),
        ("rollback", r"[\fB\-\-batch\fR [\fIB\fR]]"),
    ] {
        let text = project.read(&format!("pages/man1/dieselkit-{page}.1"));
        assert!(text.contains(synopsis), "{synopsis} in:\n{text}");
    }
    let project = project.file("taken", "no folder\n");
    let refused = project.run(["man", "--out", "taken/man1"]).exits(1);
    assert!(
        refused
            .stderr
            .starts_with("error: failed to write `taken/man1`"),
        "{}",
        refused.stderr
    );
}
