//! Which backup is restored: one with a manifest, or a file that somebody has.

use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::ahead::Ahead;
use super::kind::CONTENTS;
use super::passed_over::passed_over;
use super::{Compared, RestoreBackupError};
use crate::backend::dump::Format;
use crate::backup::health::NoGood;
use crate::backup::{Backup, BackupId, Backups, Catalog, CatalogError, Listing, Manifest};
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
        /// The newer ones that are no good, newest first, where it was not named.
        passed_over: Vec<NoGood>,
        /// That it is from the future, where it was not named and another may be meant.
        ahead: Option<Ahead>,
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

    /// Returns the newest applied migration, where its files say it.
    pub(super) fn head(&self) -> Option<&String> {
        let manifest = self.manifest()?;
        let says = manifest.holds_applied();
        manifest.migrations.head.as_ref().filter(|_| says)
    }

    /// Returns what a restored copy can be compared with.
    pub fn compared(&self) -> Compared {
        match self {
            Self::Backup { .. } => Compared::Manifest,
            Self::File(_) => Compared::Nothing,
        }
    }

    /// Returns the files that it is in.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Backup {
                folder, manifest, ..
            } => {
                let parts = manifest.parts.iter();
                parts.map(|part| folder.join(&part.file)).collect()
            }
            Self::File(path) => vec![path.clone()],
        }
    }

    /// Refuses a file that is not there, before anything is made.
    pub(super) fn refuse_absent(&self) -> Result<(), RestoreBackupError> {
        match self {
            Self::File(path) if !path.exists() => {
                Err(RestoreBackupError::NoFile { path: path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Returns how it is written down, where that is known.
    pub fn format(&self) -> Option<Format> {
        self.manifest().map(|manifest| manifest.format)
    }
}

impl Backups {
    /// Returns what is meant by a name, the beginning of one, `latest`, or the path of a file or of a
    /// folder of `pg_dump`. A file of a backup whose manifest stands beside it is that backup.
    ///
    /// # Errors
    /// `Catalog` where there is no such backup, or the folder cannot be read; `BrokenManifest` where that
    /// of a file cannot.
    pub fn source(&self, wanted: &str) -> Result<RestoreSource, RestoreBackupError> {
        let path = Path::new(wanted);
        // A pipe is none of the files.
        let is_something = path.exists() && !path.is_dir();
        if wanted.contains('/') || is_something || path.join(CONTENTS).is_file() {
            return beside_its_manifest(whole(path));
        }
        let listing = match wanted {
            "latest" => self.list()?.listing,
            _ => self.catalog().read()?,
        };
        let found = listing.find(wanted)?;
        if wanted != "latest" {
            return Ok(self.backup(found, (Vec::new(), None)));
        }
        let newer = passed_over(&listing, found, None);
        let good = listing.backups.iter();
        let good = good.filter(|backup| backup.is_good_and_whole());
        let ahead = Ahead::of(found, good, self.now());
        Ok(self.backup(found, (newer, ahead)))
    }

    /// Returns the newest good backup of the whole database that holds nothing of a migration, no half
    /// of it either.
    ///
    /// # Errors
    /// `NoneBefore` where each holds it, or there is none.
    pub fn source_before(&self, version: &Version) -> Result<RestoreSource, RestoreBackupError> {
        let listing = self.list()?.listing;
        let good = || {
            listing.backups.iter().filter(|backup| {
                backup.is_good_and_whole() && backup.manifest.migrations.is_before(version)
            })
        };
        match good().next() {
            Some(backup) => {
                let newer = passed_over(&listing, backup, Some(version));
                let ahead = Ahead::of(backup, good(), self.now());
                Ok(self.backup(backup, (newer, ahead)))
            }
            None => Err(RestoreBackupError::NoneBefore {
                version: version.clone(),
                folder: self.folder.clone(),
                others: listing.others,
            }),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.caller.clock.now().and_utc()
    }

    fn backup(
        &self,
        backup: &Backup,
        (passed_over, ahead): (Vec<NoGood>, Option<Ahead>),
    ) -> RestoreSource {
        RestoreSource::Backup {
            folder: self.folder.clone(),
            manifest: Box::new(backup.manifest.clone()),
            passed_over,
            ahead,
        }
    }
}

/// Returns the folder of a file that says what is in the others, which is nothing without them.
fn whole(path: &Path) -> &Path {
    let is_contents = path.file_name().is_some_and(|name| name == CONTENTS) && path.is_file();
    let folder = path.parent().filter(|_| is_contents);
    match folder {
        Some(folder) if folder == Path::new("") => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

fn beside_its_manifest(path: &Path) -> Result<RestoreSource, RestoreBackupError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str());
    let listing = Catalog::new(folder).read();
    if let (Ok(listing), Some((id, _))) = (&listing, name.and_then(BackupId::split)) {
        refuse_broken_manifest(path, listing, &id)?;
    }
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
    Ok(match found {
        Some(backup) => RestoreSource::Backup {
            folder: folder.to_owned(),
            manifest: Box::new(backup.manifest),
            passed_over: Vec::new(),
            ahead: None,
        },
        None => RestoreSource::File(path.to_owned()),
    })
}

/// Refuses a file of a backup with whose manifest it cannot be compared, though there is one.
fn refuse_broken_manifest(
    path: &Path,
    listing: &Listing,
    id: &BackupId,
) -> Result<(), RestoreBackupError> {
    match listing.refuse_unreadable(id.as_str()) {
        Err(CatalogError::Unreadable {
            path: manifest,
            message,
            fault,
        }) => Err(RestoreBackupError::BrokenManifest {
            path: path.to_owned(),
            manifest,
            message,
            fault,
        }),
        other => Ok(other?),
    }
}
