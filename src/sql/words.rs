//! A reader of a statement's words, one after another.
//!
//! Knows names, parentheses and lists of both engines. Must not know any statement.

use super::name::Name;
use super::position::Span;
use super::token::{Dialect, Phrase, TokenKind};

/// What ends the name of a type.
const BEHIND_TYPE: [&str; 15] = [
    "AS",
    "CHECK",
    "COLLATE",
    "COMPRESSION",
    "CONSTRAINT",
    "DEFAULT",
    "GENERATED",
    "NOT",
    "NULL",
    "PRIMARY",
    "REFERENCES",
    "STORAGE",
    "UNIQUE",
    "USING",
    "ON",
];

/// A place between two words of a statement.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    phrase: Phrase<'a>,
    dialect: &'static dyn Dialect,
    at: usize,
}

impl<'a> Words<'a> {
    /// Makes the place before the first word.
    pub(super) fn new(phrase: Phrase<'a>, dialect: &'static dyn Dialect) -> Self {
        Self {
            phrase,
            dialect,
            at: 0,
        }
    }

    /// Returns the place before the token at `index`.
    pub(super) fn at(&self, index: usize) -> Self {
        Self {
            at: index,
            ..self.clone()
        }
    }

    /// Returns the whole statement.
    pub(super) fn phrase(&self) -> Phrase<'a> {
        self.phrase
    }

    /// Returns whose words they are.
    pub(super) fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Returns the index of the next token.
    pub(super) fn index(&self) -> usize {
        self.at
    }

    /// Returns whether nothing follows.
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.phrase.tokens().len() || self.is_mark(";")
    }

    /// Returns whether this word is next.
    pub(super) fn is(&self, word: &str) -> bool {
        self.phrase.is_word(self.at, word)
    }

    /// Returns whether one of these words is next.
    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        self.phrase.is_any_word(self.at, words)
    }

    /// Returns whether these words are next, in this order.
    pub(super) fn are(&self, words: &[&str]) -> bool {
        let mut words = words.iter().enumerate();
        words.all(|(distance, word)| self.phrase.is_word(self.at + distance, word))
    }

    /// Returns whether this mark is next.
    pub(super) fn is_mark(&self, mark: &str) -> bool {
        self.phrase.is_mark(self.at, mark)
    }

    /// Returns the next token's text, or "".
    pub(super) fn text(&self) -> &'a str {
        self.phrase.text_at(self.at)
    }

    /// Returns the next token's kind.
    pub(super) fn kind(&self) -> Option<TokenKind> {
        self.phrase.kind_at(self.at)
    }

    /// Passes over the next token.
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// Passes over a word, if it is next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let is_next = self.is(word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes over one of these words, if it is next.
    pub(super) fn eat_any(&mut self, words: &[&str]) -> bool {
        let is_next = self.is_any(words);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes over all that follow of these words, in whichever order, and returns whether there were
    /// any.
    pub(super) fn eat_all_of(&mut self, words: &[&str]) -> bool {
        let first = self.at;
        while self.eat_any(words) {}
        self.at > first
    }

    /// Passes over these words, if all of them are next.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let are_next = self.are(words);
        if are_next {
            self.at += words.len();
        }
        are_next
    }

    /// Passes over a mark, if it is next.
    pub(super) fn eat_mark(&mut self, mark: &str) -> bool {
        let is_next = self.is_mark(mark);
        self.at += usize::from(is_next);
        is_next
    }

    /// Reads one name, without what is before its dot, where nothing else may stand.
    pub(super) fn identifier(&mut self) -> Option<String> {
        let text = self.text();
        let is_name = self.dialect.is_name(self.kind()?, text);
        is_name.then(|| {
            self.skip();
            self.dialect.identifier(text)
        })
    }

    /// Reads one name, without what is before its dot, where any value may stand as well.
    pub(super) fn mentioned(&mut self) -> Option<String> {
        if self.is_text() {
            return None;
        }
        self.identifier()
    }

    /// Returns whether a text is next that is the part of no name with a dot.
    pub(super) fn is_text(&self) -> bool {
        let is_part = |dot: Option<usize>| dot.is_some_and(|dot| self.phrase.is_mark(dot, "."));
        let is_of_name = is_part(self.at.checked_sub(1)) || is_part(self.at.checked_add(1));
        self.kind() == Some(TokenKind::String) && !is_of_name
    }

    /// Returns the next token as a name where it is one, else as it is written in lower case.
    pub(super) fn plain(&self) -> String {
        let named = self.clone().mentioned();
        named.unwrap_or_else(|| self.text().to_lowercase())
    }

    /// Reads a name with its schema; of more parts, the last two.
    pub(super) fn name(&mut self) -> Option<Name> {
        let mut schema = None;
        let mut name = self.identifier()?;
        while self.is_mark(".") {
            let mut behind = self.clone();
            behind.skip();
            let Some(part) = behind.identifier() else {
                break;
            };
            schema = Some(std::mem::replace(&mut name, part));
            *self = behind;
        }
        Some(Name { schema, name })
    }

    /// Reads names with commas between them, of tables with or without those that inherit from them.
    pub(super) fn names(&mut self) -> Vec<Name> {
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            // The arguments of a function.
            self.skip_parentheses();
            self.at += usize::from(self.text() == "*");
            if !self.eat_mark(",") {
                break;
            }
            self.eat("ONLY");
        }
        names
    }

    /// Reads a text in quotes.
    pub(super) fn string(&mut self) -> Option<String> {
        if self.kind()? != TokenKind::String {
            return None;
        }
        let text = self.text();
        self.skip();
        let inner = text.split_once('\'')?.1.strip_suffix('\'')?;
        Some(inner.replace("''", "'"))
    }

    /// Reads the words of a type, in lower case and with what is in parentheses behind it.
    pub(super) fn type_name(&mut self) -> String {
        let mut said = String::new();
        while !self.is_item_end() && !self.is_any(&BEHIND_TYPE) {
            if !said.is_empty() && !self.is_mark("(") {
                said.push(' ');
            }
            let first = self.at;
            if self.is_mark("(") {
                self.skip_parentheses();
            } else {
                self.skip();
            }
            let words = (first..self.at).map(|index| self.phrase.text_at(index).to_lowercase());
            said.extend(words);
        }
        said
    }

    /// Reads a list of names in parentheses, as far as each is nothing but a name; of anything else
    /// in it, nothing.
    pub(super) fn columns(&mut self) -> Vec<Option<String>> {
        let mut columns = Vec::new();
        for mut item in self.items() {
            let name = item.identifier();
            let is_plain = !item.is_mark("(") && !item.is_mark(".");
            columns.push(name.filter(|_| is_plain));
        }
        columns
    }

    /// Passes over a list in parentheses, and returns the place of each of its items.
    pub(super) fn items(&mut self) -> Vec<Self> {
        let mut items = Vec::new();
        if !self.eat_mark("(") {
            return items;
        }
        while !self.is_mark(")") && self.at < self.phrase.tokens().len() {
            items.push(self.clone());
            self.skip_item();
            if !self.is_mark(")") {
                // A comma; or what does not belong here.
                self.skip();
            }
        }
        self.skip();
        items
    }

    /// Passes over everything up to the next comma, or the end of what is around it.
    pub(super) fn skip_item(&mut self) {
        while !self.is_item_end() {
            if self.is_mark("(") {
                self.skip_parentheses();
            } else {
                self.skip();
            }
        }
    }

    /// Returns whether the item ends here.
    pub(super) fn is_item_end(&self) -> bool {
        let is_past = self.at >= self.phrase.tokens().len();
        is_past || [",", ")", ";"].iter().any(|mark| self.is_mark(mark))
    }

    /// Passes over what is in parentheses, if they open here.
    pub(super) fn skip_parentheses(&mut self) {
        if !self.is_mark("(") {
            return;
        }
        let mut depth = 0_usize;
        while self.at < self.phrase.tokens().len() {
            if self.is_mark("(") {
                depth += 1;
            } else if self.is_mark(")") {
                depth -= 1;
            }
            self.skip();
            if depth == 0 {
                return;
            }
        }
    }

    /// Returns whether words stand between here and the end of the item, outside parentheses.
    pub(super) fn item_has(&self, words: &[&str]) -> bool {
        self.behind(words).is_some()
    }

    /// Returns whether a word stands anywhere between here and the end of the statement.
    pub(super) fn has_ahead(&self, word: &str) -> bool {
        let mut rest = self.at..self.phrase.tokens().len();
        rest.any(|index| self.phrase.is_word(index, word))
    }

    /// Returns the place behind words that stand between here and the end of the item, outside
    /// parentheses.
    pub(super) fn behind(&self, words: &[&str]) -> Option<Self> {
        let mut ahead = self.clone();
        while !ahead.is_item_end() {
            if ahead.eat_all(words) {
                return Some(ahead);
            }
            if ahead.is_mark("(") {
                ahead.skip_parentheses();
            } else {
                ahead.skip();
            }
        }
        None
    }

    /// Returns where the tokens from `first` up to here stand, counted from the statement's start.
    pub(super) fn span_from(&self, first: usize) -> Span {
        let tokens = self.phrase.tokens();
        let last = self.at.clamp(first + 1, tokens.len()) - 1;
        Span {
            start: tokens[first.min(last)].span.start,
            end: tokens[last].span.end,
        }
    }

    /// Returns where the whole statement stands, without the `;` that ends it.
    pub(super) fn whole(&self) -> Span {
        let mut end = self.at(self.phrase.tokens().len());
        if self.phrase.is_mark(end.at.saturating_sub(1), ";") {
            end.at -= 1;
        }
        end.span_from(0)
    }
}
