//! Reports as text for people.

use std::fmt::Write;
use std::time::Duration;

use dieselkit::event::{Direction, LockHolder, StepNotice};
use dieselkit::backend::Statistics;
use dieselkit::history::Attempt;
use dieselkit::migration::{
    CheckReport, Finding, Mark, RunReport, State, StatusEntry, StatusReport, StepReport, StepSql,
    Weight,
};
use serde_json::Value;

use super::style::{BAD, DIM, GOOD, HEAD, WAITING, styled};
use super::table::{Column, lay_out};

/// Returns a count with its noun: `1 migration`, `3 migrations`.
fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// Returns a duration as people read it.
fn took(milliseconds: i64) -> String {
    match milliseconds {
        ..1 => "<1 ms".to_owned(),
        1..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

fn duration(duration: Duration) -> String {
    took(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// Returns a size as people read it.
fn size(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes * 10;
    let mut unit = 0;
    tenths /= 1_024;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// Returns what follows the version in a name.
fn bare_name(entry_name: &str) -> &str {
    entry_name.split_once('_').map_or(entry_name, |(_, name)| name)
}

/// Returns the status of all migrations.
pub(crate) fn status_text(
    report: &StatusReport,
    running: Option<&LockHolder>,
    statistics: Option<&Statistics>,
) -> String {
    let mut text = String::new();
    if report.migrations.is_empty() {
        text += "no migrations yet\n";
    } else {
        text += &status_table(report);
        text.push('\n');
        text += &totals(report);
    }
    if let Some(holder) = running {
        let _ = writeln!(text, "a run is under way: {holder}");
    }
    for entry in &report.migrations {
        if let Some(error) = &entry.error {
            let error = error.replace('\n', "\n  ");
            let _ = writeln!(text, "\n{}: {}\n  {error}", entry.name, styled(BAD, "failed"));
        }
    }
    if let Some(statistics) = statistics {
        text.push('\n');
        text += &statistics_text(statistics);
    }
    text
}

fn status_table(report: &StatusReport) -> String {
    let columns = [
        column("state", 0),
        column("version", 0),
        column("name", 0),
        column("batch", 3),
        column("applied (UTC)", 2),
        column("took", 4),
        column("by", 5),
        column("notes", 0),
    ];
    let rows: Vec<Vec<String>> = report.migrations.iter().map(status_row).collect();
    let laid_out = lay_out(&columns, &rows);
    colour_states(&laid_out)
}

fn column(head: &'static str, spare: u8) -> Column {
    Column { head, spare }
}

fn status_row(entry: &StatusEntry) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        state_word(entry.state).to_owned(),
        entry.version.to_string(),
        bare_name(&entry.name).to_owned(),
        text(entry.batch.map(|batch| batch.to_string())),
        text(entry.applied_at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string())),
        text(entry.execution_time_ms.map(took)),
        text(entry.applied_by.clone()),
        notes(entry),
    ]
}

fn state_word(state: State) -> &'static str {
    match state {
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
        let way = if entry.has(Mark::HalfRolledBack) {
            "way down stopped "
        } else {
            ""
        };
        notes.push(format!("{way}at statement {} of {total}", (done + 1).min(total)));
    }
    notes.extend(entry.marks.iter().filter_map(|mark| mark_word(*mark)).map(str::to_owned));
    notes.join(", ")
}

fn mark_word(mark: Mark) -> Option<&'static str> {
    Some(match mark {
        Mark::Modified => "modified",
        Mark::Reformatted => "reformatted",
        Mark::Missing => "missing",
        Mark::Ahead => "missing (newer than every file)",
        Mark::OutOfOrder => "out of order",
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

/// Colours the word at the beginning of each row.
fn colour_states(laid_out: &str) -> String {
    let colours = [
        ("applied", GOOD),
        ("pending", WAITING),
        ("running", WAITING),
        ("failed", BAD),
        ("interrupted", BAD),
    ];
    let mut text = String::new();
    for line in laid_out.lines() {
        let word = line.trim_start();
        let indent = &line[..line.len() - word.len()];
        let coloured = colours
            .iter()
            .find_map(|(state, style)| Some((state, style, word.strip_prefix(state)?)));
        match coloured {
            Some((state, style, rest)) => {
                let _ = writeln!(text, "{indent}{}{rest}", styled(*style, state));
            }
            None => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

fn totals(report: &StatusReport) -> String {
    let totals = &report.totals;
    let parts = [
        (totals.applied, "applied"),
        (totals.pending, "pending"),
        (totals.failed, "failed"),
        (totals.interrupted, "interrupted"),
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

fn statistics_text(statistics: &Statistics) -> String {
    let mut text = format!(
        "{}, {} in {}\n",
        statistics.server_version,
        size(statistics.database_bytes),
        counted(statistics.tables.len(), "table")
    );
    if statistics.tables.is_empty() {
        return text;
    }
    let columns = [column("table", 0), column("rows", 0), column("size", 0)];
    let rows: Vec<Vec<String>> = statistics
        .tables
        .iter()
        .map(|table| {
            vec![
                table.name.clone(),
                table.rows.map_or_else(|| "?".to_owned(), |rows| rows.to_string()),
                table.bytes.map_or_else(|| "?".to_owned(), size),
            ]
        })
        .collect();
    text.push('\n');
    text += &lay_out(&columns, &rows);
    text
}

/// Returns the attempts, newest first.
pub(crate) fn history_text(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "no history yet\n".to_owned();
    }
    let columns = [
        column("#", 0),
        column("status", 0),
        column("operation", 3),
        column("version", 0),
        column("name", 0),
        column("batch", 4),
        column("started (UTC)", 1),
        column("took", 5),
        column("by", 6),
        column("rolled back (UTC)", 2),
        column("reason or error", 0),
    ];
    let rows: Vec<Vec<String>> = attempts.iter().map(history_row).collect();
    lay_out(&columns, &rows)
}

fn history_row(attempt: &Attempt) -> Vec<String> {
    let moment = |at: chrono::NaiveDateTime| at.format("%Y-%m-%d %H:%M:%S").to_string();
    let why = attempt.error.as_ref().or(attempt.reason.as_ref());
    let first_line = why.and_then(|why| why.lines().next()).unwrap_or_default();
    vec![
        attempt.id.to_string(),
        attempt.status.as_str().to_owned(),
        attempt.operation.as_str().to_owned(),
        attempt.version.to_string(),
        bare_name(&attempt.name).to_owned(),
        attempt.batch.map(|batch| batch.to_string()).unwrap_or_default(),
        moment(attempt.started_at),
        attempt.execution_time_ms.map(took).unwrap_or_default(),
        attempt.applied_by.clone().unwrap_or_default(),
        attempt.rolled_back_at.map(moment).unwrap_or_default(),
        first_line.to_owned(),
    ]
}

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
        let _ = writeln!(text, "  {verb} {}{how}", step.name);
    }
    text
}

/// Returns a plan with its SQL, which can be run as it stands.
pub(crate) fn dry_run_text(steps: &[StepSql]) -> String {
    if steps.is_empty() {
        return "-- nothing to do\n".to_owned();
    }
    steps.iter().map(dry_step).collect::<Vec<_>>().join("\n")
}

fn dry_step(step: &StepSql) -> String {
    let notice = &step.step;
    let verb = match notice.direction {
        Direction::Up => "apply",
        Direction::Down => "roll back",
    };
    let how = if notice.transactional {
        "in one transaction"
    } else {
        "statement by statement, outside of a transaction"
    };
    let what = if step.opaque {
        "a function, which cannot be shown".to_owned()
    } else {
        counted(step.sql.len(), "statement")
    };
    let head = format!("-- {verb} {}: {what}, {how}", notice.name);
    let mut text = format!("{}\n", styled(HEAD, &head));
    for statement in &step.sql {
        let done = if statement.done {
            " (committed already, not run again)"
        } else {
            ""
        };
        let place = format!("-- {}{done}", statement.place);
        let _ = writeln!(text, "{}", styled(DIM, &place));
        let sql = if statement.done {
            commented(&statement.sql)
        } else {
            statement.sql.clone()
        };
        let _ = writeln!(text, "{sql}");
    }
    text
}

fn commented(sql: &str) -> String {
    let lines: Vec<String> = sql.lines().map(|line| format!("-- {line}")).collect();
    lines.join("\n")
}

/// Returns what a run did.
pub(crate) fn run_text(report: &RunReport, nothing: &str) -> String {
    let mut text = String::new();
    for version in &report.adopted {
        let _ = writeln!(text, "adopted {version}, which plain Diesel had applied");
    }
    for version in &report.marked_rolled_back {
        let _ = writeln!(text, "marked {version} as rolled back, which plain Diesel had reverted");
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
    format!("{verb} {} ({})\n", step.name, duration(step.execution_time))
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

/// Returns what was done before an error, from the data that goes with it.
pub(super) fn partial_text(data: &Value) -> Option<String> {
    let lines = |key: &str, word: &str| -> Vec<String> {
        let steps = data.get(key).and_then(Value::as_array);
        steps
            .into_iter()
            .flatten()
            .filter_map(|step| step.get("name").or_else(|| step.get("step")?.get("name")))
            .filter_map(Value::as_str)
            .map(|name| format!("{word} {name}\n"))
            .collect()
    };
    let done = data.get("done").and_then(Value::as_array)?;
    let mut text = String::new();
    for step in done {
        let name = step.get("name").and_then(Value::as_str).unwrap_or_default();
        let down = step.get("direction").and_then(Value::as_str) == Some("down");
        let verb = if down {
            styled(WAITING, "rolled back")
        } else {
            styled(GOOD, "applied    ")
        };
        let _ = writeln!(text, "{verb} {name}");
    }
    text += &lines("failures", &styled(BAD, "failed     ")).concat();
    (!text.is_empty()).then_some(text)
}

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
    let noted = match notes {
        0 => String::new(),
        notes => format!(", {}", counted(notes, "note")),
    };
    let _ = writeln!(
        text,
        "checked {}: {result}{noted}",
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
        text += &diff.lines().map(diff_line).collect::<String>();
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "  {} {hint}", styled(super::style::HINT, "hint:"));
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

/// Returns the versions that a baseline marked.
pub(crate) fn marked_text(names: &[String]) -> String {
    let mut text: String = names.iter().map(|name| format!("marked {name}\n")).collect();
    let _ = writeln!(
        text,
        "{} marked as applied, nothing was run",
        counted(names.len(), "migration")
    );
    text
}
