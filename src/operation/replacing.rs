//! Replaces a database by one that was restored beside it: under the lock, in the right
//! environment, beneath nobody.

use super::OperationError;
use super::caller::Caller;
use super::environment::refuse_other_environment;
use super::pooler::refuse_pooler;
use super::reading::tables_to_read;
use super::scope::take;
use crate::backend::address::DatabaseAddress;
use crate::backend::restore::{Original, Restore, RestoreError};
use crate::backend::tables::Tables;
use crate::backend::{BackendError, Database};
use crate::history::{self, Metadata};

/// What is done with a database that does not say what it is, since it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Unread {
    /// It stays.
    #[default]
    Refuse,
    /// It is replaced.
    Replace,
}

impl Unread {
    /// Returns what was read, or nothing of what cannot be.
    fn passing<T>(
        self,
        read: Result<T, BackendError>,
        nothing: impl FnOnce() -> T,
    ) -> Result<(T, Original), BackendError> {
        match read {
            Err(error) if self == Self::Replace && error.is_of_contents() => {
                Ok((nothing(), Original::Unread))
            }
            read => Ok((read?, Original::Read)),
        }
    }
}

/// How a database is replaced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replacing<'a> {
    /// What tells the old one from others that were replaced.
    pub(crate) time: &'a str,
    /// Whether it has to say what it is.
    pub(crate) unread: Unread,
}

impl Caller {
    /// Gives a database's name to one that stands beside it; returns where the old one is. No table
    /// is made for that, and on a server the lock ends just before, since the server itself renames
    /// nothing that anybody is connected to, the holder of the lock included.
    pub(crate) fn replace_database<E>(
        &mut self,
        mut database: Database,
        new: &mut dyn Restore,
        Replacing { time, unread }: Replacing<'_>,
    ) -> Result<Option<DatabaseAddress>, E>
    where
        E: From<OperationError> + From<RestoreError>,
    {
        let second = database.address().cloned();
        let wanted = self.identity.environment.clone();
        let setup = self.setup();
        let started = setup.clock.elapsed();
        let taken = (|| {
            database.renew()?;
            let backend = database.backend()?;
            refuse_pooler(backend, second.as_ref())?;
            backend.wait_at_most(setup.lock_wait)?;
            let (tables, found) = unread.passing(tables_to_read(backend), Tables::nowhere)?;
            let lock = take(backend, &setup, &tables, started)?;
            let metadata = history::read_metadata(backend, &tables);
            let (metadata, read) = unread.passing(metadata, Metadata::default)?;
            refuse_other_environment(metadata.environment.as_deref(), wanted.as_deref())?;
            let is_unread = [found, read].contains(&Original::Unread);
            let original = if is_unread {
                Original::Unread
            } else {
                Original::Read
            };
            Ok::<_, OperationError>((lock, original))
        })();
        // A file's lock is no lock of the connection.
        let (_lock, original) = taken?;
        drop(database);
        Ok(new.replace(original, time)?)
    }
}

#[cfg(test)]
mod tests;
