//! Which backup is restored: one with a manifest, or a file that somebody has.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Compared, RestoreBackupError};
use crate::backup::{Backups, Catalog, Manifest};
use crate::version::Version;

/// What is restored.
#[derive(Debug, Clone)]
pub enum RestoreSource {
    /// A backup, with what is known of it.
    Backup {
        /// The folder of its files.
        folder: PathBuf,
        /// What is known of it.
        manifest: Box<Manifest>,
    },
    /// A dump of `pg_dump`, or a database file, compressed or not, of which nothing is known.
    File(PathBuf),
}

impl fmt::Display for RestoreSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup { manifest, .. } => manifest.id.fmt(formatter),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

impl RestoreSource {
    /// Returns what is known of it.
    pub fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::Backup { manifest, .. } => Some(manifest),
            Self::File(_) => None,
        }
    }

    /// Returns what a restored copy can be compared with.
    pub fn compared(&self) -> Compared {
        match self {
            Self::Backup { .. } => Compared::Manifest,
            Self::File(_) => Compared::Nothing,
        }
    }
}

impl Backups {
    /// Returns what is meant by a name, the beginning of one, `latest`, or the path of a file. A
    /// file of a backup whose manifest stands beside it is that backup.
    ///
    /// # Errors
    /// `Catalog` where there is no such backup, or the folder cannot be read.
    pub fn source(&self, wanted: &str) -> Result<RestoreSource, RestoreBackupError> {
        let path = Path::new(wanted);
        if wanted.contains('/') || path.is_file() {
            return Ok(beside_its_manifest(path));
        }
        let listing = match wanted {
            "latest" => self.list()?.listing,
            _ => self.catalog().read()?,
        };
        let manifest = listing.find(wanted)?.manifest.clone();
        Ok(self.backup(manifest))
    }

    /// Returns the newest good backup of the whole database that holds nothing of a migration, no half
    /// of it either.
    ///
    /// # Errors
    /// `NoneBefore` where each holds it, or there is none.
    pub fn source_before(&self, version: &Version) -> Result<RestoreSource, RestoreBackupError> {
        let listing = self.list()?.listing;
        let mut good = listing.backups.iter();
        let found = good.find(|backup| {
            backup.is_good_and_whole() && backup.manifest.migrations.is_before(version)
        });
        match found {
            Some(backup) => Ok(self.backup(backup.manifest.clone())),
            None => Err(RestoreBackupError::NoneBefore {
                version: version.clone(),
                folder: self.folder.clone(),
                others: listing.others,
            }),
        }
    }

    fn backup(&self, manifest: Manifest) -> RestoreSource {
        RestoreSource::Backup {
            folder: self.folder.clone(),
            manifest: Box::new(manifest),
        }
    }
}

fn beside_its_manifest(path: &Path) -> RestoreSource {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str());
    let listing = Catalog::new(folder).read();
    let found = listing.ok().zip(name).and_then(|(listing, name)| {
        let own = |file: &str| file == name || file.strip_suffix("/toc.dat") == Some(name);
        let mut backups = listing.backups.into_iter();
        // The first holds the data; what lies beside it is no backup by itself.
        backups.find(|backup| {
            backup
                .manifest
                .parts
                .first()
                .is_some_and(|part| own(&part.file))
        })
    });
    match found {
        Some(backup) => RestoreSource::Backup {
            folder: folder.to_owned(),
            manifest: Box::new(backup.manifest),
        },
        None => RestoreSource::File(path.to_owned()),
    }
}
