//! What changes a folder of backups: manifests come last and go first, so that none ever speaks of
//! files that are not whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Backup, CatalogError, LockedCatalog, names, understood};
use crate::backup::{BackupId, Manifest, regular};

impl LockedCatalog {
    /// Returns the first of a name and its numbered ones that no entry of the folder has, whatever
    /// its ending: two backups of one second need not be of one format.
    ///
    /// # Errors
    /// `File` where the folder cannot be read.
    pub fn free_name(&self, first: &BackupId) -> Result<BackupId, CatalogError> {
        let paths = self.catalog.paths()?;
        let names: Vec<&str> = paths.iter().filter_map(|path| name_of(path)).collect();
        let is_taken = |id: &BackupId| {
            let mut endings = names
                .iter()
                .filter_map(|name| name.strip_prefix(id.as_str()));
            endings.any(|ending| ending.starts_with('.'))
        };
        let mut id = first.clone();
        for number in 2.. {
            if !is_taken(&id) {
                break;
            }
            id = first.numbered(number);
        }
        Ok(id)
    }

    /// Writes a manifest, in place of the one that a backup has, if it has one: to a file beside
    /// it first, so that there is a whole one at any time. What it names has to be on disk already.
    ///
    /// # Errors
    /// `File`; the manifest that was there before is as it was.
    pub fn write(&self, manifest: &Manifest) -> Result<(), CatalogError> {
        let path = self.manifest_path(&manifest.id);
        let partial = with_ending(&path, names::PARTIAL);
        let written = serde_json::to_vec_pretty(manifest)
            .map_err(io::Error::from)
            .and_then(|text| write_through(&partial, &text))
            .and_then(|()| fs::rename(&partial, &path))
            .and_then(|()| self.sync());
        written.map_err(|source| {
            let _ = fs::remove_file(&partial);
            CatalogError::file("write", &path, source)
        })
    }

    /// Removes a backup: first its manifest loses its name, so that what is half removed by a crash
    /// is no backup, and [`LockedCatalog::clean_up`] finishes it.
    ///
    /// # Errors
    /// `File`; what is left is no backup any more.
    pub fn remove(&self, backup: &Backup) -> Result<(), CatalogError> {
        let path = self.manifest_path(&backup.manifest.id);
        let removing = self.path_of(&backup.manifest.id, names::REMOVING);
        fs::rename(&path, &removing)
            .and_then(|()| self.sync())
            .map_err(|source| CatalogError::file("remove", &path, source))?;
        self.finish_removal(&removing, &backup.manifest)
    }

    /// Removes what dead processes left: files that never became whole, those that had their names
    /// before they were a backup, and the rest of backups that were being removed. Returns their
    /// paths.
    ///
    /// # Errors
    /// `File`.
    pub fn clean_up(&self) -> Result<Vec<PathBuf>, CatalogError> {
        let leftovers = self.read()?.leftovers;
        for path in &leftovers {
            match self.being_removed(path)? {
                Some(manifest) => self.finish_removal(path, &manifest)?,
                None => remove_whatever_it_is(path)
                    .map_err(|source| CatalogError::file("remove", path, source))?,
            }
        }
        Ok(leftovers)
    }

    /// Returns the manifest of a backup that was being removed, as far as it can be read: of one
    /// that cannot, the files stay.
    fn being_removed(&self, path: &Path) -> Result<Option<Manifest>, CatalogError> {
        let id = name_of(path)
            .and_then(|name| name.strip_suffix(names::REMOVING))
            .and_then(BackupId::parse);
        let Some(id) = id else {
            return Ok(None);
        };
        if regular::other_than_file(path).is_some() {
            return Ok(None);
        }
        let bytes = fs::read(path).map_err(|source| CatalogError::file("read", path, source))?;
        // The same name may have been given to another backup since.
        if self.manifest_path(&id).exists() {
            return Ok(None);
        }
        Ok(understood(&bytes, &id).ok())
    }

    fn finish_removal(&self, removing: &Path, manifest: &Manifest) -> Result<(), CatalogError> {
        let tops = manifest.tops().into_iter();
        let tops = tops.map(|top| self.folder().join(top));
        for path in tops.chain([removing.to_owned()]) {
            remove_whatever_it_is(&path)
                .map_err(|source| CatalogError::file("remove", &path, source))?;
        }
        self.sync()
            .map_err(|source| CatalogError::file("write", self.folder(), source))
    }

    fn manifest_path(&self, id: &BackupId) -> PathBuf {
        self.path_of(id, names::MANIFEST)
    }

    pub(super) fn path_of(&self, id: &BackupId, ending: &str) -> PathBuf {
        self.folder().join(format!("{id}{ending}"))
    }

    /// Waits until the names of the folder are on disk.
    #[cfg(unix)]
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(self.folder())?.sync_all()
    }

    /// Elsewhere a folder cannot be opened; the system takes care of its names.
    #[cfg(not(unix))]
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.to_owned();
    path.as_mut_os_string().push(ending);
    path
}

/// Writes a text anew, with the end of its last line, and waits until it is on disk.
pub(super) fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    for_the_owner_alone(&mut options);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Lets nobody but the owner read a file that is made.
#[cfg(unix)]
pub(super) fn for_the_owner_alone(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
pub(super) fn for_the_owner_alone(_: &mut OpenOptions) {}

/// Removes a file, or a folder with all that is in it; what is gone already is no failure. A link
/// is removed, and not what it leads to.
fn remove_whatever_it_is(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
