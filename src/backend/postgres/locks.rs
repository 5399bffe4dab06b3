//! The locks on tables that a `PostgreSQL` transaction holds, and how they are called.
//!
//! Which of them a statement takes, `by_words` knows before it runs. The migration lock, which is the
//! session's own, is known to `lock`.

pub(super) mod by_words;

use crate::backend::query::Query;

/// Returns the end of an `INSERT INTO … SELECT …` that puts the session back, inserts nothing unless
/// a condition on `pg_locks AS l` holds of a lock of this very server process, and has the columns
/// `lock_mode`, `lock_on` and `lock_held_ms` at hand: one look at the locks serves both.
pub(super) fn guard(held: &Query, put_back: &Query) -> Query {
    let [before, after] = strongest();
    Query::new(format!(
        "FROM (SELECT {}, guard.held, guard.put_back FROM (SELECT (",
        lock_columns()
    ))
    .then(put_back)
    .then(&Query::new(format!(") AS put_back, seen.* FROM ({before}")))
    .then(held)
    .then(&Query::new(format!(
        "{after}) AS seen) AS guard) AS guard WHERE guard.held AND guard.put_back IS NOT NULL"
    )))
}

/// Returns a query of one row: the strongest lock that the transaction holds, what it is on, and for
/// how many milliseconds at most.
pub(super) fn strongest_lock() -> String {
    let [before, after] = strongest();
    format!(
        "SELECT {} FROM ({before}false{after}) AS guard",
        lock_columns()
    )
}

/// Returns the text of the query before and after its one condition.
fn strongest() -> [String; 2] {
    let text = without_comments(include_str!("sql/strongest_lock.sql"));
    let (before, after) = text
        .split_once("{held}")
        .expect("the condition's place stands in the text");
    [before.to_owned(), after.to_owned()]
}

fn lock_columns() -> String {
    without_comments(include_str!("sql/lock_columns.sql"))
}

/// Drops the comments, which may hold the mark of a bound value, and would be sent each time.
fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("--"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Returns a lock's mode as `LOCK TABLE` names it: `ACCESS EXCLUSIVE` for `AccessExclusiveLock`.
pub(super) fn name(mode: &str) -> String {
    let mode = mode.strip_suffix("Lock").unwrap_or(mode);
    let mut name = String::new();
    for letter in mode.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push(' ');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_called_as_they_are_asked_for() {
        for (mode, called) in [
            ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
            ("ShareLock", "SHARE"),
            ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
        ] {
            assert_eq!(name(mode), called);
        }
    }

    #[test]
    fn no_text_holds_the_mark_of_a_value() {
        assert!(!strongest_lock().contains('?'));
    }
}
