//! What a seeding did or would do, and how the seeds stand.

use std::fmt::Write;
use std::time::Duration;

use dieselkit::event::RowCounts;
use dieselkit::seed::{
    GenerateReport, PlannedSeed, Reason, SeedReport, SeedRun, SeedState, SeedStatus,
    SeedStatusReport, SkipReason, Verdict,
};
use dieselkit::shell::command;

use super::{PRECISIONS, Precision, column, counted, duration, moment, moments, took};
use crate::report::style::{BAD, DIM, GOOD, WAITING, styled};
use crate::report::table::{Column, Form, LeftOut, lay_out};

/// Returns what a seeding did.
pub(crate) fn seed_text(report: &SeedReport) -> String {
    done_text(report) + &maybe_gone(&report.planned) + &summary(report)
}

/// Returns what a seeding did before it failed; nothing where it did nothing.
pub(crate) fn partial_seed_text(report: &SeedReport) -> String {
    if report.done.is_empty() {
        return String::new();
    }
    done_text(report)
}

fn done_text(report: &SeedReport) -> String {
    let mut text = String::new();
    for run in &report.done {
        text += &done_line(run);
    }
    text
}

fn done_line(run: &SeedRun) -> String {
    let mut line = format!(
        "{} {} ({})",
        styled(GOOD, "seeded"),
        run.name,
        duration(run.execution_time)
    );
    if let Some(rows) = run.rows {
        let _ = write!(line, ": {}", rows_text(rows));
    }
    for sequence in &run.sequences {
        let _ = write!(line, "\n       moved {sequence} past the largest id");
    }
    line + "\n"
}

/// Returns what became of the rows, leaving out what none did.
fn rows_text(rows: RowCounts) -> String {
    let counts = [
        (rows.inserted, "inserted"),
        (rows.updated, "updated"),
        (rows.deleted, "deleted"),
        (rows.unchanged, "unchanged"),
    ];
    let said: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match said.as_slice() {
        [] => "no rows".to_owned(),
        some => some.join(", "),
    }
}

fn summary(report: &SeedReport) -> String {
    let gone = |seed: &&PlannedSeed| seed.verdict == Verdict::Skip(SkipReason::OnceRolledBack);
    let named = report.planned.iter().filter(gone).count();
    let skipped = report.planned.len() - report.done.len() - named;
    let time: Duration = report.done.iter().map(|run| run.execution_time).sum();
    match (report.done.len(), skipped) {
        (0, 0) => "no seeds yet\n".to_owned(),
        (0, _) => format!(
            "nothing to seed: {} did not change\n",
            counted(skipped, "seed")
        ),
        (done, 0) => format!("{} in {}\n", counted(done, "seed"), duration(time)),
        (done, _) => format!(
            "{} in {}, {skipped} unchanged\n",
            counted(done, "seed"),
            duration(time)
        ),
    }
}

/// Returns which files were written, and how many rows each has.
pub(crate) fn capture_text(files: &[(&str, u64)]) -> String {
    let lines = files.iter().map(|(path, rows)| {
        let rows = counted(usize::try_from(*rows).unwrap_or(usize::MAX), "row");
        format!("{path} ({rows})\n")
    });
    lines.collect()
}

/// Returns how many rows were made up, and from which seed.
pub(crate) fn generate_text(report: &GenerateReport) -> String {
    let rows = counted(usize::try_from(report.rows).unwrap_or(usize::MAX), "row");
    let mut text = format!(
        "{} {rows} of {} ({}) from seed {}\n",
        styled(GOOD, "generated"),
        report.table,
        duration(report.execution_time),
        report.seed
    );
    for sequence in &report.sequences {
        let _ = writeln!(text, "          moved {sequence} past the largest id");
    }
    text
}

/// Returns why a seed is skipped whose rows may have gone with a migration.
fn once_rolled_back(seed: &PlannedSeed) -> String {
    let again = command("dieselkit seed --force --only {}", &[&seed.name]);
    format!("it ran and runs once, but a migration was rolled back since: {again} runs it again")
}

/// Names the seeds that run once and whose rows may have gone with a migration.
fn maybe_gone(planned: &[PlannedSeed]) -> String {
    let gone = |seed: &&PlannedSeed| seed.verdict == Verdict::Skip(SkipReason::OnceRolledBack);
    let line = |seed: &PlannedSeed| format!("skipped {} ({})\n", seed.name, once_rolled_back(seed));
    planned.iter().filter(gone).map(line).collect()
}

/// Returns which seeds would run, and why.
pub(crate) fn seed_plan_text(planned: &[PlannedSeed]) -> String {
    let mut text = String::new();
    for seed in planned {
        let (style, word, why) = match seed.verdict {
            Verdict::Run(reason) => (WAITING, "run ", reason_text(reason).to_owned()),
            Verdict::Skip(SkipReason::Unchanged) => (GOOD, "skip", "it did not change".to_owned()),
            Verdict::Skip(SkipReason::OnceRolledBack) => (WAITING, "skip", once_rolled_back(seed)),
            Verdict::Skip(_) => (GOOD, "skip", "it ran, and runs once".to_owned()),
        };
        let _ = writeln!(text, "{} {} ({why})", styled(style, word), seed.name);
    }
    if planned.is_empty() {
        text += "no seeds yet\n";
    }
    text
}

fn reason_text(reason: Reason) -> &'static str {
    match reason {
        Reason::New => "new",
        Reason::Changed => "changed",
        Reason::Failed => "failed last time",
        Reason::Always => "runs every time",
        Reason::RolledBack => "a migration was rolled back since it ran",
        _ => "forced",
    }
}

/// Returns how every seed stands. Those without a file are only named: nothing is to be done about
/// them.
pub(crate) fn seed_status_text(report: &SeedStatusReport) -> (String, Option<LeftOut>) {
    let (gone, seeds): (Vec<&SeedStatus>, Vec<_>) = report
        .seeds
        .iter()
        .partition(|seed| seed.state == SeedState::Gone);
    if seeds.is_empty() {
        return ("no seeds yet\n".to_owned() + &gone_text(&gone), None);
    }
    let (mut text, left_out) = lay_out(&PRECISIONS.map(|precision| form(&seeds, precision)));
    let _ = writeln!(
        text,
        "\n{}, {} to run",
        counted(seeds.len(), "seed"),
        report.to_run
    );
    text += &gone_text(&gone);
    for seed in seeds {
        if let Some(error) = &seed.error {
            let error = error.replace('\n', "\n  ");
            let _ = writeln!(
                text,
                "\n{}: {}\n  {error}",
                seed.name,
                styled(BAD, "failed")
            );
        }
    }
    (text, left_out)
}

fn gone_text(gone: &[&SeedStatus]) -> String {
    if gone.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = gone.iter().map(|seed| seed.name.as_str()).collect();
    let text = format!("gone since they were tried: {}", names.join(", "));
    styled(DIM, &text) + "\n"
}

fn form(seeds: &[&SeedStatus], precision: Precision) -> Form {
    Form {
        columns: vec![
            column("state", 0),
            Column {
                breaks_at: Some(16),
                ..column("seed", 0)
            },
            moments("ran", "ran (UTC)", 2, precision),
            column("took", 3),
            column("by", 4),
            column("rows", 1),
        ],
        rows: seeds.iter().map(|seed| row(seed, precision)).collect(),
    }
}

fn row(seed: &SeedStatus, precision: Precision) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        state_word(seed.state).to_owned(),
        seed.name.clone(),
        text(seed.ran_at.map(|at| moment(at, precision))),
        text(seed.execution_time_ms.map(took)),
        text(seed.applied_by.clone()),
        text(seed.rows.map(rows_text)),
    ]
}

fn state_word(state: SeedState) -> &'static str {
    match state {
        SeedState::New => "new",
        SeedState::Changed => "changed",
        SeedState::Done => "done",
        SeedState::Always => "always",
        SeedState::Failed => "failed",
        SeedState::RolledBack => "rolled back",
        SeedState::OnceRolledBack => "once, rolled back",
        _ => "gone",
    }
}
