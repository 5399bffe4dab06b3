//! What the database says of each migration, and how that differs from its file.
//!
//! Judges what the status says already; it must not compare files and rows again.

use similar::TextDiff;

use super::report::{Finding, FindingKind, finding};
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::history::stored_sql;
use crate::migration::error::{give_up_lost, go_on_down_or_settle, go_on_up_or_settle};
use crate::migration::model::{KeptBy, SqlText};
use crate::migration::plan;
use crate::migration::set::MigrationSet;
use crate::migration::status::{Mark, State, StatusEntry, StatusReport};
use crate::shell::command;

/// Returns what is to be said of one line of the status.
pub(super) fn check_entry(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
    (status, entry): (&StatusReport, &StatusEntry),
) -> Result<Vec<Finding>, BackendError> {
    let mut findings = Vec::new();
    let name = Some(entry.name.as_str());
    // Which of two files was applied is to be settled before what it says now is compared.
    let is_one_file = !set.is_duplicate(&entry.version);
    if is_one_file && (entry.has(Mark::Modified) || entry.has(Mark::Reformatted)) {
        findings.push(modified(set, backend, tables, entry)?);
    }
    if let Some(known) = entry.applied_as.as_ref().filter(|_| is_one_file) {
        let message = format!("`{}` was applied as `{known}`", entry.name);
        findings.push(finding(FindingKind::Renamed, name, message));
    }
    // Whether a file has what stopped half way is said with how far it came.
    let stopped = entry.statements_total.is_some();
    if entry.has(Mark::Missing) && !stopped {
        let message = format!("`{}` is applied and no file has it", entry.name);
        findings.push(Finding {
            hint: Some(find_or_give_up(status, entry)),
            ..finding(FindingKind::Missing, name, message)
        });
    }
    if entry.has(Mark::Ahead) && !stopped {
        let message = format!(
            "`{}` is applied and newer than every file: the database is ahead of these files",
            entry.name
        );
        findings.push(finding(FindingKind::Ahead, name, message));
    }
    if entry.has(Mark::OutOfOrder) {
        let message = format!("`{}` is pending and older than an applied one", entry.name);
        findings.push(Finding {
            hint: Some("`dieselkit up --allow-out-of-order`".to_owned()),
            ..finding(FindingKind::OutOfOrder, name, message)
        });
    }
    if entry.state == State::Running {
        findings.push(running(entry));
    } else if entry.state == State::Interrupted || stopped {
        findings.push(half_way(status, entry));
    }
    Ok(findings)
}

/// Returns how a file that is gone is found again, or given up where it is lost: by the way down that
/// the history keeps, or by hand.
fn find_or_give_up(status: &StatusReport, entry: &StatusEntry) -> String {
    let before = status.migrations.iter().filter(|other| {
        other.is_applied() && other.order < entry.order && other.version < entry.version
    });
    let before = before.max_by_key(|other| other.order);
    let roll_back = before
        .filter(|_| entry.has_stored_down)
        .map(|before| {
            format!(
                "{} takes it back by the way down that the history keeps, with all that came after it; or ",
                command("dieselkit rollback --to {}", &[&before.version])
            )
        })
        .unwrap_or_default();
    format!(
        "bring the file back, or check out the branch that has it; where it is lost, {roll_back}{}",
        give_up_lost(&entry.version)
    )
}

/// Returns what is to be said where there is no schema for the history.
pub(super) fn no_place(error: &BackendError) -> Finding {
    Finding {
        hint: error.hint(),
        ..finding(FindingKind::NoPlace, None, error.to_string())
    }
}

fn running(entry: &StatusEntry) -> Finding {
    let message = format!(
        "`{}` is under way: another run is at it just now",
        entry.name
    );
    finding(FindingKind::Running, Some(&entry.name), message)
}

fn half_way(status: &StatusReport, entry: &StatusEntry) -> Finding {
    let (done, total) = entry.statements();
    let version = &entry.version;
    let (way, hint) = if entry.has(Mark::HalfRolledBack) {
        let going_on = plan::going_on_down(status, entry);
        let hint = go_on_down_or_settle(version, going_on.as_deref(), entry.kept_by());
        ("way down", hint)
    } else {
        let going_on = entry.has_file.then_some("dieselkit up");
        ("way up", go_on_up_or_settle(version, going_on))
    };
    let without_file = match entry.kept_by() {
        KeptBy::File => "",
        KeptBy::History => ", and no file has it",
    };
    let message = format!(
        "the {way} of `{}` stopped after statement {done} of {total}{without_file}",
        entry.name
    );
    Finding {
        hint: Some(hint),
        ..finding(FindingKind::Interrupted, Some(&entry.name), message)
    }
}

fn modified(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
    entry: &StatusEntry,
) -> Result<Finding, BackendError> {
    let (kind, message) = if entry.has(Mark::Modified) {
        let message = format!("`{}` was modified after it was applied", entry.name);
        (FindingKind::Modified, message)
    } else {
        let message = format!(
            "`{}` was reformatted after it was applied; its SQL is the same",
            entry.name
        );
        (FindingKind::Reformatted, message)
    };
    let stored = match entry.attempt {
        None => None,
        Some(attempt) => stored_sql(backend, tables, attempt)?.up,
    };
    let present = set.get(&entry.version).and_then(|file| file.up.as_sql());
    Ok(Finding {
        hint: (kind == FindingKind::Modified).then(|| {
            format!(
                "undo the change, or accept it: {}",
                command("dieselkit repair {} --reason \"…\"", &[&entry.version])
            )
        }),
        diff: stored
            .zip(present)
            .map(|(stored, present)| unified_diff(&stored, present)),
        ..finding(kind, Some(&entry.name), message)
    })
}

/// Returns the difference between what was applied and what the file says, as a unified diff.
pub(super) fn unified_diff(stored: &str, present: &SqlText) -> String {
    let path = present.path.display().to_string();
    TextDiff::from_lines(stored, &*present.text)
        .unified_diff()
        .context_radius(3)
        .header(&format!("{path} (as it was applied)"), &path)
        .to_string()
}
