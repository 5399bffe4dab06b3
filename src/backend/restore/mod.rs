//! The way back: a copy becomes a new database, beside the one that it may replace.
//!
//! Nothing is touched before the new one stands: who gives up drops the new one alone.

mod compare;
mod dump_head;
mod error;
mod fitness;
mod making_roles;

use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;

pub use compare::{Counted, differences};
pub(crate) use compare::{hold_applied, hold_mark};
pub(crate) use dump_head::needs_of_head;
#[cfg(feature = "postgres")]
pub(super) use dump_head::needs_of_list;
pub use error::RestoreError;
pub(crate) use fitness::free_bytes;
#[cfg(feature = "sqlite")]
pub(super) use fitness::may_write_into;
pub use fitness::{Fitness, Lack, Needs, Room};
pub(crate) use making_roles::makes_roles;

use super::address::DatabaseAddress;
use super::dump::{DatabaseFacts, DumpError, Hashing, Programs, Scope};
use super::error::BackendError;
use crate::cancellation::Cancellation;
use crate::event::Leftover;

/// How the time stands in the name of a database that was replaced, in UTC.
pub(crate) const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// What is done about what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tidying {
    /// It is told of.
    Look,
    /// It is removed.
    Remove,
}

/// Where a copy is restored to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A new database of this name, on the same server; a new file of this path.
    Into(&'a str),
    /// A new database beside, of a name of its own.
    Beside,
}

/// What is known of a database that is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// It was read, or is not there.
    Read,
    /// It is there, and cannot be read: whatever is in it is kept as it is.
    Unread,
}

/// Who owns what is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owners {
    /// Who owned it.
    #[default]
    Kept,
    /// The user of the address.
    Nobody,
}

/// Who may do what with what is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Privileges {
    /// Who might.
    #[default]
    Kept,
    /// The owner.
    Nobody,
}

/// What is restored, and how.
#[derive(Debug, Clone)]
pub struct RestoreRequest<'a> {
    /// Who owns it.
    pub owners: Owners,
    /// Who else may do something with it.
    pub privileges: Privileges,
    /// The role that makes it; else it is who logs in.
    pub role: Option<&'a str>,
    /// How many tables of an archive are restored at once; all in one transaction where it is one.
    pub jobs: NonZeroU32,
    /// Where `psql` and `pg_restore` are.
    pub programs: &'a Programs,
    /// What the sessions call themselves.
    pub owner: &'a str,
    /// Ends it before its time.
    pub cancellation: &'a Cancellation,
}

/// What a backup holds.
pub enum Contents<'a> {
    /// SQL as `pg_dump` writes it, to its end; for `SQLite` the bytes of the file. An error of the
    /// reader is the restore's.
    Stream(&'a mut dyn Read),
    /// The same, of a backup whose reader fails at its end unless all of it is what was backed up: that
    /// is taken as it is.
    Backup(&'a mut dyn Read),
    /// An archive of `pg_dump`: a file or a folder.
    Archive(&'a Path),
}

/// A new database, which is dropped with this unless it has the name by then that it is to have.
pub trait Restore: Send {
    /// Returns where it is.
    fn address(&self) -> &DatabaseAddress;

    /// Makes what the backup of a part takes for granted, where the engine has parts.
    ///
    /// # Errors
    /// `RestoreError::Backend`.
    fn make_ready(&mut self, scope: &Scope, facts: &DatabaseFacts) -> Result<(), RestoreError> {
        let _ = (scope, facts);
        Ok(())
    }

    /// Fills it, all or nothing, and returns what was complained of although all is there.
    ///
    /// # Errors
    /// Each variant of [`RestoreError`]; the new database is of no use then.
    fn fill(&mut self, contents: Contents<'_>) -> Result<Vec<String>, RestoreError>;

    /// Tells the planner what is in it, where the backup does not.
    ///
    /// # Errors
    /// `RestoreError::Backend`.
    fn analyze(&mut self) -> Result<(), RestoreError>;

    /// Gives it a name that nobody has, or the path of a file, and returns where it is.
    ///
    /// # Errors
    /// `BackendError::DatabaseExists` where somebody took the name meanwhile, and whatever keeps the
    /// server or the system from it; it is as it was.
    fn keep(&mut self, name: &str) -> Result<DatabaseAddress, RestoreError>;

    /// Gives it the name of the database that it was restored beside, and keeps that one as
    /// `<name>_before_<time>`; returns where that is, if there was one. Both happen, or neither.
    ///
    /// # Errors
    /// `RestoreError::InUse` where anybody else is at work in either, `BackendError::DatabaseExists`
    /// where somebody took one of the names meanwhile, `RestoreError::Backend` and
    /// `RestoreError::File`; the old one has its name and its contents, and the new one is as it was.
    fn replace(
        &mut self,
        original: Original,
        time: &str,
    ) -> Result<Option<DatabaseAddress>, RestoreError>;

    /// Drops it, where it has no name yet but its own.
    ///
    /// # Errors
    /// Whatever keeps the server or the system from it: it is left half made.
    fn give_up(&mut self) -> Result<(), RestoreError>;
}

/// Returns what a backup needs and is not there. Nothing is made for that.
///
/// # Errors
/// `BackendError::DatabaseExists` where the name is taken, and `RestoreError::Backend` where the server
/// cannot be asked.
pub fn fitness(
    original: &DatabaseAddress,
    place: Place<'_>,
    needs: &Needs,
    request: &RestoreRequest<'_>,
) -> Result<Fitness, RestoreError> {
    // Only a server has roles.
    let _ = request;
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            Ok(super::postgres::fitness(address, place, needs, request)?)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => super::sqlite::fitness(address, place, needs),
    }
}

/// Returns what the list of an archive of `pg_dump` says that it needs. One that cannot be read, and
/// an engine that has none, says nothing.
pub(crate) fn needs_of_archive(
    original: &DatabaseAddress,
    archive: &Path,
    request: &RestoreRequest<'_>,
) -> Needs {
    // Only one of the engines has archives.
    let _ = (archive, request);
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            super::postgres::needs_of_archive(address, archive, request).unwrap_or_default()
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(_) => Needs::default(),
    }
}

/// Refuses a script of somebody's that no new database would take, by what is in it: its statements that
/// reach outside, or end the transaction, and its end. Nothing is made for that.
///
/// # Errors
/// As [`Restore::fill`] of the same script, where it is refused before the engine had any of it.
#[cfg_attr(
    not(feature = "postgres"),
    expect(
        clippy::unnecessary_wraps,
        reason = "only one of the engines has scripts"
    )
)]
pub(crate) fn refuse_script(
    original: &DatabaseAddress,
    script: &mut dyn Read,
    request: &RestoreRequest<'_>,
) -> Result<(), RestoreError> {
    // Only one of the engines has scripts.
    let _ = (&script, request);
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            super::postgres::refuse_script(address, script, request)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(_) => Ok(()),
    }
}

/// Makes an empty database to restore into.
///
/// # Errors
/// `BackendError::DatabaseExists` where there is one already, and whatever keeps the server or the
/// system from it; nothing is left behind.
pub fn open_restore(
    original: &DatabaseAddress,
    place: Place<'_>,
    request: &RestoreRequest<'_>,
) -> Result<Box<dyn Restore>, RestoreError> {
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            super::postgres::open_restore(address, place, request)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => super::sqlite::open_restore(address, place, request),
    }
}

/// Returns where a database is kept that was replaced at a time.
pub(crate) fn kept_as(original: &DatabaseAddress, time: &str) -> DatabaseAddress {
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            DatabaseAddress::Postgres(super::postgres::kept_as(address, time))
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => {
            DatabaseAddress::Sqlite(super::sqlite::kept_as(address, time))
        }
    }
}

/// Returns where a database is restored to at a time for which nobody named a place.
pub(crate) fn restored_as(original: &DatabaseAddress, time: &str) -> DatabaseAddress {
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            DatabaseAddress::Postgres(super::postgres::restored_as(address, time))
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => {
            DatabaseAddress::Sqlite(super::sqlite::restored_as(address, time))
        }
    }
}

/// Returns whether there is a database of an address.
///
/// # Errors
/// `RestoreError::Backend` where the server cannot be asked, and `RestoreError::File` where the folder
/// cannot be looked into.
pub(crate) fn is_there(address: &DatabaseAddress) -> Result<bool, RestoreError> {
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => Ok(super::postgres::is_there(address)?),
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => {
            let path = address.path();
            let found = path.try_exists();
            found.map_err(|source| RestoreError::File {
                action: "look for",
                path: path.to_owned(),
                source,
            })
        }
    }
}

/// Returns whether an error of opening or reading a database says that it is there and cannot be read.
pub(crate) fn is_unreadable(address: &DatabaseAddress, error: &BackendError) -> bool {
    match error {
        // A server that answers for others has one that lets nobody in.
        BackendError::Connect { .. } => is_there(address).unwrap_or(false),
        error => error.is_of_contents(),
    }
}

/// Returns which other programs are at work in a database, as far as that can be seen without being in
/// the way.
///
/// # Errors
/// `BackendError` where the server cannot be asked.
#[cfg_attr(
    not(feature = "postgres"),
    expect(clippy::unnecessary_wraps, reason = "a server may not answer")
)]
pub(crate) fn users(address: &DatabaseAddress) -> Result<Vec<String>, BackendError> {
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => super::postgres::users(address),
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => Ok(super::sqlite::users(address)),
    }
}

/// Tells of what restores that were killed left beside a database, or in the place of a new one, and
/// removes it where that was asked for. Only what a restore itself made and marked is ever looked at,
/// and never what one is still at work on.
///
/// # Errors
/// `BackendError` where the server cannot be asked.
pub fn leftovers(
    original: &DatabaseAddress,
    place: Place<'_>,
    tidying: Tidying,
) -> Result<Vec<Leftover>, BackendError> {
    // Only one of the engines has folders.
    let _ = place;
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => super::postgres::leftovers(address, tidying),
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => Ok(super::sqlite::leftovers(address, place, tidying)),
    }
}

/// Returns the databases beside one that restores have put it, or others before it, in the place of, as
/// an address shows them; the last one that had its name comes first.
///
/// # Errors
/// `BackendError` where the server cannot be asked.
pub fn kept_beside(original: &DatabaseAddress) -> Result<Vec<String>, BackendError> {
    match original {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => super::postgres::kept_beside(address),
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => {
            let found = super::sqlite::kept_beside(address).into_iter();
            Ok(found.map(|path| path.display().to_string()).collect())
        }
    }
}

/// Returns whether a text is a moment as the name of a database has it that was replaced then.
pub(super) fn is_moment(text: &str) -> bool {
    chrono::NaiveDateTime::parse_from_str(text, MOMENT).is_ok()
}

/// Counts what is in a database now, telling how many tables of how many are done.
///
/// # Errors
/// `DumpError::Backend` where the database does not answer, `DumpError::Interrupted`.
pub fn count(
    address: &DatabaseAddress,
    hashing: Hashing,
    cancellation: &Cancellation,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Counted, DumpError> {
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(address) => {
            super::postgres::count(address, hashing, cancellation, told)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(address) => {
            super::sqlite::count(address, hashing, cancellation, told)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
