//! The others who are at work on a PostgreSQL: one whose transaction stays open, and those who read on.

use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;

use super::Database;
use crate::support::engine::column;

/// A client whose transaction is open until it is told to end it.
pub(super) struct Client {
    leave: Sender<()>,
    at_work: JoinHandle<()>,
    pub(super) pid: i64,
}

impl Client {
    /// Begins a transaction with a statement, under a name.
    pub(super) fn begin(database: &Database, name: &str, statement: &str) -> Self {
        let mut connection = database.connect();
        run(
            &mut connection,
            &format!("SET application_name = '{name}'; BEGIN; {statement}"),
        );
        let pid = number(&mut connection, "SELECT pg_backend_pid()");
        run(&mut connection, statement);
        let (leave, is_to_leave) = channel();
        let at_work = thread::spawn(move || {
            // Whoever waits for it should not wait for ever where a test fails.
            let _ = is_to_leave.recv_timeout(Duration::from_mins(1));
            run(&mut connection, "COMMIT");
        });
        Self {
            leave,
            at_work,
            pid,
        }
    }

    /// Ends the transaction.
    pub(super) fn leave(self) {
        let _ = self.leave.send(());
        self.at_work.join().expect("the client did its work");
    }
}

pub(super) fn run(connection: &mut PgConnection, sql: &str) {
    connection
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}

pub(super) fn number(connection: &mut PgConnection, sql: &str) -> i64 {
    column!(connection, sql)[0].parse().expect("it is a number")
}

/// Those who read a table over and over, and how long one of them waited at most.
pub(super) struct Readers {
    stop: Sender<()>,
    reading: JoinHandle<Duration>,
}

impl Readers {
    pub(super) fn of_a(database: &Database) -> Self {
        let mut connection = database.connect();
        let (stop, is_to_stop) = channel();
        let reading = thread::spawn(move || {
            let mut longest = Duration::ZERO;
            while is_to_stop.recv_timeout(Duration::from_millis(20)).is_err() {
                let began = Instant::now();
                run(&mut connection, "SELECT count(*) FROM a");
                longest = longest.max(began.elapsed());
            }
            longest
        });
        Self { stop, reading }
    }

    pub(super) fn longest(self) -> Duration {
        let _ = self.stop.send(());
        self.reading.join().expect("the reader read")
    }
}
