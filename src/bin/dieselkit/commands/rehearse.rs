//! `up --rehearse`: runs what is pending, says what it does to others, and leaves nothing of it.

use std::borrow::Cow;
use std::time::Duration;

use dieselkit::backend::address::Engine;
use dieselkit::backup::{
    Backups, CatalogError, RestoreBackupError, RestoreOptions, RestoreSource, RestoreTo,
};
use dieselkit::environment::Protection;
use dieselkit::migration::{RehearsalOptions, RehearsalReport, RehearsedOn, RunError};
use dieselkit::{Migrator, Scratch, UpOptions};

use super::{Answered, backup, lint, up};
use crate::app::{App, Reach};
use crate::args::{CopyOf, Up};
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::interrupt::{self, CopyInUse};
use crate::report::{Answer, rehearsed};

/// How long a copy of a file waits for whoever writes to it, where nobody says otherwise.
const LOCK_WAIT: Duration = Duration::from_mins(1);

pub(super) fn run(app: &App<'_>, args: &Up) -> Answered {
    let mut migrator = app.migrator(Reach::Write)?;
    let up = up::options(app, args, &mut migrator)?;
    let options = RehearsalOptions::from(up.clone());
    let options = if args.rehearsal.with_rollback {
        options.with_rollback()
    } else {
        options
    };
    let is_file = app.address()?.engine() == Engine::Sqlite;
    let (report, warnings) = match args.rehearsal.copy() {
        copy if copy == Some(CopyOf::Backup) || copy.is_some() && !is_file => {
            // A server copies what nobody is connected to, this process included.
            drop(migrator);
            on_copy(app, args, options)?
        }
        None if !is_file => (
            in_database(app, args, migrator, (&up, options))?,
            Vec::new(),
        ),
        _ => {
            interrupt::at_work_on(Some(in_use(app, None, "dieselkit up --rehearse")));
            let ran = ready(app, args, migrator).rehearse(options);
            interrupt::at_work_on(None);
            (ran?, Vec::new())
        }
    };
    answer(&report, warnings)
}

/// Returns what is said of a copy where the process ends at once.
fn in_use(app: &App<'_>, name: Option<String>, removed_by: &str) -> CopyInUse {
    CopyInUse {
        name,
        removed_by: app.printer.complete(&format!("`{removed_by}`")),
    }
}

/// Rehearses in the database itself, whose locks are taken for real.
fn in_database(
    app: &App<'_>,
    args: &Up,
    mut migrator: Migrator,
    (up, options): (&UpOptions, RehearsalOptions),
) -> Result<RehearsalReport, CommandError> {
    agree(app, args, &mut migrator, up)
        .map_err(|error| up::with_all_that_lacks(error, &mut migrator, up))?;
    Ok(ready(app, args, migrator).rehearse(options)?)
}

/// Makes sure that lint and whoever is asked have nothing against locks in the database itself.
fn agree(
    app: &App<'_>,
    args: &Up,
    migrator: &mut Migrator,
    up: &UpOptions,
) -> Result<(), CommandError> {
    let asked = (&args.lint, up.transaction());
    lint::refuse_errors(app, asked, migrator, |migrator| {
        migrator.plan_up(up).map(Cow::Owned)
    })?;
    if app.protection(migrator)? == Protection::Protected {
        let steps = migrator.plan_up(up)?;
        if !steps.is_empty() {
            app.approve(migrator, Destruction::Rehearse, &steps)?;
        }
    }
    Ok(())
}

fn ready(app: &App<'_>, args: &Up, migrator: Migrator) -> Migrator {
    interrupt::of_rehearsal();
    app.interruptible(migrator.with_limits_for_all(args.limits.said()))
}

/// Rehearses on a copy, which is dropped whatever comes of it.
fn on_copy(
    app: &App<'_>,
    args: &Up,
    options: RehearsalOptions,
) -> Result<(RehearsalReport, Vec<String>), CommandError> {
    let of = args.rehearsal.copy().unwrap_or(CopyOf::Either);
    let in_use = |name| Some(in_use(app, name, "dieselkit up --rehearse --on-copy"));
    interrupt::at_work_on(in_use(None));
    let made = copy(app, of);
    interrupt::at_work_on(None);
    let Copy {
        scratch,
        on,
        warnings,
    } = made?;
    interrupt::at_work_on(in_use(Some(scratch.address().to_string())));
    let migrator = app.migrator_of(app.as_role(scratch.connect()?)?, app.migrations()?);
    let mut migrator = ready(app, args, migrator);
    let ran = migrator.rehearse_in_copy(options, on);
    // Nobody may be connected to what is dropped.
    drop(migrator);
    let copy = scratch.address().to_string();
    let removed = scratch.remove();
    interrupt::at_work_on(None);
    let report = ran?;
    removed.map_err(|source| RunError::CopyLeft { copy, source })?;
    Ok((report, warnings))
}

/// A copy, of what it is one, and what was complained of although all is there.
struct Copy {
    scratch: Scratch,
    on: RehearsedOn,
    warnings: Vec<String>,
}

fn copy(app: &App<'_>, of: CopyOf) -> Result<Copy, CommandError> {
    if of != CopyOf::Now {
        let mut backups = backup::interruptible(app)?;
        match backups.source("latest") {
            Ok(source) => return restored(app, &mut backups, &source),
            Err(error) if of == CopyOf::Backup || !is_none(&error) => return Err(error.into()),
            Err(_) => {}
        }
    }
    let cancellation = app.on_ctrl_c("dieselkit status");
    let patience = app.global.lock_wait.unwrap_or(LOCK_WAIT);
    let scratch = Scratch::copy_of(app.address()?, patience, &cancellation);
    let scratch = scratch.map_err(|source| RunError::NoCopy { source })?;
    Ok(Copy {
        scratch,
        on: RehearsedOn::Copy,
        warnings: Vec::new(),
    })
}

/// Returns whether an error says that there is no good backup.
fn is_none(error: &RestoreBackupError) -> bool {
    matches!(
        error,
        RestoreBackupError::Catalog(CatalogError::NoneGood { .. })
    )
}

fn restored(
    app: &App<'_>,
    backups: &mut Backups,
    source: &RestoreSource,
) -> Result<Copy, CommandError> {
    let options = RestoreOptions::to(RestoreTo::Beside).programs(backup::programs(app)?);
    let (scratch, warnings) = backups.restore_for_a_while(source, &options)?;
    let id = source.to_string();
    let older = backup::passed_over(source);
    Ok(Copy {
        scratch,
        on: RehearsedOn::Backup { id },
        warnings: [older, warnings].concat(),
    })
}

/// Answers what was found; a way down that does not lead back is a failure.
fn answer(report: &RehearsalReport, warnings: Vec<String>) -> Answered {
    let answer = Answer {
        warnings,
        ..rehearsed(report)
    };
    let names: Vec<String> = report
        .not_leading_back()
        .map(|way| way.name.clone())
        .collect();
    if names.is_empty() {
        return Ok(answer);
    }
    Err(CommandError::NotLeadingBack {
        names,
        found: Box::new(answer),
    })
}
