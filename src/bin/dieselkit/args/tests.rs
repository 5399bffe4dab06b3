//! Tests of the command line: what is taken, what is refused, and what refusals show.

use std::ffi::OsString;
use std::time::Duration;

use clap::error::ErrorKind;

use super::*;

fn typed(line: &str) -> Result<Cli, UsageError> {
    let words = std::iter::once("dieselkit").chain(line.split_whitespace());
    parse(&words.map(OsString::from).collect::<Vec<_>>()).map(|parsed| parsed.cli)
}

fn command(line: &str) -> Command {
    typed(line).expect(line).command
}

#[test]
fn the_declarations_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_alias_means_its_command() {
    assert!(matches!(command("create a"), Command::New(_)));
    assert!(matches!(command("migrate"), Command::Up(_)));
    assert!(matches!(command("down"), Command::Rollback(_)));
}

#[test]
fn a_rollback_goes_as_far_as_was_asked() {
    for (line, target) in [
        ("rollback", RollbackTarget::Steps(1)),
        ("rollback --steps 3", RollbackTarget::Steps(3)),
        ("rollback --batch", RollbackTarget::Batch(None)),
        (
            "rollback --batch 7 --dry-run",
            RollbackTarget::Batch(Some(7)),
        ),
        (
            "rollback --to 20260131101500",
            RollbackTarget::To("20260131101500".to_owned()),
        ),
        ("rollback --all", RollbackTarget::All),
    ] {
        let Command::Rollback(rollback) = command(line) else {
            panic!("{line}")
        };
        assert_eq!(rollback.target(), target, "{line}");
    }
    let Command::Redo(redo) = command("redo --batch") else {
        panic!("not redo")
    };
    assert_eq!(redo.target(), RollbackTarget::Batch(None));
}

#[test]
fn a_resolution_is_one_of_two() {
    for (line, resolution) in [
        ("resolve 1 --applied --reason r", Resolution::Applied),
        ("resolve 1 --reverted --reason r", Resolution::Reverted),
    ] {
        let Command::Resolve(resolve) = command(line) else {
            panic!("{line}")
        };
        assert_eq!(resolve.resolution(), resolution, "{line}");
    }
}

#[test]
fn global_flags_stand_before_and_after_the_command() {
    for line in [
        "-e test --json -vv --lock-wait 500ms up",
        "up -e test --json -vv --lock-wait 500ms",
    ] {
        let global = typed(line).expect(line).global;
        assert_eq!(global.env.as_deref(), Some("test"), "{line}");
        assert!(global.json, "{line}");
        assert_eq!(global.verbose, 2, "{line}");
        assert_eq!(global.lock_wait, Some(Duration::from_millis(500)), "{line}");
    }
    let global = typed("up").expect("valid").global;
    assert_eq!((global.lock_wait, global.color), (None, Color::Auto));
}

#[test]
fn contradictions_are_refused() {
    for line in [
        "up --to 1 --steps 1",
        "up --transaction batch --keep-going",
        "rollback --to 1 --all",
        "rollback --steps 1 --batch",
        "rollback --batch 1 --all",
        "redo --steps 1 --batch",
        "resolve 1 --applied --reverted --reason r",
        "status --watch --json",
        "--json status --watch",
        "status --json --watch",
        "-q up -v",
    ] {
        let refused = typed(line).expect_err(line);
        assert_eq!(refused.error.kind(), ErrorKind::ArgumentConflict, "{line}");
        assert_eq!(refused.error.exit_code(), 2, "{line}");
    }
    assert!(typed("up --transaction each --keep-going").is_ok());
}

#[test]
fn what_is_missing_or_malformed_is_refused() {
    for line in [
        "up --steps 0",
        "up --steps x",
        "up --transaction some",
        "up --lock-wait 60",
        "goto",
        "baseline",
        "resolve 1 --reason r",
        "resolve 1 --applied",
        "repair 1",
        "db",
        "db mark",
        "completions tcsh",
        "frobnicate",
    ] {
        let refused = typed(line).expect_err(line);
        assert!(!refused.is_answer(), "{line}");
        assert_eq!(refused.error.exit_code(), 2, "{line}");
    }
}

#[test]
fn a_usage_error_knows_whether_json_was_asked_for() {
    assert!(typed("up --json --frobnicate").expect_err("refused").json);
    assert!(!typed("up --frobnicate").expect_err("refused").json);
    assert!(!typed("up -- --json").expect_err("refused").json);
}

#[test]
fn help_and_version_are_answers() {
    for line in ["--help", "-h", "--version", "up --help", "db drop -h"] {
        assert!(typed(line).expect_err(line).is_answer(), "{line}");
    }
}

#[test]
fn passwords_are_shown_by_no_debug_and_no_usage_error() {
    let cli = typed("--database-url postgres://u:s3cret@h/db up").expect("valid");
    assert!(!format!("{cli:?}").contains("s3cret"));
    for line in [
        "up postgres://u:s3cret@h/db",
        "up --databse-url=postgres://u:s3cret@h/db",
        "password=s3cret",
    ] {
        let refused = typed(line).expect_err(line);
        for shown in [refused.text(), refused.styled(), format!("{refused:?}")] {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
