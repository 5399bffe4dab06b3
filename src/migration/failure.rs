//! What went wrong while a step ran, and what it left.
//!
//! Pure. What the state is the runner says; what to type, `asked`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::asked;
use super::error::{Way, settle};
use super::model::KeptBy;
use super::place::Place;
use crate::backend::DatabaseError;
use crate::backend::leftovers::Earlier;
use crate::backend::tables::quote_identifier;
use crate::event::{Blocked, Blocker, Direction, StepNotice};

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
    /// Returns what may help, as a command that can be pasted.
    pub fn hint(&self) -> String {
        let retry = &self.retry;
        if self.is_out_of_locks() {
            return self.locks_hint();
        }
        if self.said().is_of_others_doing() {
            return self.others_hint();
        }
        if self.refuses_transactions() {
            return format!(
                "put the statement into a migration of its own with `run_in_transaction = false` in its metadata.toml (in a single file: `-- migrate:up transaction:false`), and run: {retry}"
            );
        }
        if !self.invalid_indexes.is_empty() {
            return self.indexes_hint();
        }
        if self.message.starts_with(NOT_SET_AGAIN) {
            return self.setting_hint();
        }
        let cut_off = self.state_left == StateLeft::Unknown;
        let statement = self.statement.as_deref().unwrap_or_default();
        let cure = self.said().cure_of_statement(statement, retry);
        if let Some(cure) = cure.filter(|_| !cut_off) {
            return cure;
        }
        if self.is_out_of_time() && !cut_off {
            return self.time_hint();
        }
        match self.state_left {
            StateLeft::StatementHalfWay { .. } => {
                self.mend("statement so that it can run once more after what it has committed")
            }
            StateLeft::HalfWay { done, total } if done == total => self.last_hint(),
            StateLeft::HalfWay { .. } => format!(
                "{}, which goes on with it, or finish by hand and run {}",
                self.mend("statement"),
                self.settled()
            ),
            StateLeft::Unknown => "`dieselkit status`".to_owned(),
            StateLeft::NotBegun => format!("`{retry}`"),
            StateLeft::StepRolledBack | StateLeft::RunRolledBack => {
                self.mend(self.file.as_ref().map_or("migration", |_| "file"))
            }
        }
    }

    /// Returns that the step is to be run again once this is mended: in its file, since nothing can
    /// be mended in what the history keeps.
    fn mend(&self, what: &str) -> String {
        let retry = &self.retry;
        match self.kept_by {
            KeptBy::File => format!("mend the {what} and run `{retry}`"),
            KeptBy::History => {
                format!("bring its file back, mend the {what} there and run `{retry}`")
            }
        }
    }

    /// Returns the command, between backticks, that settles the step once it was finished by hand.
    fn settled(&self) -> String {
        let way = match self.step.direction {
            Direction::Up => Way::Applied,
            Direction::Down => Way::Reverted,
        };
        settle(&self.step.version, way)
    }

    /// Returns what may help where a statement that is done has set what can be had no more. To change it in
    /// the file is none: what is done has to stay as it is.
    fn setting_hint(&self) -> String {
        let retry = &self.retry;
        let role = self.message.rsplit_once(": role \"");
        let gone = role.and_then(|(_, behind)| behind.strip_suffix("\" does not exist"));
        let mended = match gone {
            Some(role) => format!(
                "make the role again, `CREATE ROLE {};`,",
                quote_identifier(role)
            ),
            None => "bring back what it names, or the right to it,".to_owned(),
        };
        format!(
            "the statements that are left were written to run with that setting: {mended} and run `{retry}`, which goes on with them; or run them by hand and then {}",
            self.settled()
        )
    }

    /// Returns what may help where others were in the way.
    fn others_hint(&self) -> String {
        let retry = &self.retry;
        let by = self.blocked.iter().flat_map(|blocked| &blocked.by);
        let ends: Vec<String> = by.filter_map(Blocker::ends).collect();
        if ends.is_empty() && self.said().is_late_for_a_lock() {
            return format!(
                "run `{retry}` when others are done, or wait longer for each lock: `{retry} --lock-timeout 30s`"
            );
        }
        if ends.is_empty() {
            return format!("run `{retry}` when others are done");
        }
        format!(
            "let them finish, or end them with what they have not committed, `{}`, and run `{retry}`",
            ends.join(" ")
        )
    }

    /// Returns what may help where a statement took longer than it may.
    fn time_hint(&self) -> String {
        let retry = &self.retry;
        let flag = format!("let it take longer: `{retry} --statement-timeout off`");
        match self.kept_by {
            KeptBy::File => format!(
                "{flag}; or write `-- dieselkit: statement_timeout = off` on a line of its own in its file, and run `{retry}`"
            ),
            KeptBy::History => flag,
        }
    }

    /// Returns what may help where an index is left that cannot be used, which the next attempt drops.
    fn indexes_hint(&self) -> String {
        let drops = self.invalid_indexes.iter();
        let drops: Vec<String> = drops
            .map(|name| format!("DROP INDEX CONCURRENTLY {name};"))
            .collect();
        if self.message == PASSES_OVER {
            let names = self.invalid_indexes.iter();
            let rebuilds: Vec<String> = names
                .map(|name| format!("REINDEX INDEX CONCURRENTLY {name};"))
                .collect();
            return format!(
                "build it anew by itself, `{}`, or give it up, `{}`, and run `{}`",
                rebuilds.join(" "),
                drops.join(" "),
                self.retry
            );
        }
        format!(
            "put right what kept it from being built and run `{}`, which drops what is left; or give it up: `{}`",
            self.retry,
            drops.join(" ")
        )
    }

    /// Returns what may help where no statement is left to go on with.
    fn last_hint(&self) -> String {
        let retry = &self.retry;
        if self.message.starts_with(BROKEN_KEYS) {
            format!(
                "all its statements are committed: mend the rows by hand, or by a further statement at the end of the file, and run `{retry}`, which checks them again"
            )
        } else {
            format!("all its statements are committed: run `{retry}`, which records it")
        }
    }

    /// Returns what may help where the server has no room for another lock: one transaction holds
    /// one for each table that it makes.
    fn locks_hint(&self) -> String {
        match asked::in_transactions_of_their_own(&self.retry) {
            Some(each) => format!(
                "one transaction holds a lock for each table that it makes: run `{each}`, or raise `max_locks_per_transaction`"
            ),
            None => format!(
                "one transaction holds a lock for each table that it makes: split the migration into several, or raise `max_locks_per_transaction`, and run `{}`",
                self.retry
            ),
        }
    }

    /// Returns what may help where a constraint that is checked at the commit broke a batch.
    pub(super) fn commit_hint(&self) -> String {
        let retry = &self.retry;
        if self.state_left == StateLeft::Unknown || self.is_locked_out() {
            return self.hint();
        }
        if let Some(cure) = self.said().cure() {
            return format!("{cure}; then run `{retry}`");
        }
        if !self.said().is_constraint() {
            return format!("`{retry}`");
        }
        match asked::in_transactions_of_their_own(retry) {
            Some(each) => format!(
                "what is checked at the commit alone does not say which migration broke it: mend it and run `{retry}`, or run `{each}`, which stops at the one"
            ),
            None => format!(
                "mend the migration that broke what is checked at the commit, and run `{retry}`"
            ),
        }
    }

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
        format!("{what}, but the invalid index {} is left", names.join(", "))
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
