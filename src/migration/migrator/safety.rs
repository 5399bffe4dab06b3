//! The copy of the database that is made before a run changes anything, and the way back to it.
//!
//! Who makes it, and of what, is lent to the migrator.

use super::Safety;
use super::locked::Run;
use crate::backend::Backend;
use crate::event::Direction;
use crate::migration::error::RunError;
use crate::migration::prepare::Step;
use crate::migration::report::CopyMade;
use crate::shell::quote;
use crate::version::Version;

impl Run<'_, '_> {
    /// Has a copy made before these steps, where they are worth one.
    pub(super) fn back_up_before(
        &mut self,
        backend: &mut dyn Backend,
        steps: &[Step],
    ) -> Result<(), RunError> {
        let wanted = self.safety.as_ref().is_some_and(|safety| {
            let destroys = steps.iter().map(|step| step.destroys(&self.report.losses));
            safety.before.is_wanted(destroys)
        });
        if wanted {
            self.back_up(backend, first_of_its_own(steps))?;
        }
        Ok(())
    }

    /// Has a copy made before everything is dropped.
    pub(super) fn back_up_before_drop(
        &mut self,
        backend: &mut dyn Backend,
    ) -> Result<(), RunError> {
        self.back_up(backend, None)
    }

    /// Has a copy made, unless there is one: a reset goes on with a run. That may take long, so that
    /// the lock is proved anew.
    fn back_up(
        &mut self,
        backend: &mut dyn Backend,
        first: Option<&Version>,
    ) -> Result<(), RunError> {
        let Some(Safety { copy, .. }) = self.safety.as_deref_mut() else {
            return Ok(());
        };
        if self.report.backup.is_some() {
            return Ok(());
        }
        let name = copy.make(&self.held.proof());
        let name = name.map_err(|source| RunError::NotBackedUp { source })?;
        let restore = match first {
            Some(version) => format!("dieselkit restore --before {}", quote(version.as_str())),
            None => format!("dieselkit restore {}", quote(&name)),
        };
        self.report.backup = Some(CopyMade {
            name,
            restore,
            warnings: copy.warnings(),
        });
        Ok(backend.prove_lock(self.held.locked.lock)?)
    }
}

/// Returns the first migration that a run applies, where it does nothing else: a copy without it is
/// the one that was made before the run.
fn first_of_its_own(steps: &[Step]) -> Option<&Version> {
    let applies = |step: &Step| step.planned.direction == Direction::Up && !step.planned.again;
    let first = steps.first().filter(|_| steps.iter().all(applies))?;
    Some(&first.planned.version)
}
