//! The work of one seed, in the transaction that is open: a script, or the rows of a file.

use super::Runner;
use super::cause::Cause;
use crate::backend::limits::Limits;
use crate::backend::rows::{Progress, load};
use crate::backend::{Backend, Lock};
use crate::event::RowCounts;
use crate::operation::Remembered;
use crate::seed::error::UnfitSeed;
use crate::seed::file::DataFile;
use crate::seed::model::Content;
use crate::seed::prepare::{Prepared, Rows, Work};
use crate::seed::read::{Stamp, unreadable};
use crate::sql::Script;

impl Runner<'_, '_> {
    pub(super) fn work(
        &self,
        backend: &mut dyn Backend,
        seed: &Prepared<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<(Option<RowCounts>, Vec<String>), Cause> {
        match &seed.work {
            Work::Sql(script) => {
                run_script(backend, script, self.held.locked.lock)?;
                Ok((None, backend.advance_touched_sequences()?))
            }
            Work::Rows(rows) => {
                let counts = load_file(backend, seed, rows, progress)?;
                Ok((Some(counts), Vec::new()))
            }
        }
    }
}

/// Brings in the rows of a data file, and tells how many bytes are read.
fn load_file(
    backend: &mut dyn Backend,
    seed: &Prepared<'_>,
    rows: &Rows,
    progress: &mut Progress<'_>,
) -> Result<RowCounts, Cause> {
    let Some(mut source) = open(seed)? else {
        return Ok(RowCounts::default());
    };
    refuse_other_file(seed)?;
    let loaded = load(backend, &rows.load(), &mut source, progress);
    // What is wrong with another file than the one that was prepared is not worth telling.
    refuse_other_file(seed)?;
    loaded.map_err(Cause::Load)
}

/// Opens a seed's data file; `None` where it is none.
pub(super) fn open<'a>(seed: &'a Prepared<'_>) -> Result<Option<DataFile<'a>>, Cause> {
    let Content::Rows { format, sidecar } = &seed.seed.content else {
        return Ok(None);
    };
    let file = DataFile::open(&seed.seed.path, *format, sidecar);
    file.map(Some).map_err(Cause::File)
}

/// Refuses a file that is not the one that was prepared: its columns may be others, and its
/// checksum is.
fn refuse_other_file(seed: &Prepared<'_>) -> Result<(), Cause> {
    let path = &seed.seed.path;
    match Stamp::of(path) {
        Ok(stamp) if stamp == seed.stamp => Ok(()),
        Ok(_) => Err(Cause::File(UnfitSeed::Changed { path: path.clone() })),
        Err(error) => Err(Cause::File(unreadable(path, &error))),
    }
}

/// Runs a script, puts back what it changed of the session, and proves that the lock is still ours.
fn run_script(backend: &mut dyn Backend, script: &Script, lock: &Lock) -> Result<(), Cause> {
    let remembered = Remembered::of(backend, Some(script))?;
    if let Err(error) = backend.run_script(script, Limits::default(), &mut |_| {}) {
        return Err(Cause::Script { error, remembered });
    }
    remembered.put_back(backend)?;
    Ok(backend.prove_lock(lock)?)
}
