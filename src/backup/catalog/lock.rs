//! One process at a time changes a folder of backups: the system's lock on a file in it.
//!
//! The system frees it when the process that holds it ends, however it ends. Whatever is unfinished
//! in the folder while it is held is therefore of a process that died.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Catalog, CatalogError, Listing, names};
use crate::backend::lock_file::{read_owner, write_owner};
use crate::backup::regular;
use crate::cancellation::Cancellation;
use crate::clock::{Clock, whole_ms};
use crate::event::{Event, Observer};

/// The first pause between two attempts; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How somebody waits for a folder, and who it is.
pub struct Waiting<'a> {
    /// What the holder is called for those who wait: tool, version, user and host.
    pub owner: String,
    /// How long the wait may be.
    pub limit: Duration,
    /// Tells how long it was.
    pub clock: &'a dyn Clock,
    /// Ends it.
    pub cancellation: &'a Cancellation,
    /// Is told of it.
    pub observer: &'a mut dyn Observer,
}

impl fmt::Debug for Waiting<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Waiting")
            .field("owner", &self.owner)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A folder of backups that nobody else changes, until this value is dropped.
#[derive(Debug)]
pub struct LockedCatalog {
    pub(super) catalog: Catalog,
    _lock: File,
}

impl LockedCatalog {
    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        self.catalog.folder()
    }

    /// Reads what is in the folder.
    ///
    /// # Errors
    /// As [`Catalog::read`].
    pub fn read(&self) -> Result<Listing, CatalogError> {
        self.catalog.read()
    }
}

impl Catalog {
    /// Takes the folder for changing it, and makes it where it is absent: for its owner alone.
    ///
    /// # Errors
    /// `Locked` where another process has it until the deadline, `Interrupted`, `DeadLink`, and `File`
    /// where the folder cannot be made or written to.
    pub fn lock(&self, mut waiting: Waiting<'_>) -> Result<LockedCatalog, CatalogError> {
        self.refuse_dead_link()?;
        make_private(&self.folder)
            .map_err(|source| CatalogError::file("make", &self.folder, source))?;
        let path = self.folder.join(names::LOCK);
        let file = open(&path).map_err(|source| CatalogError::file("open", &path, source))?;
        self.take(&file, &path, &mut waiting)?;
        // Who holds it is a courtesy: a disk too full to say so does not make the lock weaker.
        let _ = write_owner(&file, &waiting.owner);
        Ok(LockedCatalog {
            catalog: self.clone(),
            _lock: file,
        })
    }

    /// Polls for the lock until it is free, the deadline has passed, or the run is asked to end.
    fn take(
        &self,
        file: &File,
        path: &Path,
        waiting: &mut Waiting<'_>,
    ) -> Result<(), CatalogError> {
        let started = waiting.clock.elapsed();
        let mut pause = FIRST_PAUSE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(CatalogError::file("lock", path, source));
                }
            }
            let waited = waiting.clock.elapsed().saturating_sub(started);
            self.refuse_to_wait(waiting, waited, path)?;
            if pause == FIRST_PAUSE {
                waiting.observer.observe(&Event::FolderWaiting {
                    folder: self.folder.display().to_string(),
                    holder: read_owner(path),
                    limit: waiting.limit,
                });
            }
            let left = waiting.limit.saturating_sub(waited);
            waiting.clock.sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn refuse_to_wait(
        &self,
        waiting: &Waiting<'_>,
        waited: Duration,
        path: &Path,
    ) -> Result<(), CatalogError> {
        if waiting.cancellation.is_cancelled() {
            return Err(CatalogError::Interrupted {
                folder: self.folder.clone(),
            });
        }
        if waited < waiting.limit {
            return Ok(());
        }
        // Where less waiting was asked for, what passed beyond it was none.
        let waited = waited.min(waiting.limit);
        Err(CatalogError::Locked {
            folder: self.folder.clone(),
            holder: read_owner(path),
            waited_ms: whole_ms(waited.min(waiting.limit)),
        })
    }
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Opens a file for locking it; what stands in its place stays closed, as whoever opens a pipe waits.
fn open(path: &Path) -> io::Result<File> {
    regular::refuse_other(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    super::write::for_the_owner_alone(&mut options);
    options.open(path)
}
