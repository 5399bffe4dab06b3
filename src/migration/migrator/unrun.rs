//! The rows of migrations that are applied without having been run: marked, adopted, settled.

use chrono::NaiveDateTime;

use super::locked::Run;
use crate::backend::Backend;
use crate::history::{NewAttempt, Operation, Status};
use crate::migration::status::StatusEntry;
use crate::version::Version;

impl Run<'_, '_> {
    /// Returns a row for a migration that is applied without having been run.
    pub(super) fn row(
        &self,
        backend: &mut dyn Backend,
        entry: &StatusEntry,
        operation: Operation,
    ) -> NewAttempt {
        let now = self.setup.clock.now();
        self.unrun(backend, &entry.version, &entry.name, operation, now)
    }

    pub(super) fn adopted(
        &self,
        backend: &mut dyn Backend,
        version: &Version,
        run_on: NaiveDateTime,
    ) -> NewAttempt {
        let file = self.set.get(version);
        let name = file.map_or(version.as_str(), |file| file.name());
        NewAttempt {
            applied_by: None,
            application: Some("diesel".to_owned()),
            environment: None,
            ..self.unrun(backend, version, name, Operation::Adopt, run_on)
        }
    }

    fn unrun(
        &self,
        backend: &mut dyn Backend,
        version: &Version,
        name: &str,
        operation: Operation,
        started_at: NaiveDateTime,
    ) -> NewAttempt {
        let file = self.set.get(version);
        let dialect = backend.dialect();
        let text =
            |body: &crate::migration::model::Body| body.as_sql().map(|text| text.text.to_string());
        NewAttempt {
            version: version.clone(),
            name: name.to_owned(),
            operation,
            status: Status::Success,
            batch: None,
            checksum: file.map(|file| file.up.checksum(dialect)),
            checksum_raw: file.map(|file| file.up.checksum_raw()),
            transactional: file.is_none_or(|file| file.settings.run_in_transaction),
            statements_total: 0,
            statements_done: 0,
            started_at,
            execution_time_ms: None,
            applied_by: self.identity.user.clone(),
            application: Some(self.identity.application.clone()),
            environment: self.identity.environment.clone(),
            error: None,
            reason: None,
            up_sql: file.and_then(|file| text(&file.up)),
            down_sql: file.and_then(|file| file.down.as_ref()).and_then(text),
        }
    }
}
