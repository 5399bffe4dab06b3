//! A value that is added to an enumeration and used before the transaction ends.
//!
//! <https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES>: the new value
//! cannot be used until the transaction has been committed. Since PostgreSQL 17 it can where the type
//! itself was made in it (`EnumTypeUncommitted` in the server's `pg_enum.c`).

mod meant;

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::sql::effect::{AddedValue, Effect, EffectKind, ObjectKind};
use crate::sql::{Span, TokenKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];
/// Since when.
const TAKES_OF_NEW_TYPE: u32 = 17;
const TABLE: &str =
    "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE days (id INT, mood mood);";

pub(super) const RULE: Rule = Rule {
    name: "enum-value-used",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a value that is added to an enumeration and used in the same transaction",
    hurts: "PostgreSQL takes no new value before its transaction has ended; a test that applies each file on its own does not see it",
    instead: "Use the value in the next migration.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE 'calm';\nINSERT INTO days VALUES (1, 'calm');",
            claim: Claim::Refused("unsafe use of new value"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'sad';\nALTER TABLE days ALTER COLUMN mood SET DEFAULT 'it''s';",
            claim: Claim::Refused("unsafe use of new value"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE 'calm';\nUPDATE days SET id = 2 WHERE mood = 'calm';",
            claim: Claim::Refused("unsafe use of new value"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE 'calm';\nCREATE TABLE weeks (id INT, mood mood DEFAULT 'calm');",
            claim: Claim::Refused("unsafe use of new value"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE 'calm';\nSELECT 'calm'::mood;",
            claim: Claim::Refused("unsafe use of new value"),
            ..Example::BAD
        },
        Example {
            // The transaction may be the file's own.
            engines: POSTGRES,
            before: TABLE,
            up: "BEGIN;\nALTER TYPE mood ADD VALUE 'calm';\nUPDATE days SET mood = 'calm' WHERE id = 1;\nCOMMIT;",
            claim: Claim::Refused("unsafe use of new value"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "BEGIN;\nALTER TYPE mood ADD VALUE 'calm';\nCOMMIT;\nBEGIN;\nUPDATE days SET mood = 'calm' WHERE id = 1;\nCOMMIT;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE 'calm';",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "ALTER TYPE mood ADD VALUE 'calm';\nINSERT INTO days VALUES (1, 'calm');",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            server_version: Some("17.4 (Debian 17.4-1.pgdg120+2)"),
            up: "CREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'calm';\nCREATE TABLE days (mood mood DEFAULT 'calm');",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            // A second value names the first one, which is no use of it.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TYPE mood ADD VALUE 'calm';\nALTER TYPE mood ADD VALUE 'wild' AFTER 'calm';\nCOMMENT ON TYPE mood IS 'calm';",
            ..Example::GOOD
        },
        Example {
            // A word in a column of another type.
            engines: POSTGRES,
            before: "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE words (id INT, word TEXT);",
            up: "ALTER TYPE mood ADD VALUE 'calm';\nINSERT INTO words (id, word) VALUES (1, 'calm'), (2, 'calm');\nINSERT INTO words VALUES (3, 'calm');\nUPDATE words SET word = 'calm' WHERE word = 'calm';\nALTER TABLE words ALTER COLUMN word SET DEFAULT 'calm';\nALTER TABLE words ADD COLUMN other TEXT DEFAULT 'calm';\nSELECT 'calm'::text;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    let mut hits = Vec::new();
    let held = &context.around.held;
    let whole = 0..way.script.statements().len();
    for added in held.added_values.iter().filter(|_| way.in_transaction) {
        let is_new = held.types.iter().any(|made| made.may_be(&added.of));
        if !(is_new && takes_of_new_type(context)) {
            let used = whole
                .clone()
                .filter_map(|index| used(context, index, added));
            hits.extend(used);
        }
    }
    for (index, effect) in way.effects() {
        let EffectKind::AddValue(added) = &effect.kind else {
            continue;
        };
        let Some(transaction) = way.transaction(index) else {
            continue;
        };
        let before = way.before_in_transaction(index);
        let mut before = before.map(|(_, effect)| effect);
        if takes_of_new_type(context) && before.any(|made| makes(made, added)) {
            continue;
        }
        let later = index + 1..way.script.statements().len();
        let later = later.filter(|later| way.transaction(*later) == Some(transaction));
        hits.extend(later.filter_map(|later| used(context, later, added)));
    }
    hits
}

/// Returns whether the server takes the new values of a type that the same transaction made.
fn takes_of_new_type(context: &Context<'_>) -> bool {
    let major = context.situation.major_version();
    major.is_some_and(|major| major >= TAKES_OF_NEW_TYPE)
}

/// Returns whether the type itself is made here.
fn makes(effect: &Effect, added: &AddedValue) -> bool {
    match &effect.kind {
        EffectKind::Create(created) => {
            created.kind == ObjectKind::Type
                && created
                    .name
                    .as_ref()
                    .is_some_and(|name| name.may_be(&added.of))
        }
        _ => false,
    }
}

/// Finds the value as a literal in a later statement; where another value is added, it is a neighbour
/// alone, and in a comment it is prose. What goes into a column of another type is no use of it; where
/// nobody knows the type, it is worth a warning.
fn used(context: &Context<'_>, index: usize, added: &AddedValue) -> Option<Hit> {
    let script = &context.way.script;
    let literal = format!("'{}'", added.value.replace('\'', "''"));
    let start = script.statements()[index].span.start;
    let (found, is_it) = script.with_phrase(index, |statement| {
        if statement.is_word(0, "COMMENT")
            || statement.is_word(0, "ALTER") && statement.is_word(1, "TYPE")
        {
            return None;
        }
        let tokens = statement.tokens().iter().enumerate();
        let strings = tokens.filter(|(_, token)| token.kind == TokenKind::String);
        let same = strings.filter(|(place, _)| statement.text_at(*place) == literal);
        let judged = same.map(|(place, token)| {
            let of_type = meant::type_of(context, index, statement, place);
            let is_it = of_type.map(|of_type| meant::is_type(&of_type, &added.of));
            (token.span, is_it)
        });
        // Of several the surest one is told.
        let uses = judged.filter(|(_, is_it)| *is_it != Some(false));
        uses.max_by_key(|(span, is_it)| (is_it.is_some(), std::cmp::Reverse(span.start)))
    })?;
    let span = Span {
        start: start + found.start,
        end: start + found.end,
    };
    let message = format!(
        "the value {literal} is new to `{}`, and cannot be used before this transaction ends",
        added.of
    );
    let hit = Hit::new(span, message);
    Some(match is_it {
        Some(_) => hit,
        None => hit.at_most(Level::Warning),
    })
}
