//! Migrations in a folder of the disk.
//!
//! Lists and reads; which names are migrations is decided above.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::{Entry, Found, Kind, Tree};
use crate::file_kind::OtherThanFile;
use crate::migration::error::SourceError;
use crate::sql::NotUtf8;

/// The disk.
pub(in crate::migration) struct Disk;

impl Disk {
    /// Reads the migrations of a folder.
    pub(in crate::migration) fn scan(folder: &Path) -> Result<Found, SourceError> {
        super::scan(&Self, folder)
    }
}

impl Tree for Disk {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, SourceError> {
        let unreadable = |error: std::io::Error| {
            let path = folder.to_owned();
            match (SourceError::of_place(folder), error.kind()) {
                (Some(place), _) => place,
                (None, ErrorKind::NotFound) => SourceError::NoFolder { path },
                (None, _) => SourceError::Unreadable {
                    path,
                    message: error.to_string(),
                },
            }
        };
        let entries = fs::read_dir(folder).map_err(unreadable)?;
        entries
            .map(|entry| {
                entry
                    .and_then(|entry| read_entry(&entry))
                    .map_err(unreadable)
            })
            .collect()
    }

    fn read(&self, path: &Path) -> Result<Option<String>, SourceError> {
        if let Some(found) = OtherThanFile::at(path) {
            let path = path.to_owned();
            return Err(SourceError::NotAFile { path, found });
        }
        match fs::read(path) {
            Ok(bytes) => text_of(path, bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SourceError::Unreadable {
                path: path.to_owned(),
                message: error.to_string(),
            }),
        }
    }
}

fn read_entry(entry: &fs::DirEntry) -> std::io::Result<Entry> {
    let path = entry.path();
    // A link is what it leads to.
    let kind = match entry.file_type()? {
        kind if kind.is_symlink() && !path.exists() => Kind::DeadLink,
        kind if kind.is_symlink() && path.is_dir() => Kind::Folder,
        kind if kind.is_dir() => Kind::Folder,
        _ => Kind::File,
    };
    Ok(Entry {
        name: entry.file_name().to_string_lossy().into_owned(),
        path,
        kind,
    })
}

fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, SourceError> {
    String::from_utf8(bytes).map_err(|error| SourceError::NotUtf8 {
        path: path.to_owned(),
        found: NotUtf8::of(error.as_bytes(), error.utf8_error()),
    })
}
