//! A database file that is only read: nothing is made beside it, and no right to write is needed.
//!
//! In WAL mode `SQLite` makes the log and its index for a reader too, and leaves them there; who
//! may not make them reads nothing. Only of a file that never changes (`immutable=1`) it reads
//! without, and without any lock. <https://www.sqlite.org/wal.html#readonly>
//! So a file that is at rest is read as one that never changes, and what was read counts if the
//! file did not change. Where something is in the log, it is there already, and is read too.

use std::path::PathBuf;
use std::time::Duration;

use diesel::sqlite::SqliteConnection;

use super::address::SqliteAddress;
use super::database::{OPENING, READ_ONLY, establish, look_into, missing, open_with_locks};
use super::probe::{self, CANNOT_OPEN, Format};
use super::rest::{self, Found, Stamp};
use super::uri::uri;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::lease::{Lease, Reading};
use crate::clock::SystemClock;

/// How often in a row a file is read at rest, and changes meanwhile, before it is read with its log,
/// even if that has to be made: whoever opens and closes it all the time makes it anyway.
const TRIES: u8 = 3;

/// A file that is only read, opened anew for a reading wherever that is needed.
pub(in crate::backend) struct Reader {
    address: SqliteAddress,
    clock: SystemClock,
    open: Option<Open>,
    /// How often in a row what was read did not count.
    in_vain: u8,
}

struct Open {
    connection: SqliteConnection,
    way: Way,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With locks: it has a rollback journal, which is made by whoever writes.
    Locks,
    /// With its log, in which something is.
    Log,
    /// As one that never changes, which is proved afterwards.
    AtRest(Stamp),
}

impl Reader {
    /// Opens a file, which must exist.
    pub(super) fn open(address: &SqliteAddress) -> Result<Self, BackendError> {
        let mut reader = Self {
            address: address.clone(),
            clock: SystemClock::default(),
            open: None,
            in_vain: 0,
        };
        match reader.connection(Some(Duration::ZERO)) {
            // How long it is worth to wait for that is for the reading to know.
            Err(error) if !error.is_held_by_others() => Err(error),
            _ => Ok(reader),
        }
    }

    /// Returns a connection that reads the file as it is now, and for which whoever keeps readers
    /// out was waited for so long.
    fn connection(
        &mut self,
        patience: Option<Duration>,
    ) -> Result<&mut SqliteConnection, BackendError> {
        let open = loop {
            let way = self.way()?;
            if let Some(open) = self.open.take_if(|open| open.way == way) {
                break open;
            }
            // What was open for another way is closed first.
            self.open = None;
            match self.open_this_way(way, patience) {
                // Whoever had the log open may have taken it away just now.
                Err(error)
                    if way == Way::Log && self.in_vain < TRIES && !error.is_held_by_others() =>
                {
                    self.in_vain += 1;
                }
                Err(error) => {
                    self.in_vain = 0;
                    return Err(error);
                }
                Ok(connection) => break Open { connection, way },
            }
        };
        Ok(&mut self.open.insert(open).connection)
    }

    /// Returns how the file is read now.
    fn way(&mut self) -> Result<Way, BackendError> {
        let file = self.file()?;
        // A change of mode that was cut off is in a journal too.
        if rest::has_journal(&file) || probe::format(&file) != Format::WriteAhead {
            return Ok(Way::Locks);
        }
        while self.in_vain < TRIES {
            match rest::look(&file, &self.clock) {
                Found::AtRest(stamp) => return Ok(Way::AtRest(stamp)),
                Found::Logged => return Ok(Way::Log),
                Found::Changing => self.in_vain += 1,
            }
        }
        Ok(Way::Log)
    }

    fn open_this_way(
        &self,
        way: Way,
        patience: Option<Duration>,
    ) -> Result<SqliteConnection, BackendError> {
        let path = self.address.path();
        match way {
            Way::Locks => open_with_locks(&self.address, patience),
            Way::Log => self.open_with_log(patience),
            Way::AtRest(_) => establish(&self.address, &uri(path, "mode=ro&immutable=1")),
        }
    }

    fn open_with_log(&self, patience: Option<Duration>) -> Result<SqliteConnection, BackendError> {
        let path = self.address.path();
        let mut reader = establish(&self.address, &uri(path, "mode=ro"))?;
        match look_into(&mut reader, patience)? {
            Err(error) if is_out_of_reach(&error) && rest::has_log(&self.file()?) => {
                Err(BackendError::LogOutOfReach {
                    path: path.display().to_string(),
                    obstacle: rest::obstacle(&self.file()?),
                })
            }
            Err(error) if is_out_of_reach(&error) || error.is_locked_out() => {
                Err(error).during(OPENING)
            }
            // Whatever else is the matter, the reading itself says what it was about.
            _ => Ok(reader),
        }
    }

    fn is_still(&self, stamp: Stamp) -> bool {
        let file = self.file().ok();
        file.and_then(|file| rest::at_rest(&file)) == Some(stamp)
    }

    /// Returns the file itself, behind every link: what stands beside it, stands there.
    fn file(&self) -> Result<PathBuf, BackendError> {
        let path = self.address.path();
        std::fs::canonicalize(path).map_err(|_| missing(&self.address, path))
    }
}

/// Returns whether a log, or its index, is neither there nor can be made.
fn is_out_of_reach(error: &DatabaseError) -> bool {
    error.message.contains(CANNOT_OPEN) || error.message.contains(READ_ONLY)
}

impl Lease for Reader {
    fn lend(&mut self, patience: Option<Duration>) -> Result<&mut dyn Backend, BackendError> {
        self.connection(patience)
            .map(|connection| connection as &mut dyn Backend)
    }

    fn conclude(&mut self) -> Reading {
        match self.open.as_ref().map(|open| open.way) {
            Some(Way::AtRest(stamp)) if !self.is_still(stamp) => {
                self.open = None;
                self.in_vain += 1;
                return Reading::Torn;
            }
            // Whoever closes a file last puts it to rest, which an open reader would prevent.
            Some(Way::Log) => self.open = None,
            _ => {}
        }
        self.in_vain = 0;
        Reading::Whole
    }
}

#[cfg(test)]
mod tests;
