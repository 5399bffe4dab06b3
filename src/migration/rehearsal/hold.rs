//! Who would have waited for a step, and for how long.
//!
//! Pure.

use std::cmp::Reverse;
use std::ops::Range;
use std::time::Duration;

use super::report::{Hold, LockTaken, NotSeen, RehearsedStep};
use crate::backend::table_lock::Waiting;
use crate::migration::place::Place;
use crate::migration::prepare::Mode;

/// A lock that a statement takes by its words, and that nobody sees it take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The statement, from 0 on.
    pub(crate) statement: usize,
    pub(crate) taken: LockTaken,
    pub(crate) why: NotSeen,
}

/// Returns the same of a step without a transaction, of whose statements each range is one.
pub(crate) fn holds_of_ranges(
    step: &RehearsedStep,
    expected: &[Expected],
    ranges: &[Range<usize>],
) -> Vec<Hold> {
    let of_range = |range: &Range<usize>| {
        let statements = step.statements[range.clone()].to_vec();
        let times = statements.iter().map(|statement| statement.execution_time);
        let part = RehearsedStep {
            execution_time: times.sum(),
            statements,
            ..step.clone()
        };
        let expected = expected.iter().filter(|it| range.contains(&it.statement));
        let expected = expected.map(|expected| Expected {
            statement: expected.statement - range.start,
            ..expected.clone()
        });
        holds(&part, &expected.collect::<Vec<_>>())
    };
    ranges.iter().flat_map(of_range).collect()
}

/// Returns for what readers or writers would have waited, from the statement that takes it to the end
/// of the step.
pub(crate) fn holds(step: &RehearsedStep, expected: &[Expected]) -> Vec<Hold> {
    let mut holds: Vec<Hold> = Vec::new();
    let mut before = Duration::ZERO;
    for (index, statement) in step.statements.iter().enumerate() {
        let held = step.execution_time.saturating_sub(before);
        let seen = statement.locks.iter().map(|lock| (lock.clone(), None));
        let words = expected
            .iter()
            .filter(|expected| expected.statement == index);
        let words = words.map(|expected| (expected.taken.clone(), Some(expected.why)));
        let mut locks: Vec<_> = seen.chain(words).collect();
        // Who waits for a table is told before who waits for one of its indexes.
        locks.sort_by(|(a, a_words), (b, b_words)| {
            let rank = |taken: &LockTaken| (Reverse(taken.lock), taken.table.is_some());
            let order = (rank(a), a_words.is_some()).cmp(&(rank(b), b_words.is_some()));
            order.then_with(|| a.on.cmp(&b.on))
        });
        for (taken, not_seen) in locks {
            if is_worth_telling(&holds, &taken) {
                let (on, index) = match taken.table {
                    None => (taken.on, None),
                    Some(table) => (table, Some(taken.on)),
                };
                holds.push(Hold {
                    version: step.version.clone(),
                    name: step.name.clone(),
                    on: Some(on),
                    index,
                    lock: Some(taken.lock),
                    waiting: taken.waiting,
                    place: statement.place.clone(),
                    held,
                    seen: not_seen.is_none(),
                    not_seen,
                });
            }
        }
        before += statement.execution_time;
    }
    holds
}

/// Returns whether somebody waits for a lock who does not wait already for the same table. Who waits for
/// an index waits for its table: the planner opens all of a table's indexes, and so does whoever writes.
/// <https://www.postgresql.org/docs/current/sql-reindex.html>
fn is_worth_telling(holds: &[Hold], taken: &LockTaken) -> bool {
    let table = taken.table.as_ref().unwrap_or(&taken.on);
    let waits_already =
        |hold: &Hold| hold.on.as_ref() == Some(table) && hold.waiting >= taken.waiting;
    taken.waiting >= Waiting::Writers && !holds.iter().any(waits_already)
}

/// Returns how long others would have waited for a database that is one file: for the whole of a
/// transaction, or for each statement.
pub(crate) fn holds_of_file(step: &RehearsedStep, mode: Mode, waiting: Waiting) -> Vec<Hold> {
    let hold = |place: Option<Place>, held: Duration| Hold {
        version: step.version.clone(),
        name: step.name.clone(),
        on: None,
        index: None,
        lock: None,
        waiting,
        place,
        held,
        seen: false,
        not_seen: None,
    };
    match mode {
        Mode::Transactional => vec![hold(None, step.execution_time)],
        Mode::StatementWise => {
            let statements = step.statements.iter();
            statements
                .map(|statement| hold(statement.place.clone(), statement.execution_time))
                .collect()
        }
    }
}
