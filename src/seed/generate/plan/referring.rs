//! Reads what a table's rows can refer to, and does without it where they need not.

use std::collections::BTreeSet;

use crate::backend::Backend;
use crate::backend::error::During;
use crate::seed::generate::error::GenerateError;
use crate::seed::generate::layout::{self, Ground, Group, Layout, Uses};
use crate::seed::generate::pool::Pool;
use crate::seed::generate::read;

/// Lays the table out, and reads what it can refer to: a foreign key that has nothing to refer to
/// is NULL, if it may be.
pub(super) fn lay_out(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    rows: u64,
) -> Result<(Layout, Vec<Pool>), GenerateError> {
    let mut absent = BTreeSet::new();
    'again: loop {
        let layout = layout::lay_out(ground, &absent)?;
        let mut pools = Vec::new();
        for group in &layout.groups {
            let pool = read::pool(backend, ground, group, rows)
                .during("read the rows that can be referred to")?;
            if pool.len() == 0 && rows > 0 {
                absent.insert(dispensable(backend, ground, (group, rows))?);
                continue 'again;
            }
            if group.uses == Uses::Once && pool_len(&pool) < rows {
                return Err(too_few(ground, group, (pool_len(&pool), rows)));
            }
            pools.push(pool);
        }
        return Ok((layout, pools));
    }
}

/// Returns the foreign key of a group that can do without a row to refer to.
fn dispensable(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    (group, rows): (&Group, u64),
) -> Result<usize, GenerateError> {
    let mut empty = None;
    let mut can_be_null = None;
    for place in &group.references {
        let reference = &ground.shape.references[*place];
        let columns = ground.places(&reference.columns);
        if columns.iter().any(|column| ground.asked[*column].nullable) {
            can_be_null = can_be_null.or(Some(*place));
        }
        if empty.is_none()
            && !read::has_rows(backend, &reference.to).during("look for rows to refer to")?
        {
            empty = Some(reference);
        }
    }
    let first = group.references.first();
    let named = empty.or_else(|| first.map(|place| &ground.shape.references[*place]));
    match (can_be_null, named) {
        (Some(place), _) => Ok(place),
        _ if empty.is_none() && group.uses == Uses::Once => Err(too_few(ground, group, (0, rows))),
        (None, Some(reference)) => Err(GenerateError::NothingToReferTo {
            table: ground.shape.name.to_string(),
            columns: reference.columns.clone(),
            referenced: reference.to.to_string(),
        }),
        (None, None) => Ok(0),
    }
}

/// Returns that there are too few rows of which each can be referred to once.
fn too_few(ground: Ground<'_>, group: &Group, (room, rows): (u64, u64)) -> GenerateError {
    let reference = group.references.first();
    let reference = reference.map(|place| &ground.shape.references[*place]);
    GenerateError::NoRoom {
        table: ground.shape.name.to_string(),
        columns: reference
            .map(|reference| reference.columns.clone())
            .unwrap_or_default(),
        room,
        rows,
        referenced: reference.map(|reference| reference.to.to_string()),
    }
}

fn pool_len(pool: &Pool) -> u64 {
    u64::try_from(pool.len()).unwrap_or(u64::MAX)
}
