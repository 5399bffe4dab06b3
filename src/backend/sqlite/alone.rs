//! A connection beside which no other program is at work in a database file.
//!
//! What is done with the file meanwhile is not known here.

use std::time::Duration;

use diesel::sqlite::SqliteConnection;

use super::session;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;

/// Keeps every other program out of a database file for as long as it lives.
pub(super) struct Alone {
    connection: SqliteConnection,
    /// Whether it had a write-ahead log, which every other program would have to have open too.
    had_log: bool,
}

impl Alone {
    /// Waits until no other program writes, or has the write-ahead log open, and then keeps all of
    /// them out. `wait_on` waits a moment, or gives the error back when there is no time left.
    pub(super) fn in_file(
        connection: SqliteConnection,
        wait_on: &mut dyn FnMut(BackendError) -> Result<(), BackendError>,
    ) -> Result<Self, BackendError> {
        let mut alone = Self {
            connection,
            had_log: false,
        };
        // Whoever asked knows how much time there is.
        session::wait_at_most(&mut alone.connection, Duration::ZERO)?;
        loop {
            match alone.shut_out().during("keep other programs out") {
                Ok(()) => return Ok(alone),
                Err(error) => {
                    let waited = if error.is_held_by_others() {
                        wait_on(error)
                    } else {
                        Err(error)
                    };
                    waited.inspect_err(|_| alone.restore_log())?;
                }
            }
        }
    }

    /// In WAL mode an exclusive transaction keeps no reader out. The mode is left only where nobody
    /// else has the file open, and with it go the log and its index, with nothing left in them.
    /// <https://www.sqlite.org/wal.html#persistence_of_wal_mode>
    fn shut_out(&mut self) -> Result<(), DatabaseError> {
        let rows = self.connection.load(&Query::new("PRAGMA journal_mode"))?;
        if rows.first().map(|row| row.text(0)).transpose()?.as_deref() == Some("wal") {
            Backend::batch_execute(&mut self.connection, "PRAGMA journal_mode = DELETE")?;
            self.had_log = true;
        }
        Backend::batch_execute(&mut self.connection, "BEGIN EXCLUSIVE")
    }

    /// Lets the others in again, to a file as it was.
    pub(super) fn let_others_in(mut self) {
        // Nothing was written; whatever fails here, the error that led here says more.
        let _ = Backend::batch_execute(&mut self.connection, "ROLLBACK");
        self.restore_log();
    }

    fn restore_log(&mut self) {
        if self.had_log {
            let _ = session::wait_for_others(&mut self.connection, None);
            // Who else has opened it by now finds it as it was, or keeps it without a log.
            let _ = Backend::batch_execute(&mut self.connection, "PRAGMA journal_mode = WAL");
        }
    }
}
