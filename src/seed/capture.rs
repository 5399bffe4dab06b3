//! Captures rows of a live database as data files that `seed` reads back to the same rows.
//!
//! One snapshot, read only, without a lock. Which rows, is for `choice` and `select` to say, what
//! becomes of a value for `anonymize`, how it is written for `write`, and where it goes for `naming`
//! and `target`.

mod anonymize;
mod choice;
mod error;
mod method;
mod naming;
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
use crate::cancellation::Cancellation;
use crate::history::read_metadata;
use crate::migration::Claim;
use anonymize::Masks;
use choice::choose;
use target::Target;
use write::Writing;

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
/// `CaptureError`; no file is there then that was not there before, and none has changed, but for
/// those that [`CaptureError::NotPutBack`] names.
pub fn capture(
    database: &mut Database,
    options: &CaptureOptions,
    into: &CaptureInto,
) -> Result<CaptureReport, CaptureError> {
    options.check(into)?;
    let written = crate::operation::reading(database, options.lock_wait, |backend, tables| {
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
    written.keep(&options.cancellation)
}

/// What was read of every table, in files that are gone unless they are kept.
struct Written {
    files: Vec<CapturedFile>,
    targets: Vec<Target>,
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
    let masks = Masks::asked(&choice.shapes(), &options.anonymize, identity)?;
    let folder = into.folder();
    let claim = Claim::on(&folder).map_err(|source| CaptureError::Write {
        path: folder.clone(),
        source,
    })?;
    let targets = naming::targets(&choice, into, options)?;
    let writing = Writing {
        choice: &choice,
        masks: &masks,
        cancellation: &options.cancellation,
    };
    let mut files = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        files.push(CapturedFile {
            table: choice.tables[index].shape.name.to_string(),
            path: target.path().to_owned(),
            rows: writing.write(backend, index, target)?,
        });
    }
    Ok(Written {
        files,
        targets,
        _claim: claim,
    })
}

impl Written {
    /// Gives all files their names, now that every one is whole, or none.
    fn keep(self, cancellation: &Cancellation) -> Result<CaptureReport, CaptureError> {
        if cancellation.is_cancelled() {
            return Err(CaptureError::Interrupted);
        }
        target::take_names(&self.targets)?;
        Ok(CaptureReport { files: self.files })
    }
}
