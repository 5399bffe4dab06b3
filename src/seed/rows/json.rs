//! JSON files: objects, each of which is a row, with the same keys in any order.
//!
//! Where an object begins and ends is `array`'s, and what is in it `object`'s.

use std::io::BufRead;

use super::array::Array;
use super::input::{Input, RowText, is_blank};
use super::object::{self, Members, Value};
use super::{Held, Layout, names};
use crate::backend::rows::{Field, RowBlock, RowError};
use crate::sql::Position;

/// The rows of a JSON file.
#[derive(Debug)]
pub(super) struct JsonRows<R> {
    objects: Objects<R>,
    text: RowText,
    held: Held,
    columns: Vec<String>,
    others: Others,
}

/// What becomes of keys that are no columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// The layout names the columns that are wanted.
    LeftOut,
    /// The first object names the columns, and the others must agree.
    Refused,
}

impl<R: BufRead> JsonRows<R> {
    /// Opens a file with one object a line. Lines without anything are passed over.
    pub(super) fn of_lines(input: Input<R>, layout: &Layout) -> Result<Self, RowError> {
        Self::open(Objects::Lines(input), layout)
    }

    /// Opens a file that is an array of objects.
    pub(super) fn of_array(input: Input<R>, layout: &Layout) -> Result<Self, RowError> {
        Self::open(Objects::Array(Array::new(input)), layout)
    }

    fn open(mut objects: Objects<R>, layout: &Layout) -> Result<Self, RowError> {
        let mut text = RowText::new();
        let held = if objects.read(&mut text)? {
            Held::Row
        } else {
            Held::Nothing
        };
        let (columns, others) = match (&layout.columns, held) {
            (Some(columns), _) => (columns.clone(), Others::LeftOut),
            (None, Held::Row) => (keys(&text)?, Others::Refused),
            (None, Held::Nothing) => (Vec::new(), Others::Refused),
        };
        Ok(Self {
            objects,
            text,
            held,
            columns,
            others,
        })
    }

    pub(super) fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        let held = std::mem::replace(&mut self.held, Held::Nothing);
        if held == Held::Nothing && !self.objects.read(&mut self.text)? {
            return Ok(false);
        }
        for value in self.values()? {
            rows.push(value.as_ref().map_or(Field::Null, Value::field));
        }
        rows.end_row();
        Ok(true)
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.objects.bytes_read()
    }

    /// Returns where the object stands that was read last, or its value for a key that it has.
    pub(super) fn position(&self, key: Option<&str>) -> Position {
        let value = key.and_then(|key| {
            let Members(members) = Members::of(&self.text).ok()?;
            let member = members.into_iter().find(|(name, _)| name == key)?;
            Some(object::offset_of(member.1, &self.text))
        });
        self.text.position(value.unwrap_or_default())
    }

    /// Returns the object's value for each of the columns.
    fn values(&self) -> Result<Vec<Option<Value<'_>>>, RowError> {
        let Members(members) = Members::of(&self.text)?;
        let mut values: Vec<Option<Value<'_>>> = Vec::new();
        values.resize_with(self.columns.len(), || None);
        for (place, (key, value)) in members.iter().enumerate() {
            match self.column(place, key) {
                Some(column) if values[column].is_some() => return Err(self.twice(key)),
                Some(column) => values[column] = Some(self.value(column, value)?),
                None if self.others == Others::LeftOut => {}
                None => return Err(self.unexpected(key)),
            }
        }
        match values.iter().position(Option::is_none) {
            None => Ok(values),
            Some(column) => Err(self.lacking(column)),
        }
    }

    /// Returns which column a key is; mostly the one at the same place.
    fn column(&self, place: usize, key: &str) -> Option<usize> {
        if self.columns.get(place).is_some_and(|name| name == key) {
            return Some(place);
        }
        self.columns.iter().position(|name| name == key)
    }

    fn value<'a>(
        &self,
        column: usize,
        value: &'a serde_json::value::RawValue,
    ) -> Result<Value<'a>, RowError> {
        Value::of(value).map_err(|message| RowError {
            column: Some(self.columns[column].clone()),
            ..self
                .text
                .error_at(object::offset_of(value, &self.text), message)
        })
    }

    fn twice(&self, key: &str) -> RowError {
        self.text
            .error(format!("the object has the key `{key}` twice"))
    }

    fn unexpected(&self, key: &str) -> RowError {
        self.text.error(format!(
            "the object has the key `{key}`, which the first one has not: \
             give it to each, as `\"{key}\": null` where there is no value"
        ))
    }

    fn lacking(&self, column: usize) -> RowError {
        let name = &self.columns[column];
        RowError {
            column: Some(name.clone()),
            ..self.text.error(format!(
                "the object has no key `{name}`: write `\"{name}\": null` where there is no value"
            ))
        }
    }
}

impl<R> JsonRows<R> {
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }
}

/// Returns the keys of the first object, which are the columns of the file.
fn keys(text: &RowText) -> Result<Vec<String>, RowError> {
    let Members(members) = Members::of(text)?;
    let keys: Vec<String> = members.into_iter().map(|(key, _)| key.into()).collect();
    names::check(&keys, Some(text.position(0)))?;
    Ok(keys)
}

/// Where objects come from.
#[derive(Debug)]
enum Objects<R> {
    Lines(Input<R>),
    Array(Array<R>),
}

impl<R: BufRead> Objects<R> {
    fn read(&mut self, text: &mut RowText) -> Result<bool, RowError> {
        match self {
            Self::Lines(input) => read_line(input, text),
            Self::Array(array) => array.read(text),
        }
    }

    fn bytes_read(&self) -> u64 {
        match self {
            Self::Lines(input) => input.bytes_read(),
            Self::Array(array) => array.bytes_read(),
        }
    }
}

/// Reads the next line that has anything in it.
fn read_line<R: BufRead>(input: &mut Input<R>, text: &mut RowText) -> Result<bool, RowError> {
    loop {
        text.begin(input.position());
        if !input.add_line(text)? {
            return Ok(false);
        }
        let first = text.bytes().iter().position(|byte| !is_blank(*byte));
        text.skip(first.unwrap_or(text.bytes().len()));
        match text.bytes().first() {
            None => {}
            Some(b'{') => return Ok(true),
            Some(b'[') => {
                return Err(text.error(
                    "expected an object, found an array: \
                     a file that is an array of objects ends in `.json`",
                ));
            }
            Some(byte) => {
                let found = object::name_of(*byte);
                return Err(text.error(format!("expected an object, found {found}")));
            }
        }
    }
}
