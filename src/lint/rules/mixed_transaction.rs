//! Statements that need to be outside of a transaction together with others that could be in one.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Example, Hit, Needs, Rule};
use crate::sql::StatementKind;
use crate::sql::effect::{Effect, EffectKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);";

pub(super) const RULE: Rule = Rule {
    name: "mixed-transaction",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a change that could be in a transaction beside a statement that cannot, in a migration that runs outside of one",
    hurts: "when the one fails, the other stands: the database is in a state that neither the old nor the new program knows",
    instead: "Give the statement that cannot be in a transaction a migration of its own, and let the other run in one.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "ALTER TABLE users ADD COLUMN name TEXT;\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
            ..Example::BAD
        },
        Example {
            before: TABLE,
            run_in_transaction: false,
            up: "DELETE FROM users WHERE email IS NULL;\nVACUUM;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "CREATE INDEX CONCURRENTLY users_email ON users (email);",
            ..Example::GOOD
        },
        Example {
            // A setting changes nothing, and an index that is built anew is dropped first.
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "SET maintenance_work_mem = '1GB';\nDROP INDEX CONCURRENTLY IF EXISTS users_email;\nCREATE INDEX CONCURRENTLY users_email ON users (email);\nANALYZE users;",
            ..Example::GOOD
        },
        Example {
            // What has its own transaction stands or falls as a whole.
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "BEGIN;\nALTER TABLE users ADD COLUMN name TEXT;\nCOMMIT;\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
            ..Example::GOOD
        },
        Example {
            // Batches, each of which is to be committed.
            before: TABLE,
            run_in_transaction: false,
            up: "UPDATE users SET email = lower(email) WHERE id < 1000;\nUPDATE users SET email = lower(email) WHERE id >= 1000;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    let script = &way.script;
    let outside = (0..script.statements().len()).filter(|at| way.transaction(*at).is_none());
    let mut refusing = outside.clone();
    let Some(what) = refusing.find_map(|index| context.refuses_transaction(index)) else {
        return Vec::new();
    };
    let mixed = outside.filter(|index| {
        let is_alone = script.statements()[*index].control == StatementKind::Ordinary;
        let refuses = context.refuses_transaction(*index);
        is_alone && refuses.is_none() && way.effects[*index].iter().any(changes)
    });
    mixed
        .map(|index| {
            let message =
                format!("it could be in a transaction, which {what} of this migration cannot");
            Hit::new(way.statement(index), message)
        })
        .collect()
}

/// Returns whether a change is seen by others. What a `DO` block does that nobody can read may commit
/// by itself.
fn changes(effect: &Effect) -> bool {
    !matches!(effect.kind, EffectKind::Rebuild(_) | EffectKind::Unread)
}
