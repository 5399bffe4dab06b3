//! What a run did, whether it ended well or not.

use std::fmt::Write;
use std::time::Duration;

use dieselkit::event::Direction;
use dieselkit::migration::{CopyMade, RunReport, StepFailure, StepReport};

use super::{counted, duration, on_one_line};
use crate::report::style::{BAD, GOOD, WAITING, styled};

/// Returns the name of the backup that was made before a run.
pub(crate) fn backed_up_text(backup: Option<&CopyMade>) -> String {
    backup.map_or_else(String::new, |copy| format!("backed up as {}\n", copy.name))
}

/// Returns what a run did.
pub(crate) fn run_text(report: &RunReport, nothing: &str) -> String {
    let mut text = String::new();
    for version in &report.adopted {
        let _ = writeln!(text, "adopted {version}, which plain Diesel had applied");
    }
    for version in &report.marked_rolled_back {
        let _ = writeln!(
            text,
            "marked {version} as rolled back, which plain Diesel had reverted"
        );
    }
    for step in &report.done {
        text += &done_line(step);
    }
    if report.done.is_empty() && report.failures.is_empty() {
        let _ = writeln!(text, "{nothing}");
    } else {
        text += &summary(report);
    }
    for version in &report.ahead {
        let _ = writeln!(text, "{version} is applied and newer than every file here");
    }
    text
}

fn done_line(step: &StepReport) -> String {
    let verb = match step.direction {
        Direction::Up => styled(GOOD, "applied    "),
        Direction::Down => styled(WAITING, "rolled back"),
    };
    format!(
        "{verb} {} ({})\n",
        on_one_line(&step.name),
        duration(step.execution_time)
    )
}

fn summary(report: &RunReport) -> String {
    let count = |direction| {
        report
            .done
            .iter()
            .filter(|step| step.direction == direction)
            .count()
    };
    let time: Duration = report.done.iter().map(|step| step.execution_time).sum();
    let mut parts = Vec::new();
    for (direction, word) in [(Direction::Down, "rolled back"), (Direction::Up, "applied")] {
        if count(direction) > 0 {
            parts.push(format!("{} {word}", counted(count(direction), "migration")));
        }
    }
    if !report.failures.is_empty() {
        parts.push(format!("{} failed", report.failures.len()));
    }
    let batch = match report.batch {
        Some(batch) if count(Direction::Up) > 0 => format!(", batch {batch}"),
        _ => String::new(),
    };
    format!("{} in {}{batch}\n", parts.join(", "), duration(time))
}

/// Returns what a run did before it failed; of its steps nothing where none is worth telling.
pub(crate) fn partial_text(report: &RunReport) -> String {
    let backed_up = backed_up_text(report.backup.as_ref());
    if report.done.is_empty() && report.failures.len() < 2 {
        return backed_up;
    }
    let done: String = report.done.iter().map(done_line).collect();
    let failed = match report.failures.as_slice() {
        [failure] => failed_line(failure),
        _ => failures_text(report),
    };
    backed_up + &done + &failed + &summary(report)
}

/// Returns what failed, where the error that follows, which tells of the first, leaves some out.
pub(in crate::report) fn failures_text(report: &RunReport) -> String {
    if report.failures.len() < 2 {
        return String::new();
    }
    let told = report.failures.iter().map(|failure| {
        let said = failure.to_string().replace('\n', "\n  ");
        format!("{}  {said}\n", failed_line(failure))
    });
    told.collect()
}

fn failed_line(failure: &StepFailure) -> String {
    format!(
        "{} {}\n",
        styled(BAD, "failed     "),
        on_one_line(&failure.step.name)
    )
}

/// Returns the versions that a baseline marked.
pub(crate) fn marked_text(names: &[String]) -> String {
    let mut text = String::new();
    for name in names {
        let _ = writeln!(text, "marked {}", on_one_line(name));
    }
    let _ = writeln!(
        text,
        "{} marked as applied, nothing was run",
        counted(names.len(), "migration")
    );
    text
}
