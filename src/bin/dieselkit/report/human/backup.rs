//! Backups: what there is, what goes and why, and whether it can be relied on.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use dieselkit::backup::health::Health;
use dieselkit::backup::retention::{Decision, Fate, Span, Trust};
use dieselkit::backup::{Backup, BackupId, Check, CreateReport, PrunePlan, PruneReport, Verified};

use super::{column, counted, size};
use crate::report::style::{BAD, GOOD, WAITING, styled};
use crate::report::table::{Column, Form, LeftOut, lay_out};

/// Whose backups are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Those of one database.
    Own,
    /// Those of all, each with its database's name.
    All,
}

/// Returns the backups, newest first.
pub(crate) fn backup_list_text(
    backups: &[Backup],
    listed: Listed,
    now: DateTime<Utc>,
) -> (String, Option<LeftOut>) {
    if backups.is_empty() {
        return ("no backups yet\n".to_owned(), None);
    }
    let mut form = Form {
        columns: vec![
            Column {
                breaks_at: Some(24),
                ..column("backup", 0)
            },
            column("age", 0),
            column("size", 1),
            column("migration", 2),
            column("verdict", 0),
            column("pinned", 0),
            column("note", 3),
        ],
        rows: backups.iter().map(|backup| row(backup, now)).collect(),
    };
    if listed == Listed::All {
        name_databases(&mut form, backups);
    }
    let (table, left_out) = lay_out(&[form]);
    let bytes = backups.iter().map(|backup| backup.manifest.bytes()).sum();
    let sum = format!(
        "\n{}, {}\n",
        counted(backups.len(), "backup"),
        size_of(bytes)
    );
    (table + &sum, left_out)
}

fn name_databases(form: &mut Form, backups: &[Backup]) {
    form.columns.insert(1, column("database", 0));
    for (row, backup) in form.rows.iter_mut().zip(backups) {
        row.insert(1, backup.manifest.database.name.clone());
    }
}

fn row(backup: &Backup, now: DateTime<Utc>) -> Vec<String> {
    let manifest = &backup.manifest;
    let part = if manifest.scope.is_whole() {
        ""
    } else {
        ", a part"
    };
    vec![
        manifest.id.to_string(),
        age(manifest.started_at, now),
        size_of(manifest.bytes()),
        manifest.migrations.head.clone().unwrap_or_default(),
        format!("{}{part}", verdict_word(backup.trust())),
        if manifest.pinned { "pinned" } else { "" }.to_owned(),
        super::on_one_line(manifest.note.as_deref().unwrap_or_default()),
    ]
}

pub(super) fn verdict_word(trust: Trust) -> &'static str {
    match trust {
        Trust::Failed => "failed",
        Trust::Created => "not verified",
        Trust::Verified => "verified",
        Trust::Restored => "restored",
    }
}

pub(super) fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match now.signed_duration_since(at).to_std() {
        Ok(age) => Span::rough(age).to_string(),
        Err(_) => "in the future".to_owned(),
    }
}

/// Returns how long ago a moment was, in a sentence.
pub(super) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let age = age(at, now);
    if at > now { age } else { format!("{age} ago") }
}

pub(super) fn size_of(bytes: u64) -> String {
    size(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// Returns all that is known of a backup.
pub(crate) fn backup_text(backup: &Backup, now: DateTime<Utc>) -> String {
    let manifest = &backup.manifest;
    let mut text = format!("{}\n", manifest.id);
    let mut line = |word: &str, said: &str| {
        let _ = writeln!(text, "  {word:<11} {said}");
    };
    let source = &manifest.database;
    line(
        "database",
        &format!("{} ({})", source.target, source.environment),
    );
    let taken = manifest.started_at.format("%Y-%m-%d %H:%M:%S");
    let took = super::took(i64::try_from(manifest.duration_ms).unwrap_or(i64::MAX));
    let when = ago(manifest.started_at, now);
    line("taken", &format!("{taken} UTC, {when}, in {took}"));
    line("by", &manifest.tools.join(", "));
    line("of", &manifest.engine_version);
    line("holds", &holds(backup));
    line("migrations", &migrations(backup));
    for part in &manifest.parts {
        line("file", &format!("{} ({})", part.file, size_of(part.bytes)));
    }
    for damage in &backup.damage {
        line("damage", &styled(BAD, damage));
    }
    for warning in &manifest.warnings {
        line("warning", warning);
    }
    for verdict in &manifest.verdicts {
        line("checked", &checked(verdict));
    }
    line("verdict", verdict_word(backup.trust()));
    if manifest.pinned {
        line("pinned", "yes");
    }
    if let Some(note) = &manifest.note {
        line("note", &super::on_one_line(note));
    }
    text
}

fn checked(verdict: &dieselkit::backup::Verdict) -> String {
    let what = checked_what(verdict.check);
    let at = verdict.at.format("%Y-%m-%d %H:%M:%S");
    let result = if verdict.passed() {
        styled(GOOD, "passed")
    } else {
        format!("{}: {}", styled(BAD, "failed"), verdict.findings.join("; "))
    };
    format!("{at} UTC, {what}: {result}")
}

fn checked_what(check: Check) -> &'static str {
    match check {
        Check::Created => "when it was made",
        Check::Files => "its files",
        Check::Restore => "a restored copy",
    }
}

pub(super) fn holds(backup: &Backup) -> String {
    let facts = &backup.manifest.facts;
    let scope = &backup.manifest.scope;
    let rows: u64 = facts.tables.iter().map(|table| table.rows).sum();
    let rows = counted(usize::try_from(rows).unwrap_or(usize::MAX), "row");
    let mut text = format!("{rows} in {}", counted(facts.tables.len(), "table"));
    if !facts.sequences.is_empty() {
        let _ = write!(text, ", {}", counted(facts.sequences.len(), "sequence"));
    }
    for (word, names) in [
        ("only schemas", &scope.schemas),
        ("only tables", &scope.tables),
        ("without the rows of", &scope.without_data_of),
    ] {
        if !names.is_empty() {
            let _ = write!(text, "; {word} {}", names.join(", "));
        }
    }
    text
}

pub(super) fn migrations(backup: &Backup) -> String {
    let state = &backup.manifest.migrations;
    match &state.head {
        Some(head) => format!("{} applied, up to {head}", state.applied.len()),
        None => "none applied".to_owned(),
    }
}

/// Returns what was made, and what went for it.
pub(crate) fn backup_made_text(report: &CreateReport) -> String {
    let manifest = &report.manifest;
    let took = super::took(i64::try_from(manifest.duration_ms).unwrap_or(i64::MAX));
    let text = format!(
        "{} {} ({}, {took})\n",
        styled(GOOD, "backed up"),
        manifest.id,
        size_of(manifest.bytes())
    );
    let verified = manifest.verdicts.iter().skip(1);
    let verified: Vec<String> = verified
        .map(|verdict| {
            let took = super::took(i64::try_from(verdict.duration_ms).unwrap_or(i64::MAX));
            let word = styled(GOOD, "verified");
            format!("{word}  {} ({took})\n", checked_what(verdict.check))
        })
        .collect();
    let went = report.pruned.decisions.iter();
    let went: Vec<Decision> = went
        .filter(|decision| decision.fate == Fate::Remove)
        .cloned()
        .collect();
    text + &verified.concat()
        + &leftovers_text(&report.cleaned_up, "removed")
        + &decisions_text(&went, "removed")
}

/// Returns what pruning would do.
pub(crate) fn prune_plan_text(plan: &PrunePlan) -> String {
    let goes = |decision: &&Decision| decision.fate == Fate::Remove;
    let count = plan.decisions.iter().filter(goes).count();
    let mut text = decisions_text(&plan.decisions, "remove");
    text += &leftovers_text(&plan.leftovers, "remove");
    let all = counted(plan.decisions.len(), "backup");
    let _ = writeln!(text, "{count} of {all} would be removed");
    text
}

/// Returns what pruning did.
pub(crate) fn prune_text(report: &PruneReport) -> String {
    let mut text = decisions_text(&report.decisions, "removed");
    text += &leftovers_text(&report.cleaned_up, "removed");
    let (count, all) = (
        report.removed.len(),
        counted(report.decisions.len(), "backup"),
    );
    let freed = size_of(report.freed_bytes);
    let _ = match count {
        0 => writeln!(text, "nothing to remove of {all}"),
        _ => writeln!(text, "removed {count} of {all}, {freed}"),
    };
    text
}

fn leftovers_text(leftovers: &[PathBuf], removed: &str) -> String {
    let word = styled(WAITING, removed);
    let line = |path: &PathBuf| format!("{word} {} (unfinished)\n", path.display());
    leftovers.iter().map(line).collect()
}

fn decisions_text(decisions: &[Decision], removed: &str) -> String {
    let line = |decision: &Decision| {
        let reasons: Vec<String> = decision.reasons.iter().map(ToString::to_string).collect();
        let word = match decision.fate {
            Fate::Keep => styled(GOOD, &format!("{:<1$}", "keep", removed.len())),
            Fate::Remove => styled(WAITING, removed),
        };
        format!("{word} {} ({})\n", decision.id, reasons.join("; "))
    };
    decisions.iter().map(line).collect()
}

/// Returns which backups are whole, what is wrong with the others, of which nothing can be said, with
/// why, and which cannot even be read.
pub(crate) fn verified_text(
    verified: &[Verified],
    unjudged: &[(&BackupId, &str)],
    unreadable: &[String],
) -> String {
    if verified.is_empty() && unjudged.is_empty() && unreadable.is_empty() {
        return "no backups yet
"
        .to_owned();
    }
    let word = styled(WAITING, "no verdict");
    let lines = unjudged.iter();
    let lines = lines.map(|(id, why)| {
        format!(
            "{word} {id}:
  {why}
"
        )
    });
    let unreadable = unreadable.iter();
    let unreadable = unreadable.map(|found| {
        format!(
            "{} {found}
",
            styled(BAD, "failed")
        )
    });
    let verified = verified.iter().map(verified_line);
    verified.chain(lines).chain(unreadable).collect()
}

fn verified_line(verified: &Verified) -> String {
    let (id, verdict) = (&verified.id, &verified.verdict);
    let took = super::took(i64::try_from(verdict.duration_ms).unwrap_or(i64::MAX));
    if verdict.passed() {
        return format!("{} {id} ({took})\n", styled(GOOD, "verified"));
    }
    let lines = verdict
        .findings
        .iter()
        .map(|finding| format!("  {finding}\n"));
    let lines: String = lines.collect();
    format!("{} {id} ({took}):\n{lines}", styled(BAD, "failed"))
}

/// Returns whether the backups can be relied on, and why not.
pub(crate) fn health_text(health: &Health) -> String {
    if !health.findings.is_empty() {
        let line = |finding| format!("{} {finding}\n", styled(BAD, "unhealthy:"));
        return health.findings.iter().map(line).collect();
    }
    let span = |milliseconds: Option<u64>| {
        Span::rough(Duration::from_millis(milliseconds.unwrap_or_default()))
    };
    let mut text = styled(GOOD, "healthy:");
    if let Some(newest) = &health.newest_good {
        let _ = write!(text, " `{newest}` is {} old", span(health.age_ms));
    }
    if let Some(verified) = &health.last_verified {
        let _ = write!(
            text,
            "; `{verified}` was verified {} ago",
            span(health.verify_age_ms)
        );
    }
    text + "\n"
}
