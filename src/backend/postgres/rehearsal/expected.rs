//! Whether the words of a statement tell all that it locks; which locks those are, `locks::by_words` knows.
//!
//! Pure. What is held already nobody sees a statement take; all else is seen.

use crate::backend::rehearsal::Tells;
use crate::sql::destruction::calls_something;
use crate::sql::effect::{DomainAction, Effect, EffectKind, ObjectKind};
use crate::sql::{Phrase, Script};

/// What begins a statement that takes no lock which keeps anybody waiting who reads or writes, but for
/// functions that it calls.
const WEAK: [&str; 31] = [
    "ANALYZE",
    "CHECKPOINT",
    "CLOSE",
    "COMMENT",
    "COPY",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "RELEASE",
    "RESET",
    "REVOKE",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "TABLE",
    "UPDATE",
    "VALUES",
    "WITH",
];

/// What may make all tables anew, or all indexes.
const WHOLE: [&str; 3] = ["CLUSTER", "REINDEX", "VACUUM"];

/// Returns whether the words of a statement tell all that it locks.
pub(super) fn tells(script: &Script, index: usize) -> Tells {
    let effects = script.effects(index);
    if effects.iter().any(may_be_more) {
        return Tells::Nothing;
    }
    script.with_phrase(index, |phrase| {
        if effects.is_empty() && phrase.is_any_word(0, &WHOLE) {
            return of_whole(phrase);
        }
        let asks = phrase.is_any_word(0, &["SELECT", "WITH", "VALUES"]);
        let calls = asks && calls_something(phrase);
        if calls || phrase.is_any_word(0, &["CALL", "EXECUTE"]) {
            Tells::Nothing
        } else if phrase.is_any_word(0, &WEAK) || !effects.is_empty() || phrase.is_word(0, "DO") {
            Tells::All
        } else {
            Tells::NotOfNamed
        }
    })
}

/// Returns what is told of one that names no table that is made anew.
fn of_whole(phrase: Phrase<'_>) -> Tells {
    let says = |word| (0..phrase.tokens().len()).any(|place| phrase.is_word(place, word));
    let is_mild = says("CONCURRENTLY") || phrase.is_word(0, "VACUUM") && !says("FULL");
    if is_mild { Tells::All } else { Tells::Nothing }
}

/// Returns whether a change takes something along that it does not name.
fn may_be_more(effect: &Effect) -> bool {
    match &effect.kind {
        EffectKind::Unread => true,
        // Whatever tables have columns of it.
        EffectKind::AlterDomain(altered) => match &altered.action {
            DomainAction::Add { not_valid, .. } => !not_valid,
            DomainAction::Validate(_) | DomainAction::SetNotNull => true,
            DomainAction::Drop(_) | DomainAction::DropNotNull | DomainAction::Other => false,
        },
        EffectKind::Drop(dropped) => {
            let has_tables = matches!(
                dropped.kind,
                ObjectKind::Owned | ObjectKind::Extension | ObjectKind::Schema
            );
            has_tables || dropped.cascade && dropped.kind != ObjectKind::Table
        }
        _ => false,
    }
}
