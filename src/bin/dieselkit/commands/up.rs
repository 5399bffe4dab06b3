//! `up`: applies what is pending.

use std::borrow::Cow;

use dieselkit::backend::BackendError;
use dieselkit::migration::{OutOfOrder, TransactionMode};
use dieselkit::{Absent, Migrator, UpOptions, UpTarget};

use super::{Answered, Manner, dry_run, lint, named, ran, rehearse, safety};
use crate::app::{App, Reach};
use crate::args::{self, Up};
use crate::consent::Destruction;
use crate::error::{CommandError, of_database};
use crate::settings;

pub(super) fn run(app: &App<'_>, args: &Up) -> Answered {
    if args.rehearsal.rehearse {
        return rehearse::run(app, args);
    }
    let absent = if args.create_database {
        Absent::Create
    } else {
        Absent::CreateFile
    };
    if args.dry_run {
        let migrator = app.migrator(Reach::Preview(absent))?;
        let mut migrator = migrator.with_limits_for_all(args.limits.said());
        let options = options(app, args, &mut migrator)?;
        let steps = migrator.plan_up(&options)?;
        let manner = Manner {
            mode: mode(app, args),
            first: safety::before(app, &args.first),
            lint: Some(&args.lint),
        };
        return dry_run(app, &mut migrator, manner, &steps);
    }
    let mut migrator = app.migrator(Reach::Create(absent))?;
    let options = options(app, args, &mut migrator)?;
    agree(app, args, &mut migrator, &options)
        .map_err(|error| with_all_that_lacks(error, &mut migrator, &options))?;
    let mut migrator = migrator.with_limits_for_all(args.limits.said());
    let left = app.left_by_restores(&mut migrator);
    let report = safety::ready(app, migrator, &args.first, "up")?.up(&options)?;
    let mut answer = ran(app, &report, "nothing to apply", &args.schema);
    answer.warnings.extend(left);
    Ok(answer)
}

/// Makes sure that lint and whoever is asked have nothing against the run.
fn agree(
    app: &App<'_>,
    args: &Up,
    migrator: &mut Migrator,
    options: &UpOptions,
) -> Result<(), CommandError> {
    let asked = (&args.lint, mode(app, args));
    lint::refuse_errors(app, asked, migrator, |migrator| {
        migrator.plan_up(options).map(Cow::Owned)
    })?;
    if args.force && approve_force(app, migrator, options)? {
        return Ok(());
    }
    safety::agree_to_losses(app, migrator, |migrator| migrator.plan_up(options))
}

/// Returns, of an error that something may not be read, the one that tells all that the run lacks: what is
/// read first needs less.
pub(super) fn with_all_that_lacks(
    error: CommandError,
    migrator: &mut Migrator,
    options: &UpOptions,
) -> CommandError {
    let CommandError::Library(source) = &error else {
        return error;
    };
    let Some(BackendError::MayNotRead { .. }) = of_database(source) else {
        return error;
    };
    match migrator.plan_up(options) {
        Err(planned) => planned.into(),
        Ok(_) if migrator.lacking().is_empty() => error,
        Ok(_) => {
            let lacking = migrator.lacking().to_vec();
            BackendError::LacksPrivileges { lacking }.into()
        }
    }
}

/// Only what is applied again destroys; without any of that there is nothing to ask. Returns whether
/// it was asked.
fn approve_force(
    app: &App<'_>,
    migrator: &mut Migrator,
    options: &UpOptions,
) -> Result<bool, CommandError> {
    let modified = migrator.status()?.totals.modified;
    if modified == 0 {
        return Ok(false);
    }
    let steps = migrator.plan_up(options)?;
    app.approve(migrator, Destruction::Force, &steps)?;
    Ok(true)
}

/// Returns what is meant to be applied, and how.
pub(super) fn options(
    app: &App<'_>,
    args: &Up,
    migrator: &mut Migrator,
) -> Result<UpOptions, CommandError> {
    let target = match (&args.to, args.steps) {
        (Some(version), _) => UpTarget::To(named::version(migrator, version)?),
        (None, Some(steps)) => UpTarget::Steps(steps as usize),
        (None, None) => UpTarget::All,
    };
    let mut options = UpOptions::default()
        .until(target)
        .in_transactions(mode(app, args))
        .out_of_order(out_of_order(app, args.allow_out_of_order));
    if args.force {
        options = options.force();
    }
    if args.keep_going {
        options = options.keep_going();
    }
    Ok(options)
}

fn mode(app: &App<'_>, args: &Up) -> TransactionMode {
    transaction(app, args.transaction.transaction)
}

/// Returns how the run is divided: as typed, else as configured.
pub(super) fn transaction(app: &App<'_>, typed: Option<args::TransactionMode>) -> TransactionMode {
    match typed.unwrap_or(app.settings.transaction) {
        args::TransactionMode::Batch => TransactionMode::Batch,
        args::TransactionMode::Each => TransactionMode::Each,
    }
}

/// Returns what becomes of late migrations: as typed, else as configured.
pub(super) fn out_of_order(app: &App<'_>, allowed: bool) -> OutOfOrder {
    if allowed || app.settings.out_of_order == settings::OutOfOrder::Allow {
        OutOfOrder::Allow
    } else {
        OutOfOrder::Refuse
    }
}
