//! A table that somebody named: what it is like, or why it cannot be had, and what else has its
//! name, or one like it.
//!
//! It knows no file and no option: who named the table is for whoever asks to know.

use similar::{ChangeTag, TextDiff};

use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::backend::rows::{TableName, TableShape};
use crate::backend::tables::is_bookkeeping;

/// The share of a name, in hundredths, that two names have in common at least that may be meant for
/// each other.
const ALIKE: usize = 60;

/// Why a table cannot be had by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// This tool, Diesel or the database itself keeps it.
    Bookkeeping,
    /// A view has the name.
    View,
    /// Nothing has it.
    Absent {
        /// The table whose name is most like it.
        similar: Option<String>,
    },
}

/// Returns what the table of a name is like, or why it cannot be had.
pub(super) fn table(
    backend: &mut dyn Backend,
    name: &TableName,
) -> Result<Result<TableShape, Unfit>, BackendError> {
    if is_bookkeeping(&name.name) {
        return Ok(Err(Unfit::Bookkeeping));
    }
    let shape = backend
        .table_shape(name)
        .during("ask what a table is like")?;
    match shape {
        Some(shape) if is_of_the_database(&shape.name) => Ok(Err(Unfit::Bookkeeping)),
        Some(shape) => Ok(Ok(shape)),
        None => why(backend, name).map(Err),
    }
}

/// Returns whether the database keeps its own facts in a table of this name, as it really is.
/// <https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-CATALOG>,
/// <https://www.sqlite.org/fileformat2.html#internal_schema_objects>
fn is_of_the_database(name: &TableName) -> bool {
    match name.schema.as_deref() {
        Some(schema) => schema.starts_with("pg_") || schema == "information_schema",
        None => name.name.starts_with("sqlite_"),
    }
}

fn why(backend: &mut dyn Backend, name: &TableName) -> Result<Unfit, BackendError> {
    if backend.is_view(name).during("ask what a table is like")? {
        return Ok(Unfit::View);
    }
    let tables = backend.content_tables().during("list the tables")?;
    let names: Vec<String> = tables.into_iter().map(|table| table.name).collect();
    let whole = nearest(&name.to_string(), &names);
    // A schema that is not said where it is needed, or that needs not be said.
    let similar = whole.or_else(|| nearest(&name.name, &names));
    Ok(Unfit::Absent {
        similar: similar.map(str::to_owned),
    })
}

/// Returns the name that is most like another, where one is like enough.
pub(super) fn nearest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a str> {
    names
        .iter()
        .map(|name| (likeness(wanted, name), name.as_str()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max()
        .map(|(_, name)| name)
}

/// Returns how much two names have in common, in hundredths, whatever their letters' case.
fn likeness(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let all = one.chars().count() + other.chars().count();
    let difference = TextDiff::from_chars(&one, &other);
    let same = difference
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal);
    200 * same.count() / all.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_for_one_that_is_like_it_whatever_its_case() {
        let names = ["id", "email", "name"].map(str::to_owned);
        assert_eq!(nearest("emial", &names), Some("email"));
        assert_eq!(nearest("ID", &names), Some("id"));
        assert_eq!(nearest("age", &names), None);
    }
}
