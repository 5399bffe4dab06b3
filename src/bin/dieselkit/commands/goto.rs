//! `goto`: up or down to exactly one version.

use std::borrow::Cow;

use dieselkit::Migrator;
use dieselkit::event::Direction;
use dieselkit::migration::{GotoOptions, StepSql, TransactionMode};

use super::{Answered, Manner, dry_run, lint, named, ran, safety, up};
use crate::app::{App, Reach};
use crate::args::Goto;
use crate::consent::Destruction;
use crate::error::CommandError;

pub(super) fn run(app: &App<'_>, args: &Goto) -> Answered {
    if args.dry_run {
        let migrator = app.migrator(Reach::Read)?;
        let mut migrator = migrator.with_limits_for_all(args.limits.said());
        let options = options(app, args, &mut migrator)?;
        let steps = migrator.plan_goto(&options)?;
        let manner = Manner {
            mode: mode(app, args),
            first: safety::before(app, &args.first),
            lint: Some(&args.lint),
        };
        return dry_run(app, &mut migrator, manner, &steps);
    }
    let mut migrator = app.migrator(Reach::Write)?;
    let options = options(app, args, &mut migrator)?;
    let steps = migrator.plan_goto(&options)?;
    let asked = (&args.lint, mode(app, args));
    lint::refuse_errors(app, asked, &mut migrator, |_| Ok(Cow::Borrowed(&*steps)))?;
    let goes_down = |step: &StepSql| step.step.direction == Direction::Down;
    if steps.iter().any(goes_down) {
        app.approve(&mut migrator, Destruction::Rollback, &steps)?;
    } else {
        safety::agree_to_losses(app, &mut migrator, |_| Ok(steps))?;
    }
    let migrator = migrator.with_limits_for_all(args.limits.said());
    let report = safety::ready(app, migrator, &args.first, "goto")?.goto(&options)?;
    Ok(ran(app, &report, "already there", &args.schema))
}

fn options(
    app: &App<'_>,
    args: &Goto,
    migrator: &mut Migrator,
) -> Result<GotoOptions, CommandError> {
    let version = named::version(migrator, &args.version)?;
    Ok(GotoOptions::new(version)
        .in_transactions(mode(app, args))
        .out_of_order(up::out_of_order(app, args.allow_out_of_order)))
}

fn mode(app: &App<'_>, args: &Goto) -> TransactionMode {
    up::transaction(app, args.transaction.transaction)
}
