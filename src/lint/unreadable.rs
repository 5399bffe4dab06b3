//! What no database can run, or `up` cannot read, which is a finding as well.

use std::borrow::Cow;

use super::catalog::RuleInfo;
use super::context::{Context, Way};
use super::finding::Finding;
use super::options::Options;
use super::rule::Hit;
use super::subject::Subject;
use crate::backend::lint::Level;
use crate::migration::{Place, SourceError, SqlText};
use crate::sql::{INSTEAD_OF_GIVING_UP, Span, SqlError};

/// A text that has no statements to look at.
const RULE: RuleInfo = RuleInfo {
    name: "unreadable-sql",
    level: Level::Error,
    source: "dieselkit",
    finds: "a text that no server can run: a quote that is left open, a command of `psql`, what the database's own parser refuses, what gives up the lock of the run (`DISCARD ALL`); where none can be asked, a warning of what squawk's parser does not know",
    hurts: "`up` refuses it",
    instead: Some("`dieselkit check` says more of it."),
    bad: Some(Cow::Borrowed("SELECT 'a;")),
    good: Some(Cow::Borrowed("SELECT 'a';")),
};

/// A file among the migrations of which nobody knows how it is meant.
const FILE: RuleInfo = RuleInfo {
    name: "unreadable-file",
    level: Level::Error,
    source: "dieselkit",
    finds: "a file among the migrations that cannot be read as one: no `-- migrate:up`, no `up.sql`, unknown settings",
    hurts: "`up` refuses to run anything",
    instead: Some("`dieselkit check` says more of it."),
    bad: Some(Cow::Borrowed(
        "CREATE TABLE users (id INTEGER PRIMARY KEY);",
    )),
    good: Some(Cow::Borrowed(
        "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY);",
    )),
};

/// The rules about what cannot be read.
pub(super) const RULES: &[RuleInfo] = &[FILE, RULE];

/// Finds a file that is no migration.
pub(super) fn file(options: &Options, problem: &SourceError) -> Option<Finding> {
    let level = options.level(FILE.name, FILE.level);
    let place = problem.place();
    let message = problem.to_string();
    let said = message.strip_prefix(&format!("{place}: "));
    (level != Level::Off).then(|| Finding {
        rule: FILE.name.to_owned(),
        level,
        migration: None,
        end_line: place.line,
        end_column: place.column,
        message: said.unwrap_or(&message).to_owned(),
        place,
        help: problem.hint().map(|hint| format!("{hint}.")),
        fix: None,
    })
}

/// Finds what `up` refuses in a file that can be read, or the database's parser does.
pub(super) fn statements(way: &Way<'_>, context: &Context<'_>) -> Vec<(RuleInfo, Hit)> {
    let mut hits: Vec<(RuleInfo, Hit)> = gives_up(way).into_iter().collect();
    hits.extend(refused(way, context));
    hits
}

/// Finds what `up` refuses since it gives up the lock of the run.
fn gives_up(way: &Way<'_>) -> Option<(RuleInfo, Hit)> {
    let index = way.script.gives_up_session()?;
    let message = "this gives up all that the session holds, the migration lock included";
    let help = INSTEAD_OF_GIVING_UP;
    let (first, rest) = help.split_at(1);
    let help = format!("{}{rest}.", first.to_uppercase());
    let hit = Hit::new(way.statement(index), message.to_owned());
    Some((RULE, hit.with_help(help)))
}

/// Finds what the database's parser refuses; where none was asked, what may be refused.
fn refused(way: &Way<'_>, context: &Context<'_>) -> Vec<(RuleInfo, Hit)> {
    let file = way.text.path.display().to_string();
    let script = &way.script;
    let Some(refused) = context.facts.refused() else {
        let suspects = context.grammar.suspects(script).into_iter();
        let hit = |(offset, message): (usize, String)| {
            let span = Span {
                start: offset,
                end: offset,
            };
            let hit = Hit::new(span, format!("it may not be PostgreSQL's SQL: {message}"));
            (RULE, hit.at_most(Level::Warning))
        };
        return suspects.map(hit).collect();
    };
    // A file may hold both ways.
    let (first, last) = (script.position(0), script.position(script.text().len()));
    let lines = first.line..=last.line;
    let here = refused
        .iter()
        .filter(|(place, _)| place.file == file && lines.contains(&place.line));
    let hit = |(place, message): &(Place, String)| {
        let is_at = |offset: &usize| {
            let position = script.position(*offset);
            (position.line, position.column) >= (place.line, place.column)
        };
        let offsets = script.text().char_indices().map(|(offset, _)| offset);
        let start = offsets
            .into_iter()
            .find(is_at)
            .unwrap_or(script.text().len());
        (RULE, Hit::new(Span { start, end: start }, message.clone()))
    };
    here.map(hit).collect()
}

/// Finds what no server could run.
pub(super) fn finding(
    options: &Options,
    subject: &Subject,
    text: &SqlText,
    error: &SqlError,
) -> Option<Finding> {
    let level = options.level(RULE.name, RULE.level);
    let position = error.position();
    (level != Level::Off).then(|| Finding {
        rule: RULE.name.to_owned(),
        level,
        migration: subject.migration.clone(),
        place: Place::at(&text.path, position),
        end_line: position.line,
        end_column: position.column,
        message: error.problem(),
        help: error.hint(),
        fix: None,
    })
}
