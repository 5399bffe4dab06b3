//! The session as a body found it, kept only where the body's words may change it.

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::settings::{Settings, Surrounding, Touch};
use crate::sql::Script;

/// What is put back after a body.
pub(crate) struct Remembered {
    touch: Touch,
    /// None where the body changes nothing.
    found: Option<Settings>,
}

impl Remembered {
    /// Looks at the session before a body runs: a script, or a function, of which nobody knows what
    /// it does.
    pub(crate) fn of(
        backend: &mut dyn Backend,
        script: Option<&Script>,
    ) -> Result<Self, DatabaseError> {
        let touch = script.map_or(Touch::SettingsAndStatements, |script| backend.touch(script));
        let found = match touch {
            Touch::Nothing => None,
            Touch::Settings | Touch::SettingsAndStatements => Some(backend.settings(script)?),
        };
        Ok(Self { touch, found })
    }

    /// Looks at the session at the beginning of a transaction that is one of a pool's, where nothing
    /// is kept prepared.
    pub(crate) fn of_transaction(
        backend: &mut dyn Backend,
        script: Option<&Script>,
    ) -> Result<Self, DatabaseError> {
        let remembered = Self::of(backend, script)?;
        let touch = match remembered.touch {
            Touch::SettingsAndStatements => Touch::Settings,
            touch => touch,
        };
        Ok(Self {
            touch,
            ..remembered
        })
    }

    /// Returns whether the body may change anything.
    pub(crate) fn is_of_something(&self) -> bool {
        self.found.is_some()
    }

    /// Puts back what the body may have changed.
    pub(crate) fn put_back(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        self.let_prepare_anew(backend)?;
        match &self.found {
            None => Ok(()),
            Some(found) => backend.put_settings_back(found),
        }
    }

    /// Lets the driver prepare its statements anew where the body may have had them forgotten.
    pub(crate) fn let_prepare_anew(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        match self.touch {
            Touch::Nothing | Touch::Settings => Ok(()),
            Touch::SettingsAndStatements => backend.forget_statements(),
        }
    }

    /// Does something, in the middle of the body, as the user that the body found.
    pub(crate) fn as_found(
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
