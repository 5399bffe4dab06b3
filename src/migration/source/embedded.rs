//! Migrations that were compiled into the program with `include_dir!`.
//!
//! Lists and reads as the disk does, without touching it.

use std::path::Path;

use include_dir::{Dir, DirEntry};

use super::{Entry, Found, Kind, Tree};
use crate::migration::error::SourceError;
use crate::sql::NotUtf8;

/// A folder that was compiled in.
pub(in crate::migration) struct Embedded<'a>(&'a Dir<'a>);

impl<'a> Embedded<'a> {
    /// Reads the migrations of a folder that was compiled in.
    pub(in crate::migration) fn scan(folder: &'a Dir<'a>) -> Result<Found, SourceError> {
        super::scan(&Self(folder), folder.path())
    }

    fn folder(&self, path: &Path) -> Option<&Dir<'a>> {
        if path == self.0.path() {
            Some(self.0)
        } else {
            self.0.get_dir(path)
        }
    }
}

impl Tree for Embedded<'_> {
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, SourceError> {
        let entries = self.folder(folder).map(Dir::entries).unwrap_or_default();
        Ok(entries.iter().map(read_entry).collect())
    }

    fn read(&self, path: &Path) -> Result<Option<String>, SourceError> {
        let Some(file) = self.0.get_file(path) else {
            return Ok(None);
        };
        std::str::from_utf8(file.contents())
            .map(|text| Some(text.to_owned()))
            .map_err(|error| SourceError::NotUtf8 {
                path: path.to_owned(),
                found: NotUtf8::of(file.contents(), error),
            })
    }
}

fn read_entry(entry: &DirEntry<'_>) -> Entry {
    let name = entry.path().file_name().unwrap_or_default();
    Entry {
        name: name.to_string_lossy().into_owned(),
        path: entry.path().to_owned(),
        kind: match entry.as_file() {
            Some(_) => Kind::File,
            None => Kind::Folder,
        },
    }
}
