//! Whether a database file is at rest: all that was committed is in it.
//!
//! It looks at names, sizes and times alone; see `probe` for why it opens no database.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::database::companion;
use crate::backend::error::LogObstacle;
use crate::clock::Clock;

/// How long the times of files stand still, at most: the system's clock moves on with its timer,
/// 100 times a second or more.
const TICK: Duration = Duration::from_millis(20);
/// The same where a time has no fraction: some file systems keep every second of them.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// What tells one state of a file from the next: nobody writes into a file and leaves its times as
/// they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    /// In UTC.
    modified: NaiveDateTime,
    /// Device and number of the file, and when anything of it changed, its times too.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let found = std::fs::metadata(file).ok()?;
        Some(Self {
            bytes: found.len(),
            modified: utc(found.modified().ok()?),
            #[cfg(unix)]
            inode: inode(&found),
        })
    }

    /// Returns how long it takes until no other change can leave the same times.
    fn settles_in(&self, now: NaiveDateTime) -> Duration {
        let fraction = self.modified.and_utc().timestamp_subsec_nanos();
        let tick = if fraction == 0 { COARSE_TICK } else { TICK };
        // A time to come is that of another clock.
        let age = (now - self.modified).to_std().unwrap_or_default();
        tick.saturating_sub(age)
    }
}

fn utc(time: SystemTime) -> NaiveDateTime {
    DateTime::<Utc>::from(time).naive_utc()
}

#[cfg(unix)]
fn inode(found: &std::fs::Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
}

/// How a database file in WAL mode is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// All that was committed is in it, and whoever changes it changes the stamp.
    AtRest(Stamp),
    /// It was changed just now, and all is in it again.
    Changing,
    /// Something is in its log, or in a journal.
    Logged,
}

/// Looks at a file, and waits until its times can be told from those of the next change.
pub(super) fn look(file: &Path, clock: &dyn Clock) -> Found {
    let Some(before) = at_rest(file) else {
        return Found::Logged;
    };
    let pause = before.settles_in(clock.now());
    if pause.is_zero() {
        return Found::AtRest(before);
    }
    clock.sleep(pause);
    match at_rest(file) {
        Some(after) if after == before => Found::AtRest(after),
        Some(_) => Found::Changing,
        None => Found::Logged,
    }
}

/// Returns the stamp of a file that is at rest.
///
/// A commit goes into the log first, and from there into the file before the log is emptied or
/// taken away. <https://www.sqlite.org/wal.html#ckpt>
pub(super) fn at_rest(file: &Path) -> Option<Stamp> {
    // What changes after this shows in the next stamp.
    let stamp = Stamp::of(file)?;
    (!has_log(file) && !has_journal(file)).then_some(stamp)
}

/// Returns whether something is in the log.
pub(super) fn has_log(file: &Path) -> bool {
    holds_something(&companion(file, "-wal"))
}

/// Returns what keeps a log from being read that `SQLite` could not open.
pub(super) fn obstacle(file: &Path) -> LogObstacle {
    // `SQLite` has no lock on it: those are on its index.
    if File::open(companion(file, "-wal")).is_err() {
        LogObstacle::LogClosed
    } else if companion(file, "-shm").exists() {
        LogObstacle::IndexClosed
    } else {
        LogObstacle::NoIndex
    }
}

/// Returns whether something is in a rollback journal.
pub(super) fn has_journal(file: &Path) -> bool {
    holds_something(&companion(file, "-journal"))
}

/// Returns whether a file is there, and not empty. One that cannot be looked at may be.
fn holds_something(file: &Path) -> bool {
    match std::fs::metadata(file) {
        Ok(found) => found.len() > 0,
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: &str) -> Stamp {
        Stamp {
            bytes: 4096,
            modified: moment(modified),
            #[cfg(unix)]
            inode: (1, 1, 0, 0),
        }
    }

    fn moment(text: &str) -> NaiveDateTime {
        text.parse().expect("it is a time")
    }

    #[test]
    fn a_time_is_trusted_once_the_clock_has_moved_on() {
        let now = moment("2026-01-31T10:15:00.500");
        for (modified, settles_in_ms) in [
            ("2026-01-31T10:14:59.900", 0),
            ("2026-01-31T10:15:00.480", 0),
            ("2026-01-31T10:15:00.485", 5),
            ("2026-01-31T10:15:00.500", 20),
            ("2026-01-31T11:15:00.500", 20),
            ("2026-01-31T10:15:00", 1_500),
            ("2026-01-31T10:14:58", 0),
        ] {
            let settles_in = stamp(modified).settles_in(now);
            assert_eq!(settles_in.as_millis(), settles_in_ms, "{modified}");
        }
    }

    #[test]
    fn what_stands_beside_a_file_tells_whether_it_is_at_rest() {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let file = folder.path().join("a.db");
        let write = |suffix: &str, text: &str| {
            std::fs::write(companion(&file, suffix), text).expect("the folder is ours");
        };
        let remove = |suffix: &str| {
            std::fs::remove_file(companion(&file, suffix)).expect("it is there");
        };
        assert_eq!(at_rest(&file), None);
        write("", "a database");
        assert!(at_rest(&file).is_some());
        write("-shm", "an index");
        write("-wal", "");
        assert!(at_rest(&file).is_some());
        write("-wal", "a change");
        assert_eq!(at_rest(&file), None);
        remove("-wal");
        write("-journal", "half a change");
        assert_eq!(at_rest(&file), None);
    }

    #[test]
    fn every_change_of_a_file_is_another_stamp() {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let (file, other) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let write = |file: &Path| std::fs::write(file, "ab").expect("the folder is ours");
        let clock = crate::clock::SystemClock::default();
        write(&file);
        let Found::AtRest(first) = look(&file, &clock) else {
            panic!("nobody has it open");
        };
        assert_eq!(look(&file, &clock), Found::AtRest(first));
        write(&file);
        let Found::AtRest(second) = look(&file, &clock) else {
            panic!("nobody has it open");
        };
        assert_ne!(first, second);
        write(&other);
        std::fs::rename(&other, &file).expect("the folder is ours");
        assert_ne!(look(&file, &clock), Found::AtRest(second));
    }
}
