//! `DELETE` and `UPDATE` without `WHERE`, and `MERGE` without what stands for it.
//!
//! <https://github.com/sbdchd/squawk/issues/112> asks for it; `WHERE true` says that all rows are
//! meant, as it does in other tools.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::sql::effect::{EffectKind, Verb};

pub(super) const RULE: Rule = Rule {
    name: "write-without-where",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a `DELETE` or an `UPDATE` without a `WHERE`, or a `MERGE` that does so of rows that nothing tells apart, of a table that the same run did not make",
    hurts: "a condition that was forgotten costs every row; and where all are meant, all are locked, and written anew, in one transaction",
    instead: "Write the condition; where all rows are meant, write `WHERE true`, in batches if there are many.",
    examples: &[
        Example {
            up: "UPDATE users SET active = true;",
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, active BOOLEAN);",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: "CREATE TABLE small (id INT);",
            up: "DO $$ BEGIN\n  DELETE FROM small;\nEND $$;",
            ..Example::BAD
        },
        Example {
            up: "DELETE FROM users",
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: "CREATE TABLE users (id INT); CREATE TABLE old (id INT);",
            up: "WITH gone AS (DELETE FROM users RETURNING id) INSERT INTO old SELECT id FROM gone;",
            ..Example::BAD
        },
        Example {
            // The condition is that of a query, not of the update.
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);",
            up: "UPDATE users SET name = (SELECT 'x' WHERE 1 = 1);",
            ..Example::BAD
        },
        Example {
            // A join that asks nothing meets every row.
            engines: &[Engine::Postgres],
            before: "CREATE TABLE users (id INT, name TEXT);",
            up: "MERGE INTO users USING (SELECT 'x' AS name) AS one ON true WHEN MATCHED THEN DELETE;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Postgres],
            before: "CREATE TABLE users (id INT, name TEXT);",
            up: "MERGE INTO users USING (SELECT 'x' AS name) AS one ON (1 = 1) WHEN MATCHED AND users.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET name = one.name;",
            ..Example::BAD
        },
        Example {
            // A new view has the rows of the tables behind it.
            engines: &[Engine::Postgres],
            before: "CREATE TABLE users (id INT);",
            up: "CREATE VIEW people AS SELECT id FROM users;\nDELETE FROM people;",
            ..Example::BAD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, active BOOLEAN);",
            up: "UPDATE users SET active = true WHERE active IS NULL;",
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "DELETE FROM users WHERE true;",
            ..Example::GOOD
        },
        Example {
            up: "CREATE TABLE kinds (id INTEGER PRIMARY KEY, word TEXT);\nINSERT INTO kinds VALUES (1, 'a');\nUPDATE kinds SET word = upper(word);",
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);",
            up: "INSERT INTO users VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = 'b';",
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "CREATE TABLE teams (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users (id) ON DELETE CASCADE ON UPDATE SET NULL);",
            ..Example::GOOD
        },
        Example {
            // The join is a condition, and so is what follows `AND`.
            engines: &[Engine::Postgres],
            before: "CREATE TABLE users (id INT, name TEXT); CREATE TABLE names (id INT, name TEXT);",
            up: "MERGE INTO users USING names ON users.id = names.id WHEN MATCHED AND names.name IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET name = names.name WHEN NOT MATCHED THEN INSERT VALUES (names.id, names.name);\nMERGE INTO users USING names ON true WHEN MATCHED AND true THEN DELETE;",
            ..Example::GOOD
        },
        Example {
            // What is taken back has not happened.
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "SAVEPOINT before;\nDELETE FROM users;\nROLLBACK TO SAVEPOINT before;\nRELEASE before;",
            ..Example::GOOD
        },
        Example {
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "SAVEPOINT before;\nDELETE FROM users;\nRELEASE SAVEPOINT before;",
            ..Example::BAD
        },
        Example {
            // The table of this run is gone again; the one that is there is meant.
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            up: "SAVEPOINT before;\nCREATE TEMPORARY TABLE users (id INTEGER);\nDELETE FROM users;\nROLLBACK TO before;\nDELETE FROM users;",
            ..Example::BAD
        },
        Example {
            engines: &[Engine::Sqlite],
            before: "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE log (id INTEGER);",
            up: "CREATE TRIGGER forget AFTER DELETE ON users BEGIN DELETE FROM log; END;",
            ..Example::GOOD
        },
        Example {
            engines: &[Engine::Postgres],
            before: "CREATE TABLE users (id INT); CREATE TABLE log (id INT);",
            up: "CREATE RULE keep AS ON DELETE TO users DO INSTEAD DELETE FROM log;\nCREATE FUNCTION forget() RETURNS void LANGUAGE sql AS $$ DELETE FROM log $$;\nSELECT * FROM users FOR UPDATE;",
            claim: Claim::Runs,
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.lasting().filter_map(|(index, effect)| {
        let EffectKind::Write(written) = &effect.kind else {
            return None;
        };
        let verb = match written.verb {
            Verb::Update => "updates",
            Verb::Delete => "deletes",
            Verb::Insert | Verb::Truncate => return None,
        };
        if written.bounded || context.is_new(&written.table, index) {
            return None;
        }
        let message = format!("it {verb} every row of `{}`", written.table);
        let hit = Hit::new(effect.span, message);
        let text = &context.way.script.text()[effect.span.range()];
        let is_merge = text
            .get(..5)
            .is_some_and(|it| it.eq_ignore_ascii_case("MERGE"));
        Some(if is_merge {
            hit.with_help(OF_MERGE)
        } else {
            hit
        })
    });
    found.collect()
}

/// What to write instead of a `MERGE`.
const OF_MERGE: &str = "Write behind `ON` which rows belong to which; where all rows are meant, write `WHEN MATCHED AND true`, in batches if there are many.";
