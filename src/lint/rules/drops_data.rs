//! Tables, columns and rows that a way up destroys.

use std::collections::BTreeSet;

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{Claim, Example, Hit, Needs, Rule, UP};
use crate::migration::ForeignKeys;
use crate::sql::effect::{Action, Effect, EffectKind, Name, ObjectKind, OnDelete, Verb};

const TABLE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, phone TEXT);";

pub(super) const RULE: Rule = Rule {
    name: "drops-data",
    level: Level::Warning,
    ways: UP,
    needs: Needs::Files,
    finds: "a table, a column, a schema or all rows of a table that a way up destroys, and that the same run did not make; and what is left behind where a table is made anew",
    hurts: "no way down brings the values back; and a program that still reads them breaks",
    instead: "Drop what no program reads any more, in a release of its own, and say so: `-- lint:ignore drops-data -- nobody reads it since 2.3`.",
    examples: &[
        Example {
            before: TABLE,
            up: "DROP TABLE users;",
            ..Example::BAD
        },
        Example {
            before: TABLE,
            up: "ALTER TABLE users DROP COLUMN phone;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: "CREATE SCHEMA old; CREATE TABLE users (id INT);",
            up: "DROP SCHEMA old CASCADE;\nTRUNCATE users;",
            ..Example::BAD
        },
        Example {
            // What it makes anew is not what it drops.
            before: TABLE,
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nDROP TABLE users;\nALTER TABLE users_new RENAME TO people;",
            ..Example::BAD
        },
        Example {
            // A table is made anew without a column.
            before: TABLE,
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE days (id INT, mood mood);",
            up: "DROP TYPE mood CASCADE;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            up: "DROP OWNED BY nobody_at_all;",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: TABLE,
            up: "DO $$ BEGIN\n  EXECUTE 'DROP TABLE users';\nEND $$;",
            ..Example::BAD
        },
        Example {
            // With the rows of a table go those that refer to them.
            engines: &[Engine::Sqlite],
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::BAD
        },
        Example {
            // Inside a transaction foreign keys stay as they are.
            engines: &[Engine::Sqlite],
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
            run_in_transaction: false,
            up: "BEGIN;\nPRAGMA foreign_keys = OFF;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;\nCOMMIT;\nPRAGMA foreign_keys = ON;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Sqlite],
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
            run_in_transaction: false,
            up: "PRAGMA foreign_keys = OFF;\nPRAGMA foreign_keys = ON;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Sqlite],
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id) ON DELETE CASCADE);",
            run_in_transaction: false,
            up: "PRAGMA foreign_keys = OFF;\nBEGIN;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;\nCOMMIT;\nPRAGMA foreign_keys = ON;",
            ..Example::GOOD
        },
        Example {
            before: TABLE,
            up: "-- lint:ignore drops-data -- nobody reads it since 2.3\nALTER TABLE users DROP COLUMN phone;",
            ..Example::GOOD
        },
        Example {
            // A table is made anew: what it held was copied.
            before: TABLE,
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, phone TEXT NOT NULL DEFAULT '');\nINSERT INTO users_new SELECT id, coalesce(phone, '') FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::GOOD
        },
        Example {
            up: "CREATE TEMPORARY TABLE heap (id INTEGER);\nDROP TABLE heap;",
            ..Example::GOOD
        },
        Example {
            // What the file itself has put into a column of its own nobody else has written.
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN draft TEXT;\nUPDATE users SET draft = phone WHERE id = 1;\nALTER TABLE users RENAME COLUMN draft TO sketch;\nALTER TABLE users DROP COLUMN sketch;",
            ..Example::GOOD
        },
        Example {
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN draft TEXT;\nUPDATE users SET draft = phone WHERE id = 1;\nALTER TABLE users DROP COLUMN phone;",
            ..Example::BAD
        },
        Example {
            // It is not the one that the file has added.
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN draft TEXT;\nALTER TABLE users RENAME COLUMN draft TO sketch;\nALTER TABLE users RENAME COLUMN phone TO draft;\nALTER TABLE users DROP COLUMN draft;",
            ..Example::BAD
        },
        Example {
            // It may have been there.
            engines: &[Engine::Postgres],
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN IF NOT EXISTS phone TEXT;\nALTER TABLE users DROP COLUMN phone;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: TABLE,
            up: "DO $$ BEGIN\n  IF false THEN\n    ALTER TABLE users ADD COLUMN phone TEXT;\n  END IF;\nEND $$;\nALTER TABLE users DROP COLUMN phone;",
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER); CREATE INDEX i ON users (id); CREATE VIEW v AS SELECT 1;",
            up: "DROP INDEX i;\nDROP VIEW v;",
            ..Example::GOOD
        },
        Example {
            engines: &[Engine::Sqlite],
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));",
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY);\nINSERT INTO users_new SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
            ..Example::GOOD
        },
        Example {
            // A column gets another name on the way; and all are taken over.
            before: TABLE,
            up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, mobile TEXT);\nINSERT INTO users_new (id, mobile) SELECT id, phone FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;\nCREATE TABLE more (id INTEGER PRIMARY KEY, phone TEXT);\nINSERT INTO more SELECT * FROM users;\nDROP TABLE users;\nALTER TABLE more RENAME TO users;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.lasting().flat_map(|(index, effect)| {
        let lost = lost(context, index, effect).into_iter();
        lost.map(|what| Hit::new(effect.span, format!("it destroys {what}")))
    });
    found.collect()
}

/// Returns what a change destroys.
fn lost(context: &Context<'_>, index: usize, effect: &Effect) -> Vec<String> {
    let is_old = |table: &&Name| !context.is_new(table, index);
    match &effect.kind {
        EffectKind::Drop(dropped) => {
            let names = dropped.names.iter();
            match dropped.kind {
                ObjectKind::Table => names
                    .filter(is_old)
                    .flat_map(|table| of_table(context, index, table))
                    .collect(),
                ObjectKind::Schema if dropped.cascade => names
                    .map(|name| format!("the schema `{name}` with all that is in it"))
                    .collect(),
                ObjectKind::Type | ObjectKind::Extension if dropped.cascade => names
                    .map(|name| format!("every column of a type of `{name}`"))
                    .collect(),
                ObjectKind::Owned => names
                    .map(|name| format!("all that `{name}` owns in this database"))
                    .collect(),
                _ => Vec::new(),
            }
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::DropColumn { column, .. }
                if is_old(&&altered.table)
                    && !context.is_added_before(&altered.table, column, index) =>
            {
                vec![format!("the column `{column}` of `{}`", altered.table)]
            }
            _ => Vec::new(),
        },
        EffectKind::Write(written) if written.verb == Verb::Truncate && is_old(&&written.table) => {
            vec![format!("every row of `{}`", written.table)]
        }
        _ => Vec::new(),
    }
}

/// Returns what is lost with a table that is dropped: all of it, or what the one that takes its place
/// is not given.
fn of_table(context: &Context<'_>, index: usize, table: &Name) -> Vec<String> {
    let mut lost = match context.made_anew_from(table, index) {
        None => vec![format!("the table `{table}`")],
        Some(new) => left_behind(context, table, new),
    };
    lost.extend(of_others(context, index, table));
    lost
}

/// Returns the columns that nothing takes over into the table that is made instead.
fn left_behind(context: &Context<'_>, table: &Name, new: &Name) -> Vec<String> {
    let way = context.way;
    let fills = |effect: &Effect| match &effect.kind {
        EffectKind::Create(created) => {
            created.table.of_query && created.name.as_ref().is_some_and(|name| name.may_be(new))
        }
        EffectKind::Write(written) => written.verb == Verb::Insert && written.table.may_be(new),
        _ => false,
    };
    let filling = (0..way.effects.len()).filter(|index| way.effects[*index].iter().any(fills));
    let dialect = context.grammar.dialect();
    let mut words = Vec::new();
    for index in filling {
        way.script.with_phrase(index, |statement| {
            let places = 0..statement.tokens().len();
            words.extend(places.map(|place| dialect.identifier(statement.text_at(place))));
        });
    }
    if words.iter().any(|word| word == "*") {
        return Vec::new();
    }
    let columns = context.columns_before(table).into_iter();
    let left = columns.filter(|(column, _)| !words.iter().any(|word| word == column));
    left.map(|(column, _)| {
        format!("the column `{column}` of `{table}`, which nothing takes over into `{new}`")
    })
    .collect()
}

/// Returns the rows of other tables that go with those of a table which is dropped.
fn of_others(context: &Context<'_>, index: usize, table: &Name) -> Vec<String> {
    let is_checked = context.settings.foreign_keys == ForeignKeys::Checked
        && (context.way.in_transaction || !context.way.script.has_foreign_keys_off(index));
    if !context.grammar.deletes_before_dropping() || !is_checked {
        return Vec::new();
    }
    let before = context.way.effects[..index].iter().flatten();
    let gone: Vec<&Name> = before
        .filter_map(|effect| match &effect.kind {
            EffectKind::Drop(dropped) => Some(&dropped.names),
            _ => None,
        })
        .flatten()
        .collect();
    let others = context.around.references_to(table).filter(|(of, _)| {
        let is_gone = gone.iter().any(|gone| gone.may_be(of));
        !is_gone && !of.may_be(table) && !context.is_new(of, index)
    });
    let told = others.filter_map(|(of, key)| {
        let what = match key.on_delete {
            OnDelete::Cascade => format!("the rows of `{of}`"),
            OnDelete::Forget => format!("what the rows of `{of}` refer to"),
            OnDelete::Refuse => return None,
        };
        let off = context.way.text.foreign_keys_off();
        Some(format!(
            "{what}, since foreign keys are checked and dropping `{table}` deletes its rows; to keep them: {off}"
        ))
    });
    // The database and the migrations tell of the same ones.
    let told: BTreeSet<String> = told.collect();
    told.into_iter().collect()
}
