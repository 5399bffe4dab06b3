//! How every migration stands, as a table with its totals.

use std::fmt::Write;

use dieselkit::backend::Statistics;
use dieselkit::event::LockHolder;
use dieselkit::migration::{Mark, State, StatusEntry, StatusReport};

use super::statistics::statistics_text;
use super::{
    Detail, PRECISIONS, Precision, bare_name, column, counted, lock_text, moment, moments,
    name_column, on_one_line, took,
};
use crate::report::style::{BAD, GOOD, WAITING, styled};
use crate::report::table::{Form, LeftOut, lay_out};

/// Returns the status of all migrations.
pub(crate) fn status_text(
    report: &StatusReport,
    running: Option<&LockHolder>,
    statistics: Option<&Statistics>,
    detail: Detail,
) -> (String, Option<LeftOut>) {
    let mut text = String::new();
    let mut left_out = None;
    if report.migrations.is_empty() {
        text += "no migrations yet\n";
    } else {
        let table = status_table(report, detail);
        left_out = table.1;
        text += &table.0;
        text.push('\n');
        text += &totals(report);
    }
    if let Some(holder) = running {
        let _ = writeln!(text, "a run is under way: {holder}");
    }
    for entry in &report.migrations {
        if let Some(error) = &entry.error {
            let error = error.replace('\n', "\n  ");
            let _ = writeln!(
                text,
                "\n{}: {}\n  {error}",
                on_one_line(&entry.name),
                styled(BAD, "failed")
            );
        }
    }
    if let Some(statistics) = statistics {
        text.push('\n');
        text += &statistics_text(statistics);
    }
    (text, left_out)
}

fn status_table(report: &StatusReport, detail: Detail) -> (String, Option<LeftOut>) {
    let are_known = report
        .migrations
        .iter()
        .any(|entry| entry.strongest_lock.is_some());
    let detail = if are_known { detail } else { Detail::Usual };
    let (laid_out, left_out) =
        lay_out(&PRECISIONS.map(|precision| form(report, precision, detail)));
    (colour_states(&laid_out), left_out)
}

/// `rollback --batch` needs the batch, so that it goes last.
fn form(report: &StatusReport, precision: Precision, detail: Detail) -> Form {
    let mut columns = vec![
        column("state", 0),
        column("version", 0),
        name_column(),
        column("batch", 1),
        moments("applied", "applied (UTC)", 2, precision),
        column("took", 4),
        column("by", 5),
    ];
    if detail == Detail::Verbose {
        columns.push(column("strongest lock", 6));
    }
    columns.push(column("notes", 0));
    let row = |entry: &StatusEntry| {
        let mut row = status_row(entry, precision);
        if detail == Detail::Verbose {
            let lock = entry.strongest_lock.as_ref().map(lock_text);
            row.push(lock.unwrap_or_default());
        }
        row.push(notes(entry));
        row
    };
    Form {
        columns,
        rows: report.migrations.iter().map(row).collect(),
    }
}

/// Returns a row as far as its notes, or its lock.
fn status_row(entry: &StatusEntry, precision: Precision) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        state_word(entry).to_owned(),
        entry.version.to_string(),
        bare_name(&entry.name),
        text(entry.batch.map(|batch| batch.to_string())),
        text(entry.applied_at.map(|at| moment(at, precision))),
        text(entry.execution_time_ms.map(took)),
        text(entry.applied_by.clone()),
    ]
}

/// What stopped on its way down is neither applied nor only interrupted.
const HALF_ROLLED_BACK: &str = "half rolled back";

fn state_word(entry: &StatusEntry) -> &'static str {
    match entry.state {
        _ if entry.is_half_rolled_back() => HALF_ROLLED_BACK,
        State::Pending => "pending",
        State::Applied => "applied",
        State::Failed => "failed",
        State::Interrupted => "interrupted",
        State::Running => "running",
    }
}

fn notes(entry: &StatusEntry) -> String {
    let mut notes: Vec<String> = Vec::new();
    if let (Some(done), Some(total)) = (entry.statements_done, entry.statements_total) {
        let way = match (entry.has(Mark::HalfRolledBack), entry.state) {
            (false, _) => "",
            (true, State::Running) => "way down ",
            (true, _) => "way down stopped ",
        };
        notes.push(format!(
            "{way}at statement {} of {total}",
            (done + 1).min(total)
        ));
    }
    notes.extend(
        entry
            .marks
            .iter()
            .filter_map(|mark| mark_word(*mark))
            .map(str::to_owned),
    );
    notes.join(", ")
}

fn mark_word(mark: Mark) -> Option<&'static str> {
    Some(match mark {
        Mark::Modified => "modified",
        Mark::Reformatted => "reformatted",
        Mark::Missing => "missing",
        Mark::Ahead => "missing (newer than every file)",
        Mark::OutOfOrder => "out of order",
        Mark::Template => "template",
        Mark::Irreversible => "irreversible",
        Mark::ByDiesel => "by Diesel",
        Mark::Baseline => "baseline",
        Mark::Resolved => "resolved by hand",
        Mark::NonTransactional => "statement by statement",
        Mark::LastAttemptFailed => "last attempt failed",
        Mark::BadSettings => "bad metadata",
        _ => return None,
    })
}

/// Colours the word at the beginning of each row; a row's further lines begin further right.
fn colour_states(laid_out: &str) -> String {
    let colours = [
        ("applied", GOOD),
        ("pending", WAITING),
        ("running", WAITING),
        ("failed", BAD),
        ("interrupted", BAD),
        (HALF_ROLLED_BACK, BAD),
    ];
    let coloured = |line: &str| {
        let row = line.strip_prefix("  ")?;
        let (state, style) = colours.iter().find(|(state, _)| row.starts_with(state))?;
        Some(format!(
            "  {}{}\n",
            styled(*style, state),
            &row[state.len()..]
        ))
    };
    laid_out
        .lines()
        .map(|line| coloured(line).unwrap_or_else(|| format!("{line}\n")))
        .collect()
}

fn totals(report: &StatusReport) -> String {
    let totals = &report.totals;
    let in_state = |word: &'static str| {
        let states = report.migrations.iter().map(state_word);
        (states.filter(|state| *state == word).count(), word)
    };
    let parts = [
        in_state("applied"),
        in_state("pending"),
        in_state("failed"),
        in_state("interrupted"),
        in_state(HALF_ROLLED_BACK),
        in_state("running"),
        (totals.modified, "modified"),
        (totals.missing, "missing"),
        (totals.out_of_order, "out of order"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!(
        "{}: {}\n",
        counted(report.migrations.len(), "migration"),
        parts.join(", ")
    )
}
