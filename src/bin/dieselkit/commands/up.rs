//! `up`: applies what is pending.

use dieselkit::migration::{OutOfOrder, TransactionMode};
use dieselkit::{Absent, Migrator, UpOptions, UpTarget};

use super::{Answered, Manner, dry_run, named, notices, ran, safety};
use crate::app::{App, Reach};
use crate::args::{self, Up};
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::settings;

pub(super) fn run(app: &App<'_>, args: &Up) -> Answered {
    let absent = if args.create_database {
        Absent::Create
    } else {
        Absent::CreateFile
    };
    if args.dry_run {
        let mut migrator = app.migrator(Reach::Preview(absent))?;
        let options = options(app, args, &mut migrator)?;
        let steps = migrator.plan_up(&options)?;
        let manner = Manner {
            mode: mode(app, args),
            first: safety::before(app, &args.first),
        };
        return dry_run(app, &mut migrator, manner, &steps);
    }
    let mut migrator = app.migrator(Reach::Create(absent))?;
    let options = options(app, args, &mut migrator)?;
    if args.force {
        approve_force(app, &mut migrator, &options)?;
    }
    let report = safety::ready(app, migrator, &args.first, "up")?.up(&options)?;
    Ok(ran(app, &report, "nothing to apply", &args.schema))
}

/// Only what is applied again destroys; without any of that there is nothing to ask.
fn approve_force(
    app: &App<'_>,
    migrator: &mut Migrator,
    options: &UpOptions,
) -> Result<(), CommandError> {
    let modified = migrator.status()?.totals.modified;
    if modified == 0 {
        return Ok(());
    }
    let steps = notices(&migrator.plan_up(options)?);
    app.approve(migrator, Destruction::Force, steps)
}

fn options(app: &App<'_>, args: &Up, migrator: &mut Migrator) -> Result<UpOptions, CommandError> {
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
