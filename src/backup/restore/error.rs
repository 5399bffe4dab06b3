//! Why a backup could not be restored.

use std::path::PathBuf;

use thiserror::Error;

use super::cures::{TRY_IT, cures};
use super::{Ahead, OtherKind};
use crate::backend::BackendError;
use crate::backend::address::Engine;
use crate::backend::restore::{Lack, RestoreError};
use crate::backup::catalog::{ManifestFault, beside, mend};
use crate::backup::health::NoGood;
use crate::backup::{BackupId, CatalogError, Others};
use crate::operation::{other_environment, words_for_operation_errors};
use crate::shell::command;
use crate::version::Version;

/// What has the name already that the new database was to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holder {
    /// The database that commands work with.
    Own,
    /// The file that was to be restored, or one of the backup's.
    Source,
    /// Another one.
    Other,
}

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
        /// Which one it is.
        holder: Holder,
    },
    /// Somebody made a database of the new one's name while it was filled.
    #[error(
        "a database `{name}` was made by somebody else meanwhile, and stays as it is; what was restored was dropped"
    )]
    Taken {
        /// Its name, or the file's path.
        name: String,
    },
    /// There is no such file.
    #[error("there is no file `{}`; nothing was restored", path.display())]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What a file of a backup has to be compared with cannot be read.
    #[error("the manifest `{}` of `{}` cannot be read: {message}; nothing was restored", manifest.display(), path.display())]
    BrokenManifest {
        /// The file.
        path: PathBuf,
        /// Its manifest.
        manifest: PathBuf,
        /// What is wrong with that.
        message: String,
        /// Why that is so.
        fault: ManifestFault,
    },
    /// A file is none that the engine is filled from.
    #[error("`{}` is {}; nothing was restored", path.display(), kind.what)]
    OtherKind {
        /// The file, or the folder.
        path: PathBuf,
        /// What it is.
        kind: OtherKind,
    },
    /// An archive of somebody's is not all that was written.
    #[error("`{}` is not whole: {fault}; nothing was restored", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// Where it stops being one.
        fault: String,
    },
    /// Nobody writes to the pipe that it was to be read from.
    #[error("nobody writes to the pipe `{}`; nothing was restored", path.display())]
    NoWriter {
        /// The pipe.
        path: PathBuf,
        /// How long it was waited for.
        #[source]
        source: std::io::Error,
    },
    /// Only a server has roles.
    #[error(
        "a {engine} database has no roles, so nothing can be restored as `{role}`; nothing was restored"
    )]
    NoRoles {
        /// The database's engine.
        engine: Engine,
        /// The role.
        role: String,
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
    /// The newest good backup would take the place of the database, and newer ones are no good.
    #[error(
        "the newest good backup is `{id}`, and {}; nothing was restored",
        newer_no_good(newer)
    )]
    NewerNoGood {
        /// The backup.
        id: BackupId,
        /// The newer ones, newest first.
        newer: Vec<NoGood>,
    },
    /// The newest good backup by its time would take the place of the database, and is from the future.
    #[error("{0}; nothing was restored")]
    FromFuture(Ahead),
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
    /// The restore failed, and the new database could not be dropped either.
    #[error("the restore failed, and `{left}` is left half made: it could not be dropped ({why})")]
    LeftBehind {
        /// The new database's name of its own, or the file's path.
        left: String,
        /// Why it could not be dropped.
        why: String,
        /// Why the restore failed.
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
    /// Something is wrong with a backup that was not begun to be restored.
    #[error("backup `{id}` is no good, so that a restore of it would fail: {}", findings.join("; "))]
    NoGood {
        /// The backup.
        id: BackupId,
        /// What is wrong.
        findings: Vec<String>,
    },
    /// What was restored is not what was backed up.
    #[error("what was restored from `{source_name}` is not what was backed up: {}; it was given up", findings.join("; "))]
    Different {
        /// The backup.
        source_name: String,
        /// In what it differs.
        findings: Vec<String>,
    },
}

words_for_operation_errors!(RestoreBackupError);

impl RestoreBackupError {
    /// Returns what could not be dropped.
    pub fn left(&self) -> Option<&str> {
        match self {
            Self::LeftBehind { left, .. } => Some(left),
            _ => None,
        }
    }

    /// Returns what may help where a backup was restored to verify it: that is what is tried again,
    /// with the flags that leave out who owns what and who may do what.
    pub(in crate::backup) fn hint_for_verifying(&self, id: &BackupId) -> String {
        let verify = command("dieselkit backup verify {} --restore", &[&id.as_str()]);
        let verify_without = format!("{} --no", verify.trim_end_matches('`'));
        match self.hint().map(|hint| without_trying(&hint)) {
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
            Self::Exists { name, holder } => Some(instead_of(name, *holder)),
            Self::Taken { name } => Some(format!("name another: {}", into_another(name))),
            Self::BrokenManifest {
                manifest, fault, ..
            } => Some(mend(manifest, *fault)),
            Self::OtherKind { kind, .. } => Some(kind.cure.clone()),
            Self::NoWriter { path, .. } => Some(format!(
                "let something write to it meanwhile: {}",
                command("cat DUMP > {} &", &[path])
            )),
            Self::CutOff { .. } => Some(
                "copy it again from where it was made, or restore a backup: `dieselkit backup list`"
                    .to_owned(),
            ),
            Self::NoRoles { .. } => Some("leave `--role` out: `dieselkit restore`".to_owned()),
            Self::Unfinished { path, .. } => Some(format!(
                "let SQLite put it together, when nobody writes: {}",
                command("sqlite3 {} 'PRAGMA wal_checkpoint(TRUNCATE)'", &[path])
            )),
            Self::Part { id } => Some(format!(
                "restore it beside, and bring over what you need: {}",
                command("dieselkit restore {} --into NAME", &[&id.as_str()])
            )),
            Self::NewerNoGood { id, newer } => Some(format!(
                "see what is wrong with what is newer: {}; if the older state is meant, name it: {}",
                newer.iter().map(NoGood::show).collect::<Vec<_>>().join(", "),
                command("dieselkit restore {} --replace", &[&id.as_str()])
            )),
            Self::FromFuture(ahead) => Some(ahead.named()),
            Self::NoneBefore { others, .. } if others.count() > 0 => Some(others.hint()),
            Self::NoFile { .. } | Self::NoneBefore { .. } | Self::OtherEngine { .. } => {
                Some("`dieselkit backup list`".to_owned())
            }
            Self::Unfit {
                lacks, makes_roles, ..
            } => Some(cures(lacks, makes_roles.as_deref())),
            Self::LeftBehind { left, source, .. } => {
                let drop = command("dieselkit db drop {}", &[left]);
                let removal = format!(
                    "the next restore removes `{left}`, once that can be done, and so does {drop}"
                );
                Some(match source.hint() {
                    Some(hint) => format!("{hint}; {removal}"),
                    None => removal,
                })
            }
            Self::NoVerdict { id, source } => Some(source.hint_for_verifying(id)),
            Self::PartAlone { id, .. } => Some(format!(
                "verify its files: {}",
                command("dieselkit backup verify {}", &[&id.as_str()])
            )),
            Self::NoGood { id, .. } => Some(format!(
                "if it was mended, look at it again: {}; or take another: `dieselkit backup list`",
                command("dieselkit backup verify {}", &[&id.as_str()])
            )),
            Self::Changed { .. } | Self::Different { .. } => Some(
                "see which backups are whole, and take another: `dieselkit backup verify all`"
                    .to_owned(),
            ),
        }
    }
}

/// Returns a hint without what restores in spite of a doubt, for who looks at a backup and restores
/// nothing.
fn without_trying(hint: &str) -> String {
    hint.replace(&format!("; {TRY_IT}"), "")
        .replace(&format!(", {TRY_IT}"), "")
}

/// Returns what helps where a name is taken. Neither what commands work with nor what is restored is
/// dropped for that.
fn instead_of(name: &str, holder: Holder) -> String {
    let another = into_another(name);
    match holder {
        Holder::Own => format!(
            "name another, {another}, or let it take the place of that one, which is kept under another name: `dieselkit restore --replace`"
        ),
        Holder::Source => format!("that is what is to be restored; name another: {another}"),
        Holder::Other => format!(
            "name another, {another}, or drop that one first: {}",
            command("dieselkit db drop {}", &[&name])
        ),
    }
}

/// Returns the command that restores into another database than one whose name is taken.
fn into_another(name: &str) -> String {
    let another = match name.strip_suffix(".db") {
        Some(stem) => format!("{stem}_2.db"),
        None => format!("{name}_2"),
    };
    command("dieselkit restore --into {}", &[&another])
}

fn newer_no_good(newer: &[NoGood]) -> String {
    let named: Vec<String> = newer.iter().map(ToString::to_string).collect();
    match named.as_slice() {
        [one] => format!("1 newer backup is no good: {one}"),
        many => format!(
            "{} newer backups are no good: {}",
            many.len(),
            many.join("; ")
        ),
    }
}

fn listed(lacks: &[Lack]) -> String {
    let lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
    lacks.join("; ")
}
