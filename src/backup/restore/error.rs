//! Why a backup could not be restored.

use std::path::PathBuf;

use thiserror::Error;

use super::cures::cures;
use crate::backend::BackendError;
use crate::backend::restore::{Lack, RestoreError};
use crate::backup::catalog::beside;
use crate::backup::{BackupId, CatalogError, Others};
use crate::operation::{other_environment, words_for_operation_errors};
use crate::shell::command;
use crate::version::Version;

/// Why a backup could not be restored. The new database is dropped, and the old one is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreBackupError {
    /// The database cannot be reached, locked or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database belongs to another environment.
    #[error("the database is marked as `{marked}`, but the environment is `{wanted}`")]
    EnvironmentMismatch {
        /// What the database says.
        marked: String,
        /// What was said.
        wanted: String,
    },
    /// The folder of backups cannot be used, or there is no such backup.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The engine could not restore it.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// There is a database of the new one's name already.
    #[error("database `{name}` exists already; nothing was restored")]
    Exists {
        /// Its name, or the file's path.
        name: String,
    },
    /// There is no such file.
    #[error("there is no file `{}`; nothing was restored", path.display())]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file of `SQLite` is not all of its database.
    #[error("a part of `{}` is in `{}` still; nothing was restored", path.display(), log.display())]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// What lies beside it.
        log: PathBuf,
    },
    /// A part of a database would take the place of the whole.
    #[error(
        "backup `{id}` holds a part of the database, and cannot take the place of the whole; nothing was restored"
    )]
    Part {
        /// The backup.
        id: BackupId,
    },
    /// Every backup holds the migration, or there is none.
    #[error("no good backup of this database in `{}` is from before migration `{version}`{}", folder.display(), beside(others))]
    NoneBefore {
        /// The migration.
        version: Version,
        /// The folder.
        folder: PathBuf,
        /// The backups of other databases in it.
        others: Others,
    },
    /// The backup is of another engine.
    #[error(
        "`{source_name}` is a backup of {theirs}, and this is a {ours} database; nothing was restored"
    )]
    OtherEngine {
        /// The backup.
        source_name: String,
        /// What it was made of.
        theirs: String,
        /// What it was to become.
        ours: String,
    },
    /// What it needs is not there.
    #[error(
        "`{source_name}` cannot be restored here: {}; nothing was restored",
        listed(lacks)
    )]
    Unfit {
        /// The backup.
        source_name: String,
        /// What is not there.
        lacks: Vec<Lack>,
        /// The command that makes its roles, where they were backed up beside it.
        makes_roles: Option<String>,
    },
    /// It could not be restored to verify it, for a reason that is none of the backup's.
    #[error(
        "backup `{id}` could not be restored to verify it; that says nothing of the backup, and there is no verdict"
    )]
    NoVerdict {
        /// The backup.
        id: BackupId,
        /// Why.
        #[source]
        source: Box<RestoreBackupError>,
    },
    /// It holds a part of a database, and could not be restored to verify it.
    #[error(
        "backup `{id}` holds a part of a database, and that may need what is not in it; that it cannot be restored by itself says nothing of the backup, and there is no verdict"
    )]
    PartAlone {
        /// The backup.
        id: BackupId,
        /// What stopped the restore.
        #[source]
        source: Box<RestoreBackupError>,
    },
    /// A file of the backup is not what it was when the backup was made.
    #[error("backup `{source_name}` has changed since it was made: {}; nothing was restored", findings.join("; "))]
    Changed {
        /// The backup.
        source_name: String,
        /// What is wrong.
        findings: Vec<String>,
    },
    /// What was restored is not what was backed up.
    #[error("what was restored from `{source_name}` is not what was backed up: {}; the new database was dropped", findings.join("; "))]
    Different {
        /// The backup.
        source_name: String,
        /// In what it differs.
        findings: Vec<String>,
    },
}

words_for_operation_errors!(RestoreBackupError);

impl RestoreBackupError {
    /// Returns what may help where a backup was restored to verify it: that is what is tried again,
    /// with the flags that leave out who owns what and who may do what.
    pub(in crate::backup) fn hint_for_verifying(&self, id: &BackupId) -> String {
        let verify = command("dieselkit backup verify {} --restore", &[&id.as_str()]);
        let verify_without = format!("{} --no", verify.trim_end_matches('`'));
        match self.hint() {
            None => verify,
            Some(hint) if hint.contains("`dieselkit ") => hint
                .replace("`dieselkit restore`", &verify)
                .replace("`dieselkit restore --no", &verify_without),
            Some(hint) => format!("{hint}; then run {verify}"),
        }
    }

    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Backend(error) => error.hint_for("dieselkit restore"),
            Self::EnvironmentMismatch { marked, wanted } => Some(other_environment(marked, wanted)),
            Self::Catalog(error) => error.hint(),
            Self::Restore(error) => error.hint(),
            Self::Exists { .. } => Some(
                "name another, or take its place: `dieselkit restore --into NAME`, `dieselkit restore --replace`"
                    .to_owned(),
            ),
            Self::Unfinished { path, .. } => Some(format!(
                "let SQLite put it together, when nobody writes: {}",
                command("sqlite3 {} 'PRAGMA wal_checkpoint(TRUNCATE)'", &[path])
            )),
            Self::Part { id } => Some(format!(
                "restore it beside, and bring over what you need: {}",
                command("dieselkit restore {} --into NAME", &[&id.as_str()])
            )),
            Self::NoneBefore { others, .. } if others.count() > 0 => Some(others.hint()),
            Self::NoFile { .. } | Self::NoneBefore { .. } | Self::OtherEngine { .. } => {
                Some("`dieselkit backup list`".to_owned())
            }
            Self::Unfit {
                lacks, makes_roles, ..
            } => Some(cures(lacks, makes_roles.as_deref())),
            Self::NoVerdict { id, source } => Some(source.hint_for_verifying(id)),
            Self::PartAlone { id, .. } => Some(format!(
                "verify its files: {}",
                command("dieselkit backup verify {}", &[&id.as_str()])
            )),
            Self::Changed { .. } | Self::Different { .. } => Some(
                "see which backups are whole, and take another: `dieselkit backup verify all`"
                    .to_owned(),
            ),
        }
    }
}

fn listed(lacks: &[Lack]) -> String {
    let lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
    lacks.join("; ")
}
