//! A release of the program: a client that says the same statements over and over, as long as it runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;

/// How long the machine may take for two rounds before the test gives it up.
const PATIENCE: Duration = Duration::from_mins(2);

/// A client that prepares its statements once, as Diesel does, and keeps them.
pub(super) struct Client {
    connection: PgConnection,
    statements: Vec<String>,
}

impl Client {
    /// Prepares the statements.
    pub(super) fn new(mut connection: PgConnection, statements: &[String]) -> Result<Self, String> {
        for (index, statement) in statements.iter().enumerate() {
            let prepare = format!("PREPARE statement_{index} AS {statement}");
            said(&mut connection, &prepare, statement)?;
        }
        Ok(Self {
            connection,
            statements: statements.to_vec(),
        })
    }

    /// Says each statement once.
    pub(super) fn round(&mut self) -> Result<(), String> {
        for (index, statement) in self.statements.iter().enumerate() {
            let execute = format!("EXECUTE statement_{index}");
            said(&mut self.connection, &execute, statement)?;
        }
        Ok(())
    }
}

fn said(connection: &mut PgConnection, sql: &str, statement: &str) -> Result<(), String> {
    let ran = connection.batch_execute(sql);
    ran.map_err(|error| format!("{error}, in: {statement}"))
}

/// A release that is at work.
pub(super) struct Program {
    rounds: Arc<AtomicU64>,
    is_to_stop: Arc<AtomicBool>,
    error: Arc<Mutex<Option<String>>>,
    at_work: JoinHandle<()>,
}

impl Program {
    /// Starts it.
    pub(super) fn start(connection: PgConnection, statements: &[String]) -> Self {
        let rounds = Arc::<AtomicU64>::default();
        let is_to_stop = Arc::<AtomicBool>::default();
        let error = Arc::<Mutex<Option<String>>>::default();
        let statements = statements.to_vec();
        let at_work = thread::spawn({
            let (rounds, is_to_stop, error) = (rounds.clone(), is_to_stop.clone(), error.clone());
            move || {
                let work = || {
                    let mut client = Client::new(connection, &statements)?;
                    while !is_to_stop.load(Ordering::Relaxed) {
                        client.round()?;
                        rounds.fetch_add(1, Ordering::Relaxed);
                        thread::sleep(Duration::from_millis(2));
                    }
                    Ok(())
                };
                *error.lock().expect("nobody panics with it") = work().err();
            }
        });
        Self {
            rounds,
            is_to_stop,
            error,
            at_work,
        }
    }

    /// Waits until it has said everything at least once more.
    #[track_caller]
    pub(super) fn works(&self, now: &str) {
        let until = self.rounds.load(Ordering::Relaxed) + 2;
        let since = Instant::now();
        while self.rounds.load(Ordering::Relaxed) < until {
            let error = self.error.lock().expect("nobody panics with it").clone();
            assert_eq!(error, None, "{now}");
            assert!(since.elapsed() < PATIENCE, "{now}: it waits for ever");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends it; no statement of it may have failed.
    #[track_caller]
    pub(super) fn stop(self) {
        self.is_to_stop.store(true, Ordering::Relaxed);
        self.at_work.join().expect("it does not panic");
        let error = self.error.lock().expect("nobody panics with it").take();
        assert_eq!(error, None);
    }
}
