//! What nothing refuses and nobody means: warnings beside a run and beside what is shown of one.

use dieselkit::backend::examine::Defect;
use dieselkit::event::{Direction, Needless, StepNotice};
use dieselkit::migration::{Mark, NeedlesslyConcurrent, RunReport, StatusReport};

use crate::app::App;

/// Returns that the folder is the wrong one, as it seems where it holds nothing and much is applied.
pub(super) fn wrong_folder(app: &App<'_>, applied: usize) -> String {
    format!(
        "`{}` holds no migration, and the database has {applied} that {} applied: is it the right folder?",
        app.shown(&app.migrations_folder()),
        if applied == 1 { "is" } else { "are" }
    )
}

/// Returns the same of what the status says.
pub(super) fn wrong_folder_of(app: &App<'_>, status: &StatusReport) -> Option<String> {
    let all = &status.migrations;
    let is_without_files = !all.is_empty() && all.iter().all(|entry| entry.has(Mark::Ahead));
    is_without_files.then(|| wrong_folder(app, all.len()))
}

/// Returns the warnings beside what a run did.
pub(super) fn of_run(app: &App<'_>, report: &RunReport) -> Vec<String> {
    let done = report.planned.iter().filter(|planned| {
        report
            .done
            .iter()
            .any(|done| done.version == planned.version && done.direction == planned.direction)
    });
    let backup = report.backup.iter();
    let mut warnings: Vec<String> = backup.flat_map(|copy| copy.warnings.clone()).collect();
    warnings.extend(without_statements(done));
    if report.lock_lost {
        warnings.push(LOCK_LOST.to_owned());
    }
    warnings.extend(report.builds.needlessly_concurrent.iter().map(needless));
    // Only a database that is ahead of every file is worth a second look at the folder.
    let holds_none = || app.scanned().is_ok_and(|set| set.migrations().is_empty());
    if !report.ahead.is_empty() && holds_none() {
        warnings.push(wrong_folder(app, report.ahead.len()));
    }
    warnings
}

/// What is to be known of a run that was cut off from its lock when it had done all.
const LOCK_LOST: &str = "the connection of `lock_url`, which held the migration lock, was cut off at the end: all was committed before, beneath the lock, and nothing is left to be done; the server's log says who ended it";

/// Returns that nobody had to be spared, where an index was built concurrently.
fn needless(built: &NeedlesslyConcurrent) -> String {
    let NeedlesslyConcurrent {
        version,
        table,
        why,
        ..
    } = built;
    let why = match why {
        Needless::MadeInThisRun => "was made in the same run",
        _ => "is empty",
    };
    format!(
        "{version} builds an index concurrently on {table}, which {why}: without `CONCURRENTLY` it could be in a transaction, and nobody would wait"
    )
}

/// Returns which ways up hold comments alone: plain Diesel takes them, so that they are no error.
pub(super) fn without_statements<'a>(
    steps: impl Iterator<Item = &'a StepNotice>,
) -> Option<String> {
    let empty = steps.filter(|step| step.direction == Direction::Up && step.statements == 0);
    let names: Vec<String> = empty.map(|step| format!("`{}`", step.name)).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!(
            "{name} holds no statement, so that applying it does nothing"
        )),
        [names @ .., last] => Some(format!(
            "{} and {last} hold no statement, so that applying them does nothing",
            names.join(", ")
        )),
    }
}

/// Returns what a run of a plan would be refused for, each with what grants it.
pub(super) fn lacking(lacking: &[Defect]) -> impl Iterator<Item = String> {
    let defects = lacking.iter();
    defects.map(|defect| {
        format!(
            "a run would be refused: {}: `{};`",
            defect.what, defect.cure
        )
    })
}
