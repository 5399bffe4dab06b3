//! What the body of a trigger, or of a rule, does to rows that its statement does not name.

use super::{WITHOUT_ROWS, WITHOUT_VALUES, calls_something, changes_rows};
use crate::sql::effect::within_dollars;
use crate::sql::name::Name;
use crate::sql::token::{Dialect, Phrase, Token, TokenKind};
use crate::sql::words::Words;

/// What a body does beside reading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deeds {
    /// How it may take something away, where it may.
    pub(crate) taking: Option<Taking>,
    /// The tables that it adds rows to, whose own triggers run then.
    pub(crate) adds_to: Vec<Name>,
}

/// How a body takes something away, the worst known last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Taking {
    /// It writes over rows.
    Overwrites,
    /// Nobody can tell by its words.
    Untold,
    /// It says that it deletes rows, or drops what holds some.
    Deletes,
}

/// Reads a body: statements of SQL, also with a procedural language's words around them.
pub(crate) fn deeds(body: &str, dialect: &'static dyn Dialect) -> Deeds {
    let tokens = significant(body, dialect);
    let statement = Phrase::new(body, &tokens);
    let places = 0..tokens.len();
    let said = places.filter_map(|place| taking(statement, place, dialect));
    let called = calls_something(statement).then_some(Taking::Untold);
    Deeds {
        taking: said.chain(called).max(),
        adds_to: adds_to(&Words::new(statement, dialect)),
    }
}

fn significant(body: &str, dialect: &'static dyn Dialect) -> Vec<Token> {
    let mut tokens = dialect.lex(body);
    tokens.retain(Token::is_significant);
    tokens
}

/// Returns how rows may go, or be written over, by the word at a place. `replace(…)` is a function.
fn taking(statement: Phrase<'_>, place: usize, dialect: &'static dyn Dialect) -> Option<Taking> {
    if deletes(statement, place) || executes_deletion(statement, place, dialect) {
        return Some(Taking::Deletes);
    }
    let untold = ["ALTER", "CALL", "DELETE", "DROP", "EXECUTE", "TRUNCATE"];
    if statement.is_any_word(place, &untold) {
        return Some(Taking::Untold);
    }
    let replaces = statement.is_word(place, "REPLACE") && !statement.is_mark(place + 1, "(");
    let overwrites = replaces || changes_rows(statement, place);
    overwrites.then_some(Taking::Overwrites)
}

/// Returns whether a statement that deletes, empties or drops begins here, or its part that does so.
/// `ON DELETE`, `ON COMMIT DROP` and a privilege are none.
fn deletes(statement: Phrase<'_>, place: usize) -> bool {
    let next = place + 1;
    let follows = |words| place > 0 && statement.is_any_word(place - 1, words);
    if statement.is_word(place, "DELETE") {
        // Of a `MERGE` no table is named.
        return statement.is_word(next, "FROM") || follows(&["THEN"]);
    }
    if statement.is_word(place, "TRUNCATE") {
        let names = matches!(
            statement.kind_at(next),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier)
        );
        return names && !statement.is_any_word(next, &["ON"]);
    }
    statement.is_word(place, "DROP")
        && !follows(&["COMMIT"])
        && !statement.is_any_word(next, WITHOUT_ROWS)
        && !statement.is_any_word(next, WITHOUT_VALUES)
}

/// Returns whether a text that is run as a statement here says that it deletes.
fn executes_deletion(statement: Phrase<'_>, place: usize, dialect: &'static dyn Dialect) -> bool {
    let rest = place..statement.tokens().len();
    let mut texts = rest
        .take_while(|index| !statement.is_mark(*index, ";"))
        .filter(|index| statement.kind_at(*index) == Some(TokenKind::String));
    statement.is_word(place, "EXECUTE")
        && texts.any(|index| {
            let text = unquoted(statement.text_at(index));
            let tokens = significant(text, dialect);
            let inner = Phrase::new(text, &tokens);
            (0..tokens.len()).any(|place| deletes(inner, place))
        })
}

/// Returns what stands between the quotes of a literal; those that are doubled in it stay so.
fn unquoted(literal: &str) -> &str {
    match within_dollars(literal) {
        Some(inner) => &literal[inner.range()],
        None => literal
            .trim_start_matches(|letter| letter != '\'')
            .trim_matches('\''),
    }
}

fn adds_to(words: &Words<'_>) -> Vec<Name> {
    let places = 0..words.phrase().tokens().len();
    let added = places.filter_map(|place| {
        let mut words = words.at(place);
        words.eat_all(&["INSERT", "INTO"]).then(|| words.name())?
    });
    added.collect()
}
