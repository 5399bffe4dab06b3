//! What PostgreSQL's SQL means to a linter: squawk's rules, and what a transaction refuses.
//!
//! How squawk is asked, `squawk` knows; what goes through all rows of a table, `works`; which locks a
//! change takes, `locks::by_words`. Pure.

mod squawk;
mod works;

use super::dialect::POSTGRES;
use super::locks::by_words;
use super::syntax::suspects;
use super::types;
use crate::backend::lint::{Asked, Before, ForeignFinding, Grammar, Situation};
use crate::backend::table_lock::ExpectedLock;
use crate::sql::effect::{Effect, EffectKind, ObjectKind, Rebuilding};
use crate::sql::{Dialect, Phrase, Script};

/// PostgreSQL's.
pub(in crate::backend) const GRAMMAR: &dyn Grammar = &PostgresGrammar;

#[derive(Debug)]
struct PostgresGrammar;

/// Since when a value can be added to an enumeration inside a transaction
/// (<https://www.postgresql.org/docs/release/12.0/>).
const ADDS_VALUES_IN_TRANSACTION: u32 = 12;

/// What is refused by its first words (`PreventInTransactionBlock` in the server's sources).
const REFUSED: [(&[&str], &str); 14] = [
    (&["VACUUM"], "`VACUUM`"),
    (&["ALTER", "SYSTEM"], "`ALTER SYSTEM`"),
    (&["CREATE", "DATABASE"], "`CREATE DATABASE`"),
    (&["DROP", "DATABASE"], "`DROP DATABASE`"),
    (&["CREATE", "TABLESPACE"], "`CREATE TABLESPACE`"),
    (&["DROP", "TABLESPACE"], "`DROP TABLESPACE`"),
    (&["CREATE", "SUBSCRIPTION"], "`CREATE SUBSCRIPTION`"),
    (&["DROP", "SUBSCRIPTION"], "`DROP SUBSCRIPTION`"),
    (&["REINDEX", "DATABASE"], "`REINDEX DATABASE`"),
    (&["REINDEX", "SYSTEM"], "`REINDEX SYSTEM`"),
    (&["REINDEX", "SCHEMA"], "`REINDEX SCHEMA`"),
    (&["COMMIT", "PREPARED"], "`COMMIT PREPARED`"),
    (&["ROLLBACK", "PREPARED"], "`ROLLBACK PREPARED`"),
    (&["CLUSTER", ";"], "`CLUSTER` of all tables"),
];

impl Grammar for PostgresGrammar {
    fn dialect(&self) -> &'static dyn Dialect {
        POSTGRES
    }

    fn usual_schema(&self) -> &'static str {
        "public"
    }

    fn keeps_values(&self, from: &str, to: &str) -> bool {
        types::keeps_values(from, to)
    }

    fn refuses_transaction(
        &self,
        statement: Phrase<'_>,
        situation: &Situation<'_>,
    ) -> Option<&'static str> {
        let begins = |words: &[&str]| {
            let mut words = words.iter().enumerate();
            words.all(|(index, word)| statement.text_at(index).eq_ignore_ascii_case(word))
        };
        let refused = REFUSED.iter().find(|(words, _)| begins(words));
        if let Some((_, what)) = refused {
            return Some(what);
        }
        // A view is refreshed concurrently inside of one.
        if has(statement, "CONCURRENTLY") && !statement.is_word(0, "REFRESH") {
            return concurrent(statement);
        }
        let adds_value = begins(&["ALTER", "TYPE"]) && has(statement, "VALUE");
        let is_old = situation
            .major_version()
            .is_some_and(|major| major < ADDS_VALUES_IN_TRANSACTION);
        (adds_value && is_old).then_some("`ALTER TYPE … ADD VALUE`, before PostgreSQL 12")
    }

    fn locks(&self, script: &Script, index: usize, effect: &Effect) -> Vec<ExpectedLock> {
        by_words::of_effect(script, index, effect)
    }

    /// <https://www.postgresql.org/docs/current/sql-altertable.html>: "Indexes and table constraints
    /// involving the column will be automatically dropped as well."
    fn drops_what_is_of_columns(&self) -> bool {
        true
    }

    /// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>
    fn works_through(&self, effect: &Effect, before: &Before<'_>) -> Option<&'static str> {
        match &effect.kind {
            EffectKind::Create(created) if created.kind == ObjectKind::Index => {
                (!created.index.concurrently).then_some("it builds an index of")
            }
            EffectKind::Create(created) if created.table.partition_of.is_some() => {
                works::attaching(before)
            }
            EffectKind::Alter(altered) => works::altering(&altered.action, before),
            EffectKind::AlterDomain(altered) => works::altering_domain(&altered.action),
            EffectKind::Rebuild(rebuilt) if !rebuilt.concurrently => Some(match rebuilt.how {
                Rebuilding::Cluster | Rebuilding::Vacuum | Rebuilding::Refresh => {
                    "it makes anew all rows of"
                }
                Rebuilding::Reindex => "it builds anew the indexes of",
                Rebuilding::ReindexOne => "it builds anew an index of",
            }),
            _ => None,
        }
    }

    fn builds_beside_writers(&self) -> bool {
        true
    }

    fn suspects(&self, script: &Script) -> Vec<(usize, String)> {
        let suspects = suspects(script).into_iter();
        suspects
            .map(|suspect| (suspect.offset, suspect.message))
            .collect()
    }

    fn foreign_findings(
        &self,
        script: &Script,
        situation: &Situation<'_>,
        asked: &Asked<'_>,
    ) -> Vec<ForeignFinding> {
        squawk::findings(script, situation, asked)
    }
}

fn has(statement: Phrase<'_>, word: &str) -> bool {
    (0..statement.tokens().len()).any(|index| statement.is_word(index, word))
}

/// Returns what is done beside others.
fn concurrent(statement: Phrase<'_>) -> Option<&'static str> {
    let known = [
        ("CREATE", "`CREATE INDEX CONCURRENTLY`"),
        ("DROP", "`DROP INDEX CONCURRENTLY`"),
        ("REINDEX", "`REINDEX … CONCURRENTLY`"),
        ("ALTER", "`DETACH PARTITION … CONCURRENTLY`"),
    ];
    let known = known.iter().find(|(word, _)| statement.is_word(0, word));
    known.map(|(_, what)| *what)
}
