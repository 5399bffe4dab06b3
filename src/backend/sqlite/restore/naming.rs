//! A new file gets its name: one that nobody has, or that of the one it takes the place of.

use std::fs::File;
use std::io;
use std::path::Path;

use super::{COMPANIONS, SqliteRestore, companion, failure, taken};
use crate::backend::restore::RestoreError;

impl SqliteRestore {
    /// Keeps the old file under a second name, and then gives its first one to the new: at each
    /// moment there is a database of the name. What stands beside the old one goes with it, where it
    /// is damaged and nobody could take that back into it: it would be taken for the new one's.
    pub(super) fn swap(&self, target: &Path, before: &Path) -> Result<(), RestoreError> {
        like(&self.file, target);
        std::fs::hard_link(target, before).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => taken(before),
            _ => failure("keep", before, source),
        })?;
        let renamed = sync_folder(target)
            .and_then(|()| move_companions(target, before))
            .and_then(|()| {
                let renamed = std::fs::rename(&self.file, target);
                renamed.map_err(|source| failure("replace", target, source))
            });
        if let Err(error) = renamed {
            // The first error is the one worth telling.
            let _ = move_companions(before, target);
            let _ = std::fs::remove_file(before);
            return Err(error);
        }
        sync_folder(target)
    }

    /// Takes a name that nobody has.
    pub(super) fn take_name(&mut self, target: &Path) -> Result<(), RestoreError> {
        for left in COMPANIONS.iter().map(|suffix| companion(target, suffix)) {
            // What is left of a database that is gone would be taken for this one's.
            if let Err(source) = std::fs::remove_file(&left)
                && source.kind() != io::ErrorKind::NotFound
            {
                return Err(failure("remove", &left, source));
            }
        }
        self.rename_to(target)?;
        self.settled = true;
        sync_folder(target)
    }

    /// Gives the file a name that nobody has, and takes none that somebody took just now, where the
    /// file system can promise that.
    fn rename_to(&self, target: &Path) -> Result<(), RestoreError> {
        match std::fs::hard_link(&self.file, target) {
            Ok(()) => {
                let removed = std::fs::remove_file(&self.file);
                removed.map_err(|source| failure("remove", &self.file, source))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(target)),
            Err(_) => {
                let renamed = std::fs::rename(&self.file, target);
                renamed.map_err(|source| failure("rename", &self.file, source))
            }
        }
    }
}

/// Gives what stands beside a file to another, which has none of it.
pub(super) fn move_companions(from: &Path, to: &Path) -> Result<(), RestoreError> {
    for suffix in COMPANIONS {
        let (from, to) = (companion(from, suffix), companion(to, suffix));
        match std::fs::rename(&from, to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(failure("rename", &from, source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Gives a file the rights and the owner of another, where the system lets us.
#[cfg(unix)]
fn like(file: &Path, other: &Path) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    if let Ok(found) = std::fs::metadata(other) {
        let _ = chown(file, Some(found.uid()), Some(found.gid()));
        let _ = std::fs::set_permissions(file, found.permissions());
    }
}

#[cfg(not(unix))]
fn like(_: &Path, _: &Path) {}

/// Makes the names in a file's folder durable.
#[cfg(unix)]
fn sync_folder(file: &Path) -> Result<(), RestoreError> {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| failure("sync the folder", folder, source))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), RestoreError> {
    Ok(())
}
