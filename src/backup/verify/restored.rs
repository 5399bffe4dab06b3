//! Verifying to the end: a scratch database is made of the backup, compared, and dropped.

use super::{Verified, files};
use crate::backend::restore::{Lack, Place, RestoreError};
use crate::backup::pass::Watch;
use crate::backup::{
    BackupId, Backups, Check, RestoreBackupError, RestoreOptions, RestoreSource, Verdict,
};
use crate::clock::whole_ms;
use crate::event::Event;

impl Backups {
    /// Restores a backup into a scratch database, compares every table's count, contents where the
    /// manifest has a hash of them, sequences and applied migrations, and drops it again.
    ///
    /// What is wrong with the backup is the verdict, not an error. Where the options say to restore
    /// to counts for nothing: the scratch database has a place of its own.
    ///
    /// # Errors
    /// Whatever says nothing about the backup: there is none of that name, the server cannot be
    /// reached or has no room, a role or an extension is missing. Then there is no verdict, and no
    /// scratch database is left.
    pub fn verify_by_restoring(
        &mut self,
        id: &BackupId,
        options: &RestoreOptions,
    ) -> Result<Verified, RestoreBackupError> {
        let source = self.source(id.as_str())?;
        let verdict = self.verdict_on_restoring(&source, options);
        let verdict = verdict.map_err(|error| match error {
            RestoreBackupError::LeftBehind { .. }
            | RestoreBackupError::Restore(
                RestoreError::ToolFailed { .. }
                | RestoreError::Backend(_)
                | RestoreError::Program(_)
                | RestoreError::File { .. },
            ) => RestoreBackupError::NoVerdict {
                id: id.clone(),
                source: Box::new(error),
            },
            RestoreBackupError::Unfit { ref lacks, .. } if lacks.iter().any(is_of_place) => {
                RestoreBackupError::NoVerdict {
                    id: id.clone(),
                    source: Box::new(error),
                }
            }
            error => error,
        })?;
        let recorded = self.record(id, &verdict);
        Ok(Verified {
            id: id.clone(),
            verdict,
            recorded,
        })
    }

    /// Restores a backup and compares it, and writes nothing that stays.
    ///
    /// # Errors
    /// As [`Backups::verify_by_restoring`].
    pub(in crate::backup) fn verdict_on_restoring(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<Verdict, RestoreBackupError> {
        let started = self.caller.clock.elapsed();
        let found = self.tried(source, options);
        let took = self.caller.clock.elapsed().saturating_sub(started);
        self.caller.observer.observe(&Event::RestoreFinished {
            id: source.to_string(),
            duration: took,
        });
        let (check, findings) = found?;
        Ok(Verdict {
            check,
            at: self.caller.clock.now().and_utc(),
            duration_ms: whole_ms(took),
            findings,
        })
    }

    /// Returns what is wrong with a backup, and by which check that would have been found; what was
    /// made of it is gone.
    fn tried(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<(Check, Vec<String>), RestoreBackupError> {
        let beside = self.beside(source)?;
        let (check, found) = match self.fill(source, options, Place::Beside) {
            Ok(_dropped) => (Check::Restore, Vec::new()),
            // That the copy could not be dropped says nothing of the backup.
            Err(RestoreBackupError::LeftBehind {
                left,
                why,
                source: error,
            }) => judged(*error, source).map_err(|error| RestoreBackupError::LeftBehind {
                left,
                why,
                source: Box::new(error),
            })?,
            Err(error) => judged(error, source)?,
        };
        match beside.as_slice() {
            [] => Ok((check, found)),
            _ => Ok((Check::Files, [beside, found].concat())),
        }
    }

    /// Returns what is wrong with the files that are not restored, as the server's roles are: who
    /// restores reads none of them, but of an archive, where all are read first.
    fn beside(&self, source: &RestoreSource) -> Result<Vec<String>, RestoreBackupError> {
        let RestoreSource::Backup {
            folder, manifest, ..
        } = source
        else {
            return Ok(Vec::new());
        };
        let parts = match manifest.parts.as_slice() {
            [_, beside @ ..] if manifest.format.is_compressed_here() => beside,
            _ => return Ok(Vec::new()),
        };
        let mut watch = Watch {
            cancellation: &self.caller.cancellation,
            progress: &mut |_| {},
        };
        let found = files::findings(folder, parts, &mut watch)?;
        found.ok_or_else(|| RestoreError::Interrupted.into())
    }
}

/// Returns whether it is where the scratch database would be that does not fit.
fn is_of_place(lack: &Lack) -> bool {
    matches!(
        lack,
        Lack::MayNotCreate { .. } | Lack::Room { .. } | Lack::OlderServer { .. }
    )
}

/// Returns what an error says of what was restored; that a part of a database cannot be restored by
/// itself says nothing of it.
fn judged(
    error: RestoreBackupError,
    source: &RestoreSource,
) -> Result<(Check, Vec<String>), RestoreBackupError> {
    match source.manifest().filter(|part| !part.scope.is_whole()) {
        Some(part) if is_of_restoring(&error) => Err(RestoreBackupError::PartAlone {
            id: part.id.clone(),
            source: Box::new(error),
        }),
        _ => findings(error),
    }
}

/// Returns whether the engine's own program ended the restore of what it was given.
fn is_of_restoring(error: &RestoreBackupError) -> bool {
    matches!(
        error,
        RestoreBackupError::Restore(
            RestoreError::ToolFailed { .. } | RestoreError::BadContents { .. }
        )
    )
}

/// Returns what an error says of the backup, and which check it is of; one that says nothing of it is
/// given back. What is not named here is no fault of the backup's.
fn findings(error: RestoreBackupError) -> Result<(Check, Vec<String>), RestoreBackupError> {
    match error {
        RestoreBackupError::Changed { findings, .. } => Ok((Check::Files, findings)),
        RestoreBackupError::NoFile { path } => {
            let finding = format!("`{}` is missing", path.display());
            Ok((Check::Files, vec![finding]))
        }
        RestoreBackupError::Restore(
            ref said @ (RestoreError::Unreadable { .. } | RestoreError::Truncated { .. }),
        ) => Ok((Check::Files, vec![said.to_string()])),
        RestoreBackupError::Different { findings, .. } => Ok((Check::Restore, findings)),
        RestoreBackupError::Restore(
            ref said @ (RestoreError::Damaged { .. } | RestoreError::BadContents { .. }),
        ) => Ok((Check::Restore, vec![said.to_string()])),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(error: RestoreError) -> Option<Check> {
        findings(error.into()).ok().map(|(check, _)| check)
    }

    #[test]
    fn only_what_the_backup_is_to_blame_for_counts_against_it() {
        let path = std::path::PathBuf::from("/usr/bin/psql");
        let complaints = "psql:<stdin>:7: ERROR:  syntax error at or near \"x\"".to_owned();
        let bad = RestoreError::BadContents {
            path: path.clone(),
            complaints: complaints.clone(),
        };
        assert_eq!(found(bad), Some(Check::Restore));
        // Whoever says it is right, and whoever is killed says all kinds of things.
        let failed = RestoreError::ToolFailed {
            path,
            status: "signal: 9 (SIGKILL)".to_owned(),
            complaints,
        };
        assert_eq!(found(failed), None);
        assert_eq!(found(RestoreError::Interrupted), None);
        let marker = "the end";
        assert_eq!(
            found(RestoreError::Truncated { marker }),
            Some(Check::Files)
        );
        let missing = RestoreBackupError::NoFile {
            path: "backups/shop.sql.gz".into(),
        };
        let (check, findings) = findings(missing).expect("it is the backup's");
        assert_eq!(check, Check::Files);
        assert_eq!(findings, ["`backups/shop.sql.gz` is missing"]);
    }
}
