//! A setting of the whole connection inside a transaction, where it is void or refused.
//!
//! <https://www.sqlite.org/pragma.html#pragma_foreign_keys>: "This pragma is a no-op within a
//! transaction". drizzle-orm's table rebuilds deleted rows by it (its pull request 5784).

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::{Context, Transaction};
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::migration::ForeignKeys;

const SQLITE: &[Engine] = &[Engine::Sqlite];

pub(super) const RULE: Rule = Rule {
    name: "setting-in-transaction",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a `PRAGMA` that means nothing inside a transaction, or is refused there, where one is open: the runner's, or the file's own",
    hurts: "with foreign keys still checked, a `DROP TABLE` deletes the rows that refer to the table, and nobody is told",
    instead: "For a table that is made anew write `run_in_transaction = true` and `foreign_keys = \"off\"` into metadata.toml, or `-- migrate:up foreign_keys:off`; any other setting goes into a migration with `run_in_transaction = false`.",
    examples: &[
        Example {
            engines: SQLITE,
            up: "PRAGMA foreign_keys = OFF;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            up: "PRAGMA synchronous = 1;",
            claim: Claim::Refused("inside a transaction"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            up: "PRAGMA main.journal_mode = WAL;",
            claim: Claim::Refused("within a transaction"),
            ..Example::BAD
        },
        Example {
            // The transaction may be the file's own; with or without that of the runner.
            engines: SQLITE,
            up: "BEGIN;\nPRAGMA foreign_keys = OFF;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nCOMMIT;\nPRAGMA foreign_keys = ON;",
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            run_in_transaction: false,
            up: "BEGIN;\nPRAGMA synchronous = 1;\nCOMMIT;",
            claim: Claim::Refused("inside a transaction"),
            ..Example::BAD
        },
        Example {
            engines: SQLITE,
            run_in_transaction: false,
            up: "PRAGMA foreign_keys = OFF;\nBEGIN;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nCOMMIT;\nPRAGMA foreign_keys = ON;",
            ..Example::GOOD
        },
        Example {
            engines: SQLITE,
            run_in_transaction: false,
            up: "PRAGMA foreign_keys = OFF;\nCREATE TABLE users_new (id INTEGER PRIMARY KEY);\nPRAGMA foreign_keys = ON;",
            ..Example::GOOD
        },
        Example {
            // Read, or of the file, not of the connection; or taken as long as nothing temporary is made.
            engines: SQLITE,
            up: "PRAGMA foreign_keys;\nPRAGMA temp_store = MEMORY;\nPRAGMA user_version = 7;\nPRAGMA defer_foreign_keys = ON;\nPRAGMA foreign_key_check;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    if context.settings.foreign_keys == ForeignKeys::Off {
        return Vec::new();
    }
    let found = (0..way.script.statements().len()).filter_map(|index| {
        let transaction = way.transaction(index)?;
        let what = way.script.with_phrase(index, |statement| {
            context.grammar.setting_outside_transaction(statement)
        })?;
        let hit = Hit::new(way.statement(index), what);
        Some(match transaction {
            Transaction::Runners => hit,
            Transaction::Own(begins) => {
                let line = way.script.statement_position(begins).line;
                hit.with_help(format!(
                    "Write it before line {line} begins the transaction. Or leave `BEGIN` and `COMMIT` to `up`. {}",
                    RULE.instead
                ))
            }
        })
    });
    found.collect()
}
