//! What the SQL of each file says to a parser, up and down.

use super::report::{CheckReport, Finding, FindingKind, finding};
use crate::backend::SyntaxFinding;
use crate::backend::error::BackendError;
use crate::migration::error::PrepareError;
use crate::migration::model::{Body, ForeignKeys, Migration, SqlText};
use crate::migration::place::Place;
use crate::migration::refusal::refusal;
use crate::migration::set::MigrationSet;
use crate::sql::{Dialect, Script};

pub(super) fn check_syntax(
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
                    report.findings.extend(refused(migration, text, &script));
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

/// Finds what no run accepts; templates are found among the files.
fn refused(migration: &Migration, text: &SqlText, script: &Script) -> Option<Finding> {
    let error = refusal(text, script)?;
    let place = error.place()?.clone();
    Some(Finding {
        place: Some(place),
        hint: error.hint(),
        ..finding(FindingKind::Refused, Some(&migration.name), error.problem())
    })
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
    Some(Finding {
        place: Some(place),
        hint: error.hint(),
        ..finding(
            FindingKind::Settings,
            Some(&migration.name),
            error.problem(),
        )
    })
}
