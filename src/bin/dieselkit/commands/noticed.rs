//! What nothing refuses and nobody means: warnings beside a run and beside what is shown of one.

use dieselkit::event::{Direction, StepNotice};
use dieselkit::migration::{Mark, RunReport, StatusReport};

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
    let mut warnings: Vec<String> = without_statements(done).into_iter().collect();
    // Only a database that is ahead of every file is worth a second look at the folder.
    let holds_none = || app.scanned().is_ok_and(|set| set.migrations().is_empty());
    if !report.ahead.is_empty() && holds_none() {
        warnings.push(wrong_folder(app, report.ahead.len()));
    }
    warnings
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
