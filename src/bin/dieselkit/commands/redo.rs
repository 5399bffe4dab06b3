//! `redo`: rolls back and applies again.

use std::borrow::Cow;

use dieselkit::migration::{StepSql, TransactionMode};

use super::{Answered, Manner, dry_run, lint, ran, safety, target};
use crate::app::{App, Reach};
use crate::args::Redo;
use crate::consent::Destruction;

pub(super) fn run(app: &App<'_>, args: &Redo) -> Answered {
    if args.dry_run {
        let migrator = app.migrator(Reach::Read)?;
        let mut migrator = migrator.with_limits_for_all(args.limits.said());
        let target = target(args.target(), &mut migrator)?;
        let steps = migrator.plan_redo(target)?;
        let manner = Manner {
            mode: mode(&steps),
            first: safety::before(app, &args.first),
            lint: Some(&args.lint),
        };
        return dry_run(app, &mut migrator, manner, &steps);
    }
    let mut migrator = app.migrator(Reach::Write)?;
    let target = target(args.target(), &mut migrator)?;
    let steps = migrator.plan_redo(target.clone())?;
    let asked = (&args.lint, mode(&steps));
    lint::refuse_errors(app, asked, &mut migrator, |_| Ok(Cow::Borrowed(&*steps)))?;
    if !steps.is_empty() {
        app.approve(&mut migrator, Destruction::Redo, &steps)?;
    }
    let migrator = migrator.with_limits_for_all(args.limits.said());
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
