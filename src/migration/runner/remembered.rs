//! The session as a step found it, kept only where the step's words may change it.

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::settings::{Settings, Surrounding, Touch};
use crate::migration::prepare::{Step, Work};

/// What is put back after a body.
pub(super) struct Remembered {
    touch: Touch,
    /// None where the body changes nothing.
    found: Option<Settings>,
}

impl Remembered {
    pub(super) fn of(backend: &mut dyn Backend, step: &Step) -> Result<Self, DatabaseError> {
        let (touch, script) = match &step.work {
            Work::Sql(_, script) => (backend.touch(script), Some(script)),
            // Nobody knows what a function does.
            Work::Rust(_) => (Touch::SettingsAndStatements, None),
        };
        let found = match touch {
            Touch::Nothing => None,
            Touch::Settings | Touch::SettingsAndStatements => Some(backend.settings(script)?),
        };
        Ok(Self { touch, found })
    }

    /// Puts back what the body may have changed.
    pub(super) fn put_back(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        self.let_prepare_anew(backend)?;
        match &self.found {
            None => Ok(()),
            Some(found) => backend.put_settings_back(found),
        }
    }

    /// Lets the driver prepare its statements anew where the body may have had them forgotten.
    pub(super) fn let_prepare_anew(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        match self.touch {
            Touch::Nothing | Touch::Settings => Ok(()),
            Touch::SettingsAndStatements => backend.forget_statements(),
        }
    }

    /// Does something, in the middle of the body, as the user that the body found.
    pub(super) fn as_found(
        &self,
        backend: &mut dyn Backend,
        surrounding: Surrounding,
        work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        match &self.found {
            None => work(backend),
            Some(found) => backend.as_found(found, surrounding, work),
        }
    }
}
