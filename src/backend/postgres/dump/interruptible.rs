//! A statement that takes its time, and that a request to stop ends in its middle.
//!
//! Whoever waits for the server in one session asks for its end in another.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use diesel::pg::PgConnection;

use crate::backend::dump::DumpError;
use crate::backend::error::{BackendError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database;
use crate::backend::{Access, Backend, SessionBackend as _};
use crate::cancellation::Cancellation;

/// How often it is looked whether there is a request to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Runs what asks a session of this address, and ends it when the request to stop is made.
///
/// # Errors
/// Those of what is run, and `Interrupted` where it was asked to stop.
pub(in crate::backend::postgres) fn until_cancelled<T>(
    connection: &mut PgConnection,
    (address, cancellation): (&PostgresAddress, &Cancellation),
    ask: impl FnOnce(&mut PgConnection) -> Result<T, DumpError>,
) -> Result<T, DumpError> {
    let session = connection.session_id()?;
    let answer = thread::scope(|scope| {
        let (answered, waiting) = channel::<()>();
        scope.spawn(move || {
            while waiting.recv_timeout(LOOK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // Between two statements it ends nothing, and is asked for again.
                if let Some(session) = session.filter(|_| cancellation.is_cancelled()) {
                    // Where it cannot be ended, it is waited for.
                    let _ = end_statement(address, session);
                }
            }
        });
        let answer = ask(connection);
        drop(answered);
        answer
    });
    answer.map_err(|error| {
        if cancellation.is_cancelled() {
            return DumpError::Interrupted;
        }
        error
    })
}

fn end_statement(address: &PostgresAddress, session: i64) -> Result<(), BackendError> {
    let mut connection = database::open(address, Access::ReadOnly)?;
    let ended = connection.end_statement(session);
    ended.during("end what is being counted")
}
