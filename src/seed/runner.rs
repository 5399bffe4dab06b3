//! Runs prepared seeds, in order, each with its row of `__dieselkit_seeds`: both are committed
//! together or not at all.
//!
//! It is under the lock, and the plan is made. It speaks in events and returns what it did.

use std::time::Duration;

use super::error::UnfitSeed;
use super::failure::SeedFailure;
use super::file::{DataFile, place_of_row};
use super::model::Content;
use super::order::Unit;
use super::prepare::{Prepared, Rows, Stamp, Work, unreadable};
use super::report::SeedRun;
use super::store::{self, NewAttempt, Outcome};
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::rows::{Load, LoadError, load};
use crate::backend::{Backend, Lock, ScriptError};
use crate::event::{Event, RowCounts};
use crate::migration::Place;
use crate::operation::{Held, Remembered, look_again};
use crate::sql::Script;

/// What became of the seeds.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// Done and committed.
    pub(crate) done: Vec<SeedRun>,
    pub(crate) failure: Option<SeedFailure>,
    /// Whether it ended early because it was asked to.
    pub(crate) interrupted: bool,
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
            Err(failure) => {
                ran.failure = Some(failure);
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

/// What a seed failed of, before it is put into words.
enum Cause {
    /// The lock is not held, or a row of ours could not be written.
    Around(DatabaseError),
    /// What the script changed of the session is put back once it is rolled back.
    Script {
        error: ScriptError,
        remembered: Remembered,
    },
    Load(LoadError),
    /// The file is another than when it was prepared.
    File(UnfitSeed),
}

impl From<BackendError> for Cause {
    fn from(error: BackendError) -> Self {
        Self::Around(match error {
            BackendError::Query { source, .. } => source,
            other => DatabaseError::from_message(other.to_string()),
        })
    }
}

impl From<DatabaseError> for Cause {
    fn from(error: DatabaseError) -> Self {
        Self::Around(error)
    }
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
    ) -> Result<Vec<SeedRun>, SeedFailure> {
        let first = &seeds[0];
        let begun = self.begin(backend, unit);
        begun.map_err(|cause| put_into_words(first, cause))?;
        let mut done = Vec::new();
        for seed in seeds {
            match self.seed(backend, seed) {
                Ok(run) => done.push(run),
                Err((cause, duration)) => {
                    return Err(self.fail(backend, seed, (cause, duration)));
                }
            }
        }
        let last = seeds.last().unwrap_or(first);
        match backend.commit() {
            Ok(()) => Ok(done),
            Err(error) => Err(self.fail(backend, last, (Cause::Around(error), Duration::ZERO))),
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
        let worked = self.work(backend, seed);
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
            execution_time_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            applied_by: self.held.identity.user.as_deref(),
            application: &self.held.identity.application,
        }
    }

    fn work(
        &self,
        backend: &mut dyn Backend,
        seed: &Prepared<'_>,
    ) -> Result<(Option<RowCounts>, Vec<String>), Cause> {
        match &seed.work {
            Work::Sql(script) => {
                run_script(backend, script, self.held.locked.lock)?;
                Ok((None, backend.advance_touched_sequences()?))
            }
            Work::Rows(rows) => {
                let counts = self.load(backend, seed, rows)?;
                Ok((Some(counts), Vec::new()))
            }
        }
    }

    fn load(
        &self,
        backend: &mut dyn Backend,
        seed: &Prepared<'_>,
        rows: &Rows,
    ) -> Result<RowCounts, Cause> {
        let Content::Rows { format, sidecar } = &seed.seed.content else {
            return Ok(RowCounts::default());
        };
        let mut source = DataFile::open(&seed.seed.path, *format, sidecar).map_err(Cause::File)?;
        let mut progress = |bytes| {
            self.tell(&Event::SeedProgressed {
                name: seed.seed.name.clone(),
                bytes,
            });
        };
        let what = Load {
            table: &rows.table,
            columns: &rows.columns,
            key: &rows.key,
            mode: rows.mode,
        };
        refuse_other_file(seed)?;
        let loaded = load(backend, &what, &mut source, &mut progress);
        // What is wrong with another file than the one that was prepared is not worth telling.
        refuse_other_file(seed)?;
        loaded.map_err(Cause::Load)
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
                let error = look_again(backend, clock, script, (error, duration));
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

/// Refuses a file that is not the one that was prepared: its columns may be others, and its
/// checksum is.
fn refuse_other_file(seed: &Prepared<'_>) -> Result<(), Cause> {
    let path = &seed.seed.path;
    match Stamp::of(path) {
        Ok(stamp) if stamp == seed.stamp => Ok(()),
        Ok(_) => Err(Cause::File(UnfitSeed::Changed { path: path.clone() })),
        Err(error) => Err(Cause::File(unreadable(path, &error))),
    }
}

/// Runs a script, puts back what it changed of the session, and proves that the lock is still ours.
fn run_script(backend: &mut dyn Backend, script: &Script, lock: &Lock) -> Result<(), Cause> {
    let remembered = Remembered::of(backend, Some(script))?;
    if let Err(error) = backend.run_script(script, &mut |_| {}) {
        return Err(Cause::Script { error, remembered });
    }
    remembered.put_back(backend)?;
    Ok(backend.prove_lock(lock)?)
}

/// Puts a cause into words, without what a template was filled with.
fn put_into_words(seed: &Prepared<'_>, cause: Cause) -> SeedFailure {
    let failure = name_place(seed, cause);
    match &seed.rendered {
        None => failure,
        Some(rendered) => rendered.blot_failure(failure),
    }
}

fn name_place(seed: &Prepared<'_>, cause: Cause) -> SeedFailure {
    let (name, path) = (&seed.seed.name, &seed.seed.path);
    match cause {
        Cause::Around(error) => SeedFailure::of(name, error),
        Cause::File(unfit) => SeedFailure::of(name, DatabaseError::from_message(unfit.to_string())),
        Cause::Script { error, .. } => {
            let offset = error.offset;
            let mut failure = SeedFailure::of(name, error.error);
            if let (Work::Sql(script), Some(offset)) = (&seed.work, offset) {
                let position = script.position(offset);
                failure.place = Some(match &seed.rendered {
                    None => Place::at(path, position),
                    Some(rendered) => rendered.place(path, position),
                });
            }
            failure
        }
        Cause::Load(LoadError::Source(error)) => SeedFailure {
            place: Some(place_of_row(path, error.line)),
            column: error.column,
            ..SeedFailure::of(name, DatabaseError::from_message(error.message))
        },
        Cause::Load(LoadError::Duplicate { lines, key }) => SeedFailure {
            place: Some(place_of_row(path, Some(lines.1))),
            ..SeedFailure::of(
                name,
                DatabaseError::from_message(format!(
                    "the row has the same key as that of line {}: {key}",
                    lines.0
                )),
            )
        },
        Cause::Load(LoadError::Refused {
            line,
            column,
            value,
            error,
        }) => SeedFailure {
            place: line.map(|line| place_of_row(path, Some(line))),
            column,
            value,
            ..SeedFailure::of(name, error)
        },
    }
}
