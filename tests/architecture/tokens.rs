//! Rust source as tokens, without comments and without what is compiled for tests alone.
//!
//! Knows just enough of Rust's lexing to tell code from text; it judges nothing.

use std::iter::Peekable;
use std::str::Chars;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// The content of a string literal, escapes as written.
    Text(String),
    /// `::`
    Separator,
    /// Any other character.
    Sign(char),
}

/// A token with its line, 1-based.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }

    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// Returns the tokens of the code that is compiled outside of tests.
pub(crate) fn read(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        rest: source.chars().peekable(),
        line: 1,
        tokens: Vec::new(),
    };
    while lexer.step() {}
    without_tests(&lexer.tokens)
}

struct Lexer<'source> {
    rest: Peekable<Chars<'source>>,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    /// Takes the next character if it is this one.
    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }

    fn step(&mut self) -> bool {
        let line = self.line;
        let Some(first) = self.next() else {
            return false;
        };
        let kind = match first {
            '/' if self.take('/') => self.line_comment(),
            '/' if self.take('*') => self.block_comment(),
            '"' => Some(self.text()),
            '\'' => self.quote(),
            ':' if self.take(':') => Some(Kind::Separator),
            first if first.is_whitespace() => None,
            first if is_word(first) => Some(self.word(first)),
            first => Some(Kind::Sign(first)),
        };
        self.tokens.extend(kind.map(|kind| Token { kind, line }));
        true
    }

    fn line_comment(&mut self) -> Option<Kind> {
        while self.rest.peek().is_some_and(|next| *next != '\n') {
            self.next();
        }
        None
    }

    /// Rust's block comments nest.
    fn block_comment(&mut self) -> Option<Kind> {
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                '/' if self.take('*') => depth += 1,
                '*' if self.take('/') => depth -= 1,
                _ => {}
            }
        }
        None
    }

    fn text(&mut self) -> Kind {
        let mut content = String::new();
        while let Some(next) = self.next() {
            match next {
                '"' => break,
                '\\' => content.extend(['\\'].into_iter().chain(self.next())),
                next => content.push(next),
            }
        }
        Kind::Text(content)
    }

    /// Reads a raw string after its `r`, whose closing quote has as many `#` as its opening one.
    fn raw_text(&mut self) -> Kind {
        let mut closing = String::from("\"");
        while self.take('#') {
            closing.push('#');
        }
        self.take('"');
        let mut content = String::new();
        while !content.ends_with(&closing) {
            let Some(next) = self.next() else { break };
            content.push(next);
        }
        Kind::Text(content.trim_end_matches(&closing).to_owned())
    }

    /// Skips a character literal, or the quote of a lifetime, whose name is then read as a word.
    fn quote(&mut self) -> Option<Kind> {
        let mut ahead = self.rest.clone();
        let first = ahead.next()?;
        if first == '\\' {
            // The escaped character may itself be a quote.
            self.next();
            self.next();
            while self.next().is_some_and(|next| next != '\'') {}
        } else if ahead.next() == Some('\'') {
            self.next();
            self.next();
        }
        None
    }

    fn word(&mut self, first: char) -> Kind {
        let mut word = String::from(first);
        while let Some(next) = self.rest.next_if(|next| is_word(*next)) {
            word.push(next);
        }
        match (word.as_str(), self.rest.peek().copied()) {
            ("r" | "br" | "cr", Some('"')) => self.raw_text(),
            ("r" | "br" | "cr", Some('#')) if self.is_raw_text() => self.raw_text(),
            ("b" | "c", Some('"')) => {
                self.next();
                self.text()
            }
            _ => Kind::Word(word),
        }
    }

    /// Tells `r#"text"#` from `r#word`.
    fn is_raw_text(&self) -> bool {
        self.rest.clone().find(|next| *next != '#') == Some('"')
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Drops each item under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        if is_test_attribute(rest) {
            rest = &rest[item_length(rest)..];
        } else {
            kept.push(first.clone());
            rest = after;
        }
    }
    kept
}

fn is_test_attribute(tokens: &[Token]) -> bool {
    let starts_with = |pattern: &[&str]| {
        let fits = |(token, wanted): (&Token, &&str)| match &token.kind {
            Kind::Word(word) => word == wanted,
            Kind::Sign(sign) => wanted.len() == 1 && wanted.starts_with(*sign),
            _ => false,
        };
        tokens.len() >= pattern.len() && tokens.iter().zip(pattern).all(fits)
    };
    starts_with(&["#", "[", "cfg", "(", "test", ")"])
        || starts_with(&["#", "[", "cfg", "(", "all", "(", "test"])
}

/// Returns how many tokens the item at the start has: up to its closing brace, or its semicolon
/// where it has no braces.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign(';') if depth == 0 => return index + 1,
            Kind::Sign('{') => depth += 1,
            Kind::Sign('}') if depth <= 1 => return index + 1,
            Kind::Sign('}') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}
