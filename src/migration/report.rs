//! What a run did, as values.
//!
//! Pure. How it is shown is for the program to say.

use std::time::Duration;

use chrono::NaiveDateTime;
use serde::{Serialize, Serializer};

use super::failure::StepFailure;
use super::place::Place;
use crate::backend::limits::Limits;
pub(crate) use crate::clock::milliseconds;
use crate::event::{Blocked, Direction, Event, Loss, Needless, StepNotice};
use crate::version::Version;

/// One step that is done and committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepReport {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// Which way it went.
    pub direction: Direction,
    /// How long its body ran, without the commit.
    #[serde(rename = "execution_time_ms", serialize_with = "milliseconds")]
    pub execution_time: Duration,
}

/// What a run did.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct RunReport {
    /// What was planned.
    pub planned: Vec<StepNotice>,
    /// What is done and committed, in order.
    pub done: Vec<StepReport>,
    /// What was done, in order, and is rolled back again with the whole run: it was all or nothing,
    /// and did not get to its end.
    pub undone: Vec<StepReport>,
    /// What failed.
    pub failures: Vec<StepFailure>,
    /// What plain Diesel had applied and is in the history now.
    pub adopted: Vec<Version>,
    /// What plain Diesel had rolled back and the history knows of now.
    pub marked_rolled_back: Vec<Version>,
    /// The number under which what was applied belongs together; none where nothing was.
    pub batch: Option<i64>,
    /// Whether the run ended early because it was asked to.
    pub interrupted: bool,
    /// Whether the connection that held the lock for another one was cut off, after all was committed
    /// that was to be run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lock_lost: bool,
    /// Applied migrations that no file has and that are newer than every file.
    pub ahead: Vec<Version>,
    /// The copy of the database that was made before the first step.
    pub backup: Option<CopyMade>,
    /// What the plan took away, as much of it as there was before the first step.
    pub losses: Vec<Loss>,
    /// What others held up.
    #[serde(flatten)]
    pub delays: Delays,
    /// What was noticed of indexes that are built concurrently.
    #[serde(flatten)]
    pub builds: Builds,
}

/// What was noticed of indexes that are built concurrently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Builds {
    /// The invalid indexes that an earlier attempt had left, and that are dropped.
    pub leftovers_dropped: Vec<LeftoverDropped>,
    /// The invalid indexes that an attempt had left, and that stay, since the user may not drop them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leftovers_kept: Vec<LeftoverKept>,
    /// The tables on which one could have been built at once.
    pub needlessly_concurrent: Vec<NeedlesslyConcurrent>,
}

/// An invalid index that an earlier attempt had left, and that is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftoverDropped {
    /// The migration's version.
    pub version: Version,
    /// Its qualified name, in quotes where it needs them.
    pub index: String,
}

/// An invalid index that an attempt had left, and that the user may not drop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftoverKept {
    /// The migration's version.
    pub version: Version,
    /// Its qualified name, in quotes where it needs them.
    pub index: String,
}

/// A table on which an index was built concurrently, and could have been built at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NeedlesslyConcurrent {
    /// The migration's version.
    pub version: Version,
    /// Its qualified name, in quotes where it needs them.
    pub table: String,
    /// Why.
    pub why: Needless,
}

impl Builds {
    /// Notes what an event tells of an index.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::LeftoverDropped { version, index } => {
                self.leftovers_dropped.push(LeftoverDropped {
                    version: version.clone(),
                    index: index.clone(),
                });
            }
            Event::LeftoverKept { version, index } => self.leftovers_kept.push(LeftoverKept {
                version: version.clone(),
                index: index.clone(),
            }),
            Event::NeedlesslyConcurrent {
                version,
                table,
                why,
            } => self.needlessly_concurrent.push(NeedlesslyConcurrent {
                version: version.clone(),
                table: table.clone(),
                why: *why,
            }),
            _ => {}
        }
    }
}

/// Where others were in the way of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delays {
    /// Each try of a step that failed of what others did, and was followed by another one.
    pub retries: Vec<Retried>,
    /// Those for whose transactions a step waited, outside of a transaction of its own.
    pub waits: Vec<Waited>,
}

/// A try that failed of what others did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Retried {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// Which try it was, from 1 on.
    pub tried: u32,
    /// How long it ran until it failed.
    #[serde(rename = "execution_time_ms", serialize_with = "milliseconds")]
    pub execution_time: Duration,
    /// How long nothing was done before the next one.
    #[serde(rename = "pause_ms", serialize_with = "milliseconds")]
    pub pause: Duration,
    /// What the database said.
    pub error: String,
    /// Who was in the way.
    #[serde(flatten)]
    pub blocked: Blocked,
}

/// Others for whose transactions a step waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Waited {
    /// The migration's version.
    pub version: Version,
    /// Who was in the way.
    #[serde(flatten)]
    pub blocked: Blocked,
}

impl Delays {
    /// Notes what an event tells of others.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::StepRetried {
                step,
                tried,
                duration,
                pause,
                error,
                blocked,
                ..
            } => self.retries.push(Retried {
                version: step.version.clone(),
                name: step.name.clone(),
                tried: *tried,
                execution_time: *duration,
                pause: *pause,
                error: error.clone(),
                blocked: blocked.clone(),
            }),
            Event::StepWaiting { version, blocked } => self.waits.push(Waited {
                version: version.clone(),
                blocked: blocked.clone(),
            }),
            _ => {}
        }
    }
}

/// A copy of the database as it was before a run, which a program reads as its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CopyMade {
    /// Its name.
    pub name: String,
    /// The command that makes a database of it.
    #[serde(skip)]
    pub restore: String,
    /// What is worth a warning of it, although it can be relied on.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

impl CopyMade {
    /// Returns a hint with the way back to how everything was before the run.
    pub fn beside(&self, hint: Option<String>) -> String {
        let restore = format!(
            "to have the database as it was before the run: `{}`, beside this one, or with `--replace` in its place",
            self.restore
        );
        match hint {
            None => restore,
            Some(hint) if hint.contains(&self.restore) => hint,
            Some(hint) => format!("{hint}; {restore}"),
        }
    }
}

/// What plain Diesel did and the history does not know: the next command that writes tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TakenOver {
    /// Applied, without a row of the history.
    pub adopted: Vec<Version>,
    /// Rolled back, and still applied by the history.
    pub marked_rolled_back: Vec<Version>,
}

/// What a reset did.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ResetReport {
    /// What was dropped, as `kind name`.
    pub dropped: Vec<String>,
    /// The tables among that, and how much was in them.
    pub losses: Vec<Loss>,
    /// What was applied afterwards.
    pub applied: RunReport,
}

/// One statement as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatementSql {
    /// Where it stands.
    pub place: Place,
    /// Its text.
    pub sql: String,
    /// Whether it is committed already, from an attempt that stopped half way.
    pub done: bool,
    /// How long it may wait for locks, and run, where that is not as for the step's first statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}

/// One step of a plan with its SQL, for a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepSql {
    /// The step.
    #[serde(flatten)]
    pub step: StepNotice,
    /// Its statements; none for a migration written in Rust.
    pub sql: Vec<StatementSql>,
    /// Whether it is a function, which cannot be shown.
    pub opaque: bool,
    /// Whether something may be gone afterwards: it goes down, is applied again, has SQL that drops,
    /// empties, deletes or overwrites, or runs a trigger that does but overwrite, or is a function, of
    /// which nobody knows.
    pub destroys: bool,
    /// What is gone for good afterwards, and how much of it is there now.
    pub losses: Vec<Loss>,
    /// How long its statements may wait for locks, and run: each is the session's own where nothing is
    /// said of it. None on `SQLite`, which has neither.
    pub limits: Option<Limits>,
    /// Whether they are others than those of a step of which nobody says anything, or those of one of its
    /// statements are.
    #[serde(skip)]
    pub limits_are_unusual: bool,
}

/// Returns a duration in whole milliseconds, as a row of the history has it.
pub(crate) fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Serializes a moment in UTC after RFC 3339.
#[expect(clippy::ref_option, reason = "serde hands a field over as a reference")]
pub(crate) fn rfc3339<S: Serializer>(
    moment: &Option<NaiveDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        None => serializer.serialize_none(),
        Some(moment) => serializer.serialize_some(&rfc3339_text(*moment)),
    }
}

/// Returns a moment in UTC after RFC 3339, to the millisecond.
pub(crate) fn rfc3339_text(moment: NaiveDateTime) -> String {
    moment
        .and_utc()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
