//! Makes rows of a table up, for trying things at size: they fit its types and keep its
//! constraints.
//!
//! What a table asks is read first: `asked` takes its CHECKs apart, `layout` says where each
//! column's values come from, `read` looks at the rows that are there. Then `maker` makes one row
//! after the other, all of them in one transaction and in constant memory. The database judges
//! every row: what was not understood of its constraints, it refuses by name.

mod asked;
mod chance;
mod check;
mod combinations;
mod content;
mod draft;
mod error;
mod insert;
mod layout;
mod maker;
mod name;
mod numbered;
mod numbers;
mod options;
mod ordinal;
mod plan;
mod pool;
mod read;
mod source;
mod span;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod topic;
mod usual;

pub use error::GenerateError;
pub use options::GenerateOptions;

use std::time::Duration;

use serde::Serialize;

use crate::backend::Backend;
use crate::backend::error::During;
use crate::event::Event;
use crate::operation::Held;
use plan::{Wanted, plan};
use target::Target;

/// What was made up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GenerateReport {
    /// The table.
    pub table: String,
    /// How many rows it has more: a trigger may have kept some out.
    pub rows: u64,
    /// The seed that they were made from.
    pub seed: u64,
    /// The columns that were left to the database, in the table's order.
    pub left_to_database: Vec<String>,
    /// Sequences that were moved past the largest id.
    pub sequences: Vec<String>,
    /// How long it took, without the commit.
    #[serde(
        rename = "execution_time_ms",
        serialize_with = "crate::clock::milliseconds"
    )]
    pub execution_time: Duration,
}

/// Makes rows up, under the lock.
pub(super) fn generate(
    backend: &mut dyn Backend,
    held: &Held<'_, '_>,
    options: &GenerateOptions,
) -> Result<GenerateReport, GenerateError> {
    let clock = held.setup.clock;
    let started = clock.elapsed();
    let target = target::find(backend, &options.table)?;
    let table = target.shape.name.to_string();
    let tell = |event: &Event| held.setup.observer.borrow_mut().observe(event);
    tell(&Event::GenerateStarted {
        table: table.clone(),
        rows: options.rows,
    });
    let made = make(backend, held, (options, &target));
    let duration = clock.elapsed().saturating_sub(started);
    tell(&match &made {
        Ok(report) => Event::GenerateFinished {
            table,
            rows: report.rows,
            duration,
        },
        Err(error) => Event::GenerateFailed {
            table,
            duration,
            error: error.to_string(),
        },
    });
    made.map(|report| GenerateReport {
        execution_time: duration,
        ..report
    })
}

fn make(
    backend: &mut dyn Backend,
    held: &Held<'_, '_>,
    (options, target): (&GenerateOptions, &Target),
) -> Result<GenerateReport, GenerateError> {
    let wanted = Wanted {
        shape: &target.shape,
        rules: &target.rules,
        rows: options.rows,
        seed: options.seed,
    };
    backend
        .begin_snapshot()
        .during("begin reading at one moment")?;
    let planned = plan(backend, wanted);
    let ended = backend.rollback().during("end reading");
    let planned = planned?;
    ended?;
    backend.begin().during("begin to make rows up")?;
    let inserted = insert::insert(backend, held, (options, target), planned);
    let kept = inserted.and_then(|kept| {
        let committed = backend.commit();
        committed.map_err(|error| insert::refused(target, Vec::new(), error))?;
        Ok(kept)
    });
    if kept.is_err() {
        // Where this fails the connection is gone, and the server has done it.
        let _ = backend.rollback();
    }
    kept
}
