//! What a linter asks of an engine: what its SQL means, and the rules of a linter of its own.
//!
//! Pure: text in, findings out. Which rules are asked for, and who is told, is for `lint` to know.

mod squawk_rules;

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
use super::address::AddressError;
use super::address::Engine;
use super::error::BackendError;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::table_lock::ExpectedLock;
use crate::sql::effect::{ConstraintKind, Effect};
use crate::sql::{Dialect, Phrase, Script, Span, Zone};

/// How much a finding weighs; more is greater.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is not asked.
    Off,
    /// A matter of taste, or of cleaning up.
    Info,
    /// It can hurt, or hurts at some size.
    #[default]
    Warning,
    /// It fails, or destroys.
    Error,
}

impl Level {
    /// Every level, the least first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Info, Self::Warning, Self::Error];

    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// A change of a text that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// What is replaced, in byte offsets of the script's text.
    pub(crate) span: Span,
    /// What stands there instead.
    pub(crate) text: String,
}

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mend {
    /// What it does, in a few words.
    pub(crate) title: String,
    /// The changes, none of which overlaps another.
    pub(crate) edits: Vec<Edit>,
}

/// Of what a rule of an engine's own linter speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Of a table that others use: one that this very run makes is nobody's yet.
    Others,
    /// Of what the programs rely on: a way down takes back what they did not have before, and what
    /// this very run makes they do not know.
    Programs,
    /// Of the text, wherever it stands.
    Text,
}

/// A rule of an engine's own linter.
#[derive(Debug)]
pub(crate) struct ForeignRule {
    /// What it is called, there and here.
    pub(crate) name: &'static str,
    /// How much it weighs where nobody says.
    pub(crate) level: Level,
    /// Of what it speaks.
    pub(crate) about: About,
    /// What it finds, as a noun phrase.
    pub(crate) finds: &'static str,
    /// Why it weighs so.
    pub(crate) why: &'static str,
}

/// How a script will be run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    /// Whether inside a transaction of the runner.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite has no linter that asks for it")
    )]
    pub(crate) in_transaction: bool,
    /// The server's version, such as `17.5`, where a server was asked.
    pub(crate) server_version: Option<&'a str>,
}

impl Situation<'_> {
    /// Returns the first number of the server's version.
    pub(crate) fn major_version(&self) -> Option<u32> {
        let digits = self.server_version?.split(|c: char| !c.is_ascii_digit());
        digits.into_iter().next()?.parse().ok()
    }
}

/// What a linter of an engine's own is asked.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "SQLite has no linter")
)]
pub(crate) struct Asked<'a> {
    /// Its rules, by name.
    pub(crate) rules: &'a [&'a str],
    /// The comments of its own that it is not to read, in order, as byte offsets of the script's text.
    pub(crate) unread: &'a [Span],
}

/// What an engine's own linter found.
#[derive(Debug)]
pub(crate) struct ForeignFinding {
    /// The rule's name.
    pub(crate) rule: String,
    /// Where, in byte offsets of the script's text.
    pub(crate) span: Span,
    /// What.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: Option<String>,
    /// What mends it.
    pub(crate) mend: Option<Mend>,
}

/// A change that the engine has no statement for, though another has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lack {
    /// What it lacks, to follow "there is no".
    pub(crate) what: &'static str,
    /// Whether the table has to be made anew instead.
    pub(crate) rebuild: bool,
    /// Whether it is lacking only while foreign keys are checked.
    pub(crate) by_foreign_keys: bool,
    /// What to write instead.
    pub(crate) instead: &'static str,
}

/// What is known of a table before a change of it.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(
        dead_code,
        reason = "SQLite reads all rows whatever they are known to be"
    )
)]
pub(crate) struct Before<'a> {
    /// The type of the column that is changed, where it is known, in lower case.
    pub(crate) of_type: Option<&'a str>,
    /// The type that is stored for the one that the column gets: what is beneath its domains. Nothing where
    /// that is itself.
    pub(crate) stored_as: Option<&'a str>,
    /// Whether the type that the column gets is a domain that checks values.
    pub(crate) is_checked: bool,
    /// Whether a constraint proves what would be checked.
    pub(crate) is_proven: bool,
    /// Whether the same transaction keeps others from writing the table already.
    pub(crate) is_locked: bool,
    /// In which zone the session tells moments.
    pub(crate) zone: Zone,
    /// The first number of the server's version, where it is known.
    pub(crate) major_version: Option<u32>,
}

/// What an engine knows of the meaning of its SQL.
pub(crate) trait Grammar: fmt::Debug + Send + Sync {
    /// Returns how its SQL is read.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Returns what a statement is called that the engine refuses inside a transaction.
    fn refuses_transaction(
        &self,
        statement: Phrase<'_>,
        situation: &Situation<'_>,
    ) -> Option<&'static str>;

    /// Returns what a statement is called that a transaction makes void, or that it fails in, since
    /// it is a setting of the whole connection.
    fn setting_outside_transaction(&self, _statement: Phrase<'_>) -> Option<&'static str> {
        None
    }

    /// Returns the schema that a name without one is usually in.
    fn usual_schema(&self) -> &'static str;

    /// Returns what is lacking for a change, the one at this place (0-based) among those of its
    /// statement.
    fn lack(&self, _effect: &Effect, _place: usize, _situation: &Situation<'_>) -> Option<Lack> {
        None
    }

    /// Returns what is lacking for a change that drops a column of a key of its table.
    fn lack_for_keys(&self) -> Option<Lack> {
        None
    }

    /// Returns what is lacking for dropping a constraint of this kind.
    fn lack_for_constraint(
        &self,
        _kind: ConstraintKind,
        _situation: &Situation<'_>,
    ) -> Option<Lack> {
        None
    }

    /// Returns the locks that a change of the statement at `index` takes by its words and that keep
    /// somebody waiting until the transaction ends, on what it names before all others.
    fn locks(&self, _script: &Script, _index: usize, _effect: &Effect) -> Vec<ExpectedLock> {
        Vec::new()
    }

    /// Returns whether a type keeps every value of another one as it is.
    fn keeps_values(&self, from: &str, to: &str) -> bool;

    /// Returns whether dropping a table deletes its rows first, so that what refers to them follows,
    /// where foreign keys are checked.
    fn deletes_before_dropping(&self) -> bool {
        false
    }

    /// Returns whether what is of a column (indexes, constraints, a sequence) goes when that is dropped; else
    /// it is in the way.
    fn drops_what_is_of_columns(&self) -> bool {
        false
    }

    /// Returns what a change does with all rows of its table, beneath a lock that keeps others from
    /// writing it, to be followed by the table: `it rewrites all rows of`.
    fn works_through(&self, _effect: &Effect, _before: &Before<'_>) -> Option<&'static str> {
        None
    }

    /// Returns whether an index can be built while others write its table.
    fn builds_beside_writers(&self) -> bool {
        false
    }

    /// Returns where a parser that is at hand gives up, in byte offsets of the script's text, and why;
    /// a server may know more.
    fn suspects(&self, _script: &Script) -> Vec<(usize, String)> {
        Vec::new()
    }

    /// Returns what a linter of its own finds.
    fn foreign_findings(
        &self,
        _script: &Script,
        _situation: &Situation<'_>,
        _asked: &Asked<'_>,
    ) -> Vec<ForeignFinding> {
        Vec::new()
    }
}

impl Engine {
    /// Returns the rules of the engine's own linter, whether this build has that or not.
    pub(crate) fn foreign_rules(self) -> &'static [ForeignRule] {
        match self {
            Self::Postgres => squawk_rules::RULES,
            Self::Sqlite => &[],
        }
    }

    /// Returns how the engine reads SQL.
    ///
    /// # Errors
    /// `AddressError::EngineNotCompiled` where this build lacks it.
    pub(crate) fn dialect(self) -> Result<&'static dyn Dialect, BackendError> {
        self.grammar().map(Grammar::dialect)
    }

    /// Returns what the engine knows of the meaning of its SQL.
    ///
    /// # Errors
    /// `AddressError::EngineNotCompiled` where this build lacks it.
    #[cfg_attr(
        all(feature = "postgres", feature = "sqlite"),
        expect(
            clippy::unnecessary_wraps,
            reason = "a build with one engine lacks the other"
        )
    )]
    pub(crate) fn grammar(self) -> Result<&'static dyn Grammar, BackendError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => Ok(postgres::lint::GRAMMAR),
            #[cfg(feature = "sqlite")]
            Self::Sqlite => Ok(sqlite::lint::GRAMMAR),
            #[cfg(not(all(feature = "postgres", feature = "sqlite")))]
            absent => Err(AddressError::EngineNotCompiled { engine: absent }.into()),
        }
    }
}
