//! The elements of a JSON array, one after the other, without reading the array.
//!
//! It knows strings and nesting, as much as it takes to find where an element ends; whether it is
//! right inside is for `object` to say.

use std::io::BufRead;

use super::input::{Input, RowText};
use super::object;
use crate::backend::rows::RowError;
use crate::sql::Position;

/// An array that is being read.
#[derive(Debug)]
pub(super) struct Array<R> {
    input: Input<R>,
    place: Place,
}

/// What was read last.
#[derive(Debug, Clone, Copy)]
enum Place {
    Nothing,
    Element,
    End,
}

impl<R: BufRead> Array<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self {
            input,
            place: Place::Nothing,
        }
    }

    /// Reads the next object; `false` where the array and the file end.
    pub(super) fn read(&mut self, text: &mut RowText) -> Result<bool, RowError> {
        let found = match self.place {
            Place::Nothing => self.first()?,
            Place::Element => self.further()?,
            Place::End => return Ok(false),
        };
        if found == Found::End {
            self.place = Place::End;
            return Ok(false);
        }
        self.place = Place::Element;
        self.element(text)?;
        Ok(true)
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.input.bytes_read()
    }

    fn first(&mut self) -> Result<Found, RowError> {
        match self.input.peek()? {
            Some(b'[') => self.input.pass(1)?,
            Some(b'{') => {
                return Err(self.error(
                    "expected an array of objects, found an object: \
                     a file with one object a line ends in `.jsonl`",
                ));
            }
            Some(byte) => {
                let found = object::name_of(byte);
                return Err(self.error(format!("expected an array of objects, found {found}")));
            }
            None => return Err(self.error("the file is empty: write `[]` for no rows")),
        }
        if self.input.peek()? == Some(b']') {
            return self.end();
        }
        Ok(Found::Element)
    }

    fn further(&mut self) -> Result<Found, RowError> {
        let found = self.input.peek()?;
        let comma = self.input.position();
        match found {
            Some(b',') => self.input.pass(1)?,
            Some(b']') => return self.end(),
            Some(byte) => {
                let found = object::name_of(byte);
                return Err(self.error(format!("expected `,` or `]`, found {found}")));
            }
            None => return Err(self.error(NOT_CLOSED)),
        }
        if self.input.peek()? == Some(b']') {
            return Err(error_at(
                comma,
                "a comma stands before the end of the array",
            ));
        }
        Ok(Found::Element)
    }

    fn end(&mut self) -> Result<Found, RowError> {
        self.input.pass(1)?;
        match self.input.peek()? {
            None => Ok(Found::End),
            Some(_) => Err(self.error("text stands behind the end of the array")),
        }
    }

    fn element(&mut self, text: &mut RowText) -> Result<(), RowError> {
        let byte = self.input.peek()?.ok_or_else(|| self.error(NOT_CLOSED))?;
        text.begin(self.input.position());
        if byte != b'{' {
            let found = object::name_of(byte);
            return Err(text.error(format!("expected an object, found {found}")));
        }
        let mut nesting = Nesting::default();
        if self.input.add_until(text, |byte| nesting.closes(byte))? {
            return Ok(());
        }
        Err(object::unclosed(text))
    }

    /// Returns an error about the next byte.
    fn error(&self, message: impl Into<String>) -> RowError {
        error_at(self.input.position(), message)
    }
}

fn error_at(position: Position, message: impl Into<String>) -> RowError {
    RowError {
        position: Some(position),
        column: None,
        message: message.into(),
    }
}

const NOT_CLOSED: &str = "the file ends inside the array: `]` is missing";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Element,
    End,
}

/// How deep in brackets a byte stands, and whether in a string.
#[derive(Debug, Default)]
struct Nesting {
    depth: usize,
    within: Within,
}

#[derive(Debug, Clone, Copy, Default)]
enum Within {
    #[default]
    Brackets,
    String,
    Escape,
}

impl Nesting {
    /// Goes on by a byte; returns whether it closes the first bracket.
    fn closes(&mut self, byte: u8) -> bool {
        match (self.within, byte) {
            (Within::String, b'"') => self.within = Within::Brackets,
            (Within::String, b'\\') => self.within = Within::Escape,
            (Within::Escape, _) | (Within::Brackets, b'"') => self.within = Within::String,
            (Within::Brackets, b'{' | b'[') => self.depth += 1,
            (Within::Brackets, b'}' | b']') => {
                self.depth -= 1;
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
