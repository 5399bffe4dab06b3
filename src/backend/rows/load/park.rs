//! Rows that exchange values of a unique column: they are given values that no row has first.
//!
//! Both engines look at each row as it is updated, so that `1, 2` does not become `2, 1` in one
//! statement, although all rows together are right.

use super::fault::Fault;
use super::merge::{Merge, Step};
use super::narrow;
use super::put::attempt;
use crate::backend::Backend;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Kind, Refused};
use crate::backend::tables::quote_identifier;

/// Takes a step again that was refused, once all rows that are to be updated have given their values
/// up; those that it does not update are for the update that comes next. Where that cannot be done
/// either, the error is that of the step; where the step is refused again, no rows that exchange
/// values are to blame.
pub(super) fn again(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
    step: Step,
    refused: Refused,
) -> Result<u64, Fault> {
    let columns = columns(merge);
    if refused.error.kind() != Some("23505") || columns.is_empty() {
        return Err(narrow::blame(backend, merge, step, refused));
    }
    let park = Query::new(parking(merge, &columns, &merge.differ(backend))).once();
    backend.begin()?;
    if backend.change_rows(&park).is_err() {
        backend.rollback()?;
        return Err(narrow::blame(backend, merge, step, refused));
    }
    let statement = merge.statement(backend, step, None);
    match attempt(backend, |backend| backend.change_rows(&statement)) {
        Ok(changed) => {
            backend.commit()?;
            Ok(changed)
        }
        Err(refused) => {
            let error = narrow::blame(backend, merge, step, refused);
            backend.rollback()?;
            Err(error)
        }
    }
}

/// Returns a column of each unique key that the update may change: without its value no two rows
/// have the same key.
fn columns<'a>(merge: &Merge<'a>) -> Vec<&'a Column> {
    let mut chosen: Vec<&Column> = Vec::new();
    for key in merge.load.table.keys.iter().filter(|key| key.immediate) {
        let of_key = |column: &&Column| key.columns.contains(&column.name);
        let best = merge
            .changing()
            .filter(of_key)
            .min_by_key(|column| ease(column));
        if let Some(column) = best
            && !chosen.iter().any(|known| known.name == column.name)
        {
            chosen.push(column);
        }
    }
    chosen
}

/// Returns how easily a value is found that no row has, least first.
fn ease(column: &Column) -> u8 {
    match column.kind {
        Kind::Integer | Kind::Real => 0,
        _ if column.nullable => 1,
        _ => 2,
    }
}

fn parking(merge: &Merge<'_>, columns: &[&Column], differ: &str) -> String {
    let set = columns.iter().map(|column| {
        let name = quote_identifier(&column.name);
        let value = match ease(column) {
            0 => format!(
                "(SELECT min(known.{name}) FROM (SELECT {name} FROM {target} UNION ALL SELECT {name} FROM {stage}) AS known) - stage.\"dieselkit_place\"",
                target = merge.target(),
                stage = merge.stage,
            ),
            1 => "NULL".to_owned(),
            _ => "'dieselkit ' || stage.\"dieselkit_place\"".to_owned(),
        };
        format!("{name} = {value}")
    });
    format!(
        "UPDATE {} AS target\nSET {}\nFROM (SELECT *, row_number() OVER () AS \"dieselkit_place\" FROM {}) AS stage\nWHERE {} AND ({differ})",
        merge.target(),
        set.collect::<Vec<_>>().join(", "),
        merge.stage,
        merge.same_key(),
    )
}
