//! What a check found, with the differences.

mod visible;

use std::fmt::Write;

use dieselkit::migration::{CheckReport, Finding, Weight};

use super::counted;
use crate::report::style::{self, BAD, DIM, GOOD, styled};

/// Returns what a check found.
pub(crate) fn check_text(report: &CheckReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        text += &finding_text(finding);
    }
    let weighs = |weight| {
        report
            .findings
            .iter()
            .filter(|finding| finding.weight == weight)
            .count()
    };
    let (findings, notes) = (weighs(Weight::Finding), weighs(Weight::Note));
    let result = if findings == 0 {
        styled(GOOD, "no findings")
    } else {
        styled(BAD, &counted(findings, "finding"))
    };
    let also = match notes {
        0 => String::new(),
        notes => format!(", {}", counted(notes, "note")),
    };
    let _ = writeln!(
        text,
        "checked {}: {result}{also}",
        counted(report.migrations, "migration")
    );
    text
}

fn finding_text(finding: &Finding) -> String {
    let word = match finding.weight {
        Weight::Finding => styled(BAD, "finding:"),
        Weight::Note => styled(DIM, "note:"),
    };
    let place = finding
        .place
        .as_ref()
        .map(|place| format!("{place}: "))
        .unwrap_or_default();
    let mut text = format!("{word} {place}{}\n", finding.message);
    if let Some(diff) = &finding.diff {
        text += &visible::lines(diff)
            .iter()
            .map(|line| diff_line(line))
            .collect::<String>();
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "  {} {hint}", styled(style::HINT, "hint:"));
    }
    text
}

fn diff_line(line: &str) -> String {
    let line = match line.as_bytes().first() {
        Some(b'+') => styled(GOOD, line),
        Some(b'-') => styled(BAD, line),
        Some(b'@') => styled(DIM, line),
        _ => line.to_owned(),
    };
    format!("  {line}\n")
}
