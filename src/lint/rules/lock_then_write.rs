//! A strong lock that is held while rows are changed.
//!
//! margince/margince's pull request 4523 bounds how long a lock is held for this reason: the wait for
//! a lock has its limit, the time beneath it has none.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::{Context, Transaction};
use crate::lint::rule::{BOTH, Example, Hit, Needs, Rule};
use crate::sql::effect::{Effect, EffectKind, Name, ObjectKind, Verb};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE users (id INT PRIMARY KEY, name TEXT);";

pub(super) const RULE: Rule = Rule {
    name: "lock-then-write",
    level: Level::Warning,
    ways: BOTH,
    needs: Needs::Files,
    finds: "rows that are changed in the transaction that has locked a table against readers before",
    hurts: "nobody reads the table until the last row is written, however long that takes: the lock timeout is about waiting for the lock, not about holding it",
    instead: "Change the rows in a migration of its own, after the one that alters the table.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN email TEXT;\nUPDATE users SET email = name || '@example.org' WHERE email IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "CREATE TABLE names (name TEXT);\nALTER TABLE users RENAME COLUMN name TO title;\nINSERT INTO names SELECT title FROM users;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT); CREATE TABLE names (name TEXT);",
            up: "TRUNCATE names;\nINSERT INTO names SELECT name FROM users;",
            ..Example::BAD
        },
        Example {
            // The transaction may be the file's own.
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "BEGIN;\nALTER TABLE users ADD COLUMN email TEXT;\nUPDATE users SET email = name WHERE email IS NULL;\nCOMMIT;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "BEGIN;\nALTER TABLE users ADD COLUMN email TEXT;\nCOMMIT;\nUPDATE users SET name = '' WHERE name IS NULL;\nBEGIN;\nUPDATE users SET email = name WHERE email IS NULL;\nCOMMIT;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "LOCK TABLE users;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT); CREATE TABLE names (id INT, name TEXT);",
            up: "ALTER TABLE users ADD COLUMN email TEXT;\nMERGE INTO users USING names ON users.id = names.id WHEN MATCHED THEN UPDATE SET email = names.name;",
            ..Example::BAD
        },
        Example {
            // Whoever reads goes on beside what keeps writers out.
            engines: POSTGRES,
            before: TABLE,
            up: "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN email TEXT;\nMERGE INTO users USING (VALUES (1, 'root')) AS root (id, name) ON users.id = root.id WHEN NOT MATCHED THEN INSERT VALUES (root.id, root.name, NULL);",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "UPDATE users SET name = 'x' WHERE name IS NULL;\nALTER TABLE users ALTER COLUMN name SET NOT NULL;",
            ..Example::GOOD
        },
        Example {
            // A few rows that stand in the file.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE users ADD COLUMN email TEXT;\nINSERT INTO users VALUES (1, 'root', NULL);",
            ..Example::GOOD
        },
        Example {
            // Nobody waits for a table that nobody knows.
            engines: POSTGRES,
            up: "CREATE TABLE kinds (id INT, word TEXT);\nALTER TABLE kinds ADD COLUMN rank INT;\nUPDATE kinds SET rank = id WHERE true;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "ALTER TABLE users ADD COLUMN email TEXT;\nUPDATE users SET email = '' WHERE email IS NULL;",
            ..Example::GOOD
        },
        Example {
            // What is read goes on beside it.
            engines: POSTGRES,
            before: TABLE,
            up: "CREATE INDEX users_name ON users (name);\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::GOOD
        },
        Example {
            // An index is dropped beneath a lock of its table.
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT); CREATE INDEX users_name ON users (name);",
            up: "DROP INDEX users_name;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE users ALTER COLUMN name SET STATISTICS 500, ALTER name SET (n_distinct = 5);\nALTER TABLE users ALTER name RESET (n_distinct);\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE kinds (id INT, word TEXT);\nCREATE INDEX kinds_word ON kinds (word);\nDROP INDEX kinds_word;\nUPDATE kinds SET word = 'x' WHERE id = 1;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    let held = context.around.held.unreadable.first();
    let mut locked = held.map(|held| (Transaction::Runners, named(held)));
    let mut told = None;
    let mut hits = Vec::new();
    for (index, effect) in way.effects() {
        let Some(transaction) = way.transaction(index) else {
            continue;
        };
        // The first one is to be moved, and the others with it.
        if told == Some(transaction) {
            continue;
        }
        locked = locked.filter(|(held_by, _)| *held_by == transaction);
        if let Some((_, table)) = locked.as_ref().filter(|_| is_long(effect)) {
            let message = format!("rows are changed while {table} is locked against readers");
            hits.push(Hit::new(effect.span, message));
            told = Some(transaction);
        }
        if locked.is_none() && context.grammar.locks_readers(effect) {
            locked = locked_by(context, index, effect).map(|table| (transaction, table));
        }
    }
    hits
}

/// Returns which table a change locks, unless nobody else knows it yet.
fn locked_by(context: &Context<'_>, index: usize, effect: &Effect) -> Option<String> {
    let others = |table: &&Name| !context.is_new(table, index);
    let EffectKind::Drop(dropped) = &effect.kind else {
        return effect.kind.table().filter(others).map(named);
    };
    if dropped.kind != ObjectKind::Index {
        return dropped.names.iter().find(others).map(named);
    }
    let indexes = context.indexes_before(index);
    dropped.names.iter().find_map(|name| {
        let table = indexes.table_of(name);
        match table.or_else(|| context.around.table_of_index(name)) {
            Some(table) => Some(table).filter(others).map(named),
            None => Some(format!("the table of `{name}`")),
        }
    })
}

fn named(table: &Name) -> String {
    format!("`{table}`")
}

/// Returns whether a change of rows may take long: not of rows that stand in the file.
fn is_long(effect: &Effect) -> bool {
    match &effect.kind {
        EffectKind::Write(written) => match written.verb {
            Verb::Insert => !written.bounded,
            Verb::Update | Verb::Delete => true,
            Verb::Truncate => false,
        },
        _ => false,
    }
}
