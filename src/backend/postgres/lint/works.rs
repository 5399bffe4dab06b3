//! What `ALTER TABLE` does with all rows of a table, and what it leaves as it is.
//!
//! <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>

mod steady;

use self::steady::STEADY;
use crate::backend::lint::Before;
use crate::backend::postgres::types::{Zones, is_stored_alike};
use crate::sql::Zone;
use crate::sql::effect::{Action, AddedColumn, DomainAction, casts};

const REWRITES: &str = "it rewrites all rows of";
const CHECKS: &str = "it checks all rows of";

/// What writes a table anew by its first words.
const MOVES: [&str; 4] = [
    "SET LOGGED",
    "SET UNLOGGED",
    "SET TABLESPACE",
    "SET ACCESS METHOD",
];

/// Returns what an action does with all rows, to be followed by the table.
pub(super) fn altering(action: &Action, before: &Before<'_>) -> Option<&'static str> {
    match action {
        Action::SetType { column, to, using } => {
            // Any other expression is computed for each row.
            let by = using
                .as_deref()
                .map_or(Some(Vec::new()), |it| casts(it, column));
            by.map_or(Some(REWRITES), |by| retyping(to, &by, before))
        }
        // A domain that checks is computed for each row, even of nulls.
        Action::AddColumn(_) if before.is_checked => Some(REWRITES),
        Action::AddColumn(added) => adding(added),
        // Since PostgreSQL 12 a constraint that proves it spares the reading.
        Action::SetNotNull { .. } => (!before.is_proven).then_some("it reads all rows of"),
        Action::AddConstraint(added) if !added.not_valid && !added.using_index => Some(CHECKS),
        // On its own it lets others write meanwhile.
        Action::ValidateConstraint { .. } => before.is_locked.then_some(CHECKS),
        Action::AttachPartition { .. } => attaching(before),
        Action::Other(words) => {
            let moves = MOVES.iter().any(|begin| words.starts_with(begin));
            moves.then_some(REWRITES)
        }
        _ => None,
    }
}

/// Returns what another type of a column does, where its values are cast by way of these types.
fn retyping(to: &str, by: &[String], before: &Before<'_>) -> Option<&'static str> {
    let to = before.stored_as.unwrap_or(to);
    match before.of_type {
        _ if before.is_checked => Some(REWRITES),
        Some(from) => {
            let steps = by.iter().map(String::as_str).chain([to]);
            let mut from = from;
            let mut is_left = true;
            let zones = zones(before);
            for step in steps {
                is_left &= is_stored_alike(from, step, zones);
                from = step;
            }
            (!is_left).then_some(REWRITES)
        }
        // A longer text, or none of a length, is mostly stored as it was.
        _ => (to != "text" && to != "varchar").then_some("it may rewrite all rows of"),
    }
}

/// Since when a moment with a zone is taken for one without where the session tells both alike
/// (<https://www.postgresql.org/docs/release/12.0/>).
const TAKES_MOMENTS_ALIKE: u32 = 12;

fn zones(before: &Before<'_>) -> Zones {
    let major = before.major_version;
    if before.zone == Zone::Other || major.is_some_and(|major| major < TAKES_MOMENTS_ALIKE) {
        Zones::Differ
    } else {
        Zones::Alike
    }
}

/// Returns what a new partition does with all rows of its table, or of the `DEFAULT` partition beside it.
/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ATTACH-PARTITION>
pub(super) fn attaching(before: &Before<'_>) -> Option<&'static str> {
    (!before.is_proven).then_some(CHECKS)
}

/// Returns what a change of a domain does with all rows of a table that has a column of it: to validate
/// a check locks writers out, too.
pub(super) fn altering_domain(action: &DomainAction) -> Option<&'static str> {
    match action {
        DomainAction::Add { not_valid, .. } => (!not_valid).then_some(CHECKS),
        DomainAction::Validate(_) | DomainAction::SetNotNull => Some(CHECKS),
        DomainAction::Drop(_) | DomainAction::DropNotNull | DomainAction::Other => None,
    }
}

fn adding(added: &AddedColumn) -> Option<&'static str> {
    let default = added
        .default
        .as_deref()
        .filter(|default| *default != "NULL");
    if added.stored || added.numbered || default.is_some_and(varies) {
        return Some(REWRITES);
    }
    if added.key {
        return Some("it builds an index of");
    }
    // A key of nothing but nulls is not checked.
    let is_checked = added.checked || (added.references.is_some() && default.is_some());
    is_checked.then_some(CHECKS)
}

/// Returns whether a default, with blanks between its words, calls what may say something else for
/// each row. The length of a type is no call.
fn varies(default: &str) -> bool {
    let words: Vec<&str> = default.split(' ').collect();
    let calls = words.windows(2).enumerate().filter(|(_, pair)| {
        let is_name = pair[0].starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
        pair[1] == "(" && is_name
    });
    let mut named = calls.filter(|(place, _)| {
        let before = place.checked_sub(1).map(|before| words[before]);
        !matches!(before, Some("::" | "AS"))
    });
    named.any(|(_, pair)| STEADY.binary_search(&pair[0]).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_row_to_row_is_computed_for_each() {
        for (default, expected) in [
            ("7", false),
            ("( 'x' )", false),
            ("'' :: VARCHAR ( 20 )", false),
            ("CAST ( 1 AS NUMERIC ( 10 , 2 ) )", false),
            ("NOW ( )", false),
            ("TIMEZONE ( 'UTC' , NOW ( ) )", false),
            ("CURRENT_TIMESTAMP ( 3 )", false),
            ("STRING_TO_ARRAY ( 'a,b' , ',' )", false),
            ("ABS ( - 1 )", false),
            ("ROUND ( RANDOM ( ) )", true),
            ("( 1 + 2 )", false),
            ("GEN_RANDOM_UUID ( )", true),
            ("LOWER ( MY_CODE ( ) )", true),
            ("NEXTVAL ( 's' )", true),
        ] {
            assert_eq!(varies(default), expected, "{default}");
        }
    }
}
