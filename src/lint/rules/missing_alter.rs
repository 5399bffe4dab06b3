//! A change of a table for which the engine has no statement.
//!
//! <https://www.sqlite.org/lang_altertable.html#otheralter>: such a change makes the table anew.

use crate::backend::address::Engine;
use crate::backend::lint::{Lack, Level};
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::migration::ForeignKeys;
use crate::sql::effect::{Action, Effect, EffectKind, Name};

const SQLITE: &[Engine] = &[Engine::Sqlite];
const TABLE: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT); INSERT INTO users VALUES (1, '7');";

const CONSTRAINED: &str = "CREATE TABLE users (id INTEGER CONSTRAINT own PRIMARY KEY, age INTEGER CONSTRAINT known NOT NULL CHECK (age > 0) CONSTRAINT adult CHECK (age > 17), chief INTEGER CONSTRAINT boss REFERENCES users (id), CONSTRAINT one UNIQUE (age, chief));";

pub(super) const RULE: Rule = Rule {
    name: "missing-alter",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a change of a table that SQLite has no `ALTER TABLE` for",
    hurts: "it fails: the statement at once, what is added to a table as soon as the table has rows",
    instead: "Make the table anew, with `run_in_transaction = true` and `foreign_keys = \"off\"` in metadata.toml (or `-- migrate:up foreign_keys:off`): for `users` create `users_new` as it is to be, `INSERT INTO users_new … SELECT … FROM users;`, `DROP TABLE users;`, `ALTER TABLE users_new RENAME TO users;`, and make its indexes and triggers again.",
    examples: &[
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ALTER COLUMN age TYPE INTEGER;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD CONSTRAINT adult UNIQUE (age);",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ALTER COLUMN age SET DEFAULT '7';",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES users (id);",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17) NOT VALID;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users DROP CONSTRAINT IF EXISTS adult;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            server_version: Some("3.52.9"),
            up: "ALTER TABLE \"my users\" ALTER COLUMN age SET NOT NULL;\nALTER TABLE superusers ALTER COLUMN age DROP NOT NULL;\nALTER TABLE users ADD CHECK (age > 17);\nALTER TABLE users DROP CONSTRAINT adult;",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN name TEXT UNIQUE;",
            claim: Claim::Refused("Cannot add a UNIQUE column"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN name TEXT NOT NULL;",
            claim: Claim::Refused("Cannot add a NOT NULL column with default value NULL"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN since TEXT DEFAULT CURRENT_TIMESTAMP;",
            claim: Claim::Refused("non-constant default"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN twice TEXT GENERATED ALWAYS AS (age || age) STORED;",
            claim: Claim::Refused("cannot add a STORED column"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN IF NOT EXISTS name TEXT;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD x INT, ADD y INT;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users MODIFY age INTEGER;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users DROP COLUMN IF EXISTS age;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE IF EXISTS users ADD x INT;",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users DROP COLUMN id;",
            claim: Claim::Refused("PRIMARY KEY"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD boss INT REFERENCES users (id) DEFAULT 1;",
            claim: Claim::Refused("REFERENCES"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "CREATE INDEX CONCURRENTLY users_age ON users (age);",
            claim: Claim::Refused("syntax error"),
            ..Example::BAD
        },
        Example {
            // The index goes first,
            engines: SQLITE,
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT); CREATE INDEX users_age ON users (id, age COLLATE NOCASE);",
            up: "ALTER TABLE users DROP COLUMN age;",
            claim: Claim::Refused("after drop column: no such column"),
            ..Example::BAD
        },
        Example {
            // also where it is of an expression, or of some rows,
            engines: SQLITE,
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT); CREATE INDEX users_young ON users (id) WHERE \"Age\" < '18';",
            up: "ALTER TABLE users DROP COLUMN age;",
            claim: Claim::Refused("after drop column: no such column"),
            ..Example::BAD
        },
        Example {
            // or under other names.
            engines: SQLITE,
            before: "CREATE TABLE people (id INTEGER PRIMARY KEY, age TEXT); CREATE INDEX users_age ON people (lower(age)); ALTER TABLE people RENAME COLUMN age TO years; ALTER TABLE people RENAME TO users;",
            up: "ALTER TABLE users DROP COLUMN years;",
            claim: Claim::Refused("after drop column: no such column"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT, name TEXT); CREATE INDEX users_age ON users (age); CREATE INDEX users_name ON users (name); CREATE TABLE teams (id INTEGER PRIMARY KEY, age TEXT);",
            up: "DROP INDEX users_age;\nALTER TABLE users DROP COLUMN age;\nALTER TABLE teams DROP COLUMN age;",
            ..Example::GOOD
        },
        Example {
            // It went with the table that was made anew.
            engines: SQLITE,
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT); CREATE INDEX users_age ON users (age); CREATE TABLE users_new (id INTEGER PRIMARY KEY, age TEXT); DROP TABLE users; ALTER TABLE users_new RENAME TO users;",
            up: "ALTER TABLE users DROP COLUMN age;",
            ..Example::GOOD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, age INTEGER);\nINSERT INTO users_new SELECT id, age FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::GOOD
        },
        Example {
            engines: SQLITE,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT 'x';\nALTER TABLE users ADD COLUMN other INTEGER REFERENCES users (id);\nALTER TABLE users RENAME COLUMN age TO years;\nALTER TABLE users DROP COLUMN years;",
            ..Example::GOOD
        },
        Example {
            engines: SQLITE,
            server_version: Some("3.53.0"),
            up: "ALTER TABLE users ALTER COLUMN age SET NOT NULL;\nALTER TABLE users ALTER age DROP NOT NULL;\nALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17);\nALTER TABLE users ADD CHECK (age < 170);\nALTER TABLE users DROP CONSTRAINT adult;",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            // Of what is not checked row by row, none is dropped.
            engines: SQLITE,
            server_version: Some("3.53.0"),
            before: CONSTRAINED,
            up: "ALTER TABLE users DROP CONSTRAINT one;\nALTER TABLE users DROP CONSTRAINT own;\nALTER TABLE users DROP CONSTRAINT boss;",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            server_version: Some("3.53.0"),
            before: CONSTRAINED,
            up: "ALTER TABLE users DROP CONSTRAINT adult;\nALTER TABLE users DROP CONSTRAINT known;",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            engines: SQLITE,
            server_version: Some("3.54.0"),
            before: CONSTRAINED,
            up: "ALTER TABLE users DROP CONSTRAINT boss;",
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            engines: &[Engine::Postgres],
            before: TABLE,
            up: "ALTER TABLE users ALTER COLUMN age TYPE BIGINT USING age::bigint;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (index, effects) in context.way.effects.iter().enumerate() {
        for (place, effect) in effects.iter().enumerate() {
            if let Some(in_the_way) = index_in_the_way(context, index, effect) {
                hits.push(in_the_way);
                break;
            }
            let Some(lack) = lack(context, effect, place) else {
                continue;
            };
            let hit = Hit::new(effect.span, format!("there is no {}", lack.what));
            hits.push(if lack.rebuild {
                hit.with_help(rebuild(context, index, effect))
            } else {
                hit.with_help(format!("{}.", sentence(lack.instead)))
            });
            // It is the statement that fails.
            break;
        }
    }
    hits
}

fn lack(context: &Context<'_>, effect: &Effect, place: usize) -> Option<Lack> {
    let checks = context.settings.foreign_keys == ForeignKeys::Checked;
    let lack = context.grammar.lack(effect, place, &context.situation);
    lack.filter(|lack| checks || !lack.by_foreign_keys)
        .or_else(|| {
            let EffectKind::Alter(altered) = &effect.kind else {
                return None;
            };
            match &altered.action {
                Action::DropColumn { column, .. } => {
                    let is_of_key = context.around.is_of_key(&altered.table, column);
                    is_of_key.then(|| context.grammar.lack_for_keys())?
                }
                Action::DropConstraint { name, .. } => {
                    let kind = context.around.constraint_kind(&altered.table, name)?;
                    context
                        .grammar
                        .lack_for_constraint(kind, &context.situation)
                }
                _ => None,
            }
        })
}

/// Returns what is found of a column that cannot be dropped while an index has it.
/// <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>
fn index_in_the_way(context: &Context<'_>, index: usize, effect: &Effect) -> Option<Hit> {
    let EffectKind::Alter(altered) = &effect.kind else {
        return None;
    };
    let Action::DropColumn { column, if_exists } = &altered.action else {
        return None;
    };
    let table = &altered.table;
    if *if_exists
        || altered.if_exists
        || context.grammar.drops_what_is_of_columns()
        || context.around.is_of_key(table, column)
    {
        return None;
    }
    let indexes = context.indexes_before(index);
    let in_the_way = indexes.of_column(table, column)?;
    let what = format!(
        "there is no `DROP COLUMN` of a column of an index: `{in_the_way}` has `{column}` of `{table}`"
    );
    let first = format!("Drop the index first: `DROP INDEX IF EXISTS {in_the_way};`");
    Some(Hit::new(effect.span, what).with_help(first))
}

/// Returns the rule's advice with the table's own name, as the statement writes it.
fn rebuild(context: &Context<'_>, index: usize, effect: &Effect) -> String {
    let Some(Name { name, .. }) = effect.kind.table() else {
        return RULE.instead.to_owned();
    };
    let dialect = context.grammar.dialect();
    let written = context.way.script.with_phrase(index, |statement| {
        let mut texts = (0..statement.tokens().len()).map(|place| statement.text_at(place));
        let found = texts.find(|text| dialect.identifier(text) == *name);
        found.unwrap_or(name).to_owned()
    });
    let bare = written.trim_end_matches(['"', '`', '\'', ']']);
    let new = format!("{bare}_new{}", &written[bare.len()..]);
    // The name of a table may have the one of the example in it.
    let parts = RULE.instead.split("users_new");
    let parts: Vec<String> = parts.map(|part| part.replace("users", &written)).collect();
    parts.join(&new)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
