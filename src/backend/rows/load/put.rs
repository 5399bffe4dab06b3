//! Puts blocks of rows into a table, and finds the row that is refused.

use super::fault::Fault;
use super::reader::Reader;
use crate::backend::Backend;
use crate::backend::rows::{Landing, Refused, RowBlock};

/// Why rows could not be put.
pub(super) enum Failure {
    /// They could not be read.
    Read(Fault),
    /// One of them was refused.
    Refused {
        refused: Refused,
        /// The row alone; nothing, where it is no row's fault.
        row: Box<RowBlock>,
    },
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Read(fault)
    }
}

/// Puts all rows, block by block, and returns how many are there now.
pub(super) fn all(
    backend: &mut dyn Backend,
    landing: &Landing<'_>,
    reader: &mut Reader<'_>,
) -> Result<u64, Failure> {
    let mut there = 0;
    reader.each_block(|block| {
        there += put(backend, landing, block).map_err(|refused| Failure::Refused {
            row: refused
                .row
                .map(|row| Box::new(block.slice(row..row + 1)))
                .unwrap_or_default(),
            refused,
        })?;
        Ok::<_, Failure>(())
    })?;
    Ok(there)
}

fn put(backend: &mut dyn Backend, landing: &Landing<'_>, block: &RowBlock) -> Result<u64, Refused> {
    let refused = match attempt(backend, |backend| backend.put_rows(landing, block)) {
        Ok(there) => return Ok(there),
        Err(refused) => refused,
    };
    if refused.row.is_some() || refused.error.disconnected {
        return Err(refused);
    }
    Err(narrow(backend, landing, block).unwrap_or(refused))
}

/// Finds the row by halves, keeping each that is good: a row may be refused for one before it.
/// What is refused without any row is no row's fault.
fn narrow(backend: &mut dyn Backend, landing: &Landing<'_>, block: &RowBlock) -> Option<Refused> {
    let mut put = |rows| {
        let rows = block.slice(rows);
        attempt(backend, |backend| backend.put_rows(landing, &rows))
    };
    put(0..0).ok()?;
    let (mut good, mut bad) = (0, block.len());
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        match put(good..middle) {
            Ok(_) => good = middle,
            Err(_) => bad = middle,
        }
    }
    let refused = put(good..bad).err()?;
    Some(Refused {
        row: Some(good),
        ..refused
    })
}

/// Does something in a savepoint, which is rolled back where it fails.
pub(super) fn attempt<T>(
    backend: &mut dyn Backend,
    work: impl FnOnce(&mut dyn Backend) -> Result<T, Refused>,
) -> Result<T, Refused> {
    backend.begin()?;
    match work(backend) {
        Ok(done) => {
            backend.commit()?;
            Ok(done)
        }
        Err(refused) => {
            // A connection that cannot roll back is unusable, which the next statement will tell.
            let _ = backend.rollback();
            Err(refused)
        }
    }
}
