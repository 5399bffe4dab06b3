//! SQL that nobody can read before it runs.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Example, Hit, Needs, Rule};
use crate::sql::effect::EffectKind;

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY);";

pub(super) const RULE: Rule = Rule {
    name: "hidden-sql",
    level: Level::Info,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a `DO` block that puts SQL together as it runs, or is in another language than PL/pgSQL",
    hurts: "no rule looks at it, and no plan counts what it takes away",
    instead: "Write the statement out, or as one text behind `EXECUTE`; else look at it twice.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "DO $$ BEGIN\n  EXECUTE format('DROP TABLE %I', 'users');\nEND $$;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "DO $$ BEGIN\n  EXECUTE 'ALTER TABLE users ADD COLUMN name TEXT';\nEND $$;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            up: "DO $$ BEGIN\n  CREATE TYPE mood AS ENUM ('sad');\nEXCEPTION WHEN duplicate_object THEN null;\nEND $$;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let effects = context.way.effects();
    let unread = effects.filter(|(_, effect)| effect.kind == EffectKind::Unread);
    let message = "SQL that is put together as it runs: nobody has looked at it";
    unread
        .map(|(_, effect)| Hit::new(effect.span, message))
        .collect()
}
