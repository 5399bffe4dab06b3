//! Finds what a new database may not be given of a script: statements that reach outside of it, and,
//! where psql cannot be told to take none, what it would take for a command of its own. A script of
//! somebody's may start programs by one, or go on in another database.
//!
//! Pure. It reads as psql does (`psqlscan.l`), a piece at a time: a backslash in a literal, in a quoted
//! name, in a comment, in the body of a function or in the rows of a `COPY` begins none.

mod statement;

use std::ops::Range;

use super::pour::{Pouring, leads_elsewhere};
use super::token::Token;
use statement::Statement;
pub(in crate::backend::postgres::restore) use statement::{Grants, Origin};

/// What is shown of a command at most, in bytes.
const SHOWN: usize = 40;

/// How long a line is that ends the rows of a table, in bytes, and one more.
const END_OF_ROWS: usize = 5;

/// Where in a script a byte stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Code,
    /// Behind two dashes, up to the end of the line.
    Remark,
    /// In so many comments, one in the other.
    Comment(usize),
    /// In a name between quotes.
    Name,
    /// In a literal, where a backslash may take the meaning of what follows it.
    Literal {
        escapes: bool,
    },
    /// Behind a backslash in one.
    Escaped,
    /// Behind a quote, which ends a literal unless another one follows, there or behind a carriage
    /// return. psql reads line by line, so that none follows in a later one.
    Ended {
        returned: bool,
        blank: bool,
    },
    /// Behind that, in what may become a remark: behind the first dash, and behind both.
    Dash,
    Aside,
    /// In what may become the mark of a body.
    Mark(Vec<u8>),
    /// In a body, up to its mark, of which so many bytes were read.
    Body {
        mark: Vec<u8>,
        read: usize,
    },
}

/// What is done with what psql would take for a command of its own.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfPsql {
    /// psql itself takes none.
    #[default]
    PassedOver,
    Refused,
}

/// Whether a line begins with the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Here {
    BeginsLine,
    WithinLine,
}

/// Reads a script on its way.
#[derive(Debug)]
pub(super) struct Commands {
    of_psql: OfPsql,
    statement: Statement,
    /// What may not be passed on.
    found: Option<Pouring>,
    /// What says of the script itself that it has no commands, and where that stands in the piece.
    token: Token,
    left_out: Vec<Range<usize>>,
    here: Here,
    place: Place,
    /// The byte before, where it may begin something together with the next.
    before: u8,
    /// The line, 1-based.
    line: u64,
    /// The word under way, in small letters.
    word: Vec<u8>,
    /// How many tables have their rows behind this line.
    tables: usize,
    /// In their rows: the beginning of a line, as far as it was read.
    row: Option<Vec<u8>>,
    /// Whether a backslash in a literal takes the meaning of what follows it.
    escapes: bool,
}

impl Default for Commands {
    fn default() -> Self {
        Self {
            of_psql: OfPsql::default(),
            statement: Statement::default(),
            found: None,
            token: Token::default(),
            left_out: Vec::new(),
            here: Here::BeginsLine,
            place: Place::Code,
            before: 0,
            line: 1,
            word: Vec::new(),
            tables: 0,
            row: None,
            escapes: false,
        }
    }
}

impl Commands {
    pub(super) fn new(of_psql: OfPsql, grants: Grants) -> Self {
        Self {
            of_psql,
            statement: Statement::new(grants),
            ..Self::default()
        }
    }

    /// Takes the statements of a script for what they are: a backup's are those of `pg_dump`, and are
    /// all let through.
    pub(super) fn of(mut self, origin: Origin) -> Self {
        self.statement.is_of(origin);
        self
    }

    pub(super) fn of_psql(&self) -> OfPsql {
        self.of_psql
    }

    /// Returns where in the piece that was read last lines are to be left out, without their ends.
    pub(super) fn left_out(&mut self) -> Vec<Range<usize>> {
        std::mem::take(&mut self.left_out)
    }

    /// Ends the last statement, as psql does where the script ends.
    pub(super) fn end(mut self) -> Result<(), Pouring> {
        let word = std::mem::take(&mut self.word);
        self.statement.word(&word);
        self.statement.leave_bodies();
        self.statement_ends();
        self.found.map_or(Ok(()), Err)
    }

    /// Reads on, up to a statement that is not to be passed on, or a command of psql's.
    pub(super) fn read(&mut self, piece: &[u8]) -> Result<(), Pouring> {
        let mut rest = piece;
        while let [byte, after @ ..] = rest {
            if let Some(row) = self.row.take() {
                rest = self.row(row, rest);
                self.here = Here::BeginsLine;
                continue;
            }
            let next = match byte {
                b'\n' => Here::BeginsLine,
                _ => Here::WithinLine,
            };
            let is_line = std::mem::replace(&mut self.here, next) == Here::BeginsLine;
            // Neither the end of a literal nor the beginning of a mark goes on with one.
            let is_code = matches!(
                self.place,
                Place::Code | Place::Ended { .. } | Place::Dash | Place::Mark(_)
            );
            if is_code && *byte == b'\\' {
                if let Some(length) = is_line.then(|| self.token.line(rest)).flatten() {
                    let start = piece.len() - rest.len();
                    self.left_out.push(start..start + length);
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
                if self.of_psql == OfPsql::Refused {
                    return Err(self.command(rest));
                }
                // To the end of its line.
                self.place = Place::Remark;
            }
            self.step(*byte);
            if let Some(found) = self.found.take() {
                return Err(found);
            }
            if *byte == b'\n' {
                self.line += 1;
                // Whatever is under way in this line goes on behind the rows.
                self.row = (self.tables > 0).then(Vec::new);
            }
            rest = after;
        }
        Ok(())
    }

    fn command(&self, rest: &[u8]) -> Pouring {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or(rest);
        let shown = line.get(..SHOWN).unwrap_or(line);
        let text = String::from_utf8_lossy(shown).trim_end().to_owned();
        let number = self.line;
        // As `pg_dump --create` writes it.
        if matches!(self.before, 0 | b'\n') && leads_elsewhere(line) {
            return Pouring::Elsewhere { number, text };
        }
        Pouring::Command { number, text }
    }

    /// Reads to the end of a row, and returns what follows it.
    fn row<'a>(&mut self, mut begun: Vec<u8>, rest: &'a [u8]) -> &'a [u8] {
        let end = memchr::memchr(b'\n', rest);
        let (row, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        // No more is looked at than the mark of the end.
        let room = END_OF_ROWS.saturating_sub(begun.len());
        begun.extend_from_slice(row.get(..room).unwrap_or(row));
        if end.is_some() {
            let is_end = matches!(begun.as_slice(), b"\\.\n" | b"\\.\r\n");
            begun.clear();
            self.line += 1;
            self.tables -= usize::from(is_end);
        }
        self.row = (self.tables > 0).then_some(begun);
        after
    }

    fn step(&mut self, byte: u8) {
        let before = std::mem::replace(&mut self.before, byte);
        match &mut self.place {
            Place::Code => self.code(before, byte),
            // A carriage return is the end of a line to psql as well.
            Place::Remark if matches!(byte, b'\n' | b'\r') => self.place = Place::Code,
            Place::Comment(_) => self.comment(before, byte),
            Place::Name if byte == b'"' => self.place = Place::Code,
            Place::Literal { escapes: true } if byte == b'\\' => self.place = Place::Escaped,
            Place::Literal { escapes: true } if byte == b'\'' => {
                self.place = Place::Ended {
                    returned: false,
                    blank: false,
                };
            }
            Place::Literal { escapes: false } if byte == b'\'' => self.place = Place::Code,
            Place::Remark | Place::Name | Place::Literal { .. } => {}
            Place::Escaped => self.place = Place::Literal { escapes: true },
            Place::Ended { .. } | Place::Dash | Place::Aside => self.ended(byte),
            Place::Mark(_) => self.mark(byte),
            Place::Body { .. } => self.body(byte),
        }
    }

    /// Reads on behind a literal, which goes on with the next quote where nothing but blanks, a carriage
    /// return and remarks are between (`quotecontinue` in `psqlscan.l`).
    fn ended(&mut self, byte: u8) {
        match (&mut self.place, byte) {
            (Place::Ended { returned, blank }, b'\'') if *returned || !*blank => {
                self.place = Place::Literal { escapes: true };
            }
            (Place::Ended { .. }, b'-') => self.place = Place::Dash,
            (Place::Ended { returned, blank }, byte)
                if byte != b'\n' && byte.is_ascii_whitespace() =>
            {
                (*blank, *returned) = (true, *returned || byte == b'\r');
            }
            (Place::Dash, b'-') => self.place = Place::Aside,
            (Place::Dash, byte) => {
                self.code_again(b'-');
                self.code(b'-', byte);
            }
            (Place::Aside, b'\r') => {
                self.place = Place::Ended {
                    returned: true,
                    blank: true,
                };
            }
            (Place::Aside, byte) if byte != b'\n' => {}
            (_, byte) => self.code_again(byte),
        }
    }

    fn comment(&mut self, before: u8, byte: u8) {
        let Place::Comment(depth) = &mut self.place else {
            return;
        };
        match (before, byte) {
            (b'/', b'*') => *depth += 1,
            (b'*', b'/') => *depth -= 1,
            _ => return,
        }
        // Neither is half of another.
        self.before = 0;
        if *depth == 0 {
            self.place = Place::Code;
        }
    }

    fn body(&mut self, byte: u8) {
        let Place::Body { mark, read } = &mut self.place else {
            return;
        };
        *read = match byte {
            byte if mark.get(*read) == Some(&byte) => *read + 1,
            b'$' => 1,
            _ => 0,
        };
        if *read == mark.len() {
            self.place = Place::Code;
        }
    }

    fn code_again(&mut self, byte: u8) {
        self.place = Place::Code;
        self.code(0, byte);
    }

    /// Reads on in what is not certain to be a mark.
    fn mark(&mut self, byte: u8) {
        let Place::Mark(mark) = &mut self.place else {
            return;
        };
        let is_first = mark.len() == 1;
        match byte {
            b'$' => {
                let mut mark = std::mem::take(mark);
                mark.push(byte);
                self.place = Place::Body { mark, read: 0 };
            }
            byte if is_of_word(byte) && !(is_first && byte.is_ascii_digit()) => mark.push(byte),
            byte => self.code_again(byte),
        }
    }

    fn code(&mut self, before: u8, byte: u8) {
        if is_of_word(byte) || byte == b'$' && !self.word.is_empty() {
            self.word.push(byte.to_ascii_lowercase());
            return self.statement.headed(byte, self.line);
        }
        let word = std::mem::take(&mut self.word);
        self.statement.word(&word);
        match (before, byte) {
            (b'-', b'-') => return self.remark(Place::Remark),
            (b'/', b'*') => return self.remark(Place::Comment(1)),
            (_, b'"') => self.place = Place::Name,
            (_, b'\'') => {
                let escapes = self.escapes || word == b"e";
                self.place = Place::Literal { escapes };
            }
            (_, b'$') => self.place = Place::Mark(vec![b'$']),
            (_, b'(') => self.statement.opens(),
            (_, b')') => self.statement.closes(),
            (_, b';') => return self.statement_ends(),
            _ => {}
        }
        self.statement.headed(byte, self.line);
    }

    /// Begins a remark, of which the statement has nothing.
    fn remark(&mut self, place: Place) {
        self.statement.remarked(self.line);
        self.before = 0;
        self.place = place;
    }

    fn statement_ends(&mut self) {
        if let Some(ended) = self.statement.ends() {
            self.found = ended.refusal;
            self.tables += usize::from(ended.copies);
            self.escapes = ended.escapes.unwrap_or(self.escapes);
        }
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests;
