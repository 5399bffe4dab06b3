//! Finds the row of the file that a whole statement was refused for.

use super::blame;
use super::fault::{Culprit, Fault};
use super::merge::{Merge, Step};
use super::put::attempt;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{Reference, Refused};
use crate::backend::tables::quote_identifier;

/// Some rows of a file by their numbers, 1-based, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Makes the fault of a step that was refused, with row, column and value where they can be found.
pub(super) fn blame(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
    step: Step,
    refused: Refused,
) -> Fault {
    if step == Step::Delete || refused.error.disconnected {
        return refused.error.into();
    }
    let broken = if blame::is_foreign_key(&refused) {
        broken_reference(backend, merge).ok().flatten()
    } else {
        None
    };
    let found = broken.or_else(|| refused_row(backend, merge, step, &refused).ok().flatten());
    let Some(found) = found else {
        return refused.error.into();
    };
    of_row(backend, merge, found, refused.error)
}

/// Makes the fault of a row.
pub(super) fn of_row(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
    found: Found,
    error: DatabaseError,
) -> Fault {
    Fault::Row(Culprit {
        number: found.number,
        value: value(backend, merge, &found),
        column: found.column,
        error,
    })
}

/// A row by its number, and the column that is wrong in it.
pub(super) struct Found {
    pub(super) number: u64,
    pub(super) column: Option<String>,
}

/// Finds the first row that refers to one that is neither in the table that it refers to nor, where
/// that is this one, in the file.
pub(super) fn broken_reference(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
) -> Result<Option<Found>, DatabaseError> {
    let references = merge.load.table.references.iter();
    let in_file = |columns: &[String]| columns.iter().all(|name| merge.load.place(name).is_some());
    for reference in references.filter(|reference| in_file(&reference.columns)) {
        let to_file = reference.to == merge.load.table.name && in_file(&reference.to_columns);
        let twin = if to_file {
            Some(merge.stage.as_str())
        } else {
            None
        };
        let query = Query::new(first_without_partner(merge, reference, twin)).once();
        let row = backend.load(&query)?.into_iter().next();
        let number = row
            .map(|row| row.optional_integer(0))
            .transpose()?
            .flatten();
        if let Some(number) = number {
            let only = <&[String; 1]>::try_from(reference.columns.as_slice());
            return Ok(Some(Found {
                number: number.unsigned_abs(),
                column: only.ok().map(|[column]| column.clone()),
            }));
        }
    }
    Ok(None)
}

fn first_without_partner(merge: &Merge<'_>, reference: &Reference, twin: Option<&str>) -> String {
    let parent = reference.to.quoted();
    let (mut joins, mut alone) = (Vec::new(), Vec::new());
    for (name, table) in [("parent", Some(parent.as_str())), ("twin", twin)] {
        let Some(table) = table else { continue };
        joins.push(format!("\n{}", join(table, name, reference)));
        let column = quote_identifier(&reference.to_columns[0]);
        alone.push(format!("{name}.{column} IS NULL"));
    }
    // A reference that is not given in full refers to nothing.
    let given = reference.columns.iter().map(|name| quote_identifier(name));
    alone.extend(given.map(|name| format!("stage.{name} IS NOT NULL")));
    format!(
        "SELECT min(stage.{})\nFROM {} AS stage{}\nWHERE {}",
        merge.number(),
        merge.stage,
        joins.concat(),
        alone.join(" AND "),
    )
}

fn join(table: &str, name: &str, reference: &Reference) -> String {
    let pairs = reference.columns.iter().zip(&reference.to_columns);
    let pairs = pairs.map(|(from, to)| {
        let (from, to) = (quote_identifier(from), quote_identifier(to));
        format!("{name}.{to} = stage.{from}")
    });
    let pairs = pairs.collect::<Vec<_>>().join(" AND ");
    format!("LEFT JOIN {table} AS {name} ON {pairs}")
}

/// Finds the row by halves, keeping each that is good: a row may be refused for one before it.
///
/// Of rows that refer to one another a half may be refused for what the other half has; that says
/// nothing of the error that is looked for. What is refused without any row is no row's fault.
fn refused_row(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
    step: Step,
    refused: &Refused,
) -> Result<Option<Found>, DatabaseError> {
    let Some(mut rows) = all_rows(backend, merge)? else {
        return Ok(None);
    };
    let mut is_refused = |first, last| {
        let statement = merge.statement(backend, step, Some(Numbers { first, last }));
        let again = attempt(backend, |backend| backend.change_rows(&statement)).err();
        again.filter(|again| again.error.kind() == refused.error.kind())
    };
    if is_refused(1, 0).is_some() {
        return Ok(None);
    }
    while rows.first < rows.last {
        let middle = rows.first.midpoint(rows.last);
        match is_refused(rows.first, middle) {
            Some(_) => rows.last = middle,
            None => rows.first = middle + 1,
        }
    }
    let again = is_refused(rows.first, rows.last);
    Ok(again.map(|again| Found {
        number: rows.first,
        column: blame::column(backend, merge.load, &again),
    }))
}

fn all_rows(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
) -> Result<Option<Numbers>, DatabaseError> {
    let query = format!(
        "SELECT min({0}), max({0}) FROM {1} HAVING count(*) > 0",
        merge.number(),
        merge.stage
    );
    let rows = backend.load(&Query::new(query).once())?;
    let numbers = |row: &Row| {
        Ok(Numbers {
            first: number(row, 0)?,
            last: number(row, 1)?,
        })
    };
    rows.first().map(numbers).transpose()
}

/// Reads a row's number.
pub(super) fn number(row: &Row, column: usize) -> Result<u64, DatabaseError> {
    Ok(row.integer(column)?.unsigned_abs())
}

/// Returns the value of a column in a row.
fn value(backend: &mut dyn Backend, merge: &Merge<'_>, found: &Found) -> Option<String> {
    let column = found.column.as_deref()?;
    merge.load.place(column)?;
    let query = Query::new(format!(
        "SELECT CAST({} AS text) FROM {} WHERE {} = {}",
        quote_identifier(column),
        merge.stage,
        merge.number(),
        found.number
    ));
    let rows = backend.load(&query.once()).ok()?;
    rows.first()?.optional_text(0).ok()?
}
