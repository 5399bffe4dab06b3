//! A folder of migrations, or one of its files, cannot be read.
//!
//! Whether that stops a command or is a finding of `check` is not known here.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::file_kind::{DeadLink, OtherThanFile, OtherThanFolder};
use crate::migration::place::Place;
use crate::shell::command;
use crate::sql::NotUtf8;
use crate::version::{MAX_VERSION_LENGTH, Version};

/// A folder of migrations, or one of its files, cannot be read.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// The folder itself is absent.
    #[error("there is no migrations folder `{path}`")]
    NoFolder {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A link is where the folder should be, and leads to nothing.
    #[error("{}", link.told(path))]
    DeadLink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        link: DeadLink,
    },
    /// Something else stands in the place of the folder.
    #[error("{}", found.told(path))]
    NotAFolder {
        /// Its path.
        path: PathBuf,
        /// What it is.
        found: OtherThanFolder,
    },
    /// Something else stands in the place of a file.
    #[error("{}", found.told(path))]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// What it is.
        found: OtherThanFile,
    },
    /// The system does not give a file or folder.
    #[error("failed to read `{path}`: {message}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A file is not text.
    #[error("{path}:{}: the text is not UTF-8", found.position)]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// What it has instead, and where.
        found: NotUtf8,
    },
    /// A folder holds no way up.
    #[error("folder `{path}` holds no `up.sql`")]
    NoUp {
        /// The folder.
        path: PathBuf,
    },
    /// A way up is an empty file, which Diesel refuses too.
    #[error("`{path}` is empty")]
    EmptyUp {
        /// The file.
        path: PathBuf,
    },
    /// Two migrations have the same version.
    #[error("`{first}` and `{second}` have the same version `{version}`")]
    Duplicate {
        /// The version.
        version: Version,
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// That of the two which is not the applied one, where a history tells.
        unapplied: Option<PathBuf>,
    },
    /// A single file has no section for the way up.
    #[error("`{path}` has no line `-- migrate:up`")]
    NoSection {
        /// The file.
        path: PathBuf,
    },
    /// A marker of a single file says something unknown, or stands in the wrong place.
    #[error("{place}: {problem}")]
    Marker {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// A way down stands alone.
    #[error("`{path}` is a way down without its way up `{expected}`")]
    DownAlone {
        /// The file.
        path: PathBuf,
        /// The file that is absent.
        expected: PathBuf,
    },
    /// Settings stand beside no migration.
    #[error("no migration reads `{path}`: there is no `{expected}`")]
    SettingsAlone {
        /// The settings.
        path: PathBuf,
        /// The way up whose settings they would be.
        expected: PathBuf,
    },
    /// Settings stand beside a single file, which says its own.
    #[error("no migration reads `{path}`: `{file}` says its settings itself")]
    SettingsOfSingleFile {
        /// The settings.
        path: PathBuf,
        /// The single file.
        file: PathBuf,
    },
    /// A `metadata.toml` is no TOML, or has an unknown key, or a value of the wrong kind.
    #[error("{place}: {message}")]
    Metadata {
        /// Where.
        place: Place,
        /// What the parser said.
        message: String,
    },
    /// A `metadata.toml` does not say whether to use a transaction; Diesel takes that as "no".
    #[error("`{path}` does not say `run_in_transaction`, which Diesel silently takes as `false`")]
    NoRunInTransaction {
        /// The file.
        path: PathBuf,
    },
    /// A version does not fit into Diesel's table.
    #[error(
        "version `{version}` of `{path}` is longer than the {MAX_VERSION_LENGTH} characters of Diesel's table"
    )]
    VersionTooLong {
        /// The version.
        version: Version,
        /// The folder or file.
        path: PathBuf,
    },
    /// A name begins with `_`, or is made of dashes, and so has no version.
    #[error("`{path}` has no version before its first `_`")]
    NoVersion {
        /// The folder.
        path: PathBuf,
    },
}

impl SourceError {
    /// Returns the place that it is about: of a file as a whole, its beginning; of two, the second.
    pub fn place(&self) -> Place {
        let path = match self {
            Self::Marker { place, .. } | Self::Metadata { place, .. } => return place.clone(),
            Self::NoFolder { path }
            | Self::DeadLink { path, .. }
            | Self::NotAFolder { path, .. }
            | Self::NotAFile { path, .. }
            | Self::Unreadable { path, .. }
            | Self::NotUtf8 { path, .. }
            | Self::NoUp { path }
            | Self::EmptyUp { path }
            | Self::NoSection { path }
            | Self::DownAlone { path, .. }
            | Self::SettingsAlone { path, .. }
            | Self::SettingsOfSingleFile { path, .. }
            | Self::NoRunInTransaction { path }
            | Self::VersionTooLong { path, .. }
            | Self::NoVersion { path }
            | Self::Duplicate { second: path, .. } => path,
        };
        Place {
            file: path.display().to_string(),
            line: 1,
            column: 1,
        }
    }

    /// Returns what may help.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoFolder { .. } => "`dieselkit init`".to_owned(),
            Self::DeadLink { path, link } => link.folder_hint(path),
            Self::NotAFolder { path, found } => found.hint(path),
            Self::NotAFile { path, found } => found.hint(path),
            Self::Unreadable { path, .. } => command("ls -l {}", &[path]),
            Self::NotUtf8 { path, found } => found.hint(path),
            Self::NoUp { path } => format!(
                "write `{}`, or give the folder a name that begins with a dot to keep it out",
                path.join("up.sql").display()
            ),
            Self::EmptyUp { path } => format!("write the migration into `{}`", path.display()),
            Self::Duplicate { unapplied: Some(path), .. } => format!(
                "give the one that is applied nowhere another version: {}",
                with_new_version(path)
            ),
            Self::Duplicate { first, second, .. } => format!(
                "give one that is applied nowhere another version, `{}` or `{}`",
                first.display(),
                second.display()
            ),
            Self::NoSection { path } => format!(
                "begin `{}` with a line `-- migrate:up`, and its way down with `-- migrate:down`",
                path.display()
            ),
            Self::Marker { .. } => {
                "the markers are `-- migrate:up [transaction:false] [foreign_keys:off]` and `-- migrate:down [irreversible]`".to_owned()
            }
            Self::DownAlone { path, expected } => format!(
                "write `{}`, or remove the way down: {}",
                expected.display(),
                command("rm {}", &[path])
            ),
            Self::SettingsAlone { path, .. } => format!(
                "give it the name of its migration, or remove it: {}",
                command("rm {}", &[path])
            ),
            Self::SettingsOfSingleFile { path, .. } => format!(
                "say it in the line `-- migrate:up transaction:false`, and remove the file: {}",
                command("rm {}", &[path])
            ),
            Self::Metadata { .. } => {
                "the keys are `run_in_transaction`, `irreversible` and `foreign_keys`".to_owned()
            }
            Self::NoRunInTransaction { path } => {
                command("echo 'run_in_transaction = true' >> {}", &[path])
            }
            Self::VersionTooLong { path, .. } | Self::NoVersion { path } => with_new_version(path),
        };
        Some(text)
    }
}

impl SourceError {
    /// Returns what stands in the place of a folder, where that is something else; a folder and
    /// nothing are no errors.
    pub fn of_place(folder: &Path) -> Option<Self> {
        let path = folder.to_owned();
        if let Some(link) = DeadLink::at(folder) {
            return Some(Self::DeadLink { path, link });
        }
        OtherThanFolder::at(folder).map(|found| Self::NotAFolder { path, found })
    }

    /// Learns as what a version is applied: of two files that have it, the other one is free to get
    /// another. A name that is neither's, or both's, tells nothing.
    pub(crate) fn note_applied_as(&mut self, applied_as: &str) {
        let Self::Duplicate {
            first,
            second,
            unapplied,
            ..
        } = self
        else {
            return;
        };
        let same = |of: fn(&str) -> &str| {
            let is = |path: &Path| of(&name_of(path)) == of(applied_as);
            match (is(first), is(second)) {
                (true, false) => Some(second.clone()),
                (false, true) => Some(first.clone()),
                _ => None,
            }
        };
        // The history may have the version with dashes and the file without them.
        *unapplied = same(|name| name).or_else(|| same(words));
    }
}

/// Returns the name of the migration that a folder, a single file or a way up is.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".sql").unwrap_or(&name);
    stem.strip_suffix(".up").unwrap_or(stem).to_owned()
}

/// Returns what a name says behind its version.
fn words(name: &str) -> &str {
    name.split_once('_').map_or(name, |(_, words)| words)
}

/// Returns the command that gives a file or folder another version.
fn with_new_version(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let renamed = path.with_file_name(format!("VERSION_{}", words(&name)));
    command("mv {} {}", &[&path, &renamed])
}
