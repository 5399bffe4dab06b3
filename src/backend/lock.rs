//! The lock of one run, and what came of a try to take it.
//!
//! How it is taken is the engine's; who waits for it, and how long, is the operation's.

use std::fs::File;

use crate::event::LockHolder;

/// Whom a lock keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockMode {
    /// Everybody else: who has it may write.
    Exclusive,
    /// Whoever writes: who has it only reads, beside others who do.
    Shared,
    /// Whoever makes a backup: it is another lock, beside which others write and read.
    AmongBackups,
}

/// The lock of one run: whoever has it exclusively is the only one that migrates this database.
#[derive(Debug)]
#[cfg_attr(
    not(all(feature = "postgres", feature = "sqlite")),
    expect(dead_code, reason = "each engine takes its own kinds")
)]
pub(crate) enum Lock {
    /// A session lock of the connection itself.
    Advisory {
        /// What is locked.
        key: i64,
        /// Whom it keeps out.
        mode: LockMode,
        /// The number of the server process that took it.
        session: i64,
        /// The number of the first transaction that could begin afterwards.
        first: i64,
        /// Whose it is, seen from the session that runs the statements.
        by: LockedBy,
    },
    /// A lock on a file, given back when the file is closed, by whatever means.
    File(
        #[cfg_attr(
            all(feature = "postgres", feature = "sqlite"),
            expect(dead_code, reason = "it is held, not read")
        )]
        File,
    ),
    /// A database that no other process can see.
    Private,
}

/// Whose a session's lock is, seen from the session that runs the statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    all(not(feature = "postgres"), not(test)),
    expect(dead_code, reason = "only a server has sessions")
)]
pub(crate) enum LockedBy {
    /// Its own.
    ThisSession,
    /// That of another connection of this run.
    Another,
}

impl Lock {
    /// Returns the number of the session that holds it, where it is a session's.
    pub(crate) fn session(&self) -> Option<i64> {
        match self {
            Self::Advisory { session, .. } => Some(*session),
            Self::File(_) | Self::Private => None,
        }
    }

    /// Returns the lock as another connection of the same run sees it; `None` where it is no
    /// session's.
    pub(crate) fn seen_from_another(&self) -> Option<Self> {
        match self {
            Self::Advisory {
                key,
                mode,
                session,
                first,
                ..
            } => Some(Self::Advisory {
                key: *key,
                mode: *mode,
                session: *session,
                first: *first,
                by: LockedBy::Another,
            }),
            Self::File(_) | Self::Private => None,
        }
    }
}

/// What came of one try to take the lock.
#[derive(Debug)]
pub(crate) enum LockAttempt {
    /// It is ours.
    Acquired(Lock),
    /// Somebody has it.
    Held(Option<LockHolder>),
}
