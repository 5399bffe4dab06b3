//! A gate that a statement waits before, so that others are tried and looked at meanwhile.

use std::thread;
use std::time::Duration;

use diesel::PgConnection;

use super::{Database, run};
use crate::support::engine::{Engine, column};

/// Keeps whoever calls `gate` until it is opened.
pub(super) struct Gate(PgConnection);

impl Gate {
    /// Builds it, open: whoever calls `gate` goes through.
    pub(super) fn build(database: &Database) {
        database.execute(
            "CREATE FUNCTION gate(INTEGER) RETURNS INTEGER IMMUTABLE LANGUAGE plpgsql AS $$
             BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN $1; END $$",
        );
    }

    /// Shuts one that was built.
    pub(super) fn shut(database: &Database) -> Self {
        let mut connection = database.connect();
        run(&mut connection, "SELECT pg_advisory_lock(4711)");
        Self(connection)
    }

    /// Waits until somebody waits, lets it through, and returns what it had locked: tables and indexes
    /// that others see.
    pub(super) fn look_and_open(&mut self) -> Vec<String> {
        let pid = self.wait_for_somebody();
        let seen = column!(
            &mut self.0,
            format!(
                "SELECT l.mode || ' public.' || c.relname FROM pg_locks AS l
                 JOIN pg_class AS c ON c.oid = l.relation
                 WHERE l.pid = {pid} AND l.granted AND c.relnamespace = 'public'::regnamespace
                   AND c.relname NOT LIKE '\\_\\_diesel%' ORDER BY 1"
            )
        );
        self.open();
        seen
    }

    /// Waits until somebody stands before it, and returns the number of its process.
    pub(super) fn wait_for_somebody(&mut self) -> String {
        let waiting = "SELECT l.pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND l.objid = 4711 AND NOT l.granted
              AND d.datname = current_database()";
        loop {
            match column!(&mut self.0, waiting).first() {
                Some(pid) => return pid.clone(),
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    pub(super) fn open(&mut self) {
        run(&mut self.0, "SELECT pg_advisory_unlock(4711)");
    }
}
