//! The Makefile's aliases, each typed as a user types it.
//!
//! Runs `make -n`, which shows what would be run: what the program does is not known here.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests run make as a user would"
)]

use std::process::{Command, Output};

fn make(arguments: &[&str]) -> Output {
    Command::new("make")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // A `make test` around this hands its own flags and ARGS down in the environment.
        .env_remove("MAKEFLAGS")
        .env_remove("MFLAGS")
        .env_remove("MAKEOVERRIDES")
        .env_remove("MAKELEVEL")
        .env_remove("ARGS")
        .output()
        .expect("make is installed by scripts/install-test-deps.sh")
}

#[track_caller]
fn shown_by(arguments: &[&str]) -> String {
    let output = make(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "make {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("make prints UTF-8")
}

#[test]
fn each_alias_can_be_typed_and_runs_its_command() {
    for (alias, command) in [
        ("db:migrate", "up"),
        ("db:migrate:status", "status"),
        ("db:rollback", "rollback"),
        ("db:reset", "reset"),
        ("db:create-migration", "new"),
        ("db:seed", "seed"),
        ("db:backup", "backup create"),
    ] {
        let shown = shown_by(&["-n", alias, "ARGS=--env test -v"]);
        let expected = format!("cargo run --quiet --bin dieselkit -- {command} --env test -v\n");
        assert_eq!(shown, expected, "make {alias}");
    }
}

#[test]
fn plain_targets_run_their_scripts() {
    for (target, script) in [
        ("demo", "scripts/demo.sh"),
        ("test", "scripts/test.sh"),
        ("check", "scripts/check.sh"),
        ("bench", "scripts/bench.sh migrations"),
        ("build", "cargo build"),
    ] {
        assert_eq!(
            shown_by(&["-n", target]).trim_end(),
            script,
            "make {target}"
        );
    }
}

#[test]
fn make_alone_lists_every_target() {
    let listed = shown_by(&[]);
    let makefile = include_str!("../Makefile");
    let declared = makefile
        .lines()
        .filter_map(|line| line.strip_prefix(".PHONY: "))
        .flat_map(str::split_whitespace)
        .map(|target| target.replace('\\', ""));
    for target in declared {
        let entry = format!("make {target} ");
        assert!(listed.contains(&entry), "`{target}` is not in:\n{listed}");
    }
}
