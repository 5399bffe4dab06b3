//! `history`: every attempt, newest first.

use dieselkit::Version;
use dieselkit::history::{Attempt, Operation, Status};
use dieselkit::migration::{PlanError, RunError};
use dieselkit::sql::Checksum;
use serde::Serialize;

use super::{Answered, named};
use crate::app::{App, Reach};
use crate::args::History;
use crate::error::CommandError;
use crate::report::{Answer, history_text, json};

#[derive(Serialize)]
struct Data<'a> {
    attempts: Vec<AttemptData<'a>>,
}

/// An attempt as a program reads it.
#[derive(Serialize)]
struct AttemptData<'a> {
    id: i64,
    version: &'a Version,
    name: &'a str,
    operation: Operation,
    status: Status,
    batch: Option<i64>,
    checksum: Option<Checksum>,
    checksum_raw: Option<Checksum>,
    transactional: bool,
    statements_total: i64,
    statements_done: i64,
    started_at: String,
    execution_time_ms: Option<i64>,
    applied_by: Option<&'a str>,
    application: Option<&'a str>,
    environment: Option<&'a str>,
    error: Option<&'a str>,
    reason: Option<&'a str>,
    rolled_back_at: Option<String>,
    rollback_time_ms: Option<i64>,
    /// The backup that was made right before the last run that changed this row.
    backup: Option<&'a str>,
    /// The strongest lock that the body held which ran last, on a table that was there before it.
    lock_mode: Option<&'a str>,
    lock_on: Option<&'a str>,
    /// For how long at most.
    lock_held_ms: Option<i64>,
}

impl<'a> From<&'a Attempt> for AttemptData<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        let lock = attempt.strongest_lock.as_ref();
        Self {
            id: attempt.id,
            version: &attempt.version,
            name: &attempt.name,
            operation: attempt.operation,
            status: attempt.status,
            batch: attempt.batch,
            checksum: attempt.checksum,
            checksum_raw: attempt.checksum_raw,
            transactional: attempt.transactional,
            statements_total: attempt.statements_total,
            statements_done: attempt.statements_done,
            started_at: json::moment(attempt.started_at),
            execution_time_ms: attempt.execution_time_ms,
            applied_by: attempt.applied_by.as_deref(),
            application: attempt.application.as_deref(),
            environment: attempt.environment.as_deref(),
            error: attempt.error.as_deref(),
            reason: attempt.reason.as_deref(),
            rolled_back_at: attempt.rolled_back_at.map(json::moment),
            rollback_time_ms: attempt.rollback_time_ms,
            backup: attempt.backup.as_deref(),
            lock_mode: lock.map(|lock| lock.mode.as_str()),
            lock_on: lock.and_then(|lock| lock.on.as_deref()),
            lock_held_ms: lock.map(|lock| lock.held_ms),
        }
    }
}

pub(super) fn run(app: &App<'_>, args: &History) -> Answered {
    let mut migrator = app.migrator(Reach::Read)?;
    let mut attempts = migrator.history()?;
    if let Some(version) = &args.version {
        let version = named::version(&mut migrator, version)?;
        attempts.retain(|attempt| attempt.version == version);
        if attempts.is_empty() && migrator.migrations().get(&version).is_none() {
            return Err(unknown(version));
        }
    }
    if let Some(limit) = args.limit {
        attempts.truncate(limit as usize);
    }
    let (text, left_out) = match &args.version {
        Some(version) if attempts.is_empty() => (format!("no attempt at `{version}` yet\n"), None),
        _ => history_text(&attempts),
    };
    Ok(Answer {
        text,
        left_out,
        data: json::data(&Data {
            attempts: attempts.iter().map(AttemptData::from).collect(),
        }),
        warnings: app.warnings(&mut migrator)?,
        ..Answer::default()
    })
}

/// Neither a file nor an attempt has the version.
fn unknown(version: Version) -> CommandError {
    let error = PlanError::UnknownVersion {
        version,
        nearest: None,
    };
    RunError::from(error).into()
}
