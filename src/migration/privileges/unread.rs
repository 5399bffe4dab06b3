//! What a run lacks where what is applied may not be read: all that can be told without it.

use super::of_steps;
use crate::backend::Backend;
use crate::backend::error::{BackendError, During as _};
use crate::backend::examine::{Defect, Need};
use crate::backend::tables::Tables;
use crate::history::{self, Ledger};
use crate::migration::error::PlanError;
use crate::migration::plan::Plan;
use crate::migration::prepare::prepare;
use crate::migration::set::MigrationSet;
use crate::migration::status::{StatusReport, survey};

/// Returns the error with all that the run lacks which was to be planned, where it is that something
/// may not be read.
pub(in crate::migration) fn with_all_that_lacks(
    error: BackendError,
    (backend, tables): (&mut dyn Backend, &Tables),
    set: &MigrationSet,
    make_plan: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
) -> BackendError {
    match error {
        BackendError::MayNotRead {
            action,
            mut lack,
            source,
        } => {
            // What cannot be learned is not worth another error.
            lack.of_run = all_that_lacks((backend, tables), set, make_plan).unwrap_or_default();
            BackendError::MayNotRead {
                action,
                lack,
                source,
            }
        }
        other => other,
    }
}

fn all_that_lacks(
    (backend, tables): (&mut dyn Backend, &Tables),
    set: &MigrationSet,
    make_plan: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
) -> Result<Vec<Defect>, BackendError> {
    let mut needs = Need::of_tables(tables);
    let known = match as_own_user(backend, tables)? {
        None => without_history(backend, tables),
        known => known,
    };
    let is_known = known.is_some();
    let status = survey(set, &known.unwrap_or_default(), backend.dialect());
    let plan = make_plan(&status).ok();
    let steps = plan.and_then(|plan| prepare(backend, tables, set, &plan).ok());
    let of_steps = of_steps(&steps.unwrap_or_default()).into_iter();
    // Of what may be applied already it is only said that whoever runs migrations creates something.
    let creates = |need: &Need| matches!(need, Need::CreateIn(_) | Need::CreateSchema);
    needs.extend(of_steps.filter(|need| is_known || creates(need)));
    backend.lacking(&needs)
}

/// Returns what is applied as far as the connection's own user may read it, where a role's rights count.
fn as_own_user(backend: &mut dyn Backend, tables: &Tables) -> Result<Option<Ledger>, BackendError> {
    let Some(way_back) = backend.give_up_role()? else {
        return Ok(None);
    };
    let ledger = history::load_ledger(backend, tables).ok();
    backend.load(&way_back).during("take on the role again")?;
    Ok(ledger)
}

/// Returns what Diesel's own table says alone, which is the truth of what is applied.
fn without_history(backend: &mut dyn Backend, tables: &Tables) -> Option<Ledger> {
    let diesels = Tables {
        has_history: false,
        ..tables.clone()
    };
    history::load_ledger(backend, &diesels).ok()
}
