//! The rules, one function each: which of them keep a backup.

use chrono::TimeDelta;

use super::{Candidate, Keep, Period, Reason, Trust};

/// Returns every reason to keep one of some backups, which come newest first.
pub(super) fn reasons_to_keep(
    backup: &Candidate,
    peers: &[&Candidate],
    keep: &Keep,
) -> Vec<Reason> {
    let good: Vec<&Candidate> = peers
        .iter()
        .filter(|peer| peer.is_good())
        .copied()
        .collect();
    let mut reasons = Vec::new();
    reasons.extend(backup.pinned.then_some(Reason::Pinned));
    reasons.extend(newest_of_its_trust(backup, &good));
    reasons.extend(last(backup, &good, keep));
    reasons.extend(within(backup, &good, keep));
    reasons.extend(buckets(backup, &good, keep));
    reasons.extend(minimum(backup, peers, &good, keep));
    reasons
}

fn newest_of_its_trust(backup: &Candidate, good: &[&Candidate]) -> Vec<Reason> {
    let is_newest = |least: Trust| {
        let newest = good.iter().find(|peer| peer.trust >= least);
        newest.is_some_and(|newest| newest.id == backup.id)
    };
    [
        (Trust::Created, Reason::Newest),
        (Trust::Verified, Reason::NewestVerified),
        (Trust::Restored, Reason::NewestRestored),
    ]
    .into_iter()
    .filter_map(|(least, reason)| is_newest(least).then_some(reason))
    .collect()
}

fn last(backup: &Candidate, good: &[&Candidate], keep: &Keep) -> Option<Reason> {
    is_among(backup, good.iter().take(keep.last as usize))
        .then_some(Reason::Last { last: keep.last })
}

/// The newest good one is where it is counted from, not the clock: nights without a backup cost
/// none of those before.
fn within(backup: &Candidate, good: &[&Candidate], keep: &Keep) -> Option<Reason> {
    let newest = good.first().filter(|_| !keep.within.is_zero())?;
    let oldest = TimeDelta::from_std(keep.within)
        .ok()
        .and_then(|span| newest.taken_at.checked_sub_signed(span));
    // A span that goes back beyond all dates leaves none out.
    let is_within = oldest.is_none_or(|oldest| backup.taken_at >= oldest);
    (backup.is_good() && is_within).then_some(Reason::Within {
        within: keep.within,
    })
}

fn buckets(backup: &Candidate, good: &[&Candidate], keep: &Keep) -> Vec<Reason> {
    let kept = |(period, count): (Period, u32)| {
        let name = period.name(backup.taken_at);
        let newest = newest_of_each(period, good);
        is_among(backup, newest.iter().take(count as usize))
            .then_some(Reason::Bucket { period, name })
    };
    [
        (Period::Hour, keep.hourly),
        (Period::Day, keep.daily),
        (Period::Week, keep.weekly),
        (Period::Month, keep.monthly),
        (Period::Year, keep.yearly),
    ]
    .into_iter()
    .filter_map(kept)
    .collect()
}

/// Returns the newest of each hour, day and so on that has one, newest first.
fn newest_of_each<'a>(period: Period, good: &[&'a Candidate]) -> Vec<&'a Candidate> {
    let mut newest = good.to_vec();
    newest.dedup_by_key(|peer| period.name(peer.taken_at));
    newest
}

/// Fills up with what failed where there are too few good ones. A rule like the others, and no
/// count of what they leave: else a policy that keeps more could remove what a tighter one kept.
fn minimum(
    backup: &Candidate,
    peers: &[&Candidate],
    good: &[&Candidate],
    keep: &Keep,
) -> Option<Reason> {
    let failed = peers.iter().filter(|peer| !peer.is_good());
    let first = good.iter().chain(failed).take(keep.minimum as usize);
    is_among(backup, first).then_some(Reason::Minimum {
        minimum: keep.minimum,
    })
}

fn is_among<'a>(backup: &Candidate, mut some: impl Iterator<Item = &'a &'a Candidate>) -> bool {
    some.any(|peer| peer.id == backup.id)
}
