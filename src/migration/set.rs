//! All migrations that a program or a folder knows.
//!
//! What is applied of them it does not know, nor how files are read: that is `source`.

use std::path::{Path, PathBuf};

use include_dir::Dir;

use super::error::SourceError;
use super::model::Migration;
use super::source::{Disk, Embedded, Found};
use crate::version::Version;

/// The migrations, by version, each version once.
///
/// It is a `MigrationSource` of Diesel's too, so that plain Diesel can run it.
#[derive(Debug, Clone, Default)]
pub struct MigrationSet {
    migrations: Vec<Migration>,
    problems: Vec<SourceError>,
    unread: Vec<SourceError>,
    /// The folder of the disk that was read; none of migrations from elsewhere.
    folder: Option<PathBuf>,
}

impl MigrationSet {
    /// Reads a folder of migrations.
    ///
    /// # Errors
    /// `SourceError`: the first folder or file that has a version and cannot be read, or two that
    /// have the same.
    pub fn from_folder(folder: impl AsRef<Path>) -> Result<Self, SourceError> {
        Self::complete(Self::scan(folder)?)
    }

    /// Reads a folder that was compiled in with `include_dir!`.
    ///
    /// # Errors
    /// As [`MigrationSet::from_folder`].
    pub fn from_embedded(folder: &Dir<'_>) -> Result<Self, SourceError> {
        Self::complete(Self::sort(Embedded::scan(folder)?))
    }

    /// Takes migrations that were made in code.
    ///
    /// # Errors
    /// `SourceError::Duplicate` and `SourceError::VersionTooLong`.
    pub fn from_list(migrations: impl IntoIterator<Item = Migration>) -> Result<Self, SourceError> {
        Self::complete(Self::sort(Found {
            migrations: migrations.into_iter().collect(),
            ..Found::default()
        }))
    }

    /// Adds migrations that were made in code, those written in Rust among them.
    ///
    /// # Errors
    /// `SourceError::Duplicate` and `SourceError::VersionTooLong`.
    pub fn with(
        self,
        migrations: impl IntoIterator<Item = impl Into<Migration>>,
    ) -> Result<Self, SourceError> {
        let added = migrations.into_iter().map(Into::into);
        Self::from_list(self.migrations.into_iter().chain(added))
    }

    /// Reads a folder and keeps what cannot be read as the set's problems, for a check. With such
    /// a set nothing can be run.
    ///
    /// # Errors
    /// `SourceError::NoFolder`, or `SourceError::Unreadable` of the folder itself.
    pub fn scan(folder: impl AsRef<Path>) -> Result<Self, SourceError> {
        let folder = folder.as_ref();
        Ok(Self {
            folder: Some(folder.to_owned()),
            ..Self::sort(Disk::scan(folder)?)
        })
    }

    fn complete(set: Self) -> Result<Self, SourceError> {
        match set.problems.first() {
            None => Ok(set),
            Some(problem) => Err(problem.clone()),
        }
    }

    /// Orders by version as Diesel does, and sets those aside that cannot stand.
    fn sort(found: Found) -> Self {
        let Found {
            mut migrations,
            mut problems,
            unread,
        } = found;
        migrations.sort_by(|a, b| a.version.cmp(&b.version));
        let mut sorted: Vec<Migration> = Vec::with_capacity(migrations.len());
        for migration in migrations {
            match problem_of(sorted.last(), &migration) {
                Some(problem) => problems.push(problem),
                None => sorted.push(migration),
            }
        }
        Self {
            migrations: sorted,
            problems,
            unread,
            folder: None,
        }
    }

    /// Returns the migrations, by version.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// Returns what could not be read; nothing can be run before it is mended.
    pub fn problems(&self) -> &[SourceError] {
        &self.problems
    }

    /// Returns whether more than one file has a version: which of them it is cannot be told.
    pub(crate) fn is_duplicate(&self, wanted: &Version) -> bool {
        self.duplicates().any(|version| version == wanted)
    }

    /// Returns the versions that more than one file has.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = &Version> {
        self.problems.iter().filter_map(|problem| match problem {
            SourceError::Duplicate { version, .. } => Some(version),
            _ => None,
        })
    }

    /// Learns as what versions are applied that more than one file has.
    pub(crate) fn note_applied_as(&mut self, name: impl Fn(&Version) -> Option<String>) {
        for problem in &mut self.problems {
            let SourceError::Duplicate { version, .. } = problem else {
                continue;
            };
            if let Some(name) = name(version) {
                problem.note_applied_as(&name);
            }
        }
    }

    /// Returns the settings that no migration reads.
    pub(crate) fn unread_settings(&self) -> &[SourceError] {
        &self.unread
    }

    /// Returns the folder of the disk that was read; none of migrations from elsewhere.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Returns the migration of a version.
    pub fn get(&self, version: &Version) -> Option<&Migration> {
        let place = self
            .migrations
            .binary_search_by(|migration| migration.version.cmp(version));
        place.ok().map(|index| &self.migrations[index])
    }

    /// Returns the newest version.
    pub fn newest(&self) -> Option<&Version> {
        self.migrations.last().map(|migration| &migration.version)
    }
}

/// Returns why a migration cannot stand in a set after the one before it.
fn problem_of(before: Option<&Migration>, migration: &Migration) -> Option<SourceError> {
    if !migration.version.fits() {
        return Some(SourceError::VersionTooLong {
            version: migration.version.clone(),
            path: migration.origin.clone(),
        });
    }
    let same = before.filter(|before| before.version == migration.version)?;
    Some(SourceError::Duplicate {
        version: migration.version.clone(),
        first: same.origin.clone(),
        second: migration.origin.clone(),
        unapplied: None,
    })
}
