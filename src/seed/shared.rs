//! Tables that several data files fill: none of them may delete what another one puts in.

use super::error::{SeedError, UnfitSeed};
use super::model::{Content, Seed};
use super::prepare::{Prepared, Work};
use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::backend::rows::{LoadMode, TableName};

/// Refuses a file that deletes the rows it does not have, where another file of the environment
/// fills the same table: the other one is skipped while it does not change, and its rows would be
/// gone. It does not matter which of the two is to run.
pub(super) fn refuse_deleting(
    backend: &mut dyn Backend,
    seeds: &[Seed],
    prepared: &[Prepared<'_>],
) -> Result<(), SeedError> {
    for ready in prepared {
        let Work::Rows(rows) = &ready.work else {
            continue;
        };
        for other in seeds.iter().filter(|other| other.name != ready.seed.name) {
            let Content::Rows { sidecar, .. } = &other.content else {
                continue;
            };
            let deletes = (rows.mode, sidecar.mode);
            let (deleting, losing) = match deletes {
                (LoadMode::Replace, _) => (ready.seed, other),
                (_, LoadMode::Replace) => (other, ready.seed),
                _ => continue,
            };
            let table = &rows.table.name;
            if !is_table(backend, sidecar.table.as_ref(), table)? {
                continue;
            }
            return Err(SeedError::Unfit {
                name: deleting.name.clone(),
                source: UnfitSeed::ReplacesOthers {
                    table: table.to_string(),
                    other: losing.name.clone(),
                },
            });
        }
    }
    Ok(())
}

/// Returns whether a name that somebody wrote is that of a table; the database is only asked where
/// it could be.
fn is_table(
    backend: &mut dyn Backend,
    written: Option<&TableName>,
    table: &TableName,
) -> Result<bool, BackendError> {
    let Some(written) = written else {
        return Ok(false);
    };
    if !written.name.eq_ignore_ascii_case(&table.name) {
        return Ok(false);
    }
    let shape = backend.table_shape(written);
    let shape = shape.during("ask what a table is like")?;
    Ok(shape.is_some_and(|shape| shape.name == *table))
}
