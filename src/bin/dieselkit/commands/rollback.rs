//! `rollback`: rolls back what was applied last.

use dieselkit::migration::TransactionMode;

use super::{Answered, dry_run, notices, ran, target};
use crate::app::{App, Reach};
use crate::args::Rollback;
use crate::consent::Destruction;

pub(super) fn run(app: &App<'_>, args: &Rollback) -> Answered {
    if args.dry_run {
        let mut migrator = app.migrator(Reach::Read)?;
        let target = target(args.target(), &mut migrator)?;
        let steps = migrator.plan_rollback(target)?;
        return dry_run(app, &mut migrator, TransactionMode::Each, &steps);
    }
    let mut migrator = app.migrator(Reach::Write)?;
    let target = target(args.target(), &mut migrator)?;
    let steps = notices(&migrator.plan_rollback(target.clone())?);
    if !steps.is_empty() {
        app.approve(&mut migrator, Destruction::Rollback, steps)?;
    }
    let report = app.interruptible(migrator).rollback(target)?;
    Ok(ran(app, &report, "nothing to roll back", &args.schema))
}
