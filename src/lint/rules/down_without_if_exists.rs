//! `DROP` without `IF EXISTS` in a way down.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{Claim, DOWN, Example, Hit, Needs, Rule};
use crate::sql::effect::{EffectKind, ObjectKind};

pub(super) const RULE: Rule = Rule {
    name: "down-without-if-exists",
    level: Level::Info,
    ways: DOWN,
    needs: Needs::Files,
    finds: "a `DROP` without `IF EXISTS` in a way down",
    hurts: "where somebody has dropped it by hand, the way down fails, and so does every rollback past it",
    instead: "Write `IF EXISTS`.",
    examples: &[
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE users;"),
            ..Example::BAD
        },
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE IF EXISTS users;"),
            ..Example::GOOD
        },
        Example {
            // A way up has to know what is there.
            before: "CREATE VIEW v AS SELECT 1;",
            up: "DROP VIEW v;",
            down: Some("CREATE VIEW v AS SELECT 1;"),
            ..Example::GOOD
        },
        Example {
            engines: &[Engine::Sqlite],
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);\nALTER TABLE users ADD COLUMN a INTEGER;",
            down: Some("ALTER TABLE users DROP COLUMN a;\nDROP TABLE IF EXISTS users;"),
            ..Example::GOOD
        },
        Example {
            // There is no `IF EXISTS` for it.
            engines: &[Engine::Postgres],
            up: "CREATE TABLE users (id INT);",
            down: Some("DROP OWNED BY CURRENT_USER;"),
            claim: Claim::NotRun,
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.effects().filter_map(|(index, effect)| {
        let EffectKind::Drop(dropped) = &effect.kind else {
            return None;
        };
        let names = &dropped.names;
        // What this very way makes is there.
        let is_made_here = names.iter().any(|name| context.is_made_before(name, index));
        // `DROP OWNED` takes no such words.
        let has_none = dropped.kind == ObjectKind::Owned;
        if dropped.if_exists || has_none || is_made_here {
            return None;
        }
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let message = format!("`{}` is dropped without `IF EXISTS`", names.join("`, `"));
        Some(Hit::new(effect.span, message))
    });
    found.collect()
}
