//! squawk's rules as this tool asks them: each finds a bad example, and nothing in a good one.
//!
//! squawk tests its rules itself. Here it is shown that the answer comes back: that the rule is asked by
//! its name, told the version and the transaction that it needs, and what it finds is not lost on the way.

mod asked;
mod weighed;

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::{Facts, Linter, Options, Report, Subject, Together};
use crate::migration::{Migration, Settings};

/// The version of the server where an example does not say another.
const VERSION: &str = "17.5";

/// Two files that differ in what a rule is about.
struct Pair {
    rule: &'static str,
    bad: Example,
    good: Example,
}

/// A way up, and how it is run.
struct Example {
    up: &'static str,
    in_transaction: bool,
    server_version: &'static str,
}

/// Makes a pair of ways up that run in a transaction.
const fn pair(rule: &'static str, bad: &'static str, good: &'static str) -> Pair {
    Pair {
        rule,
        bad: inside(bad),
        good: inside(good),
    }
}

const fn inside(up: &'static str) -> Example {
    Example {
        up,
        in_transaction: true,
        server_version: VERSION,
    }
}

const fn outside(up: &'static str) -> Example {
    Example {
        in_transaction: false,
        ..inside(up)
    }
}

impl Example {
    /// Says which version the server has.
    const fn on(self, server_version: &'static str) -> Self {
        Self {
            server_version,
            ..self
        }
    }
}

/// Lints an example; a rule that is off is a warning.
fn lint(rule: &str, example: &Example) -> Report {
    let mut options = Options::default();
    if own_level(rule) == Level::Off {
        options
            .weigh(rule, Level::Warning)
            .expect("it is one of squawk's");
    }
    let settings = Settings {
        run_in_transaction: example.in_transaction,
        ..Settings::default()
    };
    let migration = Migration::from_sql("001_it", example.up, None).with_settings(settings);
    let linter = Linter::new(Engine::Postgres, options).expect("it is compiled in");
    linter
        .with_facts(Facts::of_example(Some(example.server_version), &[]))
        .lint(&[Subject::from(&migration)], Together::Apart)
}

fn own_level(name: &str) -> Level {
    let mut rules = Engine::Postgres.foreign_rules().iter();
    let rule = rules.find(|rule| rule.name == name).expect(name);
    rule.level
}

/// Returns the levels at which a rule found something.
fn levels(report: &Report, rule: &str) -> Vec<Level> {
    let findings = report.findings.iter();
    let of_rule = findings.filter(|finding| finding.rule == rule);
    of_rule.map(|finding| finding.level).collect()
}

fn pairs() -> impl Iterator<Item = &'static Pair> {
    weighed::PAIRS.iter().chain(asked::PAIRS)
}

#[test]
fn each_of_squawks_rules_finds_the_bad_example_alone() {
    let mut wrong = Vec::new();
    for Pair { rule, bad, good } in pairs() {
        let level = match own_level(rule) {
            Level::Off => Level::Warning,
            level => level,
        };
        let (in_bad, in_good) = (lint(rule, bad), lint(rule, good));
        let found = levels(&in_bad, rule);
        if found.is_empty() || found.iter().any(|of| *of != level) {
            wrong.push(format!("{rule}: {found:?} in\n{}", bad.up));
        }
        if !levels(&in_good, rule).is_empty() {
            wrong.push(format!("{rule}: found in\n{}", good.up));
        }
        // What squawk cannot read it finds nothing in, for the wrong reason.
        for report in [in_bad, in_good] {
            for finding in report.findings {
                if finding.rule == "unreadable-sql" {
                    wrong.push(format!("{rule}: {}", finding.message));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn none_of_squawks_rules_is_without_an_example() {
    let named = |pairs: &'static [Pair]| {
        let mut names: Vec<&str> = pairs.iter().map(|pair| pair.rule).collect();
        names.dedup();
        names
    };
    let rules = |is_off: bool| -> Vec<&str> {
        let rules = Engine::Postgres.foreign_rules().iter();
        let rules = rules.filter(|rule| (rule.level == Level::Off) == is_off);
        rules.map(|rule| rule.name).collect()
    };
    assert_eq!(named(weighed::PAIRS), rules(false));
    assert_eq!(named(asked::PAIRS), rules(true));
}
