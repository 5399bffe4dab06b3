//! Proves that files and database agree, or finds where they do not.
//!
//! The half that needs no database is pure of it, so that a folder can be checked where none is
//! reachable.

use serde::Serialize;
use similar::TextDiff;

use super::error::{PrepareError, SourceError};
use super::model::{Body, ForeignKeys, Migration, SqlText};
use super::place::Place;
use super::set::MigrationSet;
use super::status::{Mark, State, StatusEntry, StatusReport};
use crate::backend::address::Engine;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::backend::{Backend, SyntaxFinding, offline_syntax_findings};
use crate::history::stored_sql;
use crate::sql::{Dialect, Script};
use crate::version::Version;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// Applied, and its SQL tokens differ now.
    Modified,
    /// Applied, and only its bytes differ now. A note.
    Reformatted,
    /// Applied, no file has it, and newer files are there.
    Missing,
    /// Applied, no file has it, and it is newer than every file. A note.
    Ahead,
    /// Pending, and older than the newest applied one.
    OutOfOrder,
    /// Two files of one version.
    Duplicate,
    /// A file that has a version and cannot be read.
    Unreadable,
    /// Settings that cannot be read, or that Diesel reads otherwise than they look.
    Settings,
    /// No way down, and not a word about it.
    Irreversible,
    /// A file made from the template and never written.
    Template,
    /// SQL that does not parse.
    Syntax,
    /// A version that Diesel's table cannot hold.
    VersionTooLong,
    /// Two versions that text and number put in different order.
    VersionOrder,
    /// A way up, or down, that was cut off or failed half way.
    Interrupted,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It has to be settled.
    Finding,
    /// It is worth knowing.
    Note,
}

impl FindingKind {
    /// Returns how much it weighs.
    pub fn weight(self) -> Weight {
        match self {
            Self::Reformatted | Self::Ahead => Weight::Note,
            _ => Weight::Finding,
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How much it weighs.
    pub weight: Weight,
    /// The migration's full name, where it is about one.
    pub migration: Option<String>,
    /// Where it is, where it is in a file.
    pub place: Option<Place>,
    /// What is the matter.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
    /// The difference between what was applied and what the file says, as a unified diff.
    pub diff: Option<String>,
}

/// How much of the whole was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The files alone.
    #[default]
    Files,
    /// The files and the database.
    FilesAndDatabase,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// What was looked at.
    pub scope: Scope,
    /// How many migrations were read.
    pub migrations: usize,
    /// What was found, files first.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Returns whether there is nothing that has to be settled.
    pub fn is_clean(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.weight == Weight::Note)
    }
}

/// Checks the files alone, for a database of this kind that cannot be reached.
///
/// What the parser that is compiled in does not know is a finding here: no server can be asked.
///
/// # Errors
/// `BackendError` where this build lacks the engine.
pub fn check_files(set: &MigrationSet, engine: Engine) -> Result<CheckReport, BackendError> {
    let dialect = engine.dialect()?;
    let mut report = of_files(set, dialect);
    check_syntax(set, dialect, &mut report, &mut |script| {
        offline_syntax_findings(engine, script)
    })?;
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
    check_syntax(set, dialect, &mut report, &mut |script| {
        backend.syntax_findings(script)
    })?;
    report.scope = Scope::FilesAndDatabase;
    for entry in &status.migrations {
        check_entry(set, backend, tables, entry, &mut report)?;
    }
    Ok(report)
}

fn of_files(set: &MigrationSet, dialect: &'static dyn Dialect) -> CheckReport {
    let mut report = CheckReport {
        migrations: set.migrations().len(),
        ..CheckReport::default()
    };
    report
        .findings
        .extend(set.problems().iter().map(source_finding));
    report.findings.extend(order_findings(set));
    for migration in set.migrations() {
        report.findings.extend(file_findings(migration, dialect));
    }
    report
}

fn finding(kind: FindingKind, migration: Option<&str>, message: String) -> Finding {
    Finding {
        kind,
        weight: kind.weight(),
        migration: migration.map(str::to_owned),
        place: None,
        message,
        hint: None,
        diff: None,
    }
}

fn source_finding(problem: &SourceError) -> Finding {
    let kind = match problem {
        SourceError::Duplicate { .. } => FindingKind::Duplicate,
        SourceError::VersionTooLong { .. } => FindingKind::VersionTooLong,
        SourceError::Metadata { .. } | SourceError::NoRunInTransaction { .. } => {
            FindingKind::Settings
        }
        _ => FindingKind::Unreadable,
    };
    Finding {
        hint: problem.hint(),
        ..finding(kind, None, problem.to_string())
    }
}

/// Finds neighbours that Diesel, which compares text, runs in another order than their numbers.
fn order_findings(set: &MigrationSet) -> Vec<Finding> {
    let wrong = |pair: &[Migration]| {
        let [before, after] = pair else {
            return None;
        };
        let order = before.version.cmp_as_number(&after.version)?;
        order.is_gt().then(|| {
            let message = format!(
                "`{}` runs before `{}`, since versions compare as text",
                before.name, after.name
            );
            Finding {
                hint: Some(same_length(&before.version, &after.version)),
                ..finding(FindingKind::VersionOrder, Some(&before.name), message)
            }
        })
    };
    set.migrations().windows(2).filter_map(wrong).collect()
}

fn same_length(long: &Version, short: &Version) -> String {
    let width = long.as_str().len().max(short.as_str().len());
    format!(
        "give all versions the same number of digits, as `{:0>width$}`, before they are applied anywhere",
        short.as_str()
    )
}

fn file_findings(migration: &Migration, dialect: &'static dyn Dialect) -> Vec<Finding> {
    let mut findings: Vec<Finding> = migration
        .settings_error
        .iter()
        .map(source_finding)
        .collect();
    let bodies = [Some(&migration.up), migration.down.as_ref()];
    for text in bodies.into_iter().flatten().filter_map(Body::as_sql) {
        if text.is_template(dialect) {
            let message = format!("`{}` is still the template", text.path.display());
            findings.push(finding(
                FindingKind::Template,
                Some(&migration.name),
                message,
            ));
        }
    }
    let said = migration.settings.irreversible.is_some();
    if migration.is_irreversible(dialect) && !said && findings.is_empty() {
        let message = format!("`{}` has no way down and does not say so", migration.name);
        findings.push(Finding {
            hint: Some(say_irreversible(migration)),
            ..finding(FindingKind::Irreversible, Some(&migration.name), message)
        });
    }
    findings
}

fn say_irreversible(migration: &Migration) -> String {
    match &migration.up {
        Body::Sql(text) if text.first_line > 1 => {
            "write one, or say why there is none: `-- migrate:down irreversible WHY`".to_owned()
        }
        Body::Sql(text) => format!(
            "write one, or say why there is none: `printf 'run_in_transaction = {}\\nirreversible = \"WHY\"\\n' > {}`",
            migration.settings.run_in_transaction,
            text.metadata_path().display()
        ),
        Body::Rust(_) => "give it one: `RustMigration::with_down`".to_owned(),
    }
}

fn check_syntax(
    set: &MigrationSet,
    dialect: &'static dyn Dialect,
    report: &mut CheckReport,
    judge: &mut dyn FnMut(&Script) -> Result<Vec<SyntaxFinding>, BackendError>,
) -> Result<(), BackendError> {
    for migration in set.migrations() {
        let bodies = [Some(&migration.up), migration.down.as_ref()];
        for text in bodies.into_iter().flatten().filter_map(Body::as_sql) {
            match text.parse(dialect) {
                Err(error) => report.findings.push(lexical(migration, text, &error)),
                Ok(script) => {
                    let found = judge(&script)?;
                    let found = found
                        .iter()
                        .map(|found| grammatical(migration, text, &script, found));
                    report.findings.extend(found);
                    report.findings.extend(void(migration, text, &script));
                }
            }
        }
    }
    Ok(())
}

fn lexical(migration: &Migration, text: &SqlText, error: &crate::sql::SqlError) -> Finding {
    let position = error.position();
    Finding {
        place: Some(Place {
            file: text.path.display().to_string(),
            line: position.line,
            column: position.column,
        }),
        hint: error.hint(),
        ..finding(FindingKind::Syntax, Some(&migration.name), error.problem())
    }
}

fn grammatical(
    migration: &Migration,
    text: &SqlText,
    script: &Script,
    found: &SyntaxFinding,
) -> Finding {
    Finding {
        place: Some(Place::in_script(text, script, found.offset)),
        ..finding(
            FindingKind::Syntax,
            Some(&migration.name),
            found.message.clone(),
        )
    }
}

/// Finds a statement that means to switch foreign keys off where it cannot.
fn void(migration: &Migration, text: &SqlText, script: &Script) -> Option<Finding> {
    let settings = &migration.settings;
    let transactional = settings.run_in_transaction && !script.controls_transaction();
    if !transactional || settings.foreign_keys == ForeignKeys::Off {
        return None;
    }
    let index = script.foreign_keys_off()?;
    let place = Place::in_script(text, script, script.statements()[index].span.start);
    let error = PrepareError::ForeignKeysStayOn {
        place: place.clone(),
        setting: text.foreign_keys_off(),
    };
    let message = "inside a transaction SQLite passes over this, and foreign keys stay checked";
    Some(Finding {
        place: Some(place),
        hint: error.hint(),
        ..finding(
            FindingKind::Settings,
            Some(&migration.name),
            message.to_owned(),
        )
    })
}

fn check_entry(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
    entry: &StatusEntry,
    report: &mut CheckReport,
) -> Result<(), BackendError> {
    let name = Some(entry.name.as_str());
    if entry.has(Mark::Modified) || entry.has(Mark::Reformatted) {
        report.findings.push(modified(set, backend, tables, entry)?);
    }
    if entry.has(Mark::Missing) {
        let message = format!("`{}` is applied and no file has it", entry.name);
        report.findings.push(Finding {
            hint: Some("bring the file back, or check out the branch that has it".to_owned()),
            ..finding(FindingKind::Missing, name, message)
        });
    }
    if entry.has(Mark::Ahead) {
        let message = format!(
            "`{}` is applied and newer than every file: the database is ahead of these files",
            entry.name
        );
        report
            .findings
            .push(finding(FindingKind::Ahead, name, message));
    }
    if entry.has(Mark::OutOfOrder) {
        let message = format!("`{}` is pending and older than an applied one", entry.name);
        report.findings.push(Finding {
            hint: Some("`dieselkit up --allow-out-of-order`".to_owned()),
            ..finding(FindingKind::OutOfOrder, name, message)
        });
    }
    if entry.state == State::Interrupted || entry.statements_total.is_some() {
        report.findings.push(half_way(entry));
    }
    Ok(())
}

fn half_way(entry: &StatusEntry) -> Finding {
    let done = entry.statements_done.unwrap_or(0);
    let total = entry.statements_total.unwrap_or(0);
    let (way, verb) = if entry.has(Mark::HalfRolledBack) {
        ("way down", "rollback")
    } else {
        ("way up", "up")
    };
    let message = format!(
        "the {way} of `{}` stopped after statement {done} of {total}",
        entry.name
    );
    Finding {
        hint: Some(format!("`dieselkit {verb}`")),
        ..finding(FindingKind::Interrupted, Some(&entry.name), message)
    }
}

fn modified(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
    entry: &StatusEntry,
) -> Result<Finding, BackendError> {
    let (kind, message) = if entry.has(Mark::Modified) {
        let message = format!("`{}` was modified after it was applied", entry.name);
        (FindingKind::Modified, message)
    } else {
        let message = format!(
            "`{}` was reformatted after it was applied; its SQL is the same",
            entry.name
        );
        (FindingKind::Reformatted, message)
    };
    let stored = match entry.attempt {
        None => None,
        Some(attempt) => stored_sql(backend, tables, attempt)?.up,
    };
    let present = set.get(&entry.version).and_then(|file| file.up.as_sql());
    Ok(Finding {
        hint: (kind == FindingKind::Modified).then(|| {
            format!(
                "undo the change, or accept it: `dieselkit repair {} --reason \"…\"`",
                entry.version
            )
        }),
        diff: stored
            .zip(present)
            .map(|(stored, present)| unified_diff(&stored, present)),
        ..finding(kind, Some(&entry.name), message)
    })
}

fn unified_diff(stored: &str, present: &SqlText) -> String {
    let path = present.path.display().to_string();
    TextDiff::from_lines(stored, &*present.text)
        .unified_diff()
        .context_radius(3)
        .header(&format!("{path} (as it was applied)"), &path)
        .to_string()
}

#[cfg(test)]
mod tests;
