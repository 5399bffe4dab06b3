//! Something that has a connection and lends it: a connection that was handed over, or one of a pool.
//!
//! What is read by it, and as whom, is for whoever borrows it.

use std::time::Duration;

use diesel::r2d2::{ConnectionManager, PooledConnection, R2D2Connection};

use super::Backend;
use super::database::Database;
use super::error::BackendError;

/// What a reading was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "sqlite"),
    expect(dead_code, reason = "a server keeps a reader from the writers")
)]
pub(super) enum Reading {
    /// What was read is what was there.
    Whole,
    /// It was changed meanwhile: rows and errors may be nonsense.
    Torn,
}

/// Something that has a connection and lends it.
pub(super) trait Lease: Send {
    /// Lends the connection, opened anew where it would not read what is there now; whoever keeps
    /// readers out of a file is waited for so long.
    fn lend(&mut self, patience: Option<Duration>) -> Result<&mut dyn Backend, BackendError>;

    /// Returns what everything is worth that was read since it was lent last.
    fn conclude(&mut self) -> Reading {
        Reading::Whole
    }
}

impl<C: Backend> Lease for C {
    fn lend(&mut self, _patience: Option<Duration>) -> Result<&mut dyn Backend, BackendError> {
        Ok(self)
    }
}

struct Pooled<C: R2D2Connection + 'static>(PooledConnection<ConnectionManager<C>>);

impl<C: Backend + R2D2Connection + 'static> Lease for Pooled<C> {
    fn lend(&mut self, _patience: Option<Duration>) -> Result<&mut dyn Backend, BackendError> {
        Ok(&mut *self.0)
    }
}

macro_rules! lend {
    ($feature:literal, $connection:ty) => {
        #[cfg(feature = $feature)]
        impl From<$connection> for Database {
            fn from(connection: $connection) -> Self {
                Self::over(Box::new(connection), None)
            }
        }

        #[cfg(feature = $feature)]
        impl From<PooledConnection<ConnectionManager<$connection>>> for Database {
            fn from(connection: PooledConnection<ConnectionManager<$connection>>) -> Self {
                Self::over(Box::new(Pooled(connection)), None)
            }
        }
    };
}

lend!("postgres", diesel::pg::PgConnection);
lend!("sqlite", diesel::sqlite::SqliteConnection);
