//! Proves that files and database agree, or finds where they do not.
//!
//! The half that needs no database is pure of it, so that a folder can be checked where none is
//! reachable.

mod database;
mod files;
mod report;
mod syntax;

use database::{check_entry, no_place};
use files::of_files;
pub use report::{CheckReport, Finding, FindingKind, Scope, Weight};
use syntax::check_syntax;

use super::set::MigrationSet;
use super::status::StatusReport;
use crate::backend::address::Engine;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::backend::{Backend, offline_syntax_findings};

/// Checks the files alone, for a database of this kind that cannot be reached.
///
/// What the parser that is compiled in does not know is a finding here: no server can be asked.
///
/// # Errors
/// `BackendError` where this build lacks the engine.
pub fn check_files(set: &MigrationSet, engine: Engine) -> Result<CheckReport, BackendError> {
    let dialect = engine.dialect()?;
    let mut report = of_files(set, dialect);
    report.findings.extend(check_syntax(set, dialect, |script| {
        offline_syntax_findings(engine, script)
    })?);
    Ok(report)
}

/// Checks the files, and the files against the database.
pub(super) fn check(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
    status: &StatusReport,
) -> Result<CheckReport, BackendError> {
    let dialect = backend.dialect();
    let mut report = of_files(set, dialect);
    report.findings.extend(check_syntax(set, dialect, |script| {
        backend.syntax_findings(script)
    })?);
    report.scope = Scope::FilesAndDatabase;
    for entry in &status.migrations {
        let findings = check_entry(set, backend, tables, (status, entry))?;
        report.findings.extend(findings);
    }
    let place = lacking_place(backend, tables);
    report.findings.extend(place.as_ref().map(no_place));
    Ok(report)
}

/// Returns why the tables have no place, if they have none.
pub(super) fn lacking_place(backend: &mut dyn Backend, tables: &Tables) -> Option<BackendError> {
    if tables.have_a_place() {
        return None;
    }
    backend.find_tables().err()
}

#[cfg(test)]
mod tests;
