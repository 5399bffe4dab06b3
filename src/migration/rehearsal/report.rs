//! What a rehearsal tells, as values.
//!
//! Pure. How it is shown is for the program to say.

use std::time::Duration;

use serde::Serialize;

use crate::backend::table_lock::{TableLock, Waiting};
use crate::event::{Direction, StepNotice};
use crate::migration::failure::StepFailure;
use crate::migration::place::Place;
use crate::migration::report::{Delays, milliseconds};
use crate::version::Version;

/// What the steps were run on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum RehearsedOn {
    /// The database itself, in a transaction that is rolled back.
    #[default]
    Database,
    /// A copy of it as it is now, which is dropped.
    Copy,
    /// A copy that was restored of a backup, which is dropped.
    Backup {
        /// The backup's name.
        id: String,
    },
}

/// What a rehearsal found.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct RehearsalReport {
    /// What the steps were run on.
    pub on: RehearsedOn,
    /// What was planned.
    pub planned: Vec<StepNotice>,
    /// What was run to its end, in order.
    pub steps: Vec<RehearsedStep>,
    /// What was not run.
    pub left_out: Vec<StepLeftOut>,
    /// Who would have waited, and for how long, in the order of the steps.
    pub holds: Vec<Hold>,
    /// Where nobody knows who would have waited.
    pub unseen: Vec<Unseen>,
    /// What became of the ways down, from the newest on, where they were asked for.
    pub ways_down: Vec<WayDown>,
    /// What failed.
    pub failures: Vec<StepFailure>,
    /// What others held up.
    #[serde(flatten)]
    pub delays: Delays,
    /// Whether it ended early because it was asked to.
    pub interrupted: bool,
}

impl RehearsalReport {
    /// Returns whether everything that was run went well, and every way down leads back.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && !self.interrupted && self.not_leading_back().next().is_none()
    }

    /// Returns the ways down that leave something, or take too much along.
    pub fn not_leading_back(&self) -> impl Iterator<Item = &WayDown> {
        let differs = |way: &&WayDown| matches!(way.verdict, WayDownVerdict::Differs { .. });
        self.ways_down.iter().filter(differs)
    }
}

/// A step that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RehearsedStep {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// Which way it went.
    pub direction: Direction,
    /// How long it ran, with what is checked at its end, and without the looking.
    #[serde(rename = "execution_time_ms", serialize_with = "milliseconds")]
    pub execution_time: Duration,
    /// Its statements; of a function that one alone.
    pub statements: Vec<RehearsedStatement>,
}

/// A statement that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RehearsedStatement {
    /// Where it stands; none of a function.
    pub place: Option<Place>,
    /// Its first words, without any literal.
    pub statement: String,
    /// How long it ran, and waited for locks.
    #[serde(rename = "execution_time_ms", serialize_with = "milliseconds")]
    pub execution_time: Duration,
    /// How many rows it touched, where it is one that touches rows.
    pub rows: Option<u64>,
    /// The locks that it took and that nothing before it in the same transaction had taken, but for
    /// those on what was made in the run itself. Always empty on `SQLite`, and without a transaction.
    pub locks: Vec<LockTaken>,
    /// The tables that it wrote anew, qualified where there are schemas.
    pub rewritten: Vec<String>,
    /// The indexes that it built, or built anew, but for those of tables that the run itself made.
    pub indexes_built: Vec<IndexBuilt>,
}

/// A lock that a statement took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LockTaken {
    /// What it is on, qualified, and in quotes where it needs them.
    pub on: String,
    /// The table of an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Its mode.
    pub lock: TableLock,
    /// Who waits for it.
    pub waiting: Waiting,
}

/// An index that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndexBuilt {
    /// The index, qualified where there are schemas.
    pub index: String,
    /// Its table, likewise.
    pub table: String,
}

/// Something for which readers or writers would have waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hold {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// The table, qualified; none where it is the whole file.
    pub on: Option<String>,
    /// The index of the table that is locked, and not the table: whoever reads or writes a table opens all
    /// of its indexes, needed or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The lock; none where it is the file's.
    pub lock: Option<TableLock>,
    /// Who would have waited.
    pub waiting: Waiting,
    /// The place of the statement that takes it; none of a whole step, nor of a function.
    pub place: Option<Place>,
    /// From the beginning of that statement to the end of the transaction, as it would be in a run. When a
    /// function took it nobody knows: it is counted from its beginning, and is the most that it can be.
    #[serde(rename = "held_ms", serialize_with = "milliseconds")]
    pub held: Duration,
    /// Whether the lock was seen. Where an earlier step of the rehearsal, which is in the same
    /// transaction, had it already, nobody sees that a later one takes it too, and it is told by the
    /// statement's words; nor is it seen what a statement without a transaction takes.
    pub seen: bool,
    /// Why it was not, where the statement's words tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen: Option<NotSeen>,
}

/// Why nobody saw what a statement locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotSeen {
    /// An earlier step of the rehearsal, which is in the same transaction, has locked it already.
    HeldEarlier,
    /// Its step is in no transaction: what it had locked is free again when it is looked at.
    FreeAgain,
}

/// A statement, or a function, of which nobody knows what it locks: that is not seen, and no words tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unseen {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// The table that it names, qualified; none where it may be any, or any that an earlier step has locked.
    pub on: Option<String>,
    /// Where the statement stands; none of a function.
    pub place: Option<Place>,
    /// Why it is not seen.
    pub why: NotSeen,
}

/// A step that was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepLeftOut {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// Why.
    pub why: LeftOut,
}

/// Why a step was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum LeftOut {
    /// It cannot be in a transaction, or is not to be.
    NotInTransaction,
    /// It is a function, and what one does outside of the database is not rolled back.
    Function,
    /// It changes what is outside of the database by its words, and that would stay: on a copy also what
    /// all databases of a server share.
    OutsideOfTheDatabase {
        /// The statement, or the function that it calls: `CREATE ROLE`.
        statement: String,
    },
    /// It does in the database what no rollback takes back; on a copy it is run.
    NotRolledBack {
        /// The statement, or the function that it calls: `setval`.
        statement: String,
    },
    /// It says what the transaction is like that it runs in, which is one for all steps.
    OwnTransaction,
    /// It needs what another makes that is left out, or not committed.
    Needs {
        /// What it needs.
        what: String,
        /// The version of the one that makes it.
        of: Version,
    },
}

/// What became of a way down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WayDown {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// Whether it leads back to where its way up began.
    pub verdict: WayDownVerdict,
}

/// Whether a way down leads back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum WayDownVerdict {
    /// The schema is as it was before the way up.
    LeadsBack,
    /// It is not.
    Differs {
        /// In what.
        differences: Vec<Difference>,
    },
    /// There is none, so that nothing before it was rolled back either.
    Irreversible,
    /// It was left out, so that nothing before it was rolled back either.
    LeftOut {
        /// Why.
        why: LeftOut,
    },
    /// It was run, and the schema cannot be read.
    NotCompared {
        /// Why.
        why: String,
    },
    /// It was not run: it failed, or something newer is still there.
    NotRun,
}

/// A part of a schema that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// What it is, and its name.
    pub what: String,
    /// What is the matter with it.
    pub differs: WhatDiffers,
}

/// What is the matter with a part of a schema after a way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhatDiffers {
    /// It was not there before the way up, and is there.
    Left,
    /// It was there, and is gone.
    Gone,
    /// It is there, and not what it was.
    Changed,
}
