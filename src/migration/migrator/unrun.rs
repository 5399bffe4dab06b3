//! The rows of migrations that are applied without having been run: marked, adopted, settled.
//!
//! The rows of those that are run are the runner's.

use chrono::NaiveDateTime;

use super::locked::Run;
use crate::backend::Backend;
use crate::history::{NewAttempt, Operation, Status};
use crate::migration::model::Body;
use crate::migration::status::StatusEntry;
use crate::version::Version;

/// What such a row says of itself; the rest of it is what the files say now.
struct Unrun<'a> {
    version: &'a Version,
    name: &'a str,
    operation: Operation,
    /// In UTC.
    started_at: NaiveDateTime,
}

impl Run<'_, '_> {
    /// Returns a row for a migration that is applied without having been run.
    pub(super) fn row(
        &self,
        backend: &mut dyn Backend,
        entry: &StatusEntry,
        operation: Operation,
    ) -> NewAttempt {
        let unrun = Unrun {
            version: &entry.version,
            name: &entry.name,
            operation,
            started_at: self.held.setup.clock.now(),
        };
        self.unrun(backend, &unrun)
    }

    /// Returns a row for a migration that plain Diesel applied, at the time that its table says.
    pub(super) fn adopted(
        &self,
        backend: &mut dyn Backend,
        version: &Version,
        run_on: NaiveDateTime,
    ) -> NewAttempt {
        let file = self.set.get(version);
        let name = file.map_or(version.as_str(), |file| file.name());
        let unrun = Unrun {
            version,
            name,
            operation: Operation::Adopt,
            started_at: run_on,
        };
        NewAttempt {
            applied_by: None,
            application: Some("diesel".to_owned()),
            environment: None,
            ..self.unrun(backend, &unrun)
        }
    }

    fn unrun(&self, backend: &mut dyn Backend, unrun: &Unrun<'_>) -> NewAttempt {
        let file = self.set.get(unrun.version);
        let dialect = backend.dialect();
        NewAttempt {
            version: unrun.version.clone(),
            name: unrun.name.to_owned(),
            operation: unrun.operation,
            status: Status::Success,
            batch: None,
            checksum: file.map(|file| file.up.checksum(dialect)),
            checksum_raw: file.map(|file| file.up.checksum_raw()),
            transactional: file.is_none_or(|file| file.settings.run_in_transaction),
            statements_total: 0,
            statements_done: 0,
            started_at: unrun.started_at,
            execution_time_ms: None,
            applied_by: self.held.identity.user.clone(),
            application: Some(self.held.identity.application.clone()),
            environment: self.held.identity.environment.clone(),
            error: None,
            reason: None,
            up_sql: file.and_then(|file| file.up.text()),
            down_sql: file
                .and_then(|file| file.down.as_ref())
                .and_then(Body::text),
            backup: None,
        }
    }
}
