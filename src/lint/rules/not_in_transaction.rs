//! A statement that the database refuses inside a transaction, in a migration that runs in one.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::event::Direction;
use crate::lint::context::{Context, Transaction};
use crate::lint::linter::Together;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);";

pub(super) const RULE: Rule = Rule {
    name: "not-in-transaction",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a statement that cannot run inside a transaction, in a migration that does; and a migration that runs outside of one, where the whole run is one",
    hurts: "it fails, wherever it runs",
    instead: "Give it a migration of its own, with `run_in_transaction = false` in metadata.toml, or `-- migrate:up transaction:false`.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "CREATE INDEX CONCURRENTLY users_email ON users (email);",
            claim: Claim::Refused("cannot run inside a transaction block"),
            ..Example::BAD
        },
        Example {
            up: "VACUUM;",
            claim: Claim::Refused("VACUUM"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "REINDEX (VERBOSE) TABLE CONCURRENTLY users;",
            claim: Claim::Refused("cannot run inside a transaction block"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE DATABASE another;",
            claim: Claim::Refused("cannot run inside a transaction block"),
            ..Example::BAD
        },
        Example {
            // The transaction may be the file's own.
            engines: POSTGRES,
            before: TABLE,
            up: "BEGIN;\nALTER TABLE users ADD COLUMN name TEXT;\nCREATE INDEX CONCURRENTLY users_email ON users (email);\nCOMMIT;",
            claim: Claim::Refused("cannot run inside a transaction block"),
            ..Example::BAD
        },
        Example {
            run_in_transaction: false,
            up: "BEGIN;\nVACUUM;\nCOMMIT;",
            claim: Claim::Refused("VACUUM"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "CREATE INDEX CONCURRENTLY users_email ON users (email);",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: "CREATE MATERIALIZED VIEW ones AS SELECT 1 AS id; CREATE UNIQUE INDEX one ON ones (id);",
            up: "REFRESH MATERIALIZED VIEW CONCURRENTLY ones;",
            ..Example::GOOD
        },
        Example {
            // Its own transaction ends before.
            engines: POSTGRES,
            before: TABLE,
            up: "BEGIN;\nALTER TABLE users ADD COLUMN name TEXT;\nCOMMIT;\nCREATE INDEX CONCURRENTLY users_email ON users (email);",
            ..Example::GOOD
        },
        Example {
            run_in_transaction: false,
            up: "VACUUM;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "DO $$ BEGIN\n  UPDATE users SET email = '' WHERE email IS NULL;\n  COMMIT;\nEND $$;",
            claim: Claim::Refused("invalid transaction termination"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            up: "DO $$ BEGIN IF true THEN ROLLBACK AND CHAIN; END IF; END $$;",
            claim: Claim::Refused("invalid transaction termination"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "DO $$ BEGIN\n  UPDATE users SET email = '' WHERE email IS NULL;\n  COMMIT;\nEND $$;",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            up: "CREATE TABLE \"commit\" (id INT);\nDO $$ DECLARE rollback INT; BEGIN rollback := 1; PERFORM 'COMMIT;'; /* COMMIT; */ END $$;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    let refused = |index: usize| {
        let transaction = way.transaction(index)?;
        let what = context.refuses_transaction(index)?;
        let here = way.statement(index);
        let cannot = format!("{what} cannot run inside a transaction, and");
        Some(match transaction {
            Transaction::Runners => Hit::new(here, format!("{cannot} this migration does")),
            Transaction::Own(begins) => {
                let line = way.script.statement_position(begins).line;
                let message = format!("{cannot} the one that line {line} begins is open");
                Hit::new(here, message).with_help(
                    "Write it where no transaction is open; a migration of its own is better.",
                )
            }
        })
    };
    let outside = outside_of_batch(context).into_iter();
    let refused = (0..way.script.statements().len()).filter_map(refused);
    outside.chain(refused).collect()
}

/// Finds a migration without a transaction in a run that is one.
fn outside_of_batch(context: &Context<'_>) -> Option<Hit> {
    let is_one = context.together == Together::OneTransaction
        && context.way.direction == Direction::Up
        && !context.settings.run_in_transaction;
    is_one.then(|| {
        let message = "it runs outside of a transaction, and `up` puts all into one (`transaction = \"batch\"`), which refuses it";
        let help = "Apply it alone, `--transaction each`; or leave `transaction` of `[migrations]` at `each`.";
        Hit::new(context.way.head(), message).with_help(help)
    })
}
