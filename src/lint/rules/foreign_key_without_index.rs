//! A foreign key whose columns no index begins with.
//!
//! <https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK>: "it is often a
//! good idea to index the referencing columns too"; SQLite says the same
//! (<https://www.sqlite.org/foreignkeys.html#fk_indexes>).

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::backend::tables::quote_identifier;
use crate::lint::advice;
use crate::lint::context::Context;
use crate::lint::key_indexes::KeyIndexes;
use crate::lint::rule::{Example, Hit, Needs, Rule, UP};
use crate::sql::effect::{EffectKind, ForeignKey, Name, ObjectKind};

const TABLES: &str = "CREATE TABLE teams (id INTEGER PRIMARY KEY, org INTEGER, UNIQUE (id, org));";

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-index",
    level: Level::Warning,
    ways: UP,
    needs: Needs::Files,
    finds: "a foreign key for which no migration makes an index that begins with its columns",
    hurts: "each `DELETE` from the table that it refers to, and each `UPDATE` of its key, reads the whole table that refers",
    instead: "Make an index on the columns, in the same migration where the table is new; else, on PostgreSQL, concurrently in a migration of its own. One that leaves out nothing but the nulls of the columns will do; a BRIN index will not.",
    examples: &[
        Example {
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id));",
            ..Example::BAD
        },
        Example {
            // The index is on another column, on some rows alone, or begins with another column.
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER, name TEXT, FOREIGN KEY (team_id) REFERENCES teams (id));\nCREATE INDEX a ON users (name);\nCREATE INDEX b ON users (team_id) WHERE name IS NULL;\nCREATE INDEX c ON users (name, team_id);",
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE teams (id INTEGER PRIMARY KEY); CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "ALTER TABLE users ADD COLUMN team_id INTEGER REFERENCES teams (id);",
            ..Example::BAD
        },
        Example {
            // It went with the table that had it.
            before: "CREATE TABLE teams (id INTEGER PRIMARY KEY); CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id)); CREATE INDEX users_team_id ON users (team_id);",
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id));\nINSERT INTO users_new SELECT id, team_id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::BAD
        },
        Example {
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id));\nCREATE INDEX users_team_id ON users (team_id, id);",
            ..Example::GOOD
        },
        Example {
            // It is made once the table, and the column, have their last names.
            before: "CREATE TABLE teams (id INTEGER PRIMARY KEY);",
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, of_team INTEGER REFERENCES teams (id));\nALTER TABLE users_new RENAME COLUMN of_team TO team_id;\nALTER TABLE users_new RENAME TO users;\nCREATE INDEX users_team ON users (team_id);",
            ..Example::GOOD
        },
        Example {
            // A key is an index, and the order of its first columns is no matter.
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY REFERENCES teams (id));\nCREATE TABLE members (team_id INTEGER, org INTEGER, name TEXT, PRIMARY KEY (org, team_id, name), FOREIGN KEY (team_id, org) REFERENCES teams (id, org));",
            ..Example::GOOD
        },
        Example {
            // It was made before.
            before: "CREATE TABLE teams (id INTEGER PRIMARY KEY); CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER); CREATE INDEX users_team_id ON users (team_id);",
            engines: &[Engine::Postgres],
            up: "ALTER TABLE users ADD CONSTRAINT users_team FOREIGN KEY (team_id) REFERENCES teams (id);",
            ..Example::GOOD
        },
        Example {
            // What tells of blocks alone finds no row.
            engines: &[Engine::Postgres],
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id));\nCREATE INDEX a ON users USING brin (team_id);",
            ..Example::BAD
        },
        Example {
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id));\nCREATE INDEX a ON users (team_id);\nDROP INDEX a;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: TABLES,
            up: "CREATE SCHEMA shop;\nCREATE TABLE shop.\"Orders\" (id INTEGER PRIMARY KEY, \"teamId\" INTEGER REFERENCES teams (id));",
            ..Example::BAD
        },
        Example {
            // Whoever is not in it cannot be found by it,
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER, org INTEGER, FOREIGN KEY (team_id, org) REFERENCES teams (id, org));\nCREATE INDEX a ON users (team_id, org) WHERE (team_id IS NOT NULL AND id IS NOT NULL);",
            ..Example::BAD
        },
        Example {
            // but one that refers to nothing nobody looks for.
            before: TABLES,
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES teams (id));\nCREATE INDEX a ON users (team_id) WHERE team_id IS NOT NULL;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (place, (index, effect)) in context.way.effects().enumerate() {
        let Some(table) = effect.kind.table() else {
            continue;
        };
        let keys = effect.kind.foreign_keys().into_iter();
        let bare = keys.filter(|key| !is_indexed(context, place, (table, key)));
        hits.extend(bare.map(|key| {
            let columns = key.columns.join(", ");
            let message = format!(
                "`{table}` refers to `{}` by `{columns}`, which no index begins with",
                key.to
            );
            Hit::new(key.span, message).with_help(help(context, index, table, &key.columns))
        }));
    }
    hits
}

/// Returns whether an index begins with the columns of a key that the change at `place` of the way
/// makes, in any order.
fn is_indexed(context: &Context<'_>, place: usize, (table, key): (&Name, &ForeignKey)) -> bool {
    let way = context.way;
    let here = || way.effects().map(|(_, effect)| &effect.kind);
    let mut indexes = KeyIndexes::default();
    let given = context.around.definitions().iter();
    let before = context.around.changes_before(&way.text.path, way.direction);
    for kind in given.chain(before).chain(here().take(place + 1)) {
        indexes.learn(kind);
    }
    // What drops the index later on may drop the key, too.
    let stays =
        |kind: &&EffectKind| !matches!(kind, EffectKind::Drop(it) if it.kind == ObjectKind::Index);
    let behind = context.around.changes_behind(&way.text.path).filter(stays);
    indexes.cover((table, &key.columns), here().skip(place + 1).chain(behind))
}

/// Returns the index to make, and where.
fn help(context: &Context<'_>, index: usize, table: &Name, columns: &[String]) -> String {
    if context.is_partitioned(table) && !is_made_here(context, table, index) {
        return advice::INDEX.to_owned();
    }
    let is_beside_writers =
        context.grammar.builds_beside_writers() && !is_made_here(context, table, index);
    let name = quoted(&format!("{}_{}", table.name, columns.join("_")));
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let columns = columns.join(", ");
    let schema = table.schema.as_deref().map(quoted);
    let schema = schema.map(|schema| schema + ".").unwrap_or_default();
    let table = format!("{schema}{}", quoted(&table.name));
    if is_beside_writers {
        format!(
            "`CREATE INDEX CONCURRENTLY {name} ON {table} ({columns});`, in a migration of its own, outside of a transaction."
        )
    } else {
        format!("`CREATE INDEX {name} ON {table} ({columns});`")
    }
}

/// Returns whether the run makes the table, by this very statement maybe.
fn is_made_here(context: &Context<'_>, table: &Name, index: usize) -> bool {
    let mut here = context.way.effects[index].iter();
    context.is_new(table, index)
        || here.any(|effect| match &effect.kind {
            EffectKind::Create(created) if created.kind == ObjectKind::Table => {
                created.name.as_ref() == Some(table)
            }
            _ => false,
        })
}

/// Returns a name as it has to be written: in quotes where it is no plain word, or may be a keyword.
fn quoted(name: &str) -> String {
    let is_plain = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
    let begins = name.starts_with(|first: char| !first.is_ascii_digit());
    if begins && name.chars().all(is_plain) && !RESERVED.contains(&name) {
        return name.to_owned();
    }
    quote_identifier(name)
}

/// Words that may well be names, and have to be in quotes then
/// (<https://www.postgresql.org/docs/current/sql-keywords-appendix.html>).
const RESERVED: [&str; 24] = [
    "all",
    "analyze",
    "array",
    "case",
    "check",
    "column",
    "constraint",
    "default",
    "desc",
    "end",
    "from",
    "grant",
    "group",
    "index",
    "limit",
    "offset",
    "order",
    "primary",
    "references",
    "select",
    "table",
    "to",
    "user",
    "window",
];
