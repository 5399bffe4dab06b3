//! What is about to run: as a list of steps, and as SQL that can be run as it stands.

use std::fmt::Write;

use dieselkit::event::{Direction, Loss, StepNotice};
use dieselkit::migration::{CopyBefore, Limit, Limits, StepSql, TakenOver, TransactionMode};
use dieselkit::seed::SeedSet;

use super::loss::loss_lines;
use super::{Detail, counted, on_one_line};
use crate::report::style::{BAD, DIM, GOOD, HEAD, WAITING, styled};

/// Returns a plan, a line a step.
pub(crate) fn plan_text(steps: &[StepNotice]) -> String {
    let mut text = String::new();
    for step in steps {
        let verb = match step.direction {
            Direction::Up => styled(GOOD, "apply    "),
            Direction::Down => styled(WAITING, "roll back"),
        };
        let how = if step.transactional {
            ""
        } else {
            " (statement by statement)"
        };
        let _ = writeln!(text, "  {verb} {}{how}", on_one_line(&step.name));
        if step.baseline {
            let _ = writeln!(text, "            {}", styled(BAD, BASELINE));
        }
    }
    text
}

/// What is to be known of a way down whose way up never ran here.
const BASELINE: &str = "a baseline: this drops what was there before dieselkit";

/// Returns a plan with its SQL, which can be run as it stands.
pub(crate) fn dry_run_text(
    taken_over: &TakenOver,
    first: Option<CopyBefore>,
    (mode, detail): (TransactionMode, Detail),
    steps: &[StepSql],
) -> String {
    let backup = first.map_or_else(String::new, |_| styled(HEAD, BACKUP) + "\n");
    taken_over_text(taken_over) + &backup + &steps_text(mode, detail, steps)
}

/// Returns what a reset would do: what it drops, what is lost with that, and the SQL that it applies.
pub(crate) fn reset_dry_run_text(
    (first, detail): (Option<CopyBefore>, Detail),
    (dropped, losses): (&[String], &[Loss]),
    steps: &[StepSql],
    seeds: Option<&SeedSet>,
) -> String {
    let backup = first.map(|_| BACKUP.to_owned());
    let dropped = dropped
        .iter()
        .map(|name| format!("-- drop {}", on_one_line(name)));
    let mut text = String::new();
    for line in backup.into_iter().chain(dropped) {
        let _ = writeln!(text, "{}", styled(HEAD, &line));
    }
    for line in loss_lines(losses) {
        let _ = writeln!(text, "{}", styled(BAD, &format!("-- will be lost: {line}")));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text += &steps_text(TransactionMode::Each, detail, steps);
    if seeds.is_some() {
        let _ = writeln!(text, "\n{}", styled(HEAD, "-- then the seeds run"));
    }
    text
}

/// What is to be known of a run before which a backup is made.
const BACKUP: &str = "-- make a backup and verify it; if that fails, nothing is run";

/// Returns what is told to the history before anything runs, without any SQL: it is bookkeeping.
fn taken_over_text(taken_over: &TakenOver) -> String {
    let adopted = taken_over.adopted.iter();
    let adopted = adopted.map(|version| format!("-- adopt {version}, which plain Diesel applied"));
    let gone = taken_over.marked_rolled_back.iter();
    let gone = gone
        .map(|version| format!("-- mark {version} as rolled back, which plain Diesel reverted"));
    let lines = adopted.chain(gone);
    lines.fold(String::new(), |text, line| {
        text + &styled(HEAD, &line) + "\n"
    })
}

fn steps_text(mode: TransactionMode, detail: Detail, steps: &[StepSql]) -> String {
    if steps.is_empty() {
        return "-- nothing to do\n".to_owned();
    }
    let shown: Vec<String> = steps
        .iter()
        .map(|step| dry_step(mode, detail, step))
        .collect();
    let head = match mode {
        TransactionMode::Each => String::new(),
        TransactionMode::Batch => format!("{}\n\n", styled(HEAD, BATCH)),
    };
    head + &shown.join("\n")
}

/// What is to be known of a run that is one transaction.
const BATCH: &str =
    "-- the whole run is one transaction: it is committed at its end, or not at all";

fn dry_step(mode: TransactionMode, detail: Detail, step: &StepSql) -> String {
    let notice = &step.step;
    let verb = match notice.direction {
        Direction::Up => "apply",
        Direction::Down => "roll back",
    };
    let how = match mode {
        _ if !notice.transactional => "statement by statement, outside of a transaction",
        TransactionMode::Each => "in one transaction",
        TransactionMode::Batch => "in the transaction of the run",
    };
    let what = if step.opaque {
        "a function, which cannot be shown".to_owned()
    } else {
        counted(step.sql.len(), "statement")
    };
    let head = format!("-- {verb} {}: {what}, {how}", on_one_line(&notice.name));
    let mut text = format!("{}\n", styled(HEAD, &head));
    let are_told = detail == Detail::Verbose || step.limits_are_unusual;
    let limits = |limits: Option<Limits>| limits.filter(|_| are_told);
    if let Some(limits) = limits(step.limits) {
        let line = format!("-- {}", limits_text(limits));
        let _ = writeln!(text, "{}", styled(HEAD, &line));
    }
    if notice.baseline {
        let _ = writeln!(text, "{}", styled(BAD, &format!("-- {BASELINE}")));
    }
    for line in loss_lines(&step.losses) {
        let _ = writeln!(text, "{}", styled(BAD, &format!("-- will be lost: {line}")));
    }
    for statement in &step.sql {
        let done = if statement.done {
            " (committed already, not run again)"
        } else {
            ""
        };
        let place = on_one_line(&statement.place.to_string());
        let otherwise = limits(statement.limits);
        let otherwise = otherwise.map_or_else(String::new, |it| format!(", {}", limits_text(it)));
        let place = format!("-- {place}{done}{otherwise}");
        let _ = writeln!(text, "{}", styled(DIM, &place));
        let sql = if statement.done {
            commented(&statement.sql)
        } else {
            ended(&statement.sql)
        };
        let _ = writeln!(text, "{sql}");
    }
    text
}

/// Returns how long locks are waited for, and how long a statement runs.
fn limits_text(limits: Limits) -> String {
    let text = |limit: Option<Limit>| {
        limit.map_or_else(|| "the session's own".to_owned(), |limit| limit.to_string())
    };
    format!(
        "lock timeout: {}, statement timeout: {}",
        text(limits.lock_timeout),
        text(limits.statement_timeout)
    )
}

/// Returns a statement with the `;` that its file may lack: nothing stands behind its last token.
fn ended(sql: &str) -> String {
    let end = if sql.ends_with(';') { "" } else { ";" };
    format!("{sql}{end}")
}

fn commented(sql: &str) -> String {
    let lines: Vec<String> = sql.lines().map(|line| format!("-- {line}")).collect();
    lines.join("\n")
}
