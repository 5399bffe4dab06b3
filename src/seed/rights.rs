//! What seeds need to be allowed, as far as it is known before any of them runs.
//!
//! Must not know how a right is granted, nor how rows are loaded.

use std::ops::ControlFlow;

use super::prepare::{Prepared, Rows, Work};
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::examine::{Named, Need};
use crate::backend::rows::LoadMode;
use crate::migration::Foreseen;
use crate::operation;

/// Refuses seeds of which one may not do what it does.
pub(super) fn refuse_lack(
    backend: &mut dyn Backend,
    seeds: &[Prepared<'_>],
) -> Result<(), BackendError> {
    let lacking = backend.lacking(&needs(seeds))?;
    operation::refuse_lack(lacking)
}

fn needs(seeds: &[Prepared<'_>]) -> Vec<Need> {
    let mut foreseen = Foreseen::default();
    for seed in seeds {
        match &seed.work {
            Work::Rows(rows) => foreseen.add(of_rows(rows)),
            Work::Sql(script) => {
                if foreseen.read(script) == ControlFlow::Break(()) {
                    break;
                }
            }
        }
    }
    foreseen.into_needs()
}

/// Returns what the first statement for the rows needs, however few there are.
fn of_rows(rows: &Rows) -> Vec<Need> {
    let right = |right| {
        let name = rows.table.name.clone();
        let named = Named {
            schema: name.schema,
            name: name.name,
        };
        Need::Right(right, named)
    };
    let deletes = (rows.mode == LoadMode::Replace).then(|| right("DELETE"));
    deletes.into_iter().chain([right("INSERT")]).collect()
}
