//! A database that somebody works on: an address that was connected to, a connection that was
//! handed over, or one of a pool.

use std::path::PathBuf;
use std::time::Duration;

use diesel::r2d2::{ConnectionManager, Pool, PooledConnection, R2D2Connection};

use super::Backend;
use super::address::{DatabaseAddress, Engine};
use super::error::BackendError;
use super::lease::{Lease, Reading};
use super::leased::Leased;
#[cfg(feature = "sqlite")]
use super::restore::Place;
use super::restore::Tidying;
use crate::event::Leftover;

/// What is done where the database does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Absent {
    /// It is an error.
    Refuse,
    /// A `SQLite` file is made; on a server it is an error.
    #[default]
    CreateFile,
    /// It is created.
    Create,
}

/// What the connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Only reading: nothing is made or changed, not even a file.
    ReadOnly,
    /// Reading and writing.
    #[default]
    ReadWrite,
}

/// What is done about others who are connected to a database that is to be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherSessions {
    /// They keep it from being dropped.
    #[default]
    Respect,
    /// A server ends them, with what they have not committed. A file has none that could be ended:
    /// who is at work in it keeps it from being dropped all the same.
    End,
}

/// A database, connected.
pub struct Database {
    lease: Leased,
    /// Through what the transactions of migrations go, where not through this connection.
    carrier: Option<LeasedCarrier>,
    address: Option<DatabaseAddress>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Makes a database of what lends its connection, and the address by which it was reached.
    pub(super) fn over(lease: Box<dyn Lease>, address: Option<DatabaseAddress>) -> Self {
        Self {
            lease: Leased::new(lease),
            carrier: None,
            address,
        }
    }

    /// Connects to the database of an address, for reading and writing.
    ///
    /// # Errors
    /// `BackendError::Connect`, and `BackendError::DatabaseMissing` as `absent` says.
    pub fn connect(address: &DatabaseAddress, absent: Absent) -> Result<Self, BackendError> {
        match Self::open(address, Access::ReadWrite) {
            Err(BackendError::DatabaseMissing { .. }) if creates(address, absent) => {
                create_unless_there(address)?;
                Self::open(address, Access::ReadWrite)
            }
            opened => opened,
        }
    }

    /// Connects to the database of an address, which must exist.
    ///
    /// # Errors
    /// `BackendError::Connect` and `BackendError::DatabaseMissing`; nothing was made.
    pub fn open(address: &DatabaseAddress, access: Access) -> Result<Self, BackendError> {
        let lease: Box<dyn Lease> = match address {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(postgres) => {
                Box::new(super::postgres::open(postgres, access)?)
            }
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(sqlite) => super::sqlite::open(sqlite, access)?,
        };
        Ok(Self::over(lease, Some(address.clone())))
    }

    /// Connects to the database of an address, which must exist, and may be damaged: a file is opened
    /// whatever it is, and nothing of it is changed.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub(crate) fn open_unread(address: &DatabaseAddress) -> Result<Self, BackendError> {
        let lease: Box<dyn Lease> = match address {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(postgres) => {
                Box::new(super::postgres::open(postgres, Access::ReadWrite)?)
            }
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(sqlite) => super::sqlite::open_unread(sqlite)?,
        };
        Ok(Self::over(lease, Some(address.clone())))
    }

    /// Connects for a dry run, for reading alone: a database that [`Database::connect`] would make
    /// is read as if it were made, and is not made.
    ///
    /// # Errors
    /// `BackendError::Connect`, and `BackendError::DatabaseMissing` as `absent` says.
    pub fn preview(address: &DatabaseAddress, absent: Absent) -> Result<Self, BackendError> {
        match Self::open(address, Access::ReadOnly) {
            Err(BackendError::DatabaseMissing { .. }) if creates(address, absent) => {
                Self::open(&address.unborn_twin(), Access::ReadOnly)
            }
            opened => opened,
        }
    }

    /// Takes a connection of a pool.
    ///
    /// # Errors
    /// `BackendError::Pool` where the pool gives none in its time.
    pub fn from_pool<C>(pool: &Pool<ConnectionManager<C>>) -> Result<Self, BackendError>
    where
        C: R2D2Connection + 'static,
        PooledConnection<ConnectionManager<C>>: Into<Self>,
    {
        pool.get()
            .map(Into::into)
            .map_err(|error| BackendError::Pool {
                message: error.to_string(),
            })
    }

    /// Lets the migration lock be held by another connection than this one, which then may go through
    /// a pooler in transaction mode: `PostgreSQL` alone. Each transaction of a migration goes through
    /// this connection, and asks the server whether the lock is still held; all else goes over `direct`,
    /// which has to be a session of its own, in the same database, as the same user.
    #[must_use]
    pub fn with_lock_over(mut self, direct: Self) -> Self {
        let role = self.lease.give_up_role();
        let through = LeasedCarrier {
            lease: self.lease,
            address: self.address,
        };
        let both = Self {
            carrier: Some(through),
            ..direct
        };
        match role {
            Some(role) => both.with_role(role),
            None => both,
        }
    }

    /// Has everything done as a role, of which the user of the connection is a member: it owns what
    /// migrations make, and its rights count (`SET ROLE`; `PostgreSQL` alone). The connection is again
    /// who it was when the database is dropped, so that one of a pool comes back as it was.
    ///
    /// Who may not become the role is told so by whatever is done first.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.lease.be(role.into());
        self
    }

    /// Creates the database of an address.
    ///
    /// # Errors
    /// `BackendError::DatabaseExists`, and whatever keeps the server or the system from it.
    pub fn create(address: &DatabaseAddress) -> Result<(), BackendError> {
        match address {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(postgres) => super::postgres::create(postgres),
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(sqlite) => super::sqlite::create(sqlite),
        }
    }

    /// Drops the database with all that is in it, under its lock, which the caller holds, and beneath
    /// nobody who is at work in it, unless their sessions are to end. `wait_on` waits a moment for others, or gives the error back when there is no time
    /// left.
    ///
    /// # Errors
    /// `BackendError::NotByAddress`, and whatever keeps the server or the system from it, such as
    /// somebody who is connected; the database is as it was.
    #[cfg_attr(
        not(all(feature = "postgres", feature = "sqlite")),
        expect(
            unused_variables,
            reason = "a server ends sessions, a file is waited for"
        )
    )]
    pub(crate) fn drop_whole(
        self,
        others: OtherSessions,
        wait_on: &mut dyn FnMut(BackendError) -> Result<(), BackendError>,
    ) -> Result<(), BackendError> {
        let address = self.address.ok_or(BackendError::NotByAddress)?;
        // Our own session would keep the server from dropping it.
        drop(self.lease);
        match address {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(postgres) => {
                super::postgres::drop_database(&postgres, others)
            }
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(sqlite) => super::sqlite::drop_database(&sqlite, wait_on),
        }
    }

    /// Returns the file of a database whose address is a link to it, and the links that lead there,
    /// which a drop removes with it.
    pub fn file_behind_links(address: &DatabaseAddress) -> Option<(PathBuf, Vec<PathBuf>)> {
        match address {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(_) => None,
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(sqlite) => super::sqlite::file_behind_links(sqlite),
        }
    }

    /// Returns whether a target, as an address shows it, is a file that is there and another than the
    /// address's. Of a server's database the name says enough.
    pub(crate) fn another_is_at(address: &DatabaseAddress, target: &str) -> bool {
        // Only one of the engines has paths.
        let _ = target;
        match address {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(_) => false,
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(sqlite) => {
                super::sqlite::another_is_at(sqlite, std::path::Path::new(target))
            }
        }
    }

    /// Returns the address, where the database was reached by one.
    pub fn address(&self) -> Option<&DatabaseAddress> {
        self.address.as_ref()
    }

    /// Returns the database's own name.
    ///
    /// # Errors
    /// `BackendError::Query` where the server does not tell.
    pub fn name(&mut self) -> Result<String, BackendError> {
        self.read(None, |backend| backend.database_name())?
    }

    /// Tells of what restores that were killed left beside the database, where it was reached by an
    /// address. Nothing is removed.
    ///
    /// # Errors
    /// `BackendError` where the server cannot be asked.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unnecessary_wraps, reason = "a server may not answer")
    )]
    pub(crate) fn leftovers(&mut self) -> Result<Vec<Leftover>, BackendError> {
        match self.address.clone() {
            #[cfg(feature = "postgres")]
            Some(DatabaseAddress::Postgres(address)) => {
                super::postgres::leftovers_on(self.backend()?, &address, Tidying::Look)
            }
            #[cfg(feature = "sqlite")]
            Some(DatabaseAddress::Sqlite(address)) => {
                let place = Place::Beside;
                Ok(super::sqlite::leftovers(&address, place, Tidying::Look))
            }
            None => Ok(Vec::new()),
        }
    }

    /// Lends the connection.
    ///
    /// # Errors
    /// `BackendError`, where it had to be opened anew for that.
    pub(crate) fn backend(&mut self) -> Result<&mut dyn Backend, BackendError> {
        self.lease.lend(None)
    }

    /// Lends the connection, and the one through which transactions go, where that is another.
    ///
    /// # Errors
    /// As [`Database::backend`].
    pub(crate) fn backend_and_carrier(&mut self) -> Result<Lent<'_>, BackendError> {
        let carrier = match &mut self.carrier {
            None => None,
            Some(carrier) => Some(LentCarrier {
                backend: carrier.lease.lend(None)?,
                address: carrier.address.as_ref(),
            }),
        };
        Ok((self.lease.lend(None)?, carrier))
    }

    /// Connects anew, by their addresses, where a server has ended a session since it was lent last: who
    /// is asked a question may think about it for longer than an idle session lives. Nothing may be
    /// held in it.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub(crate) fn renew(&mut self) -> Result<(), BackendError> {
        let carrier = self.carrier.as_mut();
        let carrier = carrier.map(|carrier| (&mut carrier.lease, &carrier.address));
        for (lease, address) in std::iter::once((&mut self.lease, &self.address)).chain(carrier) {
            let address = address.as_ref();
            let server = address.filter(|address| address.engine() == Engine::Postgres);
            server.map_or(Ok(()), |address| lease.renew(address))?;
        }
        Ok(())
    }

    /// Lends the connection; whoever keeps readers out of a file is waited for so long.
    ///
    /// # Errors
    /// As [`Database::backend`].
    pub(crate) fn backend_within(
        &mut self,
        patience: Duration,
    ) -> Result<&mut dyn Backend, BackendError> {
        self.lease.lend(Some(patience))
    }

    /// Reads, and reads again as long as what was read does not count. Whoever keeps readers out is
    /// waited for so long, or for as long as the engine finds right.
    ///
    /// # Errors
    /// `BackendError`, where the connection had to be opened anew for that.
    pub(crate) fn read<T>(
        &mut self,
        patience: Option<Duration>,
        mut read: impl FnMut(&mut dyn Backend) -> T,
    ) -> Result<T, BackendError> {
        loop {
            let read = read(self.lease.lend(patience)?);
            if self.lease.conclude() == Reading::Whole {
                return Ok(read);
            }
        }
    }
}

/// A connection, and the one through which transactions go, where that is another.
type Lent<'a> = (&'a mut dyn Backend, Option<LentCarrier<'a>>);

/// The connection through which transactions go, and its address, where it was reached by one.
struct LeasedCarrier {
    lease: Leased,
    address: Option<DatabaseAddress>,
}

/// The same, as it is lent.
pub(crate) struct LentCarrier<'a> {
    pub(crate) backend: &'a mut dyn Backend,
    pub(crate) address: Option<&'a DatabaseAddress>,
}

fn creates(address: &DatabaseAddress, absent: Absent) -> bool {
    match absent {
        Absent::Refuse => false,
        Absent::CreateFile => address.engine() == Engine::Sqlite,
        Absent::Create => true,
    }
}

/// Creates the database; another process that was quicker did what was wanted.
fn create_unless_there(address: &DatabaseAddress) -> Result<(), BackendError> {
    match Database::create(address) {
        Err(BackendError::DatabaseExists { .. }) | Ok(()) => Ok(()),
        // Two sessions that create the same database collide in the catalog's own index.
        Err(error) => Database::open(address, Access::ReadWrite)
            .map(drop)
            .map_err(|_| error),
    }
}
