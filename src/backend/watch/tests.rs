//! Tests of who looks when; what is seen is for a server to show.

use super::*;
use crate::backend::{LockMode, LockedBy};

/// Returns somebody who looks for the session 1, and cannot.
fn blind() -> Watch {
    let lock = Lock::Advisory {
        key: 1,
        mode: LockMode::Exclusive,
        session: 1,
        first: 1,
        by: LockedBy::ThisSession,
    };
    Watch::of(&lock, None)
}

#[test]
fn somebody_looks_before_the_wait_is_over() {
    let limit = |seconds| Some(Limit::of(Duration::from_secs(seconds)));
    assert_eq!(patience(limit(3)), FIRST_LOOK);
    let short = Some(Limit::of(Duration::from_millis(50)));
    assert_eq!(patience(short), Duration::from_millis(25));
    assert_eq!(patience(Some(Limit::OFF)), FIRST_LOOK);
    assert_eq!(patience(None), FIRST_LOOK);
}

#[test]
fn without_an_address_it_is_said_that_nobody_can_look() {
    let mut watch = blind();
    watch.begin(Duration::from_millis(20));
    while watch.seen().unseen.is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(watch.end().unseen.as_deref(), Some(NO_ADDRESS));
    // What was seen of one thing is not told of the next.
    watch.begin(Duration::from_mins(10));
    assert_eq!(watch.end(), Blocked::default());
}

#[test]
fn what_is_not_in_another_session_is_in_that_of_the_lock() {
    let mut watch = blind();
    let long = Duration::from_mins(10);
    let session = |watch: &Watch| watch.shared.as_ref().map(|it| it.state().session);
    watch.begin_for(7, long);
    assert_eq!(session(&watch), Some(7));
    for begin in [Watch::begin, Watch::begin_alone] {
        begin(&mut watch, long);
        assert_eq!(session(&watch), Some(1));
    }
}

#[test]
fn own_locks_are_looked_at_sooner_than_a_long_wait_is_told_of() {
    let part = |locks, patience| {
        let state = State {
            patience,
            locks,
            ..State::default()
        };
        state.part()
    };
    let moment = FIRST_LOOK / PARTS;
    assert_eq!(part(Locks::OwnToo, LONG_WAIT), moment);
    assert_eq!(part(Locks::OfOthers, LONG_WAIT), LONG_WAIT / PARTS);
    assert_eq!(part(Locks::OwnToo, moment), moment / PARTS);
}

#[test]
fn nobody_looks_where_there_are_no_sessions() {
    let mut watch = Watch::of(&Lock::Private, None);
    watch.begin(Duration::ZERO);
    assert_eq!(watch.end(), Blocked::default());
    watch.begin_alone(Duration::ZERO);
    assert_eq!(watch.end_alone(), None);
}
