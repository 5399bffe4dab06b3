//! What the body of a trigger, or of a rule, does to rows that its statement does not name.

use super::{calls_something, changes_rows};
use crate::sql::name::Name;
use crate::sql::token::{Dialect, Phrase, Token};
use crate::sql::words::Words;

/// What a body does beside reading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deeds {
    /// Whether it may delete or write over rows; what nobody can tell may.
    pub(crate) takes_away: bool,
    /// The tables that it adds rows to, whose own triggers run then.
    pub(crate) adds_to: Vec<Name>,
}

/// Reads a body: statements of SQL, also with a procedural language's words around them.
pub(crate) fn deeds(body: &str, dialect: &'static dyn Dialect) -> Deeds {
    let mut tokens = dialect.lex(body);
    tokens.retain(Token::is_significant);
    let statement = Phrase::new(body, &tokens);
    let mut places = 0..tokens.len();
    Deeds {
        takes_away: places.any(|place| takes_away(statement, place)) || calls_something(statement),
        adds_to: adds_to(&Words::new(statement, dialect)),
    }
}

/// Returns whether rows may go, or be written over, by the word at a place. `replace(…)` is a function.
fn takes_away(statement: Phrase<'_>, place: usize) -> bool {
    let replaces = statement.is_word(place, "REPLACE") && !statement.is_mark(place + 1, "(");
    let runs_another = ["ALTER", "CALL", "DROP", "EXECUTE", "TRUNCATE"];
    changes_rows(statement, place) || replaces || statement.is_any_word(place, &runs_another)
}

fn adds_to(words: &Words<'_>) -> Vec<Name> {
    let places = 0..words.phrase().tokens().len();
    let added = places.filter_map(|place| {
        let mut words = words.at(place);
        words.eat_all(&["INSERT", "INTO"]).then(|| words.name())?
    });
    added.collect()
}
