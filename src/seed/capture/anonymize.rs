//! Which columns are anonymized: those that are named, and those that refer to them, so that joins
//! survive. Values are salted by the database's identity, so that they cannot be guessed.
//!
//! What is written in place of one is `method`'s.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::error::CaptureError;
use super::method::{Anonymize, Distinct, Method};
use crate::backend::rows::{Column, Field, Kind, Reference, RowBlock, TableName, TableShape};

/// A table's column.
type Place = (TableName, String);

/// What becomes of every column's values.
#[derive(Debug)]
pub(super) struct Masks {
    salt: String,
    masks: BTreeMap<Place, Mask>,
}

/// What is written in place of a value has more characters than its column takes.
#[derive(Debug)]
pub(super) struct TooLong {
    /// Where the column stands in a row.
    pub(super) place: usize,
    pub(super) method: Method,
    pub(super) room: usize,
}

/// What becomes of one column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask {
    method: Method,
    distinct: Distinct,
    /// How many characters the column takes, where it says so.
    room: Option<usize>,
}

impl Masks {
    /// Finds the columns, and those that refer to them, and refuses what could not be seeded.
    pub(super) fn asked(
        shapes: &[&TableShape],
        asked: &[Anonymize],
        identity: Option<String>,
    ) -> Result<Self, CaptureError> {
        let mut masks = BTreeMap::new();
        for anonymize in asked {
            let meant: Vec<_> = columns(shapes)
                .filter(|(table, column)| means(&anonymize.column, table, column))
                .collect();
            if meant.is_empty() {
                return Err(unknown(shapes, &anonymize.column));
            }
            for (table, column) in meant {
                check(shapes, (table, column), anonymize.method)?;
                let mask = Mask {
                    method: anonymize.method,
                    distinct: Distinct::MayMeet,
                    room: None,
                };
                masks.insert((table.name.clone(), column.name.clone()), mask);
            }
        }
        spread(shapes, &mut masks);
        refuse_torn(shapes, &masks)?;
        note_unique(shapes, &mut masks);
        let salted = masks.values().any(|mask| mask.method != Method::Null);
        match identity {
            None if salted => Err(CaptureError::NoIdentity),
            identity => Ok(Self {
                salt: identity.unwrap_or_default(),
                masks,
            }),
        }
    }

    /// Returns what becomes of these columns of a table.
    pub(super) fn of(&self, table: &TableName, columns: &[&Column]) -> Vec<Option<Mask>> {
        let mask = |column: &&Column| {
            let place = (table.clone(), column.name.clone());
            let mask = self.masks.get(&place)?;
            Some(Mask {
                room: room(&column.type_name),
                ..*mask
            })
        };
        columns.iter().map(mask).collect()
    }

    /// Replaces a block by the one row of another, with other values in place of those that have a
    /// mask. Refuses one for which its column, of which the place is told, has no room.
    pub(super) fn mask(
        &self,
        masks: &[Option<Mask>],
        row: &RowBlock,
        masked: &mut RowBlock,
    ) -> Result<(), TooLong> {
        masked.clear();
        for (place, (mask, field)) in masks.iter().zip(row.fields(0)).enumerate() {
            let Some((mask, value)) = mask.zip(field.text()) else {
                masked.push(field);
                continue;
            };
            let other = self.other(mask, value);
            let length = other.as_deref().map_or(0, |other| other.chars().count());
            if let Some(room) = mask.room.filter(|room| length > *room) {
                let method = mask.method;
                return Err(TooLong {
                    place,
                    method,
                    room,
                });
            }
            masked.push(other.as_deref().map_or(Field::Null, Field::Text));
        }
        masked.end_row();
        Ok(())
    }

    fn other(&self, mask: Mask, value: &str) -> Option<String> {
        let mut digest = Sha256::new();
        for part in [self.salt.as_str(), "\0", value] {
            digest.update(part.as_bytes());
        }
        mask.method.invent(&digest.finalize().into(), mask.distinct)
    }
}

/// Returns how many characters a type takes, as `PostgreSQL` writes types; `SQLite` holds no text
/// against the length that its column declares.
fn room(type_name: &str) -> Option<usize> {
    let (name, length) = type_name.split_once('(')?;
    let is_text = matches!(name, "character varying" | "character");
    length.strip_suffix(')').filter(|_| is_text)?.parse().ok()
}

fn columns<'a>(shapes: &'a [&TableShape]) -> impl Iterator<Item = (&'a TableShape, &'a Column)> {
    shapes
        .iter()
        .flat_map(|shape| shape.columns.iter().map(|column| (*shape, column)))
}

/// Returns whether a column of a reference becomes NULL, so that nothing is referred to any more.
pub(super) fn cuts(asked: &[Anonymize], table: &TableShape, reference: &Reference) -> bool {
    let columns = reference.columns.iter();
    let mut columns = columns.filter_map(|name| table.column(name));
    columns.any(|column| {
        let mut asked = asked.iter().rev();
        let last = asked.find(|one| means(&one.column, table, column));
        last.is_some_and(|one| one.method == Method::Null)
    })
}

fn means(asked: &str, table: &TableShape, column: &Column) -> bool {
    let qualified = asked.rsplit_once('.').is_some_and(|(of, name)| {
        name == column.name && (of == table.name.name || of == table.name.to_string())
    });
    asked == column.name || qualified
}

fn unknown(shapes: &[&TableShape], column: &str) -> CaptureError {
    CaptureError::UnknownColumn {
        column: column.to_owned(),
        columns: columns(shapes)
            .map(|(table, column)| format!("{}.{}", table.name.name, column.name))
            .collect(),
    }
}

fn check(
    shapes: &[&TableShape],
    (table, column): (&TableShape, &Column),
    method: Method,
) -> Result<(), CaptureError> {
    let mut references = shapes.iter().flat_map(|shape| &shape.references);
    let is_referred_to = references
        .any(|reference| reference.to == table.name && reference.to_columns.contains(&column.name));
    let in_key = table
        .keys
        .iter()
        .any(|key| key.primary && key.columns.contains(&column.name));
    let refers = table
        .references
        .iter()
        .any(|reference| reference.columns.contains(&column.name));
    let reason = match method {
        Method::Null if in_key || !column.nullable => "it is never NULL",
        Method::Null if is_referred_to => "others refer to it",
        Method::Null => return Ok(()),
        _ if refers => {
            "it refers to another; take that one along (`--with-references`) and anonymize it, and this one follows"
        }
        _ if column.computed => "it is computed",
        Method::Hash if column.type_name == "uuid" => return Ok(()),
        _ if !holds_texts(column) => "it holds no text",
        _ => return Ok(()),
    };
    Err(CaptureError::UnfitMethod {
        column: format!("{}.{}", table.name.name, column.name),
        method: method.to_string(),
        reason,
    })
}

/// Returns whether any text is a value of a column.
fn holds_texts(column: &Column) -> bool {
    column.kind == Kind::Other && column.collated
}

/// Refuses a column that refers to two of which only one is anonymized, or each in another way.
fn refuse_torn(shapes: &[&TableShape], masks: &BTreeMap<Place, Mask>) -> Result<(), CaptureError> {
    let method = |table: &TableName, column: &String| {
        let mask = masks.get(&(table.clone(), column.clone()))?;
        Some(mask.method)
    };
    for shape in shapes {
        for reference in &shape.references {
            let captured = shapes.iter().any(|other| other.name == reference.to);
            let pairs = reference.columns.iter().zip(&reference.to_columns);
            for (column, to) in pairs.filter(|_| captured) {
                let own = method(&shape.name, column);
                if let Some(own) = own.filter(|_| own != method(&reference.to, to)) {
                    return Err(CaptureError::UnfitMethod {
                        column: format!("{}.{column}", shape.name.name),
                        method: own.to_string(),
                        reason: "it refers to another column too, which would not become the same",
                    });
                }
            }
        }
    }
    Ok(())
}

/// Anonymizes in the same way what refers to an anonymized column, so that it goes on to do so.
fn spread(shapes: &[&TableShape], masks: &mut BTreeMap<Place, Mask>) {
    loop {
        let mut found = Vec::new();
        for shape in shapes {
            for reference in &shape.references {
                for (column, to) in reference.columns.iter().zip(&reference.to_columns) {
                    let from = (shape.name.clone(), column.clone());
                    let mask = masks.get(&(reference.to.clone(), to.clone()));
                    let mask = mask.filter(|mask| mask.method != Method::Null);
                    if let (Some(mask), None) = (mask, masks.get(&from)) {
                        found.push((from, *mask));
                    }
                }
            }
        }
        if found.is_empty() {
            return;
        }
        masks.extend(found);
    }
}

/// Keeps values apart where they must be, and in all columns with the same method, so that the same
/// value stays the same everywhere.
fn note_unique(shapes: &[&TableShape], masks: &mut BTreeMap<Place, Mask>) {
    let unique = |place: &Place| {
        let of_table = shapes.iter().find(|shape| shape.name == place.0);
        let keys = of_table
            .map(|shape| shape.keys.as_slice())
            .unwrap_or_default();
        keys.iter().any(|key| key.columns.contains(&place.1))
    };
    let apart: Vec<Method> = masks
        .iter()
        .filter(|(place, _)| unique(place))
        .map(|(_, mask)| mask.method)
        .collect();
    for mask in masks.values_mut() {
        if apart.contains(&mask.method) {
            mask.distinct = Distinct::Stay;
        }
    }
}
