//! `rollback`: rolls back what was applied last.

use dieselkit::migration::TransactionMode;

use super::{Answered, Manner, dry_run, ran, safety, target};
use crate::app::{App, Reach};
use crate::args::Rollback;
use crate::consent::Destruction;

pub(super) fn run(app: &App<'_>, args: &Rollback) -> Answered {
    if args.dry_run {
        let migrator = app.migrator(Reach::Read)?;
        let mut migrator = migrator.with_limits_for_all(args.limits.said());
        let target = target(args.target(), &mut migrator)?;
        let steps = migrator.plan_rollback(target)?;
        let manner = Manner {
            mode: TransactionMode::Each,
            first: safety::before(app, &args.first),
            lint: None,
        };
        return dry_run(app, &mut migrator, manner, &steps);
    }
    let mut migrator = app.migrator(Reach::Write)?;
    let target = target(args.target(), &mut migrator)?;
    let steps = migrator.plan_rollback(target.clone())?;
    if !steps.is_empty() {
        app.approve(&mut migrator, Destruction::Rollback, &steps)?;
    }
    let migrator = migrator.with_limits_for_all(args.limits.said());
    let report = safety::ready(app, migrator, &args.first, "rollback")?.rollback(target)?;
    Ok(ran(app, &report, "nothing to roll back", &args.schema))
}
