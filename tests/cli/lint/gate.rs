//! What lint finds keeps a run from a protected database, and from no other.

use super::NAME;
use crate::session::{Session, studio, up_of};
use crate::support::engine::Engine;

on_both_engines![
    errors_keep_up_from_a_protected_database,
    neither_does_a_reset,
    no_other_command_goes_round_the_gate,
    one_transaction_for_all_is_linted_as_one,
    elsewhere_nobody_lints,
];

fn errors_keep_up_from_a_protected_database(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    let mut session = Session::of(&project);
    session.run("up").exits(5);
    let document = project.run(["up", "--json"]).exits(5).json();
    assert_eq!(
        document["data"]["findings"][0]["rule"],
        "write-without-where"
    );
    assert_eq!(database.applied().len(), 3);
    session.run("up --dry-run").succeeds();
    session.run("up --no-lint --no-backup").succeeds();
    assert_eq!(database.applied().len(), 4);
    session.matches("lint_gate");
}

fn neither_does_a_reset(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(
        &up_of(NAME),
        "-- lint:ignore drops-data\nDROP TABLE bookings;\n",
    );
    for line in ["reset --json", "reset --dry-run --json"] {
        let document = project.run(line.split(' ')).exits(5).json();
        assert_eq!(document["data"]["totals"]["error"], 1, "{line}");
        let findings = document["data"]["findings"].as_array();
        let mut findings = findings.into_iter().flatten();
        let found = findings.any(|found| found["rule"] == "ignore-without-reason");
        assert!(found, "{line}: {document}");
    }
    let planned = project.run(["reset", "--dry-run", "--no-lint", "--json"]);
    let planned = planned.succeeds().json();
    assert_eq!(planned["data"]["steps"].as_array().map(Vec::len), Some(4));
    assert_eq!(planned["data"]["losses"][2]["rows"]["count"], 0);
    assert_eq!(planned["data"]["backup_first"], true);
    // All the rows of a table are nobody's that the same run has made.
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    project.run(["up"]).exits(5);
    project.run(["reset", "--dry-run"]).succeeds();
    assert_eq!(database.applied().len(), 3);
}

fn no_other_command_goes_round_the_gate(database: &dyn Engine) {
    let project = studio(database).env("DIESELKIT_ENV", "production");
    project.run(["up"]).succeeds();
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    project.write(&format!("migrations/{NAME}/down.sql"), "SELECT 1;\n");
    let mut session = Session::of(&project);
    session.run("goto 20260104000000 --dry-run").succeeds();
    session.run("goto 20260104000000").exits(5);
    assert_eq!(database.applied().len(), 3);
    session
        .run("goto 20260104000000 --no-lint --no-backup")
        .succeeds();
    assert_eq!(database.applied().len(), 4);
    session.run("redo").exits(5);
    // A way down is not what the gate is about.
    session.run("goto 20260103000000 --dry-run").succeeds();
    session.matches("lint_gate_of_others");
}

fn one_transaction_for_all_is_linted_as_one(database: &dyn Engine) {
    let project = studio(database).config("[migrations]\ntransaction = 'batch'\n");
    project.run(["up"]).succeeds();
    project.write(
        "migrations/004_outside.sql",
        "-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down irreversible\n",
    );
    let said = project.run(["lint"]).exits(3).stdout;
    assert!(said.contains("not-in-transaction"), "{said}");
}

fn elsewhere_nobody_lints(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of(NAME), "DELETE FROM users;\n");
    project.run(["up", "--steps", "3"]).succeeds();
    project.run(["up"]).succeeds();
    assert_eq!(database.applied().len(), 4);
}
