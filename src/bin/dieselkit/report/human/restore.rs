//! Restores: what one would do, and what it did.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use dieselkit::DatabaseAddress;
use dieselkit::backend::address::Engine;
use dieselkit::backup::{Backup, Compared, Old, RestorePlan, RestoreReport};

use super::backup::{ago, holds, migrations, size_of, verdict_word};
use super::counted;
use crate::report::style::{BAD, GOOD, styled};

/// What is said of a part that does not say which migrations are applied.
const WITHOUT_APPLIED: &str = "no record of migrations in this part";

/// What is said of the environment of a file that nobody has looked into.
const UNKNOWN_MARK: &str =
    "as the file says; with no environment where it holds no tables of dieselkit";

/// A word, and what is said of it.
type Line = (&'static str, String);

/// Returns what a restore would do, and by what its backup was guessed where it was.
pub(crate) fn restore_plan_text(
    plan: &RestorePlan,
    guessed: Option<&str>,
    now: DateTime<Utc>,
) -> String {
    let backup = plan.backup.iter();
    let mut lines: Vec<Line> = backup
        .flat_map(|backup| of_backup(backup, guessed, now))
        .collect();
    let newer = plan.passed_over.iter();
    lines.extend(newer.map(|newer| ("newer", styled(BAD, &format!("is no good: {newer}")))));
    lines.extend(of_place(plan));
    lines.extend(in_the_way(plan));
    let mut text = format!("restore {}\n", plan.source);
    for (word, said) in lines {
        let _ = writeln!(text, "  {word:<10} {said}");
    }
    text
}

/// Returns what is known of a backup.
fn of_backup(backup: &Backup, guessed: Option<&str>, now: DateTime<Utc>) -> Vec<Line> {
    let manifest = &backup.manifest;
    let taken = manifest.started_at.format("%Y-%m-%d %H:%M:%S");
    let ago = ago(manifest.started_at, now);
    let source = &manifest.database;
    let (target, environment) = (&source.target, &source.environment);
    let mut lines = vec![
        ("taken", format!("{taken} UTC, {ago}")),
        (
            "of",
            format!("{target} ({environment}), {}", manifest.engine_version),
        ),
    ];
    lines.extend(guessed.map(|guessed| ("guessed", guessed.to_owned())));
    let applied = if manifest.scope.is_whole() || manifest.holds_applied() {
        migrations(backup)
    } else {
        WITHOUT_APPLIED.to_owned()
    };
    lines.extend([
        ("holds", holds(backup)),
        ("migrations", applied),
        ("size", size_of(manifest.bytes())),
        ("verdict", verdict_word(backup.trust()).to_owned()),
    ]);
    let damage = backup.faults().into_iter();
    lines.extend(damage.map(|damage| ("damage", styled(BAD, &damage))));
    lines
}

/// Returns where it would be, in the place of what, and what of it is not as before.
fn of_place(plan: &RestorePlan) -> Vec<Line> {
    let mut lines = vec![("into", into(plan))];
    lines.extend(plan.unread.as_ref().map(|why| {
        let unread =
            format!("cannot be read, so its environment and its contents are not known: {why}");
        ("old", styled(BAD, &unread))
    }));
    lines.push(("room", room(plan)));
    lines.push(("compared", compared(plan).to_owned()));
    let marked = plan.marked.as_ref();
    lines.extend(marked.map(|marked| ("marked", format!("as `{marked}`, as its backup is"))));
    if plan.compared == Compared::Nothing && plan.old.is_some() {
        lines.push(("marked", UNKNOWN_MARK.to_owned()));
    }
    lines
}

/// Returns what has to go, to be there, or to leave before.
fn in_the_way(plan: &RestorePlan) -> Vec<Line> {
    let users = plan.in_use_by.iter();
    let users = users.map(|user| ("in use", styled(BAD, &format!("by {user}"))));
    let leftovers = plan.leftovers.iter().map(|leftover| {
        let first = leftover.stays.is_none().then_some("removes ");
        ("first", format!("{}{leftover}", first.unwrap_or_default()))
    });
    let lacks = plan.fitness.lacks.iter();
    let lacks = lacks.map(|lack| ("lacks", styled(BAD, &lack.to_string())));
    users.chain(leftovers).chain(lacks).collect()
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

fn room(plan: &RestorePlan) -> String {
    let room = &plan.fitness.room;
    let needed = match room.needed_bytes {
        Some(bytes) => format!("{} at least", size_of(bytes)),
        None => "not known how much".to_owned(),
    };
    match (room.free_bytes, &room.folder) {
        (Some(bytes), Some(folder)) => {
            format!("{needed}; {} free in {}", size_of(bytes), folder.display())
        }
        _ if plan.database.engine() == Engine::Sqlite => needed,
        _ => format!("{needed}; what is free on the server cannot be seen from here"),
    }
}

fn compared(plan: &RestorePlan) -> &'static str {
    match (plan.compared, plan.database.engine()) {
        (Compared::Manifest, _) => "with its manifest, before it has the name",
        // A file of it is a whole database.
        (Compared::Nothing, Engine::Sqlite) => "with nothing, since it has no manifest",
        (Compared::Nothing, _) => {
            "with nothing, since it has no manifest: whether it is the whole database is not known"
        }
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
        let head = match (&report.head, report.whole) {
            (Some(head), _) => format!("up to {head}"),
            (None, Some(false)) => WITHOUT_APPLIED.to_owned(),
            (None, _) => "no migration".to_owned(),
        };
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
