//! Which seeds run, and why: a pure function of the files and what is tracked of them.

use serde::Serialize;

use super::directive::Repeat;
use super::options::OnUnchanged;
use crate::sql::Checksum;

/// Why a seed runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// It never ran here.
    New,
    /// Its file says something else than when it ran.
    Changed,
    /// It failed when it was tried last.
    Failed,
    /// It says `-- seed: always`.
    Always,
    /// A migration that was applied when it ran was rolled back since, maybe with its rows.
    RolledBack,
    /// Somebody asked for it.
    Forced,
}

/// Why a seed does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// Its file says what it said when it ran.
    Unchanged,
    /// It ran, and says `-- seed: once`.
    Once,
    /// As `Once`, and a migration that was applied when it ran was rolled back since, maybe with
    /// its rows: whether it runs again is for somebody to say.
    OnceRolledBack,
}

/// Whether a seed runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "does", content = "why")]
pub enum Verdict {
    /// It does.
    Run(Reason),
    /// It does not.
    Skip(SkipReason),
}

/// One seed of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedSeed {
    /// Its folder and file.
    pub name: String,
    /// Whether it runs, and why.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What is tracked of one seed, in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tracked {
    /// What its file said when it ran last without an error.
    pub(crate) succeeded: Option<Checksum>,
    /// Whether its last attempt failed.
    pub(crate) failed_last: bool,
    /// Whether a migration that was applied when it succeeded was rolled back since.
    pub(crate) rolled_back: bool,
}

/// A seed, as far as the plan is about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) repeat: Repeat,
    pub(crate) checksum: Checksum,
    pub(crate) tracked: Tracked,
    /// Whether it was named by whoever asks.
    pub(crate) named: bool,
}

/// Returns whether a seed runs, and why.
pub(crate) fn verdict(seed: Candidate, unchanged: OnUnchanged) -> Verdict {
    let forced = unchanged == OnUnchanged::RunAgain;
    let Some(succeeded) = seed.tracked.succeeded else {
        return Verdict::Run(if seed.tracked.failed_last {
            Reason::Failed
        } else {
            Reason::New
        });
    };
    match seed.repeat {
        Repeat::Once if !(forced && seed.named) => Verdict::Skip(if seed.tracked.rolled_back {
            SkipReason::OnceRolledBack
        } else {
            SkipReason::Once
        }),
        _ if forced => Verdict::Run(Reason::Forced),
        Repeat::Always => Verdict::Run(Reason::Always),
        _ if succeeded != seed.checksum => Verdict::Run(Reason::Changed),
        _ if seed.tracked.failed_last => Verdict::Run(Reason::Failed),
        _ if seed.tracked.rolled_back => Verdict::Run(Reason::RolledBack),
        _ => Verdict::Skip(SkipReason::Unchanged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::checksum_raw;

    fn candidate(repeat: Repeat, tracked: Option<&[u8]>) -> Candidate {
        Candidate {
            repeat,
            checksum: checksum_raw(b"now"),
            tracked: Tracked {
                succeeded: tracked.map(checksum_raw),
                failed_last: false,
                rolled_back: false,
            },
            named: false,
        }
    }

    #[test]
    fn the_file_and_what_is_tracked_of_it_decide() {
        use OnUnchanged::{RunAgain, Skip};
        let judge = |repeat, tracked, unchanged| verdict(candidate(repeat, tracked), unchanged);
        let (now, before): (Option<&[u8]>, Option<&[u8]>) = (Some(b"now"), Some(b"before"));
        for (repeat, tracked, unchanged, expected) in [
            (Repeat::WhenChanged, None, Skip, Verdict::Run(Reason::New)),
            (
                Repeat::WhenChanged,
                now,
                Skip,
                Verdict::Skip(SkipReason::Unchanged),
            ),
            (
                Repeat::WhenChanged,
                before,
                Skip,
                Verdict::Run(Reason::Changed),
            ),
            (
                Repeat::WhenChanged,
                now,
                RunAgain,
                Verdict::Run(Reason::Forced),
            ),
            (Repeat::Once, None, Skip, Verdict::Run(Reason::New)),
            (Repeat::Once, before, Skip, Verdict::Skip(SkipReason::Once)),
            (
                Repeat::Once,
                before,
                RunAgain,
                Verdict::Skip(SkipReason::Once),
            ),
            (Repeat::Always, now, Skip, Verdict::Run(Reason::Always)),
        ] {
            assert_eq!(judge(repeat, tracked, unchanged), expected);
        }
    }

    #[test]
    fn what_runs_once_runs_again_where_it_is_forced_by_name() {
        let mut seed = candidate(Repeat::Once, Some(b"now"));
        seed.named = true;
        assert_eq!(
            verdict(seed, OnUnchanged::RunAgain),
            Verdict::Run(Reason::Forced)
        );
        assert_eq!(
            verdict(seed, OnUnchanged::Skip),
            Verdict::Skip(SkipReason::Once)
        );
    }

    #[test]
    fn what_ran_before_a_rollback_runs_again_unless_it_runs_once() {
        for (repeat, expected) in [
            (Repeat::WhenChanged, Verdict::Run(Reason::RolledBack)),
            (Repeat::Always, Verdict::Run(Reason::Always)),
            (Repeat::Once, Verdict::Skip(SkipReason::OnceRolledBack)),
        ] {
            let mut seed = candidate(repeat, Some(b"now"));
            seed.tracked.rolled_back = true;
            assert_eq!(verdict(seed, OnUnchanged::Skip), expected);
        }
    }

    #[test]
    fn what_failed_last_runs_again_even_with_the_text_that_once_succeeded() {
        let mut seed = candidate(Repeat::WhenChanged, Some(b"now"));
        seed.tracked.failed_last = true;
        assert_eq!(
            verdict(seed, OnUnchanged::Skip),
            Verdict::Run(Reason::Failed)
        );
        seed.tracked.succeeded = None;
        assert_eq!(
            verdict(seed, OnUnchanged::Skip),
            Verdict::Run(Reason::Failed)
        );
    }
}
