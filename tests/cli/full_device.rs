//! Answers that cannot be written, as on a disk without room.

use crate::session::{VERSIONS, studio};
use crate::support::engine::Engine;

on_both_engines![
    an_answer_that_is_lost_is_a_failure,
    a_run_goes_on_though_nobody_can_be_told,
];

const LOST: &str = "error: failed to write the answer to standard output\n";

fn an_answer_that_is_lost_is_a_failure(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    for line in [
        "up --dry-run",
        "up --dry-run --json",
        "status",
        "status --json",
        "status --check --json",
        "status --watch",
        "history",
        "check",
        "check --json",
        "new made",
        "man",
        "completions bash",
        "--help",
        "--version",
    ] {
        let output = project.shell(&format!("dieselkit {line} > /dev/full"));
        let said = output.exits(1).stderr;
        assert!(said.contains(LOST), "{line}: {said}");
        assert!(said.contains("No space left on device"), "{line}: {said}");
    }
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn a_run_goes_on_though_nobody_can_be_told(database: &dyn Engine) {
    let project = studio(database);
    for (line, applied) in [
        ("up", 3),
        ("rollback --yes --json", 2),
        ("redo --yes", 2),
        ("goto 20260103000000 --json", 3),
    ] {
        let output = project.shell(&format!("dieselkit {line} > /dev/full"));
        let said = output.succeeds().stderr;
        assert!(said.contains(LOST), "{line}: {said}");
        assert_eq!(database.applied(), VERSIONS[..applied], "{line}");
    }
    // A refusal keeps its exit code.
    let output = project.shell("dieselkit rollback --json > /dev/full");
    assert!(output.exits(5).stderr.contains(LOST));
}
