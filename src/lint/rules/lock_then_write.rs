//! A strong lock that is held while rows are changed.
//!
//! margince/margince's pull request 4523 bounds how long a lock is held for this reason: the wait for
//! a lock has its limit, the time beneath it has none.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::backend::table_lock::Waiting;
use crate::lint::context::{Context, Transaction};
use crate::lint::locks::Locked;
use crate::lint::rule::{BOTH, Example, Hit, Needs, Rule};
use crate::sql::effect::{Effect, EffectKind, Verb};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE users (id INT PRIMARY KEY, name TEXT);";

pub(super) const RULE: Rule = Rule {
    name: "lock-then-write",
    level: Level::Warning,
    ways: BOTH,
    needs: Needs::Files,
    finds: "rows that are changed in the transaction that has locked a table or a view against readers before",
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
            // What is taken back is no longer locked.
            engines: POSTGRES,
            before: TABLE,
            up: "SAVEPOINT s;\nALTER TABLE users ADD COLUMN email TEXT;\nROLLBACK TO SAVEPOINT s;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "SAVEPOINT s;\nALTER TABLE users ADD COLUMN email TEXT;\nUPDATE users SET email = name WHERE name IS NOT NULL;\nROLLBACK TO SAVEPOINT s;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "SAVEPOINT s;\nALTER TABLE users ADD COLUMN email TEXT;\nROLLBACK TO SAVEPOINT s;\nALTER TABLE users ADD COLUMN phone TEXT;\nUPDATE users SET phone = name WHERE name IS NOT NULL;",
            ..Example::BAD
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
        Example {
            // Whoever plans a query opens all indexes of its tables.
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT);",
            up: "REINDEX TABLE users;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT); CREATE INDEX users_name ON users (name);",
            up: "REINDEX INDEX users_name;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            // A new partition closes the table that it is of.
            engines: POSTGRES,
            before: "CREATE TABLE days (id INT, day INT) PARTITION BY RANGE (day); CREATE TABLE late PARTITION OF days DEFAULT;",
            up: "CREATE TABLE early PARTITION OF days FOR VALUES FROM (0) TO (10);\nUPDATE late SET id = 1 WHERE id IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT);",
            up: "CREATE POLICY own ON users USING (true);\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT); CREATE VIEW named AS SELECT name FROM users;",
            up: "CREATE OR REPLACE VIEW named AS SELECT name, id FROM users;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::BAD
        },
        Example {
            // Nobody knows of it yet.
            engines: POSTGRES,
            before: TABLE,
            up: "CREATE OR REPLACE VIEW named AS SELECT name FROM users;\nDROP VIEW named;\nCREATE SEQUENCE s;\nDROP SEQUENCE s;\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::GOOD
        },
        Example {
            // Triggers and keys keep writers waiting, who are no readers.
            engines: POSTGRES,
            before: "CREATE TABLE users (id INT PRIMARY KEY, name TEXT); CREATE TABLE posts (author INT); CREATE FUNCTION nothing() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER told BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing();",
            up: "ALTER TABLE users ENABLE ALWAYS TRIGGER told;\nALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id);\nCREATE TRIGGER heard BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing();\nUPDATE users SET name = 'x' WHERE name IS NULL;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    let held = closed(context.around.held.locked.iter().cloned());
    let mut locked = held.map(|table| (Transaction::Runners, None, table));
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
        // What is taken back lets go of what it has locked.
        locked = locked.filter(|(held_by, since, _)| {
            let is_held = |at: usize| at == index || way.stands(at, index);
            *held_by == transaction && since.is_none_or(is_held)
        });
        if let Some((.., table)) = locked.as_ref().filter(|_| is_long(effect)) {
            let message = format!("rows are changed while {table} is locked against readers");
            hits.push(Hit::new(effect.span, message));
            told = Some(transaction);
        }
        if locked.is_none() {
            let closed = closed(context.locked(index, effect).into_iter());
            locked = closed.map(|table| (transaction, Some(index), table));
        }
    }
    hits
}

/// Returns how the first of these is told that keeps readers waiting.
fn closed(mut locked: impl Iterator<Item = Locked>) -> Option<String> {
    let closed = locked.find(|locked| locked.waiting == Waiting::Everybody)?;
    Some(closed.told)
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
