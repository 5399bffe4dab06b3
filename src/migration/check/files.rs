//! What the files alone say: versions, settings, ways down, templates.
//!
//! Pure.

use super::report::{CheckReport, Finding, FindingKind, finding};
use crate::migration::error::SourceError;
use crate::migration::model::{Body, Migration, SqlText};
use crate::migration::set::MigrationSet;
use crate::shell::command;
use crate::sql::Dialect;
use crate::version::Version;

/// Returns what the files alone say, their SQL left unread but for templates.
pub(super) fn of_files(set: &MigrationSet, dialect: &'static dyn Dialect) -> CheckReport {
    let mut report = CheckReport {
        migrations: set.migrations().len(),
        ..CheckReport::default()
    };
    let unusable = set.problems().iter().chain(set.unread_settings());
    report.findings.extend(unusable.map(source_finding));
    report.findings.extend(order_findings(set));
    for migration in set.migrations() {
        report.findings.extend(file_findings(migration, dialect));
    }
    report
}

fn source_finding(problem: &SourceError) -> Finding {
    let kind = match problem {
        SourceError::Duplicate { .. } => FindingKind::Duplicate,
        SourceError::VersionTooLong { .. } => FindingKind::VersionTooLong,
        SourceError::Metadata { .. }
        | SourceError::NoRunInTransaction { .. }
        | SourceError::SettingsAlone { .. }
        | SourceError::SettingsOfSingleFile { .. } => FindingKind::Settings,
        _ => FindingKind::Unreadable,
    };
    Finding {
        hint: problem.hint(),
        ..finding(kind, None, problem.to_string())
    }
}

/// Finds neighbours among the numbers that Diesel, which compares text, runs in another order.
///
/// A version that is no number may stand between two of them.
fn order_findings(set: &MigrationSet) -> Vec<Finding> {
    let all = set.migrations().iter();
    let numbers: Vec<&Migration> = all
        .filter(|migration| migration.version.is_numeric())
        .collect();
    let wrong = |pair: &[&Migration]| {
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
    numbers.windows(2).filter_map(wrong).collect()
}

/// Returns the advice that gives two versions of different length one order.
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
    for text in migration.texts() {
        if text.is_template(dialect) {
            let message = format!("`{}` is still the template", text.path.display());
            findings.push(Finding {
                hint: Some(written(migration, text)),
                ..finding(FindingKind::Template, Some(&migration.name), message)
            });
        }
    }
    findings.extend(nothing_to_apply(migration, dialect));
    let said = migration.settings.irreversible.is_some();
    if migration.is_irreversible(dialect) && !said && findings.is_empty() {
        let message = format!("`{}` has no way down and does not say so", migration.name);
        findings.push(Finding {
            hint: Some(say_irreversible(migration, "one")),
            ..finding(FindingKind::Irreversible, Some(&migration.name), message)
        });
    }
    findings
}

/// Returns what is to be done with a file that is still the template.
fn written(migration: &Migration, text: &SqlText) -> String {
    let is_up = migration.up.as_sql().is_some_and(|up| up.path == text.path);
    if is_up {
        return format!(
            "write the migration into `{}`, then run `dieselkit up`",
            text.path.display()
        );
    }
    say_irreversible(migration, "the way down")
}

/// Finds a way up of comments alone, which Diesel takes as well: its template is one.
fn nothing_to_apply(migration: &Migration, dialect: &'static dyn Dialect) -> Option<Finding> {
    let up = migration.up.as_sql()?;
    if !up.is_empty(dialect) || up.is_template(dialect) {
        return None;
    }
    let message = format!(
        "`{}` holds no statement: applying it does nothing",
        up.path.display()
    );
    Some(Finding {
        hint: Some(
            "write the migration; one that is meant to do nothing says so by a statement: `SELECT 1;`"
                .to_owned(),
        ),
        ..finding(FindingKind::Empty, Some(&migration.name), message)
    })
}

/// Returns how the migration, in its own layout, says that it has no way down.
fn say_irreversible(migration: &Migration, what: &str) -> String {
    match &migration.up {
        Body::Sql(text) if text.first_line > 1 => {
            format!("write {what}, or say why there is none: `-- migrate:down irreversible WHY`")
        }
        Body::Sql(text) => format!(
            "write {what}, or say why there is none: {}",
            command(
                "printf 'run_in_transaction = {}\\nirreversible = \"WHY\"\\n' > {}",
                &[
                    &migration.settings.run_in_transaction.to_string(),
                    &text.metadata_path()
                ]
            )
        ),
        Body::Rust(_) => "give it one: `RustMigration::with_down`".to_owned(),
    }
}
