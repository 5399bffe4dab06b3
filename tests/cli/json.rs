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
        let document = assert_document(&wrong, Some(command), &run(&works, &wrong).exits(2));
        assert!(document["error"]["message"].is_string(), "{document}");
    }
    assert_document("", None, &works.run(["--json"]).exits(2));
    assert_document(
        "status --watch",
        Some("status"),
        &run(&works, "status --watch").exits(2),
    );
}

#[test]
fn help_and_the_version_are_documents() {
    let project = Project::new();
    for (line, command, text) in [
        ("--help", None, "Usage: dieselkit [OPTIONS] <COMMAND>"),
        ("up -h", Some("up"), "Usage: dieselkit up [OPTIONS]"),
        (
            "db create --help",
            Some("db create"),
            "Usage: dieselkit db create",
        ),
        (
            "--version",
            None,
            concat!("dieselkit ", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        let document = assert_document(line, command, &run(&project, line).succeeds());
        let shown = document["data"]["text"].as_str().expect("a text");
        assert!(shown.contains(text), "{shown}");
    }
    let output = project.run(["--json", "help", "up"]).succeeds();
    assert_document("help up", Some("up"), &output);
}

#[test]
fn a_wrong_usage_names_its_command_and_says_one_thing() {
    let project = Project::new();
    for (line, command, message, hint) in [
        (
            "up --foo",
            Some("up"),
            "unexpected argument '--foo' found",
            "`dieselkit up --help`",
        ),
        (
            "-e test migrate --stepps 2",
            Some("up"),
            "unexpected argument '--stepps' found",
            "a similar argument exists: '--steps'; `dieselkit up --help`",
        ),
        (
            "new",
            Some("new"),
            "the following required arguments were not provided: <NAME>",
            "`dieselkit new --help`",
        ),
        (
            "-qe up resolve 7",
            Some("resolve"),
            "the following required arguments were not provided: --reason <TEXT>, <--applied|--reverted>",
            "`dieselkit resolve --help`",
        ),
        (
            "up --transaction x",
            Some("up"),
            "invalid value 'x' for '--transaction <MODE>' [possible values: each, batch]",
            "`dieselkit up --help`",
        ),
        (
            "db mark",
            Some("db mark"),
            "the following required arguments were not provided: <ENVIRONMENT>",
            "`dieselkit db mark --help`",
        ),
        (
            "--env=up frob",
            None,
            "unrecognized subcommand 'frob'",
            "a similar subcommand exists: 'rollback'; `dieselkit --help`",
        ),
    ] {
        let document = assert_document(line, command, &run(&project, line).exits(2));
        assert_eq!(document["error"]["message"], message, "{line}");
        assert_eq!(document["error"]["hint"], hint, "{line}");
    }
    let output = project.run(["up", "--json=1"]).exits(2);
    assert_document("up --json=1", Some("up"), &output);
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
        "db drop --yes --lock-wait 0",
        "reset --yes --lock-wait 0",
    ] {
        let document =
            assert_document(line, line.split(" -").next(), &run(&project, line).exits(4));
        let message = document["error"]["message"].as_str().expect("a text");
        assert!(message.contains("pid "), "{line}: {message}");
        let waits = line.contains("100ms");
        assert_eq!(
            message.contains("and was not waited for"),
            !waits,
            "{message}"
        );
        assert_eq!(
            message.contains("was not freed within 100"),
            waits,
            "{message}"
        );
    }
}
