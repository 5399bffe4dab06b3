//! What is about to be a backup: its manifest, under a name that says so.
//!
//! It is on disk before the first file has its name, and takes its own when all have theirs. Of a
//! process that died in between, whoever has the folder next knows by it which files are of no
//! backup. A file that is not what the manifest says may be anybody's, and stays.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::write::write_through;
use super::{Catalog, CatalogError, LockedCatalog, names, understood};
use crate::backup::{BackupId, Manifest, Part, regular};

impl LockedCatalog {
    /// Says what is about to get its name. What is named so may be written and looked at, and is no
    /// backup.
    ///
    /// # Errors
    /// `File`; nothing is said then.
    pub(in crate::backup) fn announce(&self, manifest: &Manifest) -> Result<(), CatalogError> {
        let path = self.path_of(&manifest.id, names::MAKING);
        let written = serde_json::to_vec_pretty(manifest)
            .map_err(io::Error::from)
            .and_then(|text| write_through(&path, &text))
            .and_then(|()| self.sync());
        written.map_err(|source| {
            let _ = fs::remove_file(&path);
            CatalogError::file("write", &path, source)
        })
    }

    /// Lets what was announced be a backup: all of its files have their names.
    ///
    /// # Errors
    /// `File`; it is none then.
    pub(in crate::backup) fn settle(&self, id: &BackupId) -> Result<(), CatalogError> {
        let path = self.path_of(id, names::MANIFEST);
        let settled = fs::rename(self.path_of(id, names::MAKING), &path).and_then(|()| {
            // It may be gone after a crash, and then it must not have been a backup before.
            self.sync().inspect_err(|_| drop(fs::remove_file(&path)))
        });
        settled.map_err(|source| CatalogError::file("write", &path, source))
    }

    /// Takes back what was announced, when none of its files is there any more.
    pub(in crate::backup) fn withdraw(&self, id: &BackupId) {
        // What stays all the same is removed by the next run.
        let _ = fs::remove_file(self.path_of(id, names::MAKING));
    }
}

impl Catalog {
    /// Returns the files of a backup that was announced and never was one, as far as they have
    /// their names and are what was announced.
    pub(super) fn announced(&self, announcement: &Path) -> Vec<PathBuf> {
        let name = announcement.file_name().and_then(|name| name.to_str());
        let id = name.and_then(|name| name.strip_suffix(names::MAKING));
        let manifest = id.and_then(BackupId::parse).and_then(|id| {
            let bytes = regular::read(announcement).ok()?;
            understood(&bytes, &id).ok()
        });
        let Some(manifest) = manifest else {
            return Vec::new();
        };
        // The same name may be a backup's by now.
        let manifest_path = format!("{}{}", manifest.id, names::MANIFEST);
        if self.folder().join(manifest_path).exists() {
            return Vec::new();
        }
        let tops = manifest.tops().into_iter();
        tops.map(|top| self.folder().join(top))
            .filter(|path| self.is_as_announced(path, &manifest.parts))
            .collect()
    }

    fn is_as_announced(&self, path: &Path, parts: &[Part]) -> bool {
        let Ok(found) = path.symlink_metadata() else {
            return false;
        };
        if found.is_dir() {
            let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            return entries.is_ok_and(|entries| {
                let mut paths = entries.iter().map(fs::DirEntry::path);
                paths.all(|path| self.is_as_announced(&path, parts))
            });
        }
        let mut parts = parts.iter();
        let said = parts.find(|part| self.folder().join(&part.file) == path);
        found.is_file() && said.is_some_and(|part| part.bytes == found.len())
    }
}
