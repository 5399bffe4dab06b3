//! One transaction around several writes of the history.
//!
//! Knows nothing of what is written. The transactions of migrations are the runner's.

use crate::backend::Backend;
use crate::backend::error::{BackendError, During};

/// Runs `write` in a transaction of its own, which `begin` and `commit` name where it fails: all
/// of it is kept, or nothing.
pub(crate) fn in_transaction<T>(
    backend: &mut dyn Backend,
    [begin, commit]: [&'static str; 2],
    write: impl FnOnce(&mut dyn Backend) -> Result<T, BackendError>,
) -> Result<T, BackendError> {
    backend.begin().during(begin)?;
    match write(backend) {
        Ok(value) => {
            backend.commit().during(commit)?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the one worth telling.
            let _ = backend.rollback();
            Err(error)
        }
    }
}
