//! What a linter found, and what its rules are.

use std::collections::HashSet;
use std::fmt::Write as _;

use dieselkit::lint::{Finding, Ignored, Level, Report, RuleInfo};
use dieselkit::migration::Place;
use serde::Serialize;

use super::counted;
use crate::report::style::{BAD, CAUSE, DIM, GOOD, HINT, WAITING, styled};

/// Something that was mended in a file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Mended {
    /// Where it was found.
    pub(crate) place: Place,
    /// The rule.
    pub(crate) rule: String,
    /// What was done.
    pub(crate) title: String,
}

/// Returns what was found in something that `told` names, to follow "linted 3 files, ".
pub(crate) fn lint_text(report: &Report, told: &str, mended: &[Mended]) -> String {
    let mut text = String::new();
    let mut advised = HashSet::new();
    for finding in &report.findings {
        text += &finding_text(finding);
        // Once is enough.
        if let Some(help) = finding.help.as_ref().filter(|help| advised.insert(*help)) {
            let _ = writeln!(text, "  {} {help}", styled(HINT, "instead:"));
        }
    }
    for one in mended {
        let word = styled(GOOD, "mended:");
        let _ = writeln!(text, "{word} {}: {} ({})", one.place, one.title, one.rule);
    }
    for ignored in &report.ignored {
        text += &ignored_text(ignored);
    }
    text += &summary(report, told);
    text
}

fn finding_text(finding: &Finding) -> String {
    format!(
        "{}: {} {} ({})\n",
        finding.place,
        level_text(finding.level, ":"),
        finding.message,
        styled(CAUSE, &finding.rule)
    )
}

fn level_text(level: Level, behind: &str) -> String {
    let style = match level {
        Level::Error => BAD,
        Level::Warning => WAITING,
        Level::Info | Level::Off => DIM,
    };
    styled(style, &format!("{level}{behind}"))
}

fn ignored_text(ignored: &Ignored) -> String {
    let rules = match ignored.rules.as_slice() {
        [] => "everything".to_owned(),
        rules => rules.join(", "),
    };
    let reason = ignored.reason.as_deref().unwrap_or("no reason is given");
    let word = styled(DIM, "ignored:");
    format!("{word} {}: {rules}: {reason}\n", ignored.place)
}

fn summary(report: &Report, told: &str) -> String {
    let totals = &report.totals;
    let counts = [
        (totals.error, "error", BAD),
        (totals.warning, "warning", WAITING),
    ];
    let mut found: Vec<String> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, style)| styled(*style, &counted(*count, noun)))
        .collect();
    if totals.info > 0 {
        found.push(format!("{} info", totals.info));
    }
    if found.is_empty() {
        found.push(styled(GOOD, "no findings"));
    }
    if !report.ignored.is_empty() {
        found.push(format!("{} ignored", report.ignored.len()));
    }
    let files = counted(report.files.len(), "file");
    format!("linted {files}, {told}: {}\n", found.join(", "))
}

/// Returns every rule with its level, one a line.
pub(crate) fn rule_list_text<'a>(rules: impl Iterator<Item = (&'a RuleInfo, Level)>) -> String {
    let mut text = String::new();
    let mut source = "";
    for (rule, here) in rules {
        if source != rule.source {
            source = rule.source;
            let _ = writeln!(text, "rules of {source}:");
        }
        let level = level_text(here, "");
        let fill = " ".repeat(8 - here.word().len());
        let _ = writeln!(text, "  {level}{fill}{:<34} {}", rule.name, rule.finds);
    }
    text
}

/// Returns all that there is to say of a rule.
pub(crate) fn rule_text(rule: &RuleInfo, here: Level) -> String {
    let mut text = format!(
        "{} ({}): finds {}\n",
        rule.name,
        level_text(here, ""),
        rule.finds
    );
    if here != rule.level {
        let _ = writeln!(text, "its own level is {}", rule.level);
    }
    let _ = writeln!(text, "\nwhy: {}", rule.hurts);
    let _ = if let Some(instead) = rule.instead {
        writeln!(text, "\ninstead: {instead}")
    } else {
        writeln!(text, "\nmore: https://squawkhq.com/docs/{}", rule.name)
    };
    for (word, example) in [("bad", &rule.bad), ("good", &rule.good)] {
        if let Some(sql) = example {
            let _ = writeln!(text, "\n{word}:");
            for line in sql.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}
