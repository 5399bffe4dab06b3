//! Reports as text for people: one file a report, and here the words that they share.
//!
//! It must not print, nor decide what is said.

mod backup;
mod check;
mod credentials;
mod doctor;
mod history;
mod lint;
mod loss;
mod plan;
mod rehearsal;
mod restore;
mod run;
mod seed;
mod seed_verify;
mod statistics;
mod status;

use std::time::Duration;

use chrono::NaiveDateTime;
use dieselkit::history::StrongestLock;

pub(crate) use backup::{
    Listed, backup_list_text, backup_made_text, backup_text, health_text, prune_plan_text,
    prune_text, verified_text,
};
pub(crate) use check::check_text;
pub(crate) use credentials::credentials_text;
pub(crate) use doctor::{Checked, Verdict, doctor_text};
pub(crate) use history::history_text;
pub(crate) use lint::{Mended, lint_text, rule_list_text, rule_text};
pub(crate) use loss::losses_text;
pub(crate) use plan::{dry_run_text, plan_text, reset_dry_run_text};
pub(crate) use rehearsal::rehearsal_text;
pub(crate) use restore::{restore_plan_text, restored_text};
pub(super) use run::failures_text;
pub(crate) use run::{backed_up_text, marked_text, partial_text, run_text};
pub(crate) use seed::{
    capture_text, generate_text, partial_seed_text, seed_plan_text, seed_status_text, seed_text,
};
pub(crate) use seed_verify::seed_verify_text;
pub(crate) use status::status_text;

use super::table::Column;

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
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1_000
        ),
    }
}

fn duration(duration: Duration) -> String {
    took(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// Returns a size in bytes as people read it.
pub(crate) fn size_text(bytes: u64) -> String {
    size(i64::try_from(bytes).unwrap_or(i64::MAX))
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
fn bare_name(entry_name: &str) -> String {
    let name = entry_name.split_once('_');
    on_one_line(name.map_or(entry_name, |(_, name)| name))
}

/// Returns a name, which may hold whatever a file's name may, without breaking the line: behind a
/// `--` the rest of it would be SQL.
pub(crate) fn on_one_line(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The narrowest that a column of names gets before another column is given up for it.
const NARROW_NAME: usize = 16;

fn column(head: &'static str, spare: u8) -> Column {
    Column {
        head,
        spare,
        breaks_at: None,
    }
}

fn name_column() -> Column {
    Column {
        head: "name",
        spare: 0,
        breaks_at: Some(NARROW_NAME),
    }
}

/// How much of a moment there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    Second,
    Minute,
    Day,
}

/// From long to short.
const PRECISIONS: [Precision; 3] = [Precision::Second, Precision::Minute, Precision::Day];

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What everybody needs.
    Usual,
    /// More, with `--verbose`.
    Verbose,
}

/// Returns a lock with what it was on, and for how long it was held at most.
fn lock_text(lock: &StrongestLock) -> String {
    let on = lock.on.as_ref().map(|on| format!(" on {on}"));
    let held = took(lock.held_ms);
    format!("{}{}, {held}", lock.mode, on.unwrap_or_default())
}

/// Returns a moment in UTC as people read it.
fn moment(at: NaiveDateTime, precision: Precision) -> String {
    let form = match precision {
        Precision::Second => "%Y-%m-%d %H:%M:%S",
        Precision::Minute => "%Y-%m-%d %H:%M",
        Precision::Day => "%Y-%m-%d",
    };
    at.format(form).to_string()
}

/// Returns a column of moments; the zone goes with the hours.
fn moments(
    word: &'static str,
    word_with_zone: &'static str,
    spare: u8,
    precision: Precision,
) -> Column {
    match precision {
        Precision::Day => column(word, spare),
        _ => column(word_with_zone, spare),
    }
}
