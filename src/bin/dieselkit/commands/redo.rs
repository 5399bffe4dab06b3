//! `redo`: rolls back and applies again.

use dieselkit::migration::{StepSql, TransactionMode};

use super::{Answered, Manner, dry_run, notices, ran, safety, target};
use crate::app::{App, Reach};
use crate::args::Redo;
use crate::consent::Destruction;

pub(super) fn run(app: &App<'_>, args: &Redo) -> Answered {
    if args.dry_run {
        let mut migrator = app.migrator(Reach::Read)?;
        let target = target(args.target(), &mut migrator)?;
        let steps = migrator.plan_redo(target)?;
        let manner = Manner {
            mode: mode(&steps),
            first: safety::before(app, &args.first),
        };
        return dry_run(app, &mut migrator, manner, &steps);
    }
    let mut migrator = app.migrator(Reach::Write)?;
    let target = target(args.target(), &mut migrator)?;
    let steps = notices(&migrator.plan_redo(target.clone())?);
    if !steps.is_empty() {
        app.approve(&mut migrator, Destruction::Redo, steps)?;
    }
    let report = safety::ready(app, migrator, &args.first, "redo")?.redo(target)?;
    Ok(ran(app, &report, "nothing to redo", &args.schema))
}

/// It is all or nothing where every step can be in a transaction.
fn mode(steps: &[StepSql]) -> TransactionMode {
    if steps.iter().all(|step| step.step.transactional) {
        TransactionMode::Batch
    } else {
        TransactionMode::Each
    }
}
