//! A file that was made from the template and never written: of this tool, or of Diesel.

use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};

/// What stands in the files that `diesel migration generate` makes
/// (`diesel_cli/src/migrations/mod.rs`).
const DIESELS: [&str; 2] = [
    "-- Your SQL goes here",
    "-- This file should undo anything in `up.sql`",
];

pub(super) const RULE: Rule = Rule {
    name: "template-left",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a file that is still the template, of this tool or of Diesel",
    hurts: "plain Diesel takes it for a migration that does nothing, and marks it as applied; a way down like it forgets the migration and leaves what it made",
    instead: "Write it, or delete the migration; a migration without a way down says so: `irreversible = \"why\"` in metadata.toml.",
    examples: &[
        Example {
            up: "-- Your SQL goes here\n",
            ..Example::BAD
        },
        Example {
            up: "-- dieselkit:template  Write the change below.\n--\n-- A good migration does one thing.\n",
            claim: Claim::NotRun,
            ..Example::BAD
        },
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some("-- This file should undo anything in `up.sql`\n"),
            ..Example::BAD
        },
        Example {
            up: "-- Your SQL goes here\nCREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some(
                "-- This file should undo anything in `up.sql`\nDROP TABLE IF EXISTS users;",
            ),
            ..Example::GOOD
        },
        Example {
            up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
            down: Some("-- nothing: the table stays\n"),
            claim: Claim::NotRun,
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let way = context.way;
    let ours = way.text.is_template(context.grammar.dialect());
    let text = way.script.text();
    let diesels = way.script.is_empty() && DIESELS.iter().any(|line| text.contains(line));
    if !ours && !diesels {
        return Vec::new();
    }
    vec![Hit::new(way.head(), "it is still the template")]
}
