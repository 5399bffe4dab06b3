//! `--json`: exactly one document on standard output, whatever happens.

use serde_json::Value;

use crate::session::{studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    every_command_prints_one_document_whatever_happens,
    a_held_lock_is_exit_code_4_in_one_document,
];

/// Every command with its arguments, and the name that its document bears.
const COMMANDS: [(&str, &str); 22] = [
    ("init", "init"),
    ("new something", "new"),
    ("up", "up"),
    ("up --dry-run", "up"),
    ("goto 20260102000000 --yes", "goto"),
    ("goto 20260101000000 --dry-run", "goto"),
    ("status", "status"),
    ("status --check --stats", "status"),
    ("history", "history"),
    ("check", "check"),
    ("rollback --yes", "rollback"),
    ("rollback --dry-run", "rollback"),
    ("redo --yes", "redo"),
    ("baseline 20260103000000", "baseline"),
    ("resolve 20260103000000 --reverted --reason x", "resolve"),
    ("repair 20260101000000 --reason x", "repair"),
    ("db create", "db create"),
    ("db mark development", "db mark"),
    ("reset --yes", "reset"),
    ("db drop --yes", "db drop"),
    ("completions bash", "completions"),
    ("man", "man"),
];

/// Checks the form of a document, and that it says how the process ended.
#[track_caller]
pub(crate) fn assert_document(line: &str, command: Option<&str>, output: &Output) -> Value {
    let document = output.json();
    let said = document["exit_code"]
        .as_i64()
        .and_then(|code| i32::try_from(code).ok());
    assert_eq!(said, output.code, "{line}: {document}");
    assert_eq!(document["command"].as_str(), command, "{line}");
    assert_eq!(document["ok"], output.code == Some(0), "{line}");
    assert_eq!(document["schema_version"], 1, "{line}");
    let failed = !matches!(output.code, Some(0 | 3));
    assert_eq!(document["error"].is_object(), failed, "{line}: {document}");
    assert_eq!(output.stderr, "", "{line}");
    document
}

fn run(project: &Project, line: &str) -> Output {
    project.run(line.split(' ').chain(["--json"]))
}

fn every_command_prints_one_document_whatever_happens(database: &dyn Engine) {
    let works = studio(database);
    let no_database = Project::new();
    let missing_database = Project::new().env(
        "DATABASE_URL",
        database.either("sqlite:no/x.db", "postgres://u@127.0.0.1:1/x"),
    );
    let bad_config = Project::new().config("[migration]\n").on(database);
    let no_folder = Project::new().on(database);
    no_folder.remove("migrations");
    let bad_file = studio(database);
    bad_file.write(&up_of("2026-01-04-000000_bad"), "SELECT 'open;\n");
    for (line, command) in COMMANDS {
        for project in [
            &works,
            &no_database,
            &missing_database,
            &bad_config,
            &no_folder,
            &bad_file,
        ] {
            assert_document(line, Some(command), &run(project, line));
        }
        let wrong = format!("{line} --no-such-flag");
        let document = assert_document(&wrong, None, &run(&works, &wrong).exits(2));
        assert!(document["error"]["message"].is_string(), "{document}");
    }
    assert_document("", None, &works.run(["--json"]).exits(2));
    assert_document(
        "status --watch",
        None,
        &run(&works, "status --watch").exits(2),
    );
}

fn a_held_lock_is_exit_code_4_in_one_document(database: &dyn Engine) {
    let project = studio(database);
    project.write(
        &up_of("2026-01-02-000000_create_rooms"),
        crate::processes::slow(database),
    );
    let mut running = crate::processes::Running::up(&project);
    running.wait_until_locked(&project);
    for line in [
        "up --lock-wait 0",
        "rollback --yes --lock-wait 100ms",
        "db drop --yes",
        "reset --yes --lock-wait 0",
    ] {
        let document =
            assert_document(line, line.split(" -").next(), &run(&project, line).exits(4));
        let message = document["error"]["message"].as_str().expect("a text");
        assert!(message.contains("pid "), "{line}: {message}");
    }
}
