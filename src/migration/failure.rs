//! What went wrong while a step ran, and what it left.
//!
//! Pure. What the state is the runner says; what to type, `asked`.

mod hint;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::model::KeptBy;
use super::place::Place;
use crate::backend::DatabaseError;
use crate::backend::leftovers::Earlier;
use crate::event::{Blocked, Direction, StepNotice};

/// What is said of rows that point nowhere.
pub(super) const BROKEN_KEYS: &str = "foreign keys are broken";

/// What is said of what a `REINDEX` does not build anew, before it is begun.
pub(super) const PASSES_OVER: &str =
    "not begun: there is an invalid index in it, which the server passes over";

/// What is said of a statement that is done, and whose setting another session cannot have.
pub(super) const NOT_SET_AGAIN: &str = "what it had set cannot be set again";

/// What a failed step left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum StateLeft {
    /// Nothing of the step remains; what came before it stays.
    StepRolledBack,
    /// It was not begun, and is as it was before.
    NotBegun,
    /// Nothing of the whole run remains.
    RunRolledBack,
    /// Some of its statements are committed.
    HalfWay {
        /// How many are.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// The statement that failed, outside of a transaction, is of a kind that commits a part of its work
    /// by itself: what it had committed stays.
    StatementHalfWay {
        /// How many statements before it are committed.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// The connection is gone: what is committed is, and what was open is not.
    Unknown,
}

/// Why nobody knows at which statement a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Unplaced {
    /// It ran for too long to be run once more.
    TookLong {
        /// How long it ran, in milliseconds.
        ran_ms: u64,
    },
    /// A statement was cut off after its time, and would be again.
    CutOff,
    /// Run once more, it failed otherwise, or not at all, or not soon enough.
    FailedOtherwise,
}

impl fmt::Display for Unplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not known which statement it was: ")?;
        match self {
            Self::TookLong { ran_ms } => {
                let ran = Duration::from_millis(*ran_ms);
                write!(
                    f,
                    "the migration ran for {ran:.1?}, too long to be run once more"
                )?;
            }
            Self::CutOff => {
                f.write_str("one that is cut off is not run once more, with its locks held")?;
            }
            Self::FailedOtherwise => {
                f.write_str("run once more, for five seconds at most, the migration did not fail in the same words")?;
            }
        }
        f.write_str("; the server's log has the statement")
    }
}

/// One step that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepFailure {
    /// The step.
    pub step: StepNotice,
    /// The file that it runs, as it was found; none where it is a function, or where nobody knows
    /// which of several steps it was.
    pub file: Option<String>,
    /// Where its statement stands, as far as that is known.
    pub place: Option<Place>,
    /// The statement's first words, without any literal.
    pub statement: Option<String>,
    /// What was said.
    pub message: String,
    /// The code of the SQL standard.
    pub sqlstate: Option<String>,
    /// What else the server said.
    pub detail: Option<String>,
    /// What the server advises.
    pub server_hint: Option<String>,
    /// Why the place is not known, where the error does not tell and it could not be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unplaced: Option<Unplaced>,
    /// What it left.
    pub state_left: StateLeft,
    /// Indexes that it left, or found, and that cannot be used: a failed `CREATE INDEX CONCURRENTLY`
    /// is not undone. Qualified, and in quotes where they need them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid_indexes: Vec<String>,
    /// How long it ran when it was tried last.
    #[serde(skip)]
    pub execution_time: Duration,
    /// How often it was tried; one that fails of what others did is tried again.
    pub tries: u32,
    /// Who was in its way, where it failed of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Blocked>,
    /// Why the failure could not be written into the history, if it could not.
    pub not_recorded: Option<String>,
    /// Who has the SQL that it ran.
    #[serde(skip)]
    pub kept_by: KeptBy,
    /// The command that tries again what was asked for.
    #[serde(skip)]
    pub retry: String,
}

impl StepFailure {
    /// Returns whether another program's lock on the database kept the step from being begun, or from
    /// being committed: nothing of it is done.
    pub fn is_held_by_others(&self) -> bool {
        let nothing_done = matches!(
            self.state_left,
            StateLeft::NotBegun | StateLeft::StepRolledBack | StateLeft::RunRolledBack
        );
        nothing_done && self.is_locked_out()
    }

    /// Returns whether it failed of another program's lock on the database.
    pub(crate) fn is_locked_out(&self) -> bool {
        self.said().is_locked_out()
    }

    /// Returns whether a statement took longer than it may.
    fn is_out_of_time(&self) -> bool {
        self.said().is_cut_off() || self.message.contains("due to statement timeout")
    }

    fn is_out_of_locks(&self) -> bool {
        self.sqlstate.as_deref() == Some("53200") || self.message.contains("out of shared memory")
    }

    fn refuses_transactions(&self) -> bool {
        self.said().refuses_transactions()
    }

    /// Returns what the database said, as far as it says what is to be done.
    fn said(&self) -> DatabaseError {
        DatabaseError {
            sqlstate: self.sqlstate.clone(),
            ..DatabaseError::from_message(self.message.as_str())
        }
    }

    /// Returns what is left of the step, to stand behind what failed.
    pub(super) fn state_text(&self) -> String {
        let names: Vec<String> = self
            .invalid_indexes
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let what = match (self.state_left, names.as_slice()) {
            (_, []) => return self.state(),
            (StateLeft::StepRolledBack, _) => "none of its statements is done".to_owned(),
            _ => self.state(),
        };
        match names.as_slice() {
            [name] => format!("{what}, but the invalid index {name} is left"),
            several => format!(
                "{what}, but the invalid indexes {} are left",
                several.join(", ")
            ),
        }
    }

    fn state(&self) -> String {
        match (self.state_left, self.step.direction) {
            (StateLeft::StepRolledBack, Direction::Up) => "it was rolled back whole".to_owned(),
            (StateLeft::StepRolledBack, Direction::Down) => "it is applied as before".to_owned(),
            (StateLeft::NotBegun, _) => "it was not begun".to_owned(),
            (StateLeft::RunRolledBack, Direction::Up) => "the whole run was rolled back".to_owned(),
            (StateLeft::RunRolledBack, Direction::Down) => {
                "everything is as it was before the run".to_owned()
            }
            (StateLeft::HalfWay { done, total }, _) => committed(done, total),
            (StateLeft::StatementHalfWay { done: 0, .. }, _) => {
                "what the statement that failed had committed by itself stays".to_owned()
            }
            (StateLeft::StatementHalfWay { done, total }, _) => format!(
                "{}, and what the one that failed had committed by itself stays",
                committed(done, total)
            ),
            (StateLeft::Unknown, _) => {
                "the connection broke, and whatever was not committed was rolled back".to_owned()
            }
        }
    }
}

/// Returns how many statements are committed, in words.
fn committed(done: usize, total: usize) -> String {
    let statements = if total == 1 {
        "statement"
    } else {
        "statements"
    };
    let are = if done == 1 { "is" } else { "are" };
    format!("{done} of its {total} {statements} {are} committed")
}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.file) {
            (Some(place), _) => write!(f, "{place}: ")?,
            // A file that was not begun has nothing to do with it.
            (None, Some(file)) if self.state_left != StateLeft::NotBegun => {
                write!(f, "{file}: ")?;
            }
            (None, _) => {}
        }
        if let Some(statement) = &self.statement {
            write!(f, "`{statement}`: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(sqlstate) = &self.sqlstate {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, "\ndetail: {detail}")?;
        }
        if let Some(hint) = &self.server_hint {
            write!(f, "\nserver's hint: {hint}")?;
        }
        if !self.invalid_indexes.is_empty() {
            let names = self.invalid_indexes.join(", ");
            write!(f, "\n{}{names}", Earlier::INVALID)?;
        }
        if let Some(unplaced) = &self.unplaced {
            write!(f, "\n{unplaced}")?;
        }
        if self.tries > 1 {
            write!(f, "\ntried {} times", self.tries)?;
        }
        if let Some(blocked) = &self.blocked {
            write!(f, "\n{blocked}")?;
        }
        if let Some(reason) = &self.not_recorded {
            write!(f, "\nnot written into the history: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for StepFailure {}
