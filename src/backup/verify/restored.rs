//! Verifying to the end: a scratch database is made of the backup, compared, and dropped.

use super::{Verified, files};
use crate::backend::restore::{Place, RestoreError};
use crate::backup::pass::Watch;
use crate::backup::{
    BackupId, Backups, Check, RestoreBackupError, RestoreOptions, RestoreSource, Verdict,
};
use crate::event::Event;

/// What a tool complains of where the backup may be as good as ever.
const NOT_THE_BACKUPS_FAULT: &[&str] = &[
    "No space left on device",
    "could not extend file",
    "server closed the connection",
    "terminating connection",
    "out of memory",
    "out of shared memory",
    "permission denied",
    "must be superuser",
    "must be owner",
    "must be able to SET ROLE",
    "role \"",
    "is not available",
    "too many connections",
    "canceling statement",
];

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
        let verdict = self.verdict_on_restoring(&source, options)?;
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
        let findings = self.tried(source, options);
        let took = self.caller.clock.elapsed().saturating_sub(started);
        self.caller.observer.observe(&Event::RestoreFinished {
            id: source.to_string(),
            duration: took,
        });
        Ok(Verdict {
            check: Check::Restore,
            at: self.caller.clock.now().and_utc(),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            findings: findings?,
        })
    }

    /// Returns what is wrong with a backup; what was made of it is gone.
    fn tried(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<Vec<String>, RestoreBackupError> {
        let mut found = self.beside(source)?;
        if let Err(error) = self.fill(source, options, Place::Beside) {
            found.extend(findings(error)?);
        }
        Ok(found)
    }

    /// Returns what is wrong with the files that are not restored, as the server's roles are: who
    /// restores reads none of them, but of an archive, where all are read first.
    fn beside(&self, source: &RestoreSource) -> Result<Vec<String>, RestoreBackupError> {
        let RestoreSource::Backup { folder, manifest } = source else {
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

/// Returns what an error says of the backup; one that says nothing of it is given back.
fn findings(error: RestoreBackupError) -> Result<Vec<String>, RestoreBackupError> {
    match error {
        RestoreBackupError::Changed { findings, .. }
        | RestoreBackupError::Different { findings, .. } => Ok(findings),
        RestoreBackupError::NoFile { path } => Ok(vec![format!("`{}` is missing", path.display())]),
        RestoreBackupError::Restore(
            ref said @ (RestoreError::Unreadable { .. }
            | RestoreError::Truncated { .. }
            | RestoreError::Damaged { .. }),
        ) => Ok(vec![said.to_string()]),
        RestoreBackupError::Restore(RestoreError::ToolFailed { ref complaints, .. })
            if !NOT_THE_BACKUPS_FAULT
                .iter()
                .any(|words| complaints.contains(words)) =>
        {
            Ok(vec![error.to_string()])
        }
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(complaints: &str) -> RestoreBackupError {
        RestoreBackupError::Restore(RestoreError::ToolFailed {
            path: "/usr/bin/psql".into(),
            status: "exit code 3".to_owned(),
            complaints: complaints.to_owned(),
        })
    }

    #[test]
    fn only_what_the_backup_is_to_blame_for_counts_against_it() {
        let syntax = findings(failed(
            "psql:<stdin>:7: ERROR:  syntax error at or near \"x\"",
        ));
        assert_eq!(syntax.expect("it is the backup's").len(), 1);
        for complaints in [
            "ERROR:  could not extend file \"base/1/2\": No space left on device",
            "ERROR:  role \"owner\" does not exist",
            "ERROR:  extension \"postgis\" is not available",
            "server closed the connection unexpectedly",
        ] {
            assert!(findings(failed(complaints)).is_err(), "{complaints}");
        }
        let missing = RestoreBackupError::NoFile {
            path: "backups/shop.sql.gz".into(),
        };
        assert_eq!(
            findings(missing).expect("it is the backup's"),
            ["`backups/shop.sql.gz` is missing"]
        );
        let interrupted = RestoreBackupError::Restore(RestoreError::Interrupted);
        assert!(findings(interrupted).is_err());
    }
}
