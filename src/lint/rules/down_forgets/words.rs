//! Which names a way says.

use super::made::alone;
use crate::lint::context::Way;
use crate::sql::effect::Name;
use crate::sql::{Phrase, TokenKind};

/// Returns every name in what lasts of a way, and every word of the texts that it runs, or gives to a function: a
/// `DO` block drops by them too. A text that it only shows drops nothing.
pub(super) fn mentioned(way: &Way<'_>) -> Vec<Name> {
    let indices = 0..way.script.statements().len();
    let lasting = indices.filter(|index| way.lasts(*index));
    lasting.flat_map(|index| said(way, index)).collect()
}

/// Returns every name in a statement, and every word of the texts that it runs.
pub(super) fn said(way: &Way<'_>, index: usize) -> Vec<Name> {
    let dialect = way.script.dialect();
    let mut names = Vec::new();
    way.script.with_phrase(index, |statement| {
        let runs_texts = statement.is_word(0, "DO") || calls(statement);
        for place in 0..statement.tokens().len() {
            let text = statement.text_at(place);
            if is_name(statement, place) {
                let is_qualified = place >= 2
                    && statement.is_mark(place - 1, ".")
                    && is_name(statement, place - 2);
                names.push(Name {
                    schema: is_qualified.then(|| dialect.identifier(statement.text_at(place - 2))),
                    name: dialect.identifier(text),
                });
            } else if runs_texts && statement.kind_at(place) == Some(TokenKind::String) {
                names.extend(words(text));
            }
        }
    });
    names
}

/// Returns whether a name, or a word, stands at this place.
pub(super) fn is_name(statement: Phrase<'_>, place: usize) -> bool {
    matches!(
        statement.kind_at(place),
        Some(TokenKind::Word | TokenKind::QuotedIdentifier)
    )
}

/// Returns whether a statement has a word.
pub(super) fn has(way: &Way<'_>, index: usize, word: &str) -> bool {
    way.script.with_phrase(index, |statement| {
        (0..statement.tokens().len()).any(|place| statement.is_word(place, word))
    })
}

/// Returns whether a statement calls a function.
fn calls(statement: Phrase<'_>) -> bool {
    let mut places = 1..statement.tokens().len();
    places.any(|place| {
        statement.is_mark(place, "(")
            && statement.kind_at(place - 1) == Some(TokenKind::Word)
            && !statement.is_any_word(place - 1, &["VALUES", "IN", "AS", "AND", "OR"])
    })
}

/// Returns every word of a text, as it is and in lower case.
fn words(text: &str) -> Vec<Name> {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let whole = text.trim_matches('\'');
    let words = text.split(|letter| !is_of_word(letter));
    let words = words.chain([whole]).filter(|word| !word.is_empty());
    words
        .flat_map(|word| [alone(word), alone(&word.to_lowercase())])
        .collect()
}
