//! What a second run of the seeds changed.

use std::fmt::Write;

use dieselkit::seed::{SeedFailure, TableChange, VerifyReport};

use super::counted;
use crate::report::style::{BAD, GOOD, styled};

/// Returns what a second run of the seeds changed.
pub(crate) fn seed_verify_text(report: &VerifyReport) -> String {
    let mut text = String::new();
    for change in &report.changes {
        text += &change_text(change);
    }
    for failure in &report.failures {
        text += &failure_text(failure);
    }
    let _ = writeln!(
        text,
        "{}: {}, {} compared; all of it is rolled back",
        verdict(report),
        counted(report.twice.len() + report.once.len(), "seed"),
        counted(report.tables, "table"),
    );
    text
}

fn change_text(change: &TableChange) -> String {
    let counts = [
        (change.inserted, "inserted"),
        (change.updated, "updated"),
        (change.deleted, "deleted"),
    ];
    let said: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", rows(*count)))
        .collect();
    let mut text = format!(
        "{}: {} by {}\n",
        styled(BAD, &change.table),
        said.join(", "),
        change.seeds.join(" and ")
    );
    if !change.keys.is_empty() {
        let all = change.inserted + change.updated + change.deleted;
        let more = if all > change.keys.len() as u64 {
            "; …"
        } else {
            ""
        };
        let _ = writeln!(text, "  {}{more}", change.keys.join("; "));
    }
    text
}

fn rows(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "row")
}

fn failure_text(failure: &SeedFailure) -> String {
    let what = failure.to_string().replace('\n', "\n  ");
    format!(
        "{}: failed when it ran again\n  {what}\n",
        styled(BAD, &failure.name)
    )
}

fn verdict(report: &VerifyReport) -> String {
    let (changes, failures) = (report.changes.len(), report.failures.len());
    if report.is_clean() {
        return styled(GOOD, "the second run changed nothing");
    }
    match (changes, failures) {
        (changes, 0) => format!("the second run changed {}", counted(changes, "table")),
        (0, failures) => format!("the second run failed in {}", counted(failures, "seed")),
        (changes, failures) => format!(
            "the second run changed {} and failed in {}",
            counted(changes, "table"),
            counted(failures, "seed")
        ),
    }
}
