//! What a run tells while it goes on: facts with data, no prose.
//!
//! Pure. A reporter turns events into text or JSON; the runner never prints.

mod blocked;
mod leftover;
mod loss;

use std::time::Duration;

use serde::Serialize;

pub(crate) use blocked::ends;
pub use blocked::{AwaitedLock, Blocked, Blocker};
pub use leftover::{LeftAt, Leftover};
pub use loss::{Amount, Certainty, Loss, Lost, TriggerDeed};

use crate::version::Version;

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The way up: applies.
    Up,
    /// The way down: rolls back.
    Down,
}

/// Who holds the lock, as far as it can be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockHolder {
    /// Its process: on PostgreSQL the server's process that serves it, on SQLite its own.
    pub pid: i64,
    /// What it calls itself: tool, version, user and host.
    pub application: Option<String>,
    /// The machine that it runs on.
    pub host: Option<String>,
    /// Since when it has been connected, or has held the lock, as RFC 3339 in UTC.
    pub since: Option<String>,
}

/// What the name of whoever shares the migration lock ends in.
pub(crate) const SHARING: &str = "backup";

impl LockHolder {
    /// Returns who holds the migration lock, and that it is a backup where it is one: that shares the
    /// lock with others, and ends by itself.
    pub fn of_migration_lock(&self) -> String {
        let mut words = self.application.iter().flat_map(|name| name.rsplit(' '));
        if words.next() == Some(SHARING) {
            format!("a backup: {self}")
        } else {
            self.to_string()
        }
    }
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "pid {}", self.pid)?;
        if let Some(application) = &self.application {
            write!(formatter, ", {application}")?;
        }
        if let Some(host) = &self.host {
            write!(formatter, ", on {host}")?;
        }
        if let Some(since) = &self.since {
            write!(formatter, ", since {since}")?;
        }
        Ok(())
    }
}

/// One step of a plan, as it is announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepNotice {
    /// The migration's version.
    pub version: Version,
    /// The migration's full name.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Whether it runs inside a transaction.
    pub transactional: bool,
    /// How many statements it has; zero for a migration written in Rust.
    pub statements: usize,
    /// Whether it goes down and was marked as applied without having run: what it drops was there
    /// before dieselkit.
    pub baseline: bool,
}

/// What became of the rows of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct RowCounts {
    /// They were not there.
    pub inserted: u64,
    /// They were there, and differed.
    pub updated: u64,
    /// The file has them no longer.
    pub deleted: u64,
    /// They were there as they are in the file.
    pub unchanged: u64,
}

/// Why something that was built beside others at work could have been built at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Needless {
    /// The table is empty.
    Empty,
    /// The table was made in the same run, so that nobody else uses it yet.
    MadeInThisRun,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Another process holds the lock; the run waits for it.
    LockWaiting {
        /// Who holds it, where that can be known.
        holder: Option<LockHolder>,
        /// How long the wait may take in all.
        limit: Duration,
    },
    /// Another process makes a backup of the same database; the run waits for it.
    BackupWaiting {
        /// Who makes it, where that can be known.
        holder: Option<LockHolder>,
        /// How long the wait may take in all.
        limit: Duration,
    },
    /// Another process is at work in the folder of backups; the run waits for it.
    FolderWaiting {
        /// The folder.
        folder: String,
        /// Who is at work, where that can be known.
        holder: Option<LockHolder>,
        /// How long the wait may take in all.
        limit: Duration,
    },
    /// The lock is held by this run.
    LockAcquired,
    /// A migration that plain Diesel applied was entered into the history.
    Adopted {
        /// Its version.
        version: Version,
    },
    /// A migration that plain Diesel reverted was marked as rolled back in the history.
    MarkedRolledBack {
        /// Its version.
        version: Version,
    },
    /// The plan stands; nothing of it has run.
    PlanReady {
        /// Its steps, in the order in which they will run.
        steps: Vec<StepNotice>,
        /// What they take away.
        losses: Vec<Loss>,
        /// Whether somebody has agreed to it.
        agreed: bool,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: StepNotice,
    },
    /// A step is left out of a rehearsal; why is in the report.
    StepLeftOut {
        /// The step.
        step: StepNotice,
    },
    /// One statement of a step is done.
    StatementFinished {
        /// The migration's version.
        version: Version,
        /// How many are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// A step waits for others, outside of a transaction, without a limit: who is in the way is told
    /// once of each.
    StepWaiting {
        /// The migration's version.
        version: Version,
        /// What is waited for, and those of whom nothing was told yet.
        blocked: Blocked,
    },
    /// An index that an earlier attempt had left, and that cannot be used, is dropped.
    LeftoverDropped {
        /// The migration's version.
        version: Version,
        /// The index, qualified, and in quotes where it needs them.
        index: String,
    },
    /// An index that an attempt at a statement had left, and that cannot be used, stays: this user may not
    /// drop it.
    LeftoverKept {
        /// The migration's version.
        version: Version,
        /// The index, qualified, and in quotes where it needs them.
        index: String,
    },
    /// An index is built beside others at work on a table that nobody else can be at work on.
    NeedlesslyConcurrent {
        /// The migration's version.
        version: Version,
        /// The table, qualified, and in quotes where it needs them.
        table: String,
        /// Why.
        why: Needless,
    },
    /// A try of a step, or of a whole run that is all or nothing, failed of a lock that others have:
    /// it is rolled back, and tried again after a pause.
    StepRetried {
        /// The step that failed.
        step: StepNotice,
        /// Which try it was, from 1 on.
        tried: u32,
        /// How many there are at most.
        tries: u32,
        /// How long it ran until it failed.
        duration: Duration,
        /// How long nothing is done before the next try.
        pause: Duration,
        /// How many steps that were done are rolled back with it, and done again.
        undone: usize,
        /// The error's message.
        error: String,
        /// Who was in the way.
        blocked: Blocked,
    },
    /// What a reset drops it could not have, of a lock that others have: nothing is dropped, and it is
    /// tried again after a pause.
    ResetRetried {
        /// Which try it was, from 1 on.
        tried: u32,
        /// How many there are at most.
        tries: u32,
        /// How long nothing is done before the next try.
        pause: Duration,
        /// The error's message.
        error: String,
        /// Who was in the way.
        blocked: Blocked,
    },
    /// A step is done.
    StepFinished {
        /// The step.
        step: StepNotice,
        /// How long its body ran.
        duration: Duration,
    },
    /// A seed begins.
    SeedStarted {
        /// Its folder and file.
        name: String,
        /// How many bytes its file has.
        bytes: u64,
    },
    /// A part of a seed's file is read.
    SeedProgressed {
        /// Its folder and file.
        name: String,
        /// How many bytes are read.
        bytes: u64,
    },
    /// A seed is done.
    SeedFinished {
        /// Its folder and file.
        name: String,
        /// What became of the rows of a data file.
        rows: Option<RowCounts>,
        /// How long it ran.
        duration: Duration,
    },
    /// A seed failed; what is kept is in the report.
    SeedFailed {
        /// Its folder and file.
        name: String,
        /// How long it ran until then.
        duration: Duration,
        /// The error's message.
        error: String,
    },
    /// A run that is all or nothing did not get to its end: everything is as it was before it.
    RunRolledBack {
        /// How many steps it had done.
        steps: usize,
    },
    /// Rows of a table begin to be made up.
    GenerateStarted {
        /// The table.
        table: String,
        /// How many rows are asked for.
        rows: u64,
    },
    /// Some rows are made up.
    GenerateProgressed {
        /// The table.
        table: String,
        /// How many there are.
        rows: u64,
    },
    /// The rows are made up, and are in the table.
    GenerateFinished {
        /// The table.
        table: String,
        /// How many were inserted.
        rows: u64,
        /// How long it took.
        duration: Duration,
    },
    /// No rows were made up; nothing is kept.
    GenerateFailed {
        /// The table.
        table: String,
        /// How long it took until then.
        duration: Duration,
        /// The error's message.
        error: String,
    },
    /// A backup begins: its moment is fixed.
    BackupStarted {
        /// Its name.
        id: String,
        /// The size of the database, in bytes, which what is read may exceed or fall short of; none
        /// where another program reads it into a folder, and nobody sees how much.
        bytes: Option<u64>,
        /// The program that reads, where it is not this one: its name, version and path.
        tool: Option<String>,
    },
    /// A part of the database is read.
    BackupProgressed {
        /// The backup's name.
        id: String,
        /// How many bytes were read until now, before compression.
        bytes: u64,
    },
    /// The rows of some tables are counted: of those that a backup holds, or of those that were made
    /// of it. Told before the first one, and after each.
    TablesCounted {
        /// The backup's name, or the file's.
        id: String,
        /// How many are counted.
        counted: usize,
        /// How many there are.
        tables: usize,
    },
    /// A backup stands on disk under its own name.
    BackupFinished {
        /// Its name.
        id: String,
        /// Its size on disk, in bytes.
        bytes: u64,
        /// How long it took.
        duration: Duration,
    },
    /// A backup was not made; nothing of it is left.
    BackupFailed {
        /// The name that it would have had, where it had got so far.
        id: Option<String>,
        /// How long it took until then.
        duration: Duration,
        /// The error's message.
        error: String,
    },
    /// A backup was removed, as the policy says.
    BackupRemoved {
        /// Its name.
        id: String,
    },
    /// Something was found that a restore left which was killed; it is gone by now, unless it stays.
    LeftoverFound {
        /// What it is.
        leftover: Leftover,
    },
    /// A backup is read again, or restored.
    RestoreStarted {
        /// Its name, or the file's.
        id: String,
        /// Its size on disk, in bytes.
        bytes: u64,
    },
    /// A part of a backup is read.
    RestoreProgressed {
        /// Its name, or the file's.
        id: String,
        /// How many bytes were read until now, as they are on disk.
        bytes: u64,
    },
    /// A backup is read to its end, and whatever was made of it stands or is gone.
    RestoreFinished {
        /// Its name, or the file's.
        id: String,
        /// How long it took.
        duration: Duration,
    },
    /// A step failed; what it left is in the report.
    StepFailed {
        /// The step.
        step: StepNotice,
        /// How long it ran until then.
        duration: Duration,
        /// The error's message.
        error: String,
    },
}

/// Somebody who wants to know what a run does.
///
/// An observer cannot fail a run: whatever goes wrong while it reports is its own to keep.
pub trait Observer {
    /// Takes note of one event.
    fn observe(&mut self, event: &Event);
}

/// The observer that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _event: &Event) {}
}

impl<F: FnMut(&Event)> Observer for F {
    fn observe(&mut self, event: &Event) {
        self(event);
    }
}
