//! A folder of backups: which there are, which of its files are none of ours, and what else was
//! noticed.
//!
//! Reads alone, and needs no lock for it; what changes the folder is [`LockedCatalog`]. It must not
//! know what is kept, nor what is in a backup's files.

mod error;
mod find;
mod lock;
mod making;
mod names;
mod rights;
mod write;

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

pub use error::CatalogError;
pub(super) use error::{beside, mend};
pub use lock::{LockedCatalog, Waiting};

use super::regular;
use super::retention::{Candidate, Trust};
use super::whose::Others;
use super::{BackupId, Manifest, Part, SCHEMA_VERSION};
use crate::file_kind::DeadLink;
pub(super) use names::GLOBALS;
use names::Kind;

/// A folder of backups, which need not be there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    folder: PathBuf,
}

/// What is in a folder of backups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The folder.
    pub folder: PathBuf,
    /// The backups, newest first.
    pub backups: Vec<Backup>,
    /// What is known of those of other databases, where they were left out.
    pub others: Others,
    /// Manifests by their name that cannot be read as such. Nobody removes them, nor the files that
    /// they may speak of.
    pub unreadable: Vec<Unreadable>,
    /// The data of backups whose manifests are gone, by its name: it counts as no backup, and nobody
    /// removes it.
    pub alone: Vec<PathBuf>,
    /// What a process that is at work, or died, has not finished.
    pub leftovers: Vec<PathBuf>,
    /// How many other files and folders are in it, which nobody touches.
    pub foreign: usize,
}

/// A backup, and whether its files are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What is known of it.
    pub manifest: Manifest,
    /// Which of its files are missing or have another size; nothing where all are there.
    pub damage: Vec<String>,
}

/// A manifest that cannot be read as such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
    /// Why that is so.
    pub fault: ManifestFault,
}

/// Why a manifest cannot be read as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestFault {
    /// It is not what was written.
    Broken,
    /// A newer version of dieselkit wrote it.
    Newer,
    /// Something else stands in the place of the file, or it may not be read.
    NoFile,
}

/// What is wrong with a manifest, and why.
type Misread = (String, ManifestFault);

fn broken(message: impl fmt::Display) -> Misread {
    (message.to_string(), ManifestFault::Broken)
}

impl Backup {
    /// Returns how far it can be trusted.
    pub fn trust(&self) -> Trust {
        if self.damage.is_empty() {
            Trust::of(&self.manifest)
        } else {
            Trust::Failed
        }
    }

    /// Returns what is wrong with it: with its files as they lie there, and by its last checks.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.damage.clone();
        for finding in self.manifest.findings() {
            // A check may have found what lies there still.
            if !faults.iter().any(|fault| fault == finding) {
                faults.push(finding.to_owned());
            }
        }
        faults
    }

    /// Returns what the policy looks at.
    pub fn candidate(&self) -> Candidate {
        Candidate {
            id: self.manifest.id.clone(),
            taken_at: self.manifest.started_at,
            trust: self.trust(),
            pinned: self.manifest.pinned,
            scope: self.manifest.scope.clone(),
        }
    }

    /// Returns whether it holds the whole database, and not a part of it.
    pub fn is_whole(&self) -> bool {
        self.manifest.scope.is_whole()
    }

    /// Returns whether it is good, and holds the whole database.
    pub fn is_good_and_whole(&self) -> bool {
        self.trust() > Trust::Failed && self.is_whole()
    }

    fn order(&self) -> (DateTime<Utc>, &BackupId) {
        (self.manifest.started_at, &self.manifest.id)
    }
}

impl Catalog {
    /// Names a folder, which is not looked at yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads what is in the folder; one that is absent reads as empty. Writes nothing.
    ///
    /// # Errors
    /// `File` where the folder cannot be read, and `DeadLink` where it is a link that leads to nothing;
    /// that a manifest cannot, or says nothing sensible, is a
    /// part of the listing.
    pub fn read(&self) -> Result<Listing, CatalogError> {
        let mut listing = Listing {
            folder: self.folder.clone(),
            ..Listing::default()
        };
        let mut data = Vec::new();
        for path in self.paths()? {
            let name = path.file_name().and_then(|name| name.to_str());
            match name.map_or(Kind::Foreign, names::kind) {
                Kind::Manifest(id) => self.note_manifest(&path, &id, &mut listing),
                Kind::Leftover => {
                    // They go first: it is known by it what they are.
                    listing.leftovers.extend(self.announced(&path));
                    listing.leftovers.push(path);
                }
                Kind::Own => {}
                Kind::Foreign => {
                    listing.foreign += 1;
                    let id = name.and_then(names::data_of);
                    data.extend(id.map(|id| (id, path)));
                }
            }
        }
        data.retain(|(id, path)| self.is_alone(id, path, &listing));
        listing.alone = data.into_iter().map(|(_, path)| path).collect();
        listing.foreign = listing.foreign.saturating_sub(spoken_of(&listing));
        listing.backups.sort_by(|a, b| b.order().cmp(&a.order()));
        Ok(listing)
    }

    /// Returns whether nothing says what a backup's data is. Who makes or removes one goes from the first
    /// of these names to the next: whoever looks in that order, misses none.
    fn is_alone(&self, id: &BackupId, path: &Path, listing: &Listing) -> bool {
        let is_known = |backup: &Backup| backup.manifest.id == *id;
        if listing.backups.iter().any(is_known) {
            return false;
        }
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        let says = [names::MAKING, names::MANIFEST, names::REMOVING];
        let mut says = says
            .map(|ending| self.folder.join(format!("{id}{ending}")))
            .into_iter();
        !says.any(|path| is_there(&path)) && is_there(path)
    }

    /// Refuses a link that leads to nothing: whatever is on the disk that is not there is no more than
    /// out of sight.
    fn refuse_dead_link(&self) -> Result<(), CatalogError> {
        let path = self.folder.clone();
        DeadLink::at(&path).map_or(Ok(()), |link| Err(CatalogError::DeadLink { path, link }))
    }

    /// Returns every path of the folder, sorted.
    fn paths(&self) -> Result<Vec<PathBuf>, CatalogError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.refuse_dead_link().map(|()| Vec::new());
            }
            entries => entries,
        };
        let paths = entries.and_then(|entries| {
            let paths = entries.map(|entry| entry.map(|entry| entry.path()));
            paths.collect::<io::Result<Vec<_>>>()
        });
        let mut paths = paths.map_err(|source| CatalogError::file("read", &self.folder, source))?;
        paths.sort();
        Ok(paths)
    }

    fn note_manifest(&self, path: &Path, id: &BackupId, listing: &mut Listing) {
        let understood = match regular::read(path) {
            // Another process removed it meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => Err((error.to_string(), ManifestFault::NoFile)),
            Ok(bytes) => understood(&bytes, id),
        };
        match understood {
            Ok(manifest) => {
                let damage = self.damage(&manifest);
                listing.backups.push(Backup { manifest, damage });
            }
            Err((message, fault)) => listing.unreadable.push(Unreadable {
                path: path.to_owned(),
                message,
                fault,
            }),
        }
    }

    /// Returns which files of a backup are missing or have another size.
    fn damage(&self, manifest: &Manifest) -> Vec<String> {
        manifest
            .parts
            .iter()
            .filter_map(|part| self.damage_of(part))
            .collect()
    }

    fn damage_of(&self, part: &Part) -> Option<String> {
        let Part { file, bytes, .. } = part;
        let path = self.folder.join(file);
        if let Some(other) = regular::other_than_file(&path) {
            return Some(format!("`{file}` is {other}"));
        }
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Some(format!("`{file}` is missing"))
            }
            Err(error) => Some(format!("`{file}` cannot be looked at: {error}")),
            Ok(found) if !found.is_file() => Some(format!("`{file}` is no file")),
            Ok(found) if found.len() != *bytes => Some(format!(
                "`{file}` has {} bytes, and had {bytes}",
                found.len()
            )),
            Ok(_) => None,
        }
    }
}

/// Reads a manifest whose file has the name of a backup.
fn understood(bytes: &[u8], id: &BackupId) -> Result<Manifest, Misread> {
    let document: serde_json::Value = serde_json::from_slice(bytes).map_err(broken)?;
    match document
        .get("schema_version")
        .map(serde_json::Value::as_u64)
    {
        Some(Some(version)) if version == u64::from(SCHEMA_VERSION) => {}
        Some(Some(version)) if version > u64::from(SCHEMA_VERSION) => {
            let message = format!(
                "a newer dieselkit wrote it: it has layout {version}, and this version knows {SCHEMA_VERSION}"
            );
            return Err((message, ManifestFault::Newer));
        }
        _ => return Err(broken("it is no manifest of dieselkit")),
    }
    let manifest: Manifest = serde_json::from_value(document).map_err(broken)?;
    if manifest.id != *id {
        return Err(broken(format!("it is that of `{}`", manifest.id)));
    }
    if manifest.parts.is_empty() {
        return Err(broken("it names no file"));
    }
    // Whoever removes a backup removes its files, so that it can have none but its own.
    match manifest
        .parts
        .iter()
        .find(|part| !names::is_of(&part.file, id))
    {
        Some(part) => Err(broken(format!("`{}` is no file of this backup", part.file))),
        None => Ok(manifest),
    }
}

/// Returns how many entries of the folder are files of the backups in it, or of one that never
/// was one: by their names they could be anybody's.
fn spoken_of(listing: &Listing) -> usize {
    let backups = listing.backups.iter();
    let tops = backups.flat_map(|backup| backup.manifest.tops());
    let paths = tops.map(|top| listing.folder.join(top));
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let unfinished = listing.leftovers.iter();
    let unfinished = unfinished.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| names::kind(name) == Kind::Foreign)
    });
    paths.filter(is_there).count() + unfinished.count()
}

#[cfg(test)]
mod tests;
