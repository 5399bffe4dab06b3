//! A foreign key whose columns no index begins with.
//!
//! <https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK>: "it is often a
//! good idea to index the referencing columns too"; SQLite says the same
//! (<https://www.sqlite.org/foreignkeys.html#fk_indexes>).

use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::key_indexes::KeyIndexes;
use crate::lint::rule::{Example, Hit, Needs, Rule, UP};
use crate::sql::effect::{ForeignKey, Name};

const TABLES: &str = "CREATE TABLE teams (id INTEGER PRIMARY KEY, org INTEGER, UNIQUE (id, org));";

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-index",
    level: Level::Warning,
    ways: UP,
    needs: Needs::Files,
    finds: "a foreign key for which no migration makes an index that begins with its columns",
    hurts: "each `DELETE` from the table that it refers to, and each `UPDATE` of its key, reads the whole table that refers",
    instead: "Make an index on the columns, in the same migration where the table is new.",
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
            engines: &[crate::backend::address::Engine::Postgres],
            up: "ALTER TABLE users ADD CONSTRAINT users_team FOREIGN KEY (team_id) REFERENCES teams (id);",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (place, (_, effect)) in context.way.effects().enumerate() {
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
            let help = format!(
                "`CREATE INDEX {table}_{} ON {table} ({columns});`",
                key.columns.join("_")
            );
            Hit::new(key.span, message).with_help(help)
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
    let before = context.around.changes_before(&way.text.path, way.direction);
    for kind in before.chain(here().take(place + 1)) {
        indexes.learn(kind);
    }
    let behind = context.around.changes_behind(&way.text.path);
    indexes.cover((table, &key.columns), here().skip(place + 1).chain(behind))
}
