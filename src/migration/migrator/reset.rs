//! The verbs by which everything goes: the one that starts over and applies all again, and the one
//! after which there is no database.
//!
//! What there is to drop, and how, is known to the backend.

use super::Migrator;
use super::locked::Run;
use crate::backend::Backend;
use crate::history::{self, Metadata};
use crate::migration::asked::Asked;
use crate::migration::error::RunError;
use crate::migration::options::UpOptions;
use crate::migration::plan;
use crate::migration::report::{ResetReport, RunReport};
use crate::migration::runner::Shape;

impl Migrator {
    /// Returns the schemas that [`Migrator::reset`] empties: the one where the history lives, and
    /// the one where a name without a schema is created. None on `SQLite`, which has none.
    ///
    /// # Errors
    /// `RunError::Backend` where the database cannot be asked.
    pub fn own_schemas(&mut self) -> Result<Vec<String>, RunError> {
        self.reading(|_, backend, tables| Ok(backend.own_schemas(tables)?))
    }

    /// Drops the database itself, with all that is in it, once nobody else is at work in it.
    ///
    /// # Errors
    /// `RunError::EnvironmentMismatch`, and `RunError::Backend` where somebody else is at work in it
    /// until the time to wait is over, or it cannot be dropped; the database is as it was.
    pub fn drop_database(mut self) -> Result<(), RunError> {
        Ok(self.caller.drop_database(self.database)?)
    }

    /// Drops everything in the database's own schemas and applies all.
    ///
    /// The database keeps its identity and its mark.
    ///
    /// # Errors
    /// `RunError::Backend` where something could not be dropped, and `RunError::Prepare` where a
    /// file cannot be run, both with nothing dropped; [`RunError::Emptied`] with what was dropped,
    /// and what was applied, where the way up did not get to its end.
    pub fn reset(&mut self) -> Result<ResetReport, RunError> {
        self.locked(|backend, run| {
            let metadata = history::read_metadata(backend, &run.held.locked.tables)?;
            run.rehearse(backend)?;
            run.read = None;
            let dropped = backend.drop_everything(&run.held.locked.tables)?;
            let dropped = dropped.into_iter().filter(|name| is_the_users(name));
            let dropped = dropped.collect();
            match run.start_over(backend, &metadata) {
                Ok(applied) => Ok(ResetReport { dropped, applied }),
                Err(source) => {
                    let source = Box::new(source);
                    Err(RunError::Emptied { dropped, source })
                }
            }
        })
    }
}

impl Run<'_, '_> {
    /// Applies all to an empty database that keeps its identity and its mark.
    fn start_over(
        &mut self,
        backend: &mut dyn Backend,
        metadata: &Metadata,
    ) -> Result<RunReport, RunError> {
        let found = backend.find_tables()?;
        let tables = history::create_tables(backend, &found)?;
        history::record_metadata(backend, &tables, metadata)?;
        let options = UpOptions::default();
        self.execute(
            backend,
            &Asked::Up(options.clone()),
            |_| Shape::default(),
            |status| plan::up(status, &options),
        )
    }
}

/// Returns whether something that was dropped was not Diesel's or this tool's own, which are there
/// again by now.
fn is_the_users(dropped: &str) -> bool {
    !dropped.contains("__diesel")
}
