//! Whether the backups of a database can be relied on tonight: is the newest good one young enough,
//! and was any looked at lately.
//!
//! Pure. It must not know where the backups lie.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::catalog::Backup;
use super::retention::{Span, Trust};
use super::{BackupId, Check};
use crate::clock::whole_ms;
use crate::shell::command;

/// How old backups may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthLimits {
    /// The newest good one of the whole database.
    pub max_age: Duration,
    /// The last time that one was read again or restored, and was whole.
    pub max_verify_age: Option<Duration>,
}

/// How the backups of a database stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The newest good backup of the whole database.
    pub newest_good: Option<BackupId>,
    /// How old it is, in milliseconds.
    pub age_ms: Option<u64>,
    /// How many of the whole database are newer, and no good.
    pub failed_since: usize,
    /// The newest of those.
    pub newest_failed: Option<NoGood>,
    /// The backup that was last found whole.
    pub last_verified: Option<BackupId>,
    /// When that was, in milliseconds before now.
    pub verify_age_ms: Option<u64>,
    /// What is wrong; nothing where all is well.
    pub findings: Vec<HealthFinding>,
}

impl Health {
    /// Returns that the newest backup is no good, where an older one is young enough and no finding
    /// says so.
    pub fn warning(&self) -> Option<String> {
        let failed = self.newest_failed.as_ref()?;
        let is_told = |finding: &HealthFinding| {
            matches!(
                finding,
                HealthFinding::TooOld { .. } | HealthFinding::NoneGood { .. }
            )
        };
        let newer = match self.failed_since {
            1 => "1 newer backup is no good".to_owned(),
            many => format!("{many} newer backups are no good, the newest of them"),
        };
        let show = failed.show();
        (!self.findings.iter().any(is_told)).then(|| format!("{newer}: {failed}; see {show}"))
    }
}

/// What is wrong with the backups of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum HealthFinding {
    /// There is none.
    NoBackup,
    /// There are some, and none is of the whole database.
    OnlyParts {
        /// How many there are.
        backups: usize,
    },
    /// There are some of the whole database, and none is good.
    NoneGood {
        /// How many there are.
        backups: usize,
        /// The newest.
        newest: NoGood,
    },
    /// The newest good one is from the future.
    ClockJumped {
        /// The backup.
        id: BackupId,
    },
    /// The newest good one is too old.
    TooOld {
        /// The backup.
        id: BackupId,
        /// How old it is, in milliseconds.
        age_ms: u64,
        /// How old it may be, in milliseconds.
        max_age_ms: u64,
        /// How many of the whole database are newer, and no good.
        failed_since: usize,
        /// The newest of those.
        newest_failed: Option<NoGood>,
    },
    /// None of the good ones was ever looked at.
    NeverVerified,
    /// It is too long ago that one was looked at.
    VerifiedTooLongAgo {
        /// The backup.
        id: BackupId,
        /// How long it is ago, in milliseconds.
        age_ms: u64,
        /// How long it may be ago, in milliseconds.
        max_age_ms: u64,
    },
}

/// A backup that is no good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoGood {
    /// The backup.
    pub id: BackupId,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

impl NoGood {
    pub(super) fn of(backup: &Backup) -> Self {
        Self {
            id: backup.manifest.id.clone(),
            faults: backup.faults(),
        }
    }

    /// Returns the command that shows it.
    pub fn show(&self) -> String {
        command("dieselkit backup show {}", &[&self.id.as_str()])
    }
}

impl fmt::Display for NoGood {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.id)?;
        match self.faults.as_slice() {
            [] => Ok(()),
            [one] => write!(formatter, ": {one}"),
            [first, rest @ ..] => write!(formatter, ": {first}, and {} more", rest.len()),
        }
    }
}

impl HealthFinding {
    /// Returns what cures it, as commands that can be pasted, for a folder of backups.
    pub fn hint(&self, folder: &Path) -> String {
        const CREATE: &str = "`dieselkit backup create`";
        match self {
            Self::NoneGood { newest, .. }
            | Self::TooOld {
                newest_failed: Some(newest),
                ..
            } => {
                let id = newest.id.as_str();
                let show = command("dieselkit backup show {}", &[&id]);
                format!("take another, and see what is wrong with that one: {CREATE}, {show}")
            }
            Self::ClockJumped { id } => {
                let (file, aside) = (folder.join(id.as_str()), folder.join("from_the_future"));
                let put = command("mkdir {} && mv {}.* {}", &[&aside, &file, &aside]);
                format!("if `date -u` is right now, put it aside and take another: {put}, {CREATE}")
            }
            Self::NeverVerified | Self::VerifiedTooLongAgo { .. } => {
                "`dieselkit backup verify`".to_owned()
            }
            Self::NoBackup | Self::OnlyParts { .. } | Self::TooOld { .. } => CREATE.to_owned(),
        }
    }
}

impl fmt::Display for HealthFinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |milliseconds: &u64| Span::rough(Duration::from_millis(*milliseconds));
        let limit = |milliseconds: &u64| Span::exact(Duration::from_millis(*milliseconds));
        match self {
            Self::NoBackup => formatter.write_str("there is no backup"),
            Self::OnlyParts { backups: 1 } => {
                formatter.write_str("1 backup, of a part; none of the whole database")
            }
            Self::OnlyParts { backups } => write!(
                formatter,
                "{backups} backups, each of a part; none of the whole database"
            ),
            Self::NoneGood { backups: 1, newest } => {
                write!(formatter, "there is 1 backup, and it is no good: {newest}")
            }
            Self::NoneGood { backups, newest } => write!(
                formatter,
                "there are {backups} backups, and none is good; the newest is {newest}"
            ),
            Self::ClockJumped { id } => {
                write!(
                    formatter,
                    "the newest good backup `{id}` is from the future: a clock is wrong"
                )
            }
            Self::TooOld {
                id,
                age_ms,
                max_age_ms,
                failed_since,
                newest_failed,
            } => {
                let (age, max) = (span(age_ms), limit(max_age_ms));
                write!(
                    formatter,
                    "the newest good backup `{id}` is {age} old, more than {max}"
                )?;
                match (failed_since, newest_failed) {
                    (_, None) => Ok(()),
                    (1, Some(failed)) => write!(formatter, "; 1 newer one is no good: {failed}"),
                    (many, Some(failed)) => write!(
                        formatter,
                        "; {many} newer ones are no good, the newest is {failed}"
                    ),
                }
            }
            Self::NeverVerified => formatter.write_str("no good backup was ever verified"),
            Self::VerifiedTooLongAgo {
                id,
                age_ms,
                max_age_ms,
            } => write!(
                formatter,
                "the last backup that was verified is `{id}`, {} ago, more than {}",
                span(age_ms),
                limit(max_age_ms)
            ),
        }
    }
}

/// Judges the backups of one database, which come newest first.
pub fn judge(backups: &[Backup], limits: &HealthLimits, now: DateTime<Utc>) -> Health {
    let newest = backups.iter().find(|backup| backup.is_good_and_whole());
    let verified = last_verified(backups);
    let mut findings = Vec::new();
    findings.extend(finding_of_age(backups, newest, limits, now));
    findings.extend(finding_of_verifying(newest, verified, limits, now));
    let failed = failed_since(backups, newest);
    Health {
        failed_since: failed.len(),
        newest_failed: failed.first().map(|backup| NoGood::of(backup)),
        newest_good: newest.map(|backup| backup.manifest.id.clone()),
        age_ms: newest.map(|backup| age_ms(backup.manifest.started_at, now)),
        last_verified: verified.map(|(backup, _)| backup.manifest.id.clone()),
        verify_age_ms: verified.map(|(_, at)| age_ms(at, now)),
        findings,
    }
}

/// Returns the good backup of a whole database that was last found whole, and when that was.
fn last_verified(backups: &[Backup]) -> Option<(&Backup, DateTime<Utc>)> {
    let good = backups.iter().filter(|backup| backup.is_good_and_whole());
    let verified = good.filter(|backup| backup.trust() >= Trust::Verified);
    verified
        .filter_map(|backup| Some((backup, verified_at(backup)?)))
        .max_by_key(|(_, at)| *at)
}

/// Returns when a good backup was last read again or restored.
fn verified_at(backup: &Backup) -> Option<DateTime<Utc>> {
    let verdicts = [Check::Files, Check::Restore].into_iter();
    let verdicts = verdicts.filter_map(|check| backup.manifest.passed(check));
    verdicts.map(|verdict| verdict.at).max()
}

/// Returns the backups of the whole database that are newer than the newest good one.
fn failed_since<'a>(backups: &'a [Backup], newest: Option<&Backup>) -> Vec<&'a Backup> {
    let is_newest = |backup: &Backup| newest.is_some_and(|it| it.manifest.id == backup.manifest.id);
    let newer = backups.iter().take_while(|backup| !is_newest(backup));
    newer.filter(|backup| backup.is_whole()).collect()
}

fn finding_of_age(
    backups: &[Backup],
    newest: Option<&Backup>,
    limits: &HealthLimits,
    now: DateTime<Utc>,
) -> Option<HealthFinding> {
    let Some(newest) = newest else {
        return Some(none_good(backups));
    };
    let manifest = &newest.manifest;
    let id = manifest.id.clone();
    if manifest.started_at > now {
        return Some(HealthFinding::ClockJumped { id });
    }
    let age_ms = age_ms(manifest.started_at, now);
    let max_age_ms = whole_ms(limits.max_age);
    let failed = failed_since(backups, Some(newest));
    (age_ms > max_age_ms).then(|| HealthFinding::TooOld {
        id: id.clone(),
        age_ms,
        max_age_ms,
        failed_since: failed.len(),
        newest_failed: failed.first().map(|backup| NoGood::of(backup)),
    })
}

/// Returns how it stands where no backup of the whole database is good.
fn none_good(backups: &[Backup]) -> HealthFinding {
    let whole: Vec<&Backup> = backups.iter().filter(|backup| backup.is_whole()).collect();
    match (whole.as_slice(), backups.len()) {
        ([], 0) => HealthFinding::NoBackup,
        ([], backups) => HealthFinding::OnlyParts { backups },
        ([newest, ..], _) => HealthFinding::NoneGood {
            backups: whole.len(),
            newest: NoGood::of(newest),
        },
    }
}

/// That nothing was verified is said only of backups that there are.
fn finding_of_verifying(
    newest: Option<&Backup>,
    verified: Option<(&Backup, DateTime<Utc>)>,
    limits: &HealthLimits,
    now: DateTime<Utc>,
) -> Option<HealthFinding> {
    newest?;
    let max_age_ms = whole_ms(limits.max_verify_age?);
    let Some((backup, at)) = verified else {
        return Some(HealthFinding::NeverVerified);
    };
    let age_ms = age_ms(at, now);
    (age_ms > max_age_ms).then(|| HealthFinding::VerifiedTooLongAgo {
        id: backup.manifest.id.clone(),
        age_ms,
        max_age_ms,
    })
}

/// Returns how long a moment is ago; nothing where it is to come.
fn age_ms(at: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    u64::try_from(now.signed_duration_since(at).num_milliseconds()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::backup::Verdict;
    use crate::backup::examples::manifest;

    /// A backup of so many hours ago, with a check that so many hours ago had these findings.
    fn backup(hours: i64, checked: Option<(i64, &[&str])>) -> Backup {
        let mut manifest = crate::backup::examples::manifest_of(now() - TimeDelta::hours(hours));
        manifest
            .verdicts
            .extend(checked.map(|(hours, findings)| Verdict {
                check: Check::Files,
                at: now() - TimeDelta::hours(hours),
                duration_ms: 1,
                findings: findings.iter().map(|&finding| finding.to_owned()).collect(),
            }));
        Backup {
            manifest,
            damage: Vec::new(),
        }
    }

    fn now() -> DateTime<Utc> {
        manifest().started_at
    }

    fn findings(backups: &[Backup]) -> String {
        let limits = HealthLimits {
            max_age: Duration::from_hours(26),
            max_verify_age: Some(Duration::from_hours(8 * 24)),
        };
        let health = judge(backups, &limits, now());
        let shown = |finding: &HealthFinding| {
            let hint = finding.hint(Path::new("the backups"));
            format!("{finding}\n  hint: {hint}")
        };
        let findings: Vec<_> = health.findings.iter().map(shown).collect();
        findings.join("\n")
    }

    #[test]
    fn the_age_of_the_newest_good_one_counts() {
        let mut part = backup(1, None);
        part.manifest.scope.tables.push("bookings".to_owned());
        let failed = || backup(2, Some((1, &["cut off"])));
        let gone = || Backup {
            damage: vec!["gone".to_owned()],
            ..backup(3, None)
        };
        let shown = [
            findings(&[]),
            findings(&[failed()]),
            findings(&[part.clone(), failed()]),
            findings(&[part.clone()]),
            findings(&[part.clone(), part.clone()]),
            findings(&[failed(), gone()]),
            findings(&[backup(26, Some((25, &[])))]),
            findings(&[failed(), gone(), backup(27, Some((25, &[])))]),
            findings(&[failed(), backup(75, Some((25, &[])))]),
            findings(&[backup(-1, Some((25, &[])))]),
            findings(&[backup(1, None)]),
            findings(&[backup(1, None), backup(300, Some((193, &[])))]),
            findings(&[backup(300, Some((193, &[])))]),
        ];
        insta::assert_snapshot!(shown.join("\n---\n"));
    }

    #[test]
    fn without_a_limit_nothing_has_to_be_verified() {
        let limits = HealthLimits {
            max_age: Duration::from_hours(26),
            max_verify_age: None,
        };
        let health = judge(&[backup(1, None)], &limits, now());
        assert_eq!(health.findings, []);
        assert_eq!(health.age_ms, Some(3_600_000));
        assert_eq!(health.last_verified, None);
    }
}
