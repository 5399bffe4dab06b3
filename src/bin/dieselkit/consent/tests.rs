//! Tests of consent: the rules as tables, and how refusals read.

use super::*;
use Destruction::{
    DropDatabase, Force, Forget, Hold, Mark, Redo, Rehearse, Replace, Reset, Rollback,
};
use Protection::{Open, Protected};
use Terminal::{Absent, Present};

const ALL: [Destruction; 10] = [
    Rollback,
    Redo,
    Force,
    Reset,
    DropDatabase,
    Mark,
    Forget,
    Hold,
    Rehearse,
    Replace,
];

fn decided(
    destruction: Destruction,
    protection: Protection,
    terminal: Terminal,
    flags: &str,
) -> Decision {
    let answers = Answers {
        yes: flags.contains("--yes"),
        confirm: flags.split("--confirm ").nth(1),
    };
    decide(&Request {
        destruction,
        protection,
        database: Some("studio"),
        extent: Extent::default(),
        answers,
        terminal,
    })
}

fn protected() -> Decision {
    Decision::Refuse(Refusal::Protected {
        database: "studio".to_owned(),
    })
}

fn nobody() -> Decision {
    Decision::Refuse(Refusal::NobodyToAsk {
        database: "studio".to_owned(),
    })
}

#[test]
fn the_rules_of_protected_environments_hold_for_what_asks_once() {
    for (protection, terminal, flags, expected) in [
        (Open, Present, "", Decision::AskYesNo),
        (Open, Present, "--yes", Decision::Go),
        (Open, Present, "--confirm studio", Decision::Go),
        (Open, Absent, "", nobody()),
        (Open, Absent, "--yes", Decision::Go),
        (Open, Absent, "--confirm studio", Decision::Go),
        (Protected, Present, "", Decision::AskName),
        (Protected, Present, "--yes", Decision::AskName),
        (Protected, Present, "--confirm studio", Decision::Go),
        (Protected, Absent, "", protected()),
        (Protected, Absent, "--yes", protected()),
        (Protected, Absent, "--yes --confirm studio", Decision::Go),
    ] {
        for destruction in ALL
            .into_iter()
            .filter(|destruction| !destruction.asks_twice())
        {
            let decision = decided(destruction, protection, terminal, flags);
            assert_eq!(
                decision, expected,
                "{destruction:?} {protection:?} {terminal:?} {flags}"
            );
        }
    }
}

#[test]
fn the_rules_of_protected_environments_hold_for_what_asks_twice() {
    for (protection, terminal, flags, expected) in [
        (Open, Present, "", Decision::AskYesNoThenName),
        (Open, Present, "--yes", Decision::Go),
        (Open, Present, "--confirm studio", Decision::Go),
        (Open, Absent, "", nobody()),
        (Open, Absent, "--yes", Decision::Go),
        (Protected, Present, "", Decision::AskYesNoThenName),
        (Protected, Present, "--yes", Decision::AskName),
        (Protected, Present, "--confirm studio", Decision::Go),
        (Protected, Absent, "", protected()),
        (Protected, Absent, "--yes", protected()),
        (Protected, Absent, "--confirm studio", Decision::Go),
    ] {
        for destruction in [Reset, DropDatabase] {
            let decision = decided(destruction, protection, terminal, flags);
            assert_eq!(
                decision, expected,
                "{destruction:?} {protection:?} {terminal:?} {flags}"
            );
        }
    }
}

#[test]
fn another_databases_name_is_refused_everywhere() {
    for destruction in ALL {
        for protection in [Open, Protected] {
            for given in ["Studio", "", "other"] {
                let decision = decided(
                    destruction,
                    protection,
                    Present,
                    &format!("--yes --confirm {given}"),
                );
                let refusal = Refusal::OtherDatabase {
                    given: given.to_owned(),
                    database: "studio".to_owned(),
                };
                assert_eq!(
                    decision,
                    Decision::Refuse(refusal),
                    "{destruction:?} {protection:?}"
                );
            }
        }
    }
}

#[test]
fn a_name_that_nobody_knows_confirms_nothing() {
    let with = |destruction, protection, answers| {
        decide(&Request {
            destruction,
            protection,
            database: None,
            extent: Extent::default(),
            answers,
            terminal: Present,
        })
    };
    let refused = Decision::Refuse(Refusal::UnknownName);
    let named = Answers {
        yes: true,
        confirm: Some("studio"),
    };
    let yes = Answers {
        yes: true,
        confirm: None,
    };
    assert_eq!(with(Rollback, Protected, Answers::default()), refused);
    assert_eq!(with(Rollback, Protected, yes), refused);
    assert_eq!(with(Rollback, Open, named), refused);
    assert_eq!(with(Reset, Open, Answers::default()), refused);
    assert_eq!(with(Rollback, Open, Answers::default()), Decision::AskYesNo);
    assert_eq!(with(Reset, Open, yes), Decision::Go);
}

#[test]
fn every_refusal_reads_well() {
    let database = || "my studio.db".to_owned();
    let refusals = [
        Refusal::OtherDatabase {
            given: "other".to_owned(),
            database: database(),
        },
        Refusal::Protected {
            database: "studio".to_owned(),
        },
        Refusal::Unread {
            database: "studio.db".to_owned(),
        },
        Refusal::NobodyToAsk {
            database: database(),
        },
        Refusal::UnknownName,
        Refusal::Declined,
        Refusal::WrongName {
            typed: "studoi".to_owned(),
        },
        Refusal::Interrupted,
        Refusal::Unasked {
            reason: "not a terminal".to_owned(),
        },
    ];
    let typed = ["dieselkit", "rollback", "--env", "test"].map(Into::into);
    let again = crate::args::parse(&typed).expect("it is well formed").again;
    let shown: Vec<String> = refusals
        .iter()
        .map(|refusal| {
            format!(
                "{} {refusal}\n  {}",
                refusal.exit().code(),
                refusal.hint(&again).unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn the_question_of_a_reset_names_the_schemas() {
    let asked = |schemas: &[&str]| {
        let schemas: Vec<String> = schemas.iter().map(|name| (*name).to_owned()).collect();
        let extent = Extent {
            schemas: &schemas,
            baselines: 0,
        };
        Reset.question("db", extent)
    };
    assert_eq!(
        asked(&[]),
        "Drop everything in `db` and apply all migrations?"
    );
    assert_eq!(
        asked(&["app"]),
        "Drop everything in schema `app` of `db` and apply all migrations?"
    );
    assert_eq!(
        asked(&["app", "o2"]),
        "Drop everything in schemas `app`, `o2` of `db` and apply all migrations?"
    );
}

#[test]
fn the_question_of_a_rollback_counts_the_baselines() {
    let asked = |destruction: Destruction, baselines| {
        let schemas = &[];
        destruction.question("db", Extent { schemas, baselines })
    };
    assert_eq!(asked(Rollback, 0), "Roll back migrations of `db`?");
    assert_eq!(
        asked(Rollback, 1),
        "Roll back migrations of `db`, dropping what was there before dieselkit (1 baseline)?"
    );
    assert_eq!(
        asked(Redo, 2),
        "Roll back migrations of `db`, dropping what was there before dieselkit (2 baselines), \
         and apply them again?"
    );
}
