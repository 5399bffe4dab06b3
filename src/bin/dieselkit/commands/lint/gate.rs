//! What keeps a command from applying errors to a protected database.

use std::borrow::Cow;

use dieselkit::Migrator;
use dieselkit::environment::Protection;
use dieselkit::event::Direction;
use dieselkit::lint::{Facts, Level, Linter, Report, Subject};
use dieselkit::migration::{RunError, StepSql, TransactionMode};

use super::{facts_of, facts_when_emptied, together};
use crate::app::App;
use crate::args::{LintChoice, LintFirst};
use crate::error::CommandError;
use crate::report::{Answer, json, lint_text};

/// Refuses to apply what has lint errors to a protected database, before anything is run. `plan` is
/// asked only where that matters.
///
/// # Errors
/// `Linted`, with all that was found.
pub(in crate::commands) fn refuse_errors<'a>(
    app: &App<'_>,
    (said, transaction): (&LintFirst, TransactionMode),
    migrator: &mut Migrator,
    plan: impl FnOnce(&mut Migrator) -> Result<Cow<'a, [StepSql]>, RunError>,
) -> Result<(), CommandError> {
    if !is_asked(app, said, migrator)? {
        return Ok(());
    }
    // What refuses the plan is said by the run.
    let Ok(steps) = plan(migrator) else {
        return Ok(());
    };
    let facts = facts_of(migrator);
    refuse(errors(app, (migrator, facts), (&steps, transaction))?)
}

/// Refuses the same of what a reset applies, to whose tables nothing is in the way any more.
///
/// # Errors
/// `Linted`, with all that was found.
pub(in crate::commands) fn refuse_errors_of_reset(
    app: &App<'_>,
    said: &LintFirst,
    migrator: &mut Migrator,
    steps: &[StepSql],
) -> Result<(), CommandError> {
    if !is_asked(app, said, migrator)? {
        return Ok(());
    }
    let facts = facts_when_emptied(migrator);
    let asked = (steps, TransactionMode::Each);
    refuse(errors(app, (migrator, facts), asked)?)
}

fn refuse(found: Option<Report>) -> Result<(), CommandError> {
    match found {
        None => Ok(()),
        Some(report) => Err(CommandError::Linted {
            errors: report.totals.error,
            found: Box::new(Answer {
                text: lint_text(&report, "what would be applied", &[]),
                data: json::data(&report),
                ..Answer::default()
            }),
        }),
    }
}

/// Returns the warning that a run of this plan would be refused.
pub(in crate::commands) fn foretold(
    app: &App<'_>,
    (said, transaction): (&LintFirst, TransactionMode),
    migrator: &mut Migrator,
    steps: &[StepSql],
) -> Result<Option<String>, CommandError> {
    if !is_asked(app, said, migrator)? {
        return Ok(None);
    }
    let facts = facts_of(migrator);
    let report = errors(app, (migrator, facts), (steps, transaction))?;
    Ok(report.map(|report| {
        let first = report.at_least(Level::Error).next();
        let first = first.map_or_else(String::new, |finding| {
            format!(" at {}: {} ({})", finding.place, finding.message, finding.rule)
        });
        let errors = match report.totals.error {
            1 => "an error".to_owned(),
            many => format!("{many} errors, the first"),
        };
        format!("the run itself would be refused: the database is protected, and lint finds {errors}{first}")
    }))
}

/// Returns whether lint stands before a run.
fn is_asked(
    app: &App<'_>,
    said: &LintFirst,
    migrator: &mut Migrator,
) -> Result<bool, CommandError> {
    Ok(said.choice() == LintChoice::Unsaid && app.protection(migrator)? == Protection::Protected)
}

/// Returns what is found in the ways up of a plan, if there are errors among it.
fn errors(
    app: &App<'_>,
    (migrator, facts): (&Migrator, Facts),
    (steps, transaction): (&[StepSql], TransactionMode),
) -> Result<Option<Report>, CommandError> {
    let ups = steps
        .iter()
        .filter(|step| step.step.direction == Direction::Up);
    let set = migrator.migrations();
    let planned = ups.filter_map(|step| set.get(&step.step.version));
    let subjects: Vec<Subject> = planned.map(|planned| Subject::from(planned).up()).collect();
    if subjects.is_empty() {
        return Ok(None);
    }
    let engine = app.address()?.engine();
    let report = Linter::new(engine, app.settings.lint.options.clone())?
        .knowing(migrator.migrations())
        .with_facts(facts)
        .lint(&subjects, together(transaction));
    Ok(Some(report).filter(|report| report.has(Level::Error)))
}
