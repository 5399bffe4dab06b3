//! What a rule is: words for people, examples that prove it, and a function that finds.

use super::context::Context;
use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::event::Direction;
use crate::sql::Span;

/// Both ways of a migration.
pub(super) const BOTH: &[Direction] = &[Direction::Up, Direction::Down];
/// The way up alone.
pub(super) const UP: &[Direction] = &[Direction::Up];
/// The way down alone.
pub(super) const DOWN: &[Direction] = &[Direction::Down];

/// Every engine.
pub(super) const ANY: &[Engine] = &[Engine::Postgres, Engine::Sqlite];

/// What a rule has to know besides the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing.
    Files,
    /// How big the tables of the database are.
    Sizes,
}

/// A rule of this tool's own.
pub(super) struct Rule {
    /// What it is called, in words with dashes.
    pub(super) name: &'static str,
    /// How much it weighs where nobody says.
    pub(super) level: Level,
    /// Which ways it looks at.
    pub(super) ways: &'static [Direction],
    /// What it has to know.
    pub(super) needs: Needs,
    /// What it finds, as a noun phrase.
    pub(super) finds: &'static str,
    /// Why that hurts.
    pub(super) hurts: &'static str,
    /// What to write instead.
    pub(super) instead: &'static str,
    /// What proves it, bad ones first; the first bad and the first good one are shown.
    pub(super) examples: &'static [Example],
    /// Finds.
    pub(super) check: fn(&Context<'_>) -> Vec<Hit>,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// Where, in byte offsets of the way's script.
    pub(super) span: Span,
    /// What, as a fragment that names the objects.
    pub(super) message: String,
    /// What to write instead, where that depends on what was found; else the rule's `instead`.
    pub(super) help: Option<String>,
    /// How much it weighs at most, where it is less certain than the rule.
    pub(super) at_most: Option<Level>,
}

impl Hit {
    /// Makes a hit for which the rule's own advice is enough.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
            at_most: None,
        }
    }

    /// Says how much it weighs at most.
    pub(super) fn at_most(mut self, level: Level) -> Self {
        self.at_most = Some(level);
        self
    }

    /// Says what to write instead.
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether an example is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is.
    Bad,
    /// It is not.
    Good,
}

/// What a database does with an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It runs it; or it would, with what else belongs to it.
    Runs,
    /// It refuses it: the tests have a real one do so, and say that the words are in its message.
    Refused(&'static str),
    /// It refuses it likewise before this version.
    RefusedBefore(u32, &'static str),
    /// Nobody asks it: `up` refuses the example before, or it would change the whole server.
    NotRun,
}

/// A migration that proves a rule.
#[derive(Clone, Copy)]
pub(super) struct Example {
    /// Whether it is found.
    pub(super) verdict: Verdict,
    /// Whose SQL it is.
    pub(super) engines: &'static [Engine],
    /// What was applied long before.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests apply it"))]
    pub(super) before: &'static str,
    /// Whether it runs in a transaction.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests run it so"))]
    pub(super) run_in_transaction: bool,
    /// Its way up.
    pub(super) up: &'static str,
    /// Its way down.
    pub(super) down: Option<&'static str>,
    /// The version of the server that it is meant for, where that matters.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests say so"))]
    pub(super) server_version: Option<&'static str>,
    /// Which tables hold how many rows.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests say so"))]
    pub(super) rows: &'static [(&'static str, i64)],
    /// What a database does with it.
    pub(super) claim: Claim,
}

impl Example {
    /// What is found, of either engine, in a transaction.
    pub(super) const BAD: Self = Self {
        verdict: Verdict::Bad,
        engines: ANY,
        before: "",
        run_in_transaction: true,
        up: "",
        down: None,
        server_version: None,
        rows: &[],
        claim: Claim::Runs,
    };

    /// What is not.
    pub(super) const GOOD: Self = Self {
        verdict: Verdict::Good,
        ..Self::BAD
    };
}

/// Returns examples that stand in several files as one list; `COUNT` is how many they are.
pub(super) const fn joined<const COUNT: usize>(parts: &[&[Example]]) -> [Example; COUNT] {
    let mut all = [Example::GOOD; COUNT];
    let (mut part, mut filled) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[filled] = parts[part][index];
            filled += 1;
            index += 1;
        }
        part += 1;
    }
    all
}
