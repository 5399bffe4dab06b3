//! The verbs of a library user: the backups of one database, in one folder.
//!
//! Each verb stands in the file that is named after it. What this one knows is who asks, of which
//! database, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use super::CreateOptions;
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{DumpError, Tool, reader};
use crate::backend::restore::free_bytes;
use crate::environment::Environment;
use crate::operation::{Caller, lend_through_caller};

/// The backups of one database, in one folder.
///
/// What it does not know by itself is lent to it: the environment, the user's name, the clock, and
/// somebody who watches.
pub struct Backups {
    pub(super) address: DatabaseAddress,
    pub(super) folder: PathBuf,
    pub(super) caller: Caller,
}

impl fmt::Debug for Backups {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Backups")
            .field("address", &self.address)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

lend_through_caller!(Backups, between "blocks");

impl Backups {
    /// Names the database of an address, in its environment, and the folder of its backups. Neither
    /// is looked at yet.
    pub fn new(
        address: &DatabaseAddress,
        environment: &Environment,
        folder: impl Into<PathBuf>,
    ) -> Self {
        let mut caller = Caller::default();
        caller.be_in(environment);
        Self {
            address: address.clone(),
            folder: folder.into(),
            caller,
        }
    }

    /// Returns the program that a backup would be made with, where the engine needs one: it asks the
    /// server for its version.
    ///
    /// # Errors
    /// `DumpError::ToolMissing`, `DumpError::ToolTooOld`, and `DumpError::Backend` where the server
    /// cannot be asked.
    pub fn tool(&self, options: &CreateOptions) -> Result<Option<Tool>, DumpError> {
        reader(&self.address, &options.programs)
    }

    /// Returns how much is free where the folder is, or would be, in bytes, for whoever asks; `None`
    /// where the system does not tell.
    pub fn free_bytes(&self) -> Option<u64> {
        let there = self.folder.ancestors().find(|folder| folder.is_dir());
        free_bytes(there.unwrap_or(Path::new(".")))
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
