//! The policy: a table of nights, and what holds of every policy and every set of backups.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::backup::Verdict;

/// A Saturday, 03:00 UTC.
fn night(before: i64) -> DateTime<Utc> {
    let tonight = DateTime::parse_from_rfc3339("2026-11-21T03:00:00Z").expect("a time");
    tonight.to_utc() - TimeDelta::days(before)
}

fn morning() -> DateTime<Utc> {
    night(0) + TimeDelta::hours(6)
}

fn backup(taken_at: DateTime<Utc>, trust: Trust) -> Candidate {
    Candidate {
        id: BackupId::new("shop", taken_at, None),
        taken_at,
        trust,
        pinned: false,
        scope: Scope::default(),
    }
}

fn nothing() -> Keep {
    Keep {
        within: Duration::ZERO,
        minimum: 0,
        ..Keep::default()
    }
}

fn kept(decisions: &[Decision]) -> BTreeSet<BackupId> {
    decisions
        .iter()
        .filter(|decision| decision.fate == Fate::Keep)
        .map(|decision| decision.id.clone())
        .collect()
}

fn ids<'a>(backups: impl IntoIterator<Item = &'a Candidate>) -> BTreeSet<BackupId> {
    backups
        .into_iter()
        .map(|backup| backup.id.clone())
        .collect()
}

fn shown(decisions: &[Decision]) -> String {
    decisions.iter().fold(String::new(), |mut text, decision| {
        let reasons: Vec<String> = decision.reasons.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "{:?} {}: {}",
            decision.fate,
            decision.id,
            reasons.join("; ")
        );
        text
    })
}

#[test]
fn every_rule_keeps_its_own() {
    let mut backups: Vec<Candidate> = [0, 1, 2, 3, 8, 9, 20, 40, 41, 400, 800]
        .map(|days| backup(night(days), Trust::Created))
        .into();
    backups.push(backup(night(0) - TimeDelta::hours(1), Trust::Created));
    backups[3].trust = Trust::Failed;
    backups[5].trust = Trust::Restored;
    backups[4].trust = Trust::Verified;
    backups[8].pinned = true;
    let keep = Keep {
        last: 2,
        within: Duration::from_hours(48),
        hourly: 1,
        daily: 3,
        weekly: 3,
        monthly: 2,
        yearly: 2,
        minimum: 3,
    };
    insta::assert_snapshot!(shown(&decide(&backups, &keep, morning())));
}

#[test]
fn the_last_verified_one_outlives_fifteen_failed_nights() {
    let failed = (0..15).map(|days| backup(night(days), Trust::Failed));
    let mut backups: Vec<Candidate> = failed.collect();
    backups.push(backup(night(15), Trust::Verified));
    backups.push(backup(night(16), Trust::Created));
    let keep = Keep {
        last: 3,
        ..nothing()
    };
    let left = kept(&decide(&backups, &keep, morning()));
    assert_eq!(left, ids(&backups[15..]));
}

#[test]
fn nights_without_a_backup_cost_none() {
    let backups: Vec<Candidate> = (100..110)
        .map(|days| backup(night(days), Trust::Created))
        .collect();
    let left = kept(&decide(&backups, &Keep::default(), morning()));
    assert_eq!(
        left,
        ids(&backups[..8]),
        "seven days before the newest, inclusive"
    );
}

#[test]
fn a_clock_that_was_ahead_removes_nothing() {
    let mut backups: Vec<Candidate> = (0..10)
        .map(|days| backup(night(days), Trust::Failed))
        .collect();
    backups.push(backup(morning() + TimeDelta::days(365), Trust::Created));
    let decisions = decide(&backups, &nothing(), morning());
    assert_eq!(kept(&decisions), ids(&backups));
    insta::assert_snapshot!(
        decisions[0].reasons[0],
        @"a clock is wrong: the newest backup is from 2027-11-21T09:00:00Z, and now it is 2026-11-21T09:00:00Z"
    );
}

#[test]
fn a_part_does_not_take_the_place_of_the_whole() {
    let mut backups: Vec<Candidate> = (0..5)
        .map(|days| backup(night(days), Trust::Created))
        .collect();
    for part in &mut backups[..4] {
        part.scope.tables = vec!["bookings".to_owned()];
    }
    let keep = Keep {
        last: 2,
        ..nothing()
    };
    let left = kept(&decide(&backups, &keep, morning()));
    assert_eq!(left, ids([&backups[0], &backups[1], &backups[4]]));
}

#[test]
fn a_policy_of_nothing_leaves_the_newest_good_one() {
    let backups = [
        backup(night(0), Trust::Failed),
        backup(night(1), Trust::Created),
        backup(night(2), Trust::Created),
    ];
    let left = kept(&decide(&backups, &nothing(), morning()));
    assert_eq!(left, ids([&backups[1]]));
}

#[test]
fn trust_is_as_far_as_the_last_verdicts_go() {
    let verdict = |check, findings: &[&str]| Verdict {
        check,
        at: night(0),
        duration_ms: 1,
        findings: findings.iter().map(|&finding| finding.to_owned()).collect(),
    };
    let created = || verdict(Check::Created, &[]);
    let trust = |verdicts: Vec<Verdict>| {
        let mut manifest = crate::backup::examples::manifest();
        manifest.verdicts = verdicts;
        Trust::of(&manifest)
    };
    assert_eq!(trust(vec![created()]), Trust::Created);
    let files = || verdict(Check::Files, &[]);
    assert_eq!(trust(vec![created(), files()]), Trust::Verified);
    let restored = || verdict(Check::Restore, &[]);
    assert_eq!(trust(vec![created(), restored()]), Trust::Restored);
    let broken = verdict(Check::Files, &["cut off"]);
    assert_eq!(
        trust(vec![created(), restored(), broken.clone()]),
        Trust::Failed
    );
    assert_eq!(
        trust(vec![created(), broken.clone(), restored()]),
        Trust::Restored,
        "what is restored is read and hashed"
    );
    assert_eq!(trust(vec![created(), broken, files()]), Trust::Verified);
    let not_back = || verdict(Check::Restore, &["syntax error"]);
    assert_eq!(trust(vec![created(), files(), not_back()]), Trust::Failed);
    assert_eq!(
        trust(vec![created(), restored(), not_back(), not_back()]),
        Trust::Restored,
        "the same bytes came back before"
    );
    assert_eq!(
        trust(vec![created(), not_back(), restored()]),
        Trust::Restored
    );
}

fn any_backups() -> impl Strategy<Value = Vec<Candidate>> {
    let trust = prop_oneof![
        Just(Trust::Failed),
        Just(Trust::Created),
        Just(Trust::Verified),
        Just(Trust::Restored),
    ];
    // Some of the same hour, some years apart, some of the same second.
    let hours = prop_oneof![0_i64..50, 0_i64..30_000];
    let one = (
        hours,
        trust,
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.2),
    );
    prop::collection::vec(one, 0..30).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered
            .map(|(number, (hours, trust, pinned, is_part))| {
                let mut made = backup(night(0) - TimeDelta::hours(hours), trust);
                made.id = made.id.numbered(u32::try_from(number).expect("few"));
                made.pinned = pinned;
                if is_part {
                    made.scope.tables.push("bookings".to_owned());
                }
                made
            })
            .collect()
    })
}

fn any_keep() -> impl Strategy<Value = Keep> {
    let count = || prop_oneof![Just(0_u32), 0_u32..6];
    let counts = (
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
        count(),
    );
    (counts, prop_oneof![Just(0_u64), 0_u64..2_000]).prop_map(|(counts, hours)| {
        let (last, hourly, daily, weekly, monthly, yearly, minimum) = counts;
        Keep {
            last,
            within: Duration::from_hours(hours),
            hourly,
            daily,
            weekly,
            monthly,
            yearly,
            minimum,
        }
    })
}

/// The smaller of two policies, field by field.
fn tighter(one: &Keep, other: &Keep) -> Keep {
    Keep {
        last: one.last.min(other.last),
        within: one.within.min(other.within),
        hourly: one.hourly.min(other.hourly),
        daily: one.daily.min(other.daily),
        weekly: one.weekly.min(other.weekly),
        monthly: one.monthly.min(other.monthly),
        yearly: one.yearly.min(other.yearly),
        minimum: one.minimum.min(other.minimum),
    }
}

fn is_whole(backup: &Candidate) -> bool {
    backup.scope.is_whole()
}

proptest! {
    #[test]
    fn the_minimum_is_left_or_all_there_are(backups in any_backups(), keep in any_keep()) {
        let whole: Vec<Candidate> = backups.iter().filter(|backup| is_whole(backup)).cloned().collect();
        let left = kept(&decide(&backups, &keep, morning()));
        let left = whole.iter().filter(|backup| left.contains(&backup.id)).count();
        prop_assert!(left >= whole.len().min(keep.minimum as usize));
    }

    #[test]
    fn a_tighter_policy_never_keeps_more(backups in any_backups(), one in any_keep(), other in any_keep()) {
        let wide = kept(&decide(&backups, &one, morning()));
        let tight = kept(&decide(&backups, &tighter(&one, &other), morning()));
        prop_assert!(tight.is_subset(&wide), "{tight:?} of {wide:?}");
    }

    #[test]
    fn the_newest_good_verified_and_restored_are_kept(backups in any_backups(), keep in any_keep()) {
        let left = kept(&decide(&backups, &keep, morning()));
        for least in [Trust::Created, Trust::Verified, Trust::Restored] {
            let good = backups.iter().filter(|backup| is_whole(backup) && backup.trust >= least);
            if let Some(newest) = good.max_by_key(|backup| (backup.taken_at, &backup.id)) {
                prop_assert!(left.contains(&newest.id), "{least:?}");
            }
        }
    }

    #[test]
    fn each_is_decided_once_with_a_reason(backups in any_backups(), keep in any_keep(), ahead in -100_i64..100) {
        let now = night(0) + TimeDelta::hours(ahead);
        let decisions = decide(&backups, &keep, now);
        let decided: BTreeSet<BackupId> = decisions.iter().map(|decision| decision.id.clone()).collect();
        prop_assert_eq!(decisions.len(), backups.len());
        prop_assert_eq!(decided, ids(&backups));
        prop_assert!(decisions.iter().all(|decision| !decision.reasons.is_empty()));
    }

    #[test]
    fn what_is_pinned_stays_and_what_failed_fills_no_place(backups in any_backups(), keep in any_keep()) {
        let left = kept(&decide(&backups, &keep, morning()));
        prop_assert!(backups.iter().all(|backup| !backup.pinned || left.contains(&backup.id)));
        let good: Vec<Candidate> = backups.iter().filter(|backup| backup.is_good()).cloned().collect();
        let alone = kept(&decide(&good, &keep, morning()));
        let beside: BTreeSet<BackupId> = good.iter().map(|backup| backup.id.clone()).filter(|id| left.contains(id)).collect();
        prop_assert_eq!(alone, beside);
    }

    #[test]
    fn the_order_does_not_matter(backups in any_backups().prop_shuffle(), keep in any_keep()) {
        let mut sorted = backups.clone();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(decide(&backups, &keep, morning()), decide(&sorted, &keep, morning()));
    }

    #[test]
    fn to_decide_again_removes_nothing(backups in any_backups(), keep in any_keep()) {
        let left = kept(&decide(&backups, &keep, morning()));
        let rest: Vec<Candidate> = backups.into_iter().filter(|backup| left.contains(&backup.id)).collect();
        prop_assert_eq!(kept(&decide(&rest, &keep, morning())), ids(&rest));
    }

    #[test]
    fn one_from_the_future_saves_all(backups in any_backups(), keep in any_keep(), ahead in 1_i64..1_000_000) {
        let mut backups = backups;
        backups.push(backup(morning() + TimeDelta::seconds(ahead), Trust::Failed));
        prop_assert_eq!(kept(&decide(&backups, &keep, morning())), ids(&backups));
    }
}
