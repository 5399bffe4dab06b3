//! A backup from the future, where the newest good one is meant: by its time it is the newest, and may be
//! older than any.
//!
//! Pure.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::backup::{Backup, BackupId};
use crate::shell::command;

/// A backup that was taken for the newest, though a clock was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    /// The backup.
    pub id: BackupId,
    /// The newest of those that may be meant and are not from the future.
    pub newest: BackupId,
}

impl Ahead {
    /// Returns what is to be said of the chosen backup, which is the first of those that may be meant:
    /// nothing where it is not from the future, or all of them are.
    pub(super) fn of<'a>(
        chosen: &Backup,
        mut meant: impl Iterator<Item = &'a Backup>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        if chosen.manifest.started_at <= now {
            return None;
        }
        let newest = meant.find(|backup| backup.manifest.started_at <= now)?;
        Some(Self {
            id: chosen.manifest.id.clone(),
            newest: newest.manifest.id.clone(),
        })
    }

    /// Returns the command that shows the other one.
    pub fn show(&self) -> String {
        command("dieselkit backup show {}", &[&self.newest.as_str()])
    }

    /// Returns what takes either of them by its name.
    pub(super) fn named(&self) -> String {
        let replace = |id: &BackupId| command("dieselkit restore {} --replace", &[&id.as_str()]);
        format!(
            "see whether the clock is right, `date -u`, and name the one that is meant: {}, or {}",
            replace(&self.newest),
            replace(&self.id)
        )
    }
}

impl fmt::Display for Ahead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the newest good backup by its time is `{}`, which is from the future, and may be older than `{}`",
            self.id, self.newest
        )
    }
}
