//! What is done while others write, outside of a transaction: what an attempt at it leaves half done, and
//! what the next one does about that.

use super::leftovers::{Earlier, Leftovers};
use super::{DatabaseError, Lock};
use crate::event::Needless;
use crate::sql::Script;

/// What became of a statement that builds an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Built {
    /// It was not begun.
    NotYet,
    /// It says that it is done.
    Done,
    /// It failed.
    Failed,
}

/// What an engine does about statements that work beside others.
pub(crate) trait ConcurrentBackend {
    /// Returns what does the rest of a statement that an earlier attempt at it has left half done, to be
    /// run in its place, where it is one that is refused from then on.
    fn finishing(
        &mut self,
        _script: &Script,
        _statement: usize,
    ) -> Result<Option<String>, DatabaseError> {
        Ok(None)
    }

    /// Returns whether a statement waits for the transactions of all others, outside of one of its own,
    /// and leaves a half of its work where it gives up.
    fn waits_for_all(&self, script: &Script, statement: usize) -> bool;

    /// Returns whose the indexes are that cannot be used, on the table of which a statement builds one
    /// without saying its name.
    fn unnamed_leftovers(
        &mut self,
        script: &Script,
        statement: usize,
        earlier: &Earlier,
    ) -> Result<Leftovers, DatabaseError>;

    /// Drops the indexes that cannot be used, that an earlier attempt at a statement has left, and
    /// that are in its way, with its `own` of other names; returns their names.
    fn clear_way(
        &mut self,
        script: &Script,
        statement: usize,
        own: &[String],
    ) -> Result<Vec<String>, DatabaseError>;

    /// Returns the indexes that cannot be used, that attempts at a statement have left, and that stay, since
    /// the user may not drop them.
    fn undroppable(
        &mut self,
        _script: &Script,
        _statement: usize,
    ) -> Result<Vec<String>, DatabaseError> {
        Ok(Vec::new())
    }

    /// Returns whether a statement has nothing left to do since an earlier attempt at it was cut off when
    /// all was done but noting it; `dropped` is what was dropped of that attempt.
    fn is_reached(
        &mut self,
        _script: &Script,
        _statement: usize,
        (_earlier, _dropped): (&Earlier, &[String]),
    ) -> Result<bool, DatabaseError> {
        Ok(false)
    }

    /// Returns what a statement that is done has taken for the index that it was to build, though it is
    /// another's.
    fn mistaken(
        &mut self,
        _script: &Script,
        _statement: usize,
    ) -> Result<Option<String>, DatabaseError> {
        Ok(None)
    }

    /// Returns why a statement need not have regard to others at work, with the table, to the session
    /// that holds the lock.
    fn needless(
        &mut self,
        script: &Script,
        statement: usize,
        lock: &Lock,
    ) -> Result<Option<(String, Needless)>, DatabaseError>;

    /// Returns the indexes that cannot be used and that a statement would pass over, or has left, or has taken
    /// for made, where the engine builds any outside of a transaction.
    fn invalid_indexes(
        &mut self,
        script: &Script,
        statement: usize,
        built: Built,
    ) -> Result<Vec<String>, DatabaseError>;
}
