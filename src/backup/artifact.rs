//! A file, or a folder of files, that has its name only when it is whole and on disk.
//!
//! It is written as `NAME.partial`, for its owner alone, and loses that ending when
//! [`Artifact::keep`] has seen to it that every byte is on disk. Whoever drops it before, on
//! whatever way out, removes it. It must not know what is written, nor what is whole.

mod error;
mod private;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub use self::error::ArtifactError;

/// What the name of something that is not whole ends in.
const PARTIAL: &str = ".partial";

/// Whether it is one file or a folder of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A file.
    File,
    /// A folder, which another program fills.
    Folder,
}

/// What is being written.
#[derive(Debug)]
pub(super) struct Artifact {
    shape: Shape,
    path: PathBuf,
    partial: PathBuf,
}

impl Artifact {
    /// Begins a file, or a folder, in a folder that is made where it is absent, for its owner
    /// alone. One that is there keeps the rights it has.
    ///
    /// # Errors
    /// [`ArtifactError::Taken`] where the name, or the name of what is not whole, is given away;
    /// [`ArtifactError::File`] where the system refuses. Nothing was changed but that the folder
    /// may be there.
    pub(super) fn begin(folder: &Path, name: &str, shape: Shape) -> Result<Self, ArtifactError> {
        let path = folder.join(name);
        let partial = with_ending(&path);
        private::make_folder(folder).map_err(failed("make the folder", folder))?;
        if path.symlink_metadata().is_ok() {
            return Err(ArtifactError::Taken { path });
        }
        let made = match shape {
            Shape::File => private::create_file(&partial).map(drop),
            Shape::Folder => private::create_folder(&partial),
        };
        match made {
            Ok(()) => Ok(Self {
                shape,
                path,
                partial,
            }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(ArtifactError::Taken { path: partial })
            }
            Err(error) => Err(failed("create", &partial)(error)),
        }
    }

    /// Returns where it is while it is not whole: to be written, and to be checked.
    pub(super) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Opens the file for writing, from its start.
    ///
    /// # Errors
    /// [`ArtifactError::File`].
    pub(super) fn open(&self) -> Result<File, ArtifactError> {
        let opened = fs::OpenOptions::new().write(true).open(&self.partial);
        opened.map_err(failed("write", &self.partial))
    }

    /// Returns the error of a write that failed.
    pub(super) fn write_failed(&self, source: io::Error) -> ArtifactError {
        failed("write", &self.partial)(source)
    }

    /// Takes the rights of others away, waits until all of it is on disk, gives it its name, and waits until that is on disk too.
    /// Something that has the name already is never replaced.
    ///
    /// # Errors
    /// [`ArtifactError::Taken`] and [`ArtifactError::File`]: then nothing new has the name, and
    /// what was written is removed.
    pub(super) fn keep(self) -> Result<PathBuf, ArtifactError> {
        if self.shape == Shape::Folder {
            // Until here the folder alone kept others out; who moves its files loses that.
            private::restrict(&self.partial).map_err(failed("write", &self.partial))?;
        }
        private::sync_all(&self.partial).map_err(failed("write", &self.partial))?;
        self.take_name()?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if let Err(error) = private::sync_folder(folder) {
            // It may be gone after a crash, and then it must not have been a backup before.
            let _ = remove(&self.path);
            return Err(failed("write", folder)(error));
        }
        Ok(self.path.clone())
    }

    /// Gives it its name, unless something has it.
    fn take_name(&self) -> Result<(), ArtifactError> {
        let named = match self.shape {
            // A link refuses a name that is given away, where a rename replaces what has it.
            Shape::File => match fs::hard_link(&self.partial, &self.path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => self.rename(),
                linked => linked,
            },
            Shape::Folder => self.rename(),
        };
        named.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => ArtifactError::Taken {
                path: self.path.clone(),
            },
            _ => failed("name", &self.path)(error),
        })
    }

    /// Some file systems have no links, and none has links to folders: there it is looked first.
    fn rename(&self) -> io::Result<()> {
        if self.path.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.partial, &self.path)
    }
}

impl Drop for Artifact {
    fn drop(&mut self) {
        // Of what was kept there is none. What stays all the same is removed by the next run.
        let _ = remove(&self.partial);
    }
}

fn with_ending(path: &Path) -> PathBuf {
    let mut partial = OsString::from(path);
    partial.push(PARTIAL);
    partial.into()
}

/// Removes a file, or a folder with what is in it.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArtifactError + use<> {
    let path = path.to_owned();
    move |source| ArtifactError::File {
        action,
        path,
        source,
    }
}

#[cfg(test)]
mod tests;
