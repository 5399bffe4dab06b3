//! All rules by name: this tool's own, and those of the engines' own linters.

use std::borrow::Cow;

use super::ignore;
use super::nearest::nearest;
use super::rule::{Claim, Rule, Verdict};
use super::rules::RULES;
use super::unreadable;
use crate::backend::address::Engine;
use crate::backend::lint::{ForeignRule, Level};

/// A rule, as far as a user wants to know it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Its name.
    pub name: &'static str,
    /// How much it weighs where nobody says.
    pub level: Level,
    /// Whose it is: `dieselkit`, or the name of an engine's linter.
    pub source: &'static str,
    /// What it finds, as a noun phrase.
    pub finds: &'static str,
    /// Why that hurts; of an engine's linter, why it weighs so.
    pub hurts: &'static str,
    /// What to write instead.
    pub instead: Option<&'static str>,
    /// An example that is found.
    pub bad: Option<Cow<'static, str>>,
    /// One that is not.
    pub good: Option<Cow<'static, str>>,
}

/// There is no such rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no lint rule `{name}`{}", meant_text(*meant))]
pub struct UnknownRule {
    /// What was written.
    pub name: String,
    /// What may have been meant.
    pub meant: Option<&'static str>,
}

impl UnknownRule {
    /// Returns what may help, as a command that can be pasted.
    pub fn hint(&self) -> Option<String> {
        Some("`dieselkit lint --list` lists them".to_owned())
    }
}

fn meant_text(meant: Option<&str>) -> String {
    meant
        .map(|name| format!(": did you mean `{name}`?"))
        .unwrap_or_default()
}

/// The linter that PostgreSQL's rules come from.
const SQUAWK: &str = "squawk";

/// Returns every rule, this tool's own first, each kind by name; also those of an engine that this build
/// lacks, which a configuration may name.
pub fn rule_infos() -> Vec<RuleInfo> {
    let mut own: Vec<RuleInfo> = RULES.iter().map(|rule| of_own(rule)).collect();
    own.extend(ignore::RULES.iter().chain(unreadable::RULES).cloned());
    own.sort_by_key(|rule| rule.name);
    own.extend(foreign_rules().map(of_foreign));
    own
}

/// Returns the rule of a name.
///
/// # Errors
/// `UnknownRule`, with the name that may have been meant.
pub fn rule(name: &str) -> Result<RuleInfo, UnknownRule> {
    let rules = rule_infos();
    let found = rules.iter().find(|rule| rule.name == name);
    found.cloned().ok_or_else(|| UnknownRule {
        name: name.to_owned(),
        meant: nearest(name, rules.iter().map(|rule| rule.name)),
    })
}

fn foreign_rules() -> impl Iterator<Item = &'static ForeignRule> {
    let engines = super::rule::ANY.iter();
    engines.flat_map(|engine| engine.foreign_rules())
}

fn of_own(rule: &'static Rule) -> RuleInfo {
    RuleInfo {
        name: rule.name,
        level: rule.level,
        source: "dieselkit",
        finds: rule.finds,
        hurts: rule.hurts,
        instead: Some(rule.instead),
        bad: shown(rule, Verdict::Bad),
        good: shown(rule, Verdict::Good),
    }
}

fn of_foreign(rule: &'static ForeignRule) -> RuleInfo {
    RuleInfo {
        name: rule.name,
        level: rule.level,
        source: SQUAWK,
        finds: rule.finds,
        hurts: rule.why,
        instead: None,
        bad: None,
        good: None,
    }
}

/// Returns the first example with this verdict; with both ways where the rule is about the way down.
fn shown(rule: &'static Rule, verdict: Verdict) -> Option<Cow<'static, str>> {
    let mut examples = rule.examples.iter();
    let example = examples.find(|example| example.verdict == verdict)?;
    let down = example.down.filter(|_| rule.ways == super::rule::DOWN);
    Some(match down {
        None => Cow::Borrowed(example.up),
        Some(down) => Cow::Owned(format!("-- up\n{}\n-- down\n{down}", example.up)),
    })
}

/// Returns on which engines the rule's bad examples are bad.
pub(super) fn engines_of(rule: &Rule) -> Vec<Engine> {
    let bad = rule
        .examples
        .iter()
        .filter(|example| example.verdict == Verdict::Bad);
    let engines: Vec<Engine> = bad
        .flat_map(|example| example.engines.iter().copied())
        .collect();
    let all = super::rule::ANY.iter().copied();
    all.filter(|engine| engines.contains(engine)).collect()
}

/// Returns whether a database refuses what the rule finds, as the tests prove.
pub(super) fn is_refused(rule: &Rule) -> bool {
    let mut examples = rule.examples.iter();
    examples.any(|example| matches!(example.claim, Claim::Refused(_) | Claim::RefusedBefore(..)))
}
