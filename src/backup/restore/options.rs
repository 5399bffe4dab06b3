//! What a caller may ask of a restore.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::RestorePlan;
use crate::backend::BackendError;
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::Programs;
use crate::backend::restore::{Owners, Place, Privileges};
use crate::operation::Unread;

/// Where a backup is restored to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreTo {
    /// A new database of this name on the same server; a new file of this path. Nothing else is
    /// touched.
    Into(String),
    /// A new database beside the old one, named `<name>_restored_<time>`. Nothing else is touched.
    Beside,
    /// The database itself: the old one stays under another name.
    Replace,
}

impl RestoreTo {
    /// Refuses a name that the engine would not take as it is.
    pub(super) fn refuse_unfit_name(&self, beside: &DatabaseAddress) -> Result<(), BackendError> {
        match self {
            Self::Into(name) => Ok(beside.neighbour(name).map(drop)?),
            Self::Beside | Self::Replace => Ok(()),
        }
    }

    /// Returns where the new database is made.
    pub(super) fn place(&self) -> Place<'_> {
        match self {
            Self::Into(name) => Place::Into(name),
            Self::Beside | Self::Replace => Place::Beside,
        }
    }
}

/// What becomes of the database that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Old {
    /// It stays, as `<name>_before_<time>`.
    #[default]
    Kept,
    /// It is dropped once the new one has its name.
    Dropped,
}

/// What is done where a restore may well fail, and may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Doubts {
    /// It is not begun.
    #[default]
    Refuse,
    /// It is tried.
    PassOver,
}

/// Where a backup is restored to, and how.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    pub(super) to: RestoreTo,
    pub(super) owners: Owners,
    pub(super) privileges: Privileges,
    pub(super) role: Option<String>,
    pub(super) doubts: Doubts,
    pub(super) old: Old,
    pub(super) unread: Unread,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) jobs: NonZeroU32,
    pub(super) programs: Programs,
}

impl RestoreOptions {
    /// Restores to there, with the owners that it had.
    pub fn to(to: RestoreTo) -> Self {
        Self {
            to,
            owners: Owners::Kept,
            privileges: Privileges::Kept,
            role: None,
            doubts: Doubts::Refuse,
            old: Old::Kept,
            unread: Unread::Refuse,
            at: None,
            jobs: NonZeroU32::MIN,
            programs: Programs::default(),
        }
    }

    /// Lets the user of the address own all of it.
    #[must_use]
    pub fn no_owner(mut self) -> Self {
        self.owners = Owners::Nobody;
        self
    }

    /// Lets nobody but the owners do anything with it.
    #[must_use]
    pub fn no_privileges(mut self) -> Self {
        self.privileges = Privileges::Nobody;
        self
    }

    /// Restores as a role of the server, of which the user of the address is a member. It owns the new
    /// database, and all for which the backup names no other owner.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Tries it although the server is older than the one that the backup was made of, or the disk
    /// seems too small.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.doubts = Doubts::PassOver;
        self
    }

    /// Drops the database that was replaced, once the new one was compared and has its name.
    #[must_use]
    pub fn drop_old(mut self) -> Self {
        self.old = Old::Dropped;
        self
    }

    /// Gives the new database, or the one that is replaced, the name that a plan said, unless somebody
    /// has it by then.
    ///
    /// Where the plan says that the old one cannot be read, it is replaced unread: whoever shows the
    /// plan asks whether that is meant.
    #[must_use]
    pub fn as_planned(mut self, plan: &RestorePlan) -> Self {
        self.at = Some(plan.at);
        if plan.unread.is_some() {
            self.unread = Unread::Replace;
        }
        self
    }

    /// Says how many tables of an archive are restored at once.
    #[must_use]
    pub fn jobs(mut self, jobs: NonZeroU32) -> Self {
        self.jobs = jobs;
        self
    }

    /// Says where the engine's programs are.
    #[must_use]
    pub fn programs(mut self, programs: Programs) -> Self {
        self.programs = programs;
        self
    }
}
