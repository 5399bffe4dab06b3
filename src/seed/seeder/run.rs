//! A seeding under the lock: what is ready runs, and what became of it is reported.

use super::ready::Request;
use crate::backend::Backend;
use crate::operation::Held;
use crate::seed::error::SeedError;
use crate::seed::report::SeedReport;
use crate::seed::runner::{self, Ran};
use crate::seed::store;

/// A seeding, under the lock.
pub(super) struct Run<'a, 's> {
    pub(super) request: Request<'a>,
    pub(super) held: Held<'a, 's>,
}

impl Run<'_, '_> {
    pub(super) fn execute(&self, backend: &mut dyn Backend) -> Result<SeedReport, SeedError> {
        let (request, tables) = (self.request, &self.held.locked.tables);
        let judgement = request.judge(backend, tables, request.options)?;
        let ready = request.ready(backend, &judgement, request.options.transaction)?;
        let report = SeedReport {
            planned: judgement.planned(),
            ..SeedReport::default()
        };
        if ready.units.is_empty() {
            return Ok(report);
        }
        store::create_table(backend, tables)?;
        let environment = request.set.environment.name();
        let units = (&*ready.seeds, &*ready.units);
        let ran = runner::run(backend, &self.held, environment, units);
        conclude(report, ran)
    }
}

fn conclude(mut report: SeedReport, ran: Ran) -> Result<SeedReport, SeedError> {
    report.done = ran.done;
    report.failure.clone_from(&ran.failure);
    report.interrupted = ran.interrupted;
    match ran.failure {
        Some(failure) => Err(SeedError::Failed {
            report: Box::new(report),
            source: Box::new(failure),
        }),
        None if ran.interrupted => Err(SeedError::Interrupted {
            report: Box::new(report),
        }),
        None => Ok(report),
    }
}
