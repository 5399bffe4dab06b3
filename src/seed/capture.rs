//! Captures rows of a live database as data files that `seed` reads back to the same rows.
//!
//! One snapshot, read only, without a lock. Which rows, is for `choice` and `select` to say, what
//! becomes of a value for `anonymize`, and where it goes for `target`.

mod anonymize;
mod choice;
mod error;
mod method;
mod options;
mod select;
mod target;
mod write;

pub use error::{AnonymizeError, CaptureError};
pub use method::{Anonymize, Method};
pub use options::{CaptureInto, CaptureOptions};

use std::path::PathBuf;

use serde::Serialize;

use crate::backend::error::During;
use crate::backend::tables::Tables;
use crate::backend::{Backend, Database};
use crate::history::read_metadata;
use crate::migration::Claim;
use anonymize::Masks;
use choice::{Choice, choose};
use target::Target;

/// What was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CaptureReport {
    /// A file a table, in the order in which they are seeded.
    pub files: Vec<CapturedFile>,
}

/// The rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CapturedFile {
    /// The table.
    pub table: String,
    /// The file.
    pub path: PathBuf,
    /// How many rows it has.
    pub rows: u64,
}

/// Captures rows of tables into data files.
///
/// # Errors
/// `CaptureError`; no file is there then that was not there before, and none has changed.
pub fn capture(
    database: &mut Database,
    options: &CaptureOptions,
    into: &CaptureInto,
) -> Result<CaptureReport, CaptureError> {
    options.check(into)?;
    let written = crate::operation::reading(database, |backend, tables| {
        backend
            .begin_snapshot()
            .during("begin reading at one moment")?;
        let written = in_snapshot(backend, tables, (options, into));
        let ended = backend.rollback().during("end reading");
        let written = written?;
        ended?;
        Ok::<_, CaptureError>(written)
    })?;
    // What was read in vain was written for nothing, and is gone again.
    written.keep()
}

/// What was read of every table, in files that are gone unless they are kept.
struct Written {
    choice: Choice,
    files: Vec<(Target, u64)>,
    /// Keeps others from the folder's numbers.
    _claim: Claim,
}

fn in_snapshot(
    backend: &mut dyn Backend,
    tables: &Tables,
    (options, into): (&CaptureOptions, &CaptureInto),
) -> Result<Written, CaptureError> {
    let choice = choose(backend, options)?;
    let identity = read_metadata(backend, tables)?.identity;
    let masks = Masks::of(&choice.shapes(), &options.anonymize, identity)?;
    let folder = into.folder();
    let claim = Claim::on(&folder).map_err(|source| CaptureError::Write {
        path: folder.clone(),
        source,
    })?;
    let mut files = Vec::new();
    for (index, target) in target::targets(&choice, into, options.existing)?
        .into_iter()
        .enumerate()
    {
        let rows = write::write(backend, &choice, index, (&masks, &target))?;
        files.push((target, rows));
    }
    Ok(Written {
        choice,
        files,
        _claim: claim,
    })
}

impl Written {
    /// Gives all files their names, now that every one is whole.
    fn keep(self) -> Result<CaptureReport, CaptureError> {
        let tables = self.choice.tables.iter();
        let files = self
            .files
            .into_iter()
            .zip(tables)
            .map(|((target, rows), table)| {
                Ok(CapturedFile {
                    table: table.shape.name.to_string(),
                    path: target.keep()?,
                    rows,
                })
            });
        let files = files.collect::<Result<_, CaptureError>>()?;
        Ok(CaptureReport { files })
    }
}
