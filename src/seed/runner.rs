//! Runs prepared seeds, in order, each with its row of `__dieselkit_seeds`: both are committed
//! together or not at all.
//!
//! It is under the lock, and the plan is made. It speaks in events and returns what it did.

mod cause;
mod commit;
mod work;

use std::time::Duration;

use cause::{Cause, put_into_words};

use super::failure::SeedFailure;
use super::order::Unit;
use super::prepare::{Prepared, Work};
use super::report::SeedRun;
use super::store::{self, NewAttempt, Outcome};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::rows::LoadError;
use crate::event::Event;
use crate::migration::whole_ms;
use crate::operation::{Held, WORTH_A_LOCK, look_again};

/// What became of the seeds.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// Done and committed.
    pub(crate) done: Vec<SeedRun>,
    pub(crate) failure: Option<SeedFailure>,
    /// Whether it ended early because it was asked to.
    pub(crate) interrupted: bool,
}

/// Why nothing is left of the seeds of a unit.
#[derive(Debug)]
pub(crate) enum Undone {
    /// One of them failed.
    Failed(Box<SeedFailure>),
    /// They were asked to end, before one of them or while the rows of a file came in.
    Interrupted,
}

impl From<SeedFailure> for Undone {
    fn from(failure: SeedFailure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

/// What becomes of the attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// Each is a row of `__dieselkit_seeds`.
    Kept,
    /// There is no row of any: all of it is rolled back.
    LeftOut,
}

/// Runs the seeds of some units until one fails.
pub(crate) fn run<'a>(
    backend: &mut dyn Backend,
    held: &'a Held<'a, '_>,
    environment: &'a str,
    (seeds, units): (&[Prepared<'_>], &[Unit]),
) -> Ran {
    let runner = Runner {
        held,
        environment,
        tracking: Tracking::Kept,
    };
    let mut ran = Ran::default();
    for unit in units {
        if held.setup.cancellation.is_cancelled() {
            ran.interrupted = true;
            break;
        }
        match runner.unit(backend, &seeds[unit.seeds.clone()], unit) {
            Ok(done) => ran.done.extend(done),
            Err(Undone::Failed(failure)) => {
                ran.failure = Some(*failure);
                break;
            }
            Err(Undone::Interrupted) => {
                ran.interrupted = true;
                break;
            }
        }
    }
    ran
}

/// Runs units, one at a time.
pub(crate) struct Runner<'a, 's> {
    pub(crate) held: &'a Held<'a, 's>,
    pub(crate) environment: &'a str,
    pub(crate) tracking: Tracking,
}

impl Runner<'_, '_> {
    fn tell(&self, event: &Event) {
        self.held.setup.observer.borrow_mut().observe(event);
    }

    /// Runs the seeds of one unit in one transaction.
    pub(crate) fn unit(
        &self,
        backend: &mut dyn Backend,
        seeds: &[Prepared<'_>],
        unit: &Unit,
    ) -> Result<Vec<SeedRun>, Undone> {
        let first = &seeds[0];
        let begun = self.begin(backend, unit);
        begun.map_err(|cause| put_into_words(first, cause))?;
        let mut done = Vec::new();
        for seed in seeds {
            if self.held.setup.cancellation.is_cancelled() {
                // Where this fails the connection is gone, and the server has done it.
                let _ = backend.rollback();
                return Err(Undone::Interrupted);
            }
            match self.seed(backend, seed) {
                Ok(run) => done.push(run),
                Err((Cause::Load(LoadError::Stopped), duration)) => {
                    return Err(self.stop(backend, seed, duration));
                }
                Err(failed) => return Err(self.fail(backend, seed, failed).into()),
            }
        }
        match backend.commit() {
            Ok(()) => Ok(done),
            Err(error) => {
                let (seed, cause) = self.refused_at_commit(backend, (seeds, unit), error);
                let failure = self.fail(backend, seed.unwrap_or(first), (cause, Duration::ZERO));
                Err(failure.into())
            }
        }
    }

    fn begin(&self, backend: &mut dyn Backend, unit: &Unit) -> Result<(), Cause> {
        backend.begin()?;
        let ready = self.make_ready(backend, unit);
        if ready.is_err() {
            // The first error is the one worth telling.
            let _ = backend.rollback();
        }
        ready
    }

    fn make_ready(&self, backend: &mut dyn Backend, unit: &Unit) -> Result<(), Cause> {
        backend.prove_lock(self.held.locked.lock)?;
        if unit.deferred {
            backend.defer_foreign_keys()?;
        }
        Ok(())
    }

    /// Runs one seed and writes its row.
    fn seed(
        &self,
        backend: &mut dyn Backend,
        seed: &Prepared<'_>,
    ) -> Result<SeedRun, (Cause, Duration)> {
        let name = &seed.seed.name;
        self.tell(&Event::SeedStarted {
            name: name.clone(),
            bytes: seed.stamp.size,
        });
        let clock = self.held.setup.clock;
        let started_at = clock.now();
        let started = clock.elapsed();
        let mut progress = |bytes| {
            self.tell(&Event::SeedProgressed {
                name: name.clone(),
                bytes,
            });
            self.held.setup.cancellation.flow()
        };
        let worked = self.work(backend, seed, &mut progress);
        let duration = clock.elapsed().saturating_sub(started);
        let (rows, sequences) = worked.map_err(|cause| (cause, duration))?;
        let mut attempt = self.attempt(seed, duration);
        attempt.started_at = started_at;
        attempt.rows = rows;
        self.track(backend, &attempt)
            .map_err(|error| (error.into(), duration))?;
        self.tell(&Event::SeedFinished {
            name: name.clone(),
            rows,
            duration,
        });
        Ok(SeedRun {
            name: name.clone(),
            rows,
            sequences,
            execution_time: duration,
        })
    }

    fn track(
        &self,
        backend: &mut dyn Backend,
        attempt: &NewAttempt<'_>,
    ) -> Result<(), DatabaseError> {
        match self.tracking {
            Tracking::Kept => store::insert(backend, &self.held.locked.tables, attempt),
            Tracking::LeftOut => Ok(()),
        }
    }

    fn attempt<'n>(&'n self, seed: &'n Prepared<'_>, duration: Duration) -> NewAttempt<'n> {
        NewAttempt {
            name: &seed.seed.name,
            environment: self.environment,
            checksum: seed.checksum,
            outcome: Outcome::Success,
            rows: None,
            started_at: self.held.setup.clock.now(),
            execution_time_ms: whole_ms(duration),
            applied_by: self.held.identity.user.as_deref(),
            application: &self.held.identity.application,
        }
    }

    /// Rolls back a seed that was asked to end. It is as if it had not been tried.
    fn stop(&self, backend: &mut dyn Backend, seed: &Prepared<'_>, duration: Duration) -> Undone {
        // Where this fails the connection is gone, and the server has done it.
        let _ = backend.rollback();
        self.tell(&Event::SeedFailed {
            name: seed.seed.name.clone(),
            duration,
            error: "interrupted".to_owned(),
        });
        Undone::Interrupted
    }

    /// Rolls back, learns what can be learned of the error, and tracks the failure.
    fn fail(
        &self,
        backend: &mut dyn Backend,
        seed: &Prepared<'_>,
        (cause, duration): (Cause, Duration),
    ) -> SeedFailure {
        // Where this fails the connection is gone, and the server has done it.
        let _ = backend.rollback();
        let cause = match (cause, &seed.work) {
            (Cause::Script { error, remembered }, Work::Sql(script)) => {
                // What of this fails, the next statement will tell.
                let _ = remembered.put_back(backend);
                let clock = self.held.setup.clock;
                let error = look_again(backend, clock, script, (error, duration), WORTH_A_LOCK);
                Cause::Script { error, remembered }
            }
            (cause, _) => cause,
        };
        let mut failure = put_into_words(seed, cause);
        let mut attempt = self.attempt(seed, duration);
        attempt.outcome = Outcome::Failed {
            error: failure.without_values(),
        };
        let tracked = self.track(backend, &attempt);
        failure.not_tracked = tracked.err().map(|error| error.to_string());
        self.tell(&Event::SeedFailed {
            name: seed.seed.name.clone(),
            duration,
            error: failure.message.clone(),
        });
        failure
    }
}
