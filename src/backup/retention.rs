//! Which backups are kept, and why: a policy, applied to what there is at a given time.
//!
//! Pure. It must not know where a backup lies, nor remove one. The rules are joined by "or", as
//! restic's are; unlike there, the time is an argument, and what failed a check fills no place.

mod reason;
mod rules;
mod span;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use reason::{Period, Reason};
pub use span::Span;

use super::{BackupId, Check, Manifest, Scope};

/// What is kept; a rule of 0 keeps nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// So many of the newest good ones.
    pub last: u32,
    /// Every good one that is at most this much older than the newest good one.
    pub within: Duration,
    /// The newest good one of each hour (UTC), of so many hours that have one.
    pub hourly: u32,
    /// The same of days.
    pub daily: u32,
    /// The same of weeks, from Monday on, as ISO 8601 numbers them.
    pub weekly: u32,
    /// The same of months.
    pub monthly: u32,
    /// The same of years.
    pub yearly: u32,
    /// So many are left, whatever else is said, or all that there are: the newest good ones, and
    /// where there are fewer of those, the newest of the others.
    pub minimum: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            last: 0,
            within: Duration::from_hours(7 * 24),
            hourly: 0,
            daily: 0,
            weekly: 0,
            monthly: 0,
            yearly: 0,
            minimum: 3,
        }
    }
}

/// How far a backup can be trusted, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Its files are not what they were, or one is gone; or no restore of it was what was counted.
    Failed,
    /// It was whole when it was made, and was not looked at since.
    Created,
    /// Its files were read again and were whole.
    Verified,
    /// It was restored, and the copy was what was counted.
    Restored,
}

impl Trust {
    /// Returns how far the verdicts of a manifest go; that its files are there is not looked at.
    pub fn of(manifest: &Manifest) -> Self {
        let passed = |check| manifest.passed(check).is_some();
        match manifest.failed() {
            true => Self::Failed,
            false if passed(Check::Restore) => Self::Restored,
            false if passed(Check::Files) => Self::Verified,
            false => Self::Created,
        }
    }
}

/// A backup, as far as the policy looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name; no two have the same.
    pub id: BackupId,
    /// When its moment was.
    pub taken_at: DateTime<Utc>,
    /// How far it can be trusted.
    pub trust: Trust,
    /// Whether it stays whatever the policy says.
    pub pinned: bool,
    /// Which part of the database it holds. Each part has places of its own: a backup of one table
    /// is no successor of one of the whole.
    pub scope: Scope,
}

impl Candidate {
    fn is_good(&self) -> bool {
        self.trust > Trust::Failed
    }
}

/// What becomes of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
}

/// What becomes of one backup, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The backup.
    pub id: BackupId,
    /// What becomes of it.
    pub fate: Fate,
    /// Why: at least one reason, and of a kept one all of them.
    pub reasons: Vec<Reason>,
}

/// Decides what becomes of each backup of one database, newest first.
///
/// Where one is from after `now` a clock was wrong, then or now, and nothing is removed.
pub fn decide(backups: &[Candidate], keep: &Keep, now: DateTime<Utc>) -> Vec<Decision> {
    let mut newest_first: Vec<&Candidate> = backups.iter().collect();
    newest_first.sort_by(|a, b| (b.taken_at, &b.id).cmp(&(a.taken_at, &a.id)));
    if let Some(ahead) = newest_first.first().filter(|first| first.taken_at > now) {
        let reason = Reason::ClockJumped {
            backup_at: ahead.taken_at,
            now,
        };
        return newest_first
            .iter()
            .map(|backup| kept(backup, vec![reason.clone()]))
            .collect();
    }
    let reasons = |backup: &&Candidate| {
        let is_peer = |other: &&&Candidate| other.scope == backup.scope;
        let peers: Vec<&Candidate> = newest_first.iter().filter(is_peer).copied().collect();
        decided(backup, rules::reasons_to_keep(backup, &peers, keep))
    };
    newest_first.iter().map(reasons).collect()
}

fn decided(backup: &Candidate, reasons: Vec<Reason>) -> Decision {
    if !reasons.is_empty() {
        return kept(backup, reasons);
    }
    let reason = if backup.is_good() {
        Reason::NoRule
    } else {
        Reason::Failed
    };
    Decision {
        id: backup.id.clone(),
        fate: Fate::Remove,
        reasons: vec![reason],
    }
}

fn kept(backup: &Candidate, reasons: Vec<Reason>) -> Decision {
    Decision {
        id: backup.id.clone(),
        fate: Fate::Keep,
        reasons,
    }
}

#[cfg(test)]
mod tests;
