//! Where migrations come from: a folder of the disk, or one that was compiled in.
//!
//! Both are read through one small view, so that the rules of names and layouts stand once.

mod disk;
mod embedded;
mod folder;
mod metadata;
mod sections;

use std::path::{Path, PathBuf};

use super::error::SourceError;
use super::model::Migration;

pub(super) use disk::Disk;
pub(super) use embedded::Embedded;

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    path: PathBuf,
    kind: Kind,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    /// A link to something that is not there.
    DeadLink,
}

/// Something that has folders and files.
trait Tree {
    /// Lists a folder, in any order.
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, SourceError>;

    /// Reads a file as text; `None` where there is none.
    fn read(&self, path: &Path) -> Result<Option<String>, SourceError>;
}

/// What was found: the migrations, and what could not be read as one.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) migrations: Vec<Migration>,
    pub(crate) problems: Vec<SourceError>,
    /// Settings that no migration reads: they keep none from being run, and are not what somebody
    /// meant.
    pub(crate) unread: Vec<SourceError>,
}

/// Reads a folder of migrations, of all layouts.
fn scan(tree: &dyn Tree, folder: &Path) -> Result<Found, SourceError> {
    let mut entries = tree.entries(folder)?;
    entries.retain(|entry| !entry.name.starts_with('.'));
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let mut found = Found::default();
    for entry in &entries {
        match read_entry(tree, folder, entry, &entries) {
            Ok(Some(migration)) => found.migrations.push(migration),
            Ok(None) => {}
            Err(problem) => found.problems.push(problem),
        }
        found
            .unread
            .extend(unread_settings(folder, entry, &entries));
    }
    Ok(found)
}

/// Finds settings that look like those of a pair and are no migration's.
fn unread_settings(folder: &Path, entry: &Entry, entries: &[Entry]) -> Option<SourceError> {
    let name = entry.name.strip_suffix(".metadata.toml")?;
    let way_up = format!("{name}.up.sql");
    let single = format!("{name}.sql");
    let is_there = |wanted: &str| entries.iter().any(|other| other.name == wanted);
    if !begins_with_version(name) || is_there(&way_up) {
        return None;
    }
    let path = entry.path.clone();
    Some(if is_there(&single) {
        let file = folder.join(single);
        SourceError::SettingsOfSingleFile { path, file }
    } else {
        let expected = folder.join(way_up);
        SourceError::SettingsAlone { path, expected }
    })
}

fn read_entry(
    tree: &dyn Tree,
    folder: &Path,
    entry: &Entry,
    entries: &[Entry],
) -> Result<Option<Migration>, SourceError> {
    let migration = match entry.kind {
        Kind::File => read_file(tree, folder, entry, entries)?,
        Kind::Folder => Some(folder::read(tree, entry)?),
        Kind::DeadLink => refuse_dead_link(tree, entry)?,
    };
    migration.map(with_usable_version).transpose()
}

/// Reads a plain file: a single file with sections, or the way up of a pair; anything else is not
/// a migration.
fn read_file(
    tree: &dyn Tree,
    folder: &Path,
    entry: &Entry,
    entries: &[Entry],
) -> Result<Option<Migration>, SourceError> {
    if !begins_with_version(&entry.name) {
        return Ok(None);
    }
    let Some(stem) = entry.name.strip_suffix(".sql") else {
        return match Path::new(&entry.name).extension() {
            Some(extension) if extension.eq_ignore_ascii_case("sql") => {
                Err(SourceError::Unreadable {
                    path: entry.path.clone(),
                    message: "its name has to end in `.sql`, in small letters".to_owned(),
                })
            }
            _ => Ok(None),
        };
    };
    if let Some(name) = stem.strip_suffix(".down") {
        let expected = format!("{name}.up.sql");
        if entries.iter().any(|other| other.name == expected) {
            return Ok(None);
        }
        return Err(SourceError::DownAlone {
            path: entry.path.clone(),
            expected: folder.join(expected),
        });
    }
    match stem.strip_suffix(".up") {
        Some(name) => folder::read_pair(tree, folder, entry, name).map(Some),
        None => sections::read(tree, entry, stem).map(Some),
    }
}

/// Refuses a link that leads nowhere and has a migration's name: that one is gone.
fn refuse_dead_link(tree: &dyn Tree, entry: &Entry) -> Result<Option<Migration>, SourceError> {
    if begins_with_version(&entry.name) {
        // Whoever reads it finds out where it leads.
        tree.read(&entry.path)?;
    }
    Ok(None)
}

/// Returns whether a file's name begins as a migration's does: with a digit, and nothing but
/// digits and dashes before the first `_`.
fn begins_with_version(stem: &str) -> bool {
    let head = stem.split(['_', '.']).next().unwrap_or_default();
    head.starts_with(|first: char| first.is_ascii_digit())
        && head
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn with_usable_version(migration: Migration) -> Result<Migration, SourceError> {
    if migration.version.as_str().is_empty() {
        return Err(SourceError::NoVersion {
            path: migration.origin,
        });
    }
    Ok(migration)
}

#[cfg(test)]
mod tests;
