//! Restores: what one would do, and what it did.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use dieselkit::DatabaseAddress;
use dieselkit::backend::restore::Room;
use dieselkit::backup::{Compared, Old, RestorePlan, RestoreReport};

use super::backup::{age, holds, migrations, size_of, verdict_word};
use super::counted;
use crate::report::style::{BAD, GOOD, styled};

/// Returns what a restore would do.
pub(crate) fn restore_plan_text(plan: &RestorePlan, now: DateTime<Utc>) -> String {
    let mut text = format!("restore {}\n", plan.source);
    let mut line = |word: &str, said: &str| {
        let _ = writeln!(text, "  {word:<10} {said}");
    };
    if let Some(backup) = &plan.backup {
        let manifest = &backup.manifest;
        let taken = manifest.started_at.format("%Y-%m-%d %H:%M:%S");
        let age = age(manifest.started_at, now);
        line("taken", &format!("{taken} UTC, {age} ago"));
        let source = &manifest.database;
        line(
            "of",
            &format!(
                "{} ({}), {}",
                source.target, source.environment, manifest.engine_version
            ),
        );
        line("holds", &holds(backup));
        line("migrations", &migrations(backup));
        line("size", &size_of(manifest.bytes()));
        line("verdict", verdict_word(backup.trust()));
        for damage in &backup.damage {
            line("damage", &styled(BAD, damage));
        }
    }
    line("into", &into(plan));
    line("room", &room(&plan.fitness.room));
    line("compared", compared(plan.compared));
    for leftover in &plan.leftovers {
        let first = if leftover.stays.is_none() {
            "removes "
        } else {
            ""
        };
        line("first", &format!("{first}{leftover}"));
    }
    for lack in &plan.fitness.lacks {
        line("lacks", &styled(BAD, &lack.to_string()));
    }
    text
}

fn into(plan: &RestorePlan) -> String {
    let server = plan.fitness.server.as_ref();
    let on = server
        .map(|server| format!(" on {server}"))
        .unwrap_or_default();
    let database = &plan.database;
    match &plan.old {
        None => format!("{database}{on}, which is new"),
        Some((kept, Old::Kept)) => {
            format!(
                "{database}{on}; the one there now is kept as {}",
                own_name(kept)
            )
        }
        Some((kept, Old::Dropped)) => format!(
            "{database}{on}; the one there now becomes {}, and is dropped once the new one stands",
            own_name(kept)
        ),
    }
}

fn own_name(address: &DatabaseAddress) -> String {
    address
        .database()
        .map_or_else(|| address.to_string(), str::to_owned)
}

fn room(room: &Room) -> String {
    let needed = match room.needed_bytes {
        Some(bytes) => format!("{} at least", size_of(bytes)),
        None => "not known how much".to_owned(),
    };
    match (room.free_bytes, &room.folder) {
        (Some(bytes), Some(folder)) => {
            format!("{needed}; {} free in {}", size_of(bytes), folder.display())
        }
        _ => format!("{needed}; what is free on the server cannot be seen from here"),
    }
}

fn compared(with: Compared) -> &'static str {
    match with {
        Compared::Manifest => "with its manifest, before it has the name",
        Compared::Nothing => "with nothing, since it has no manifest",
    }
}

/// Returns what was restored, to where, and with what it was compared.
pub(crate) fn restored_text(report: &RestoreReport) -> String {
    let took = super::took(i64::try_from(report.execution_time.as_millis()).unwrap_or(i64::MAX));
    let word = styled(GOOD, "restored");
    let mut text = format!(
        "{word} {} into {} ({took})\n",
        report.source, report.database
    );
    if report.compared == Compared::Manifest {
        let head = report.head.as_deref();
        let head = head.map_or_else(|| "no migration".to_owned(), |head| format!("up to {head}"));
        let _ = writeln!(
            text,
            "{}, {} rows, {head}: as when the backup was made",
            counted(report.tables, "table"),
            report.rows
        );
    }
    if let Some(old) = &report.replaced {
        let _ = match report.old {
            Some(Old::Dropped) => writeln!(text, "the old database is dropped"),
            _ => writeln!(text, "the old database is kept as {old}"),
        };
    }
    text
}
