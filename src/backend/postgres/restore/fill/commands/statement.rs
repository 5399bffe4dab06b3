//! One statement of a script as far as it was read: what it begins with, and why it is not passed on.

use super::Pouring;
use crate::backend::postgres::outside;

/// The settings that say whether a backslash in a literal stands for itself, as `pg_dump` writes them.
const LITERAL_BACKSLASH: [(&[u8], bool); 2] = [
    (b"set standard_conforming_strings = on", false),
    (b"set standard_conforming_strings = off", true),
];
/// How much of a statement says what it is, in bytes; blanks in a row are one.
const HEAD: usize = 64;

/// Which privileges are left out of the script on its way, and so are none of the new database's.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::postgres::restore) enum Grants {
    #[default]
    Kept,
    /// Those on a database as a whole.
    WithoutDatabase,
    LeftOut,
}

/// Whose script it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::postgres::restore) enum Origin {
    /// Somebody's, which may hold any statement.
    #[default]
    Somebodys,
    /// A backup's, of which nothing goes in for good unless all of it is what was backed up.
    Backup,
}

/// A statement under way, and what those before it have begun.
#[derive(Debug, Default)]
pub(super) struct Statement {
    grants: Grants,
    origin: Origin,
    /// The line that it begins in.
    begun: u64,
    /// What privileges are given on, or taken.
    granted_on: Vec<u8>,
    /// In so many bodies of a function that are statements, one in the other.
    bodies: usize,
    /// Whether a transaction was begun in which there is nothing but large objects.
    is_of_large_objects: bool,
    last_word: Vec<u8>,
    /// What it begins with, in small letters.
    head: Vec<u8>,
    parentheses: usize,
    /// Whether it reads rows from the script.
    copies: bool,
}

/// What came of a statement.
#[derive(Debug)]
pub(super) struct Ended {
    /// Why it is not passed on.
    pub(super) refusal: Option<Pouring>,
    /// Whether rows follow.
    pub(super) copies: bool,
    /// Whether a backslash in a literal takes the meaning of what follows it from here on.
    pub(super) escapes: Option<bool>,
}

impl Statement {
    pub(super) fn new(grants: Grants) -> Self {
        Self {
            grants,
            ..Self::default()
        }
    }

    /// Says whose script it is a part of.
    pub(super) fn is_of(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Takes what follows for none of a body's, whatever was begun.
    pub(super) fn leave_bodies(&mut self) {
        self.bodies = 0;
    }

    pub(super) fn opens(&mut self) {
        self.parentheses += 1;
    }

    pub(super) fn closes(&mut self) {
        self.parentheses = self.parentheses.saturating_sub(1);
    }

    /// Takes what it ended with for the beginning of a remark, of which it has nothing.
    pub(super) fn remarked(&mut self, line: u64) {
        self.head.pop();
        self.headed(b' ', line);
    }

    /// Notes what it begins with, in this line.
    pub(super) fn headed(&mut self, byte: u8, line: u64) {
        let byte = byte.to_ascii_lowercase();
        let blank = byte.is_ascii_whitespace();
        let is_more = blank && matches!(self.head.last(), None | Some(b' '));
        if self.head.is_empty() && !blank {
            self.begun = line;
        }
        if self.head.len() < HEAD && !is_more {
            self.head.push(if blank { b' ' } else { byte });
        }
    }

    /// Notes a word that has ended.
    pub(super) fn word(&mut self, word: &[u8]) {
        if word.is_empty() || self.parentheses > 0 {
            return;
        }
        let is_copy = self.head.starts_with(b"copy ") || self.head.starts_with(b"copy\"");
        self.copies |= is_copy && self.last_word == b"from" && word == b"stdin";
        if self.last_word == b"on" && self.granted_on.is_empty() {
            word.clone_into(&mut self.granted_on);
        }
        self.counts_bodies(word);
        word.clone_into(&mut self.last_word);
    }

    /// Counts the bodies as psql does, in which a semicolon ends no statement of the script.
    fn counts_bodies(&mut self, word: &[u8]) {
        if !matches!(word, b"begin" | b"case" | b"end") || !outside::makes_function(&self.text()) {
            return;
        }
        match word {
            b"begin" => self.bodies += 1,
            b"case" if self.bodies > 0 => self.bodies += 1,
            b"end" => self.bodies = self.bodies.saturating_sub(1),
            _ => {}
        }
    }

    /// Returns what the statement begins with.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.head.trim_ascii()).into_owned()
    }

    /// Returns why the statement that ends is not passed on.
    fn refusal(&mut self) -> Option<Pouring> {
        if self.origin == Origin::Backup {
            return None;
        }
        let text = self.text();
        let number = self.begun;
        let is_of_large_objects = self.is_of_large_objects;
        self.is_of_large_objects = outside::begins_transaction(&text)
            || is_of_large_objects && outside::is_of_large_object(&text);
        let granted = outside::grants_outside(&text, &self.granted_on);
        let granted = granted.filter(|statement| match self.grants {
            Grants::Kept => true,
            Grants::WithoutDatabase => !outside::is_on_database(statement),
            Grants::LeftOut => false,
        });
        if let Some(statement) = outside::reaches_outside(&text).or(granted) {
            return Some(Pouring::Outside { number, statement });
        }
        let ends = outside::ends_transaction(&text)?;
        let is_its_own = is_of_large_objects && matches!(ends, "COMMIT" | "END");
        (!is_its_own).then_some(Pouring::EndsTransaction {
            number,
            statement: ends,
        })
    }

    /// Returns what came of it where it ends here, and begins the next; none in a body, whose
    /// statements are not the script's.
    pub(super) fn ends(&mut self) -> Option<Ended> {
        if self.bodies > 0 {
            return None;
        }
        let refusal = self.refusal();
        let head = self.head.trim_ascii();
        let mut settings = LITERAL_BACKSLASH.iter();
        let setting = settings.find(|(setting, _)| head == *setting);
        let ended = Ended {
            refusal,
            copies: self.copies,
            escapes: setting.map(|(_, escapes)| *escapes),
        };
        self.granted_on.clear();
        self.copies = false;
        self.parentheses = 0;
        self.head.clear();
        self.last_word.clear();
        Some(ended)
    }
}
