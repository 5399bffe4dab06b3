//! What the SQL of each file says to a parser, up and down.
//!
//! Whose parser it is the caller knows: the one that is compiled in, or a server's.

use super::report::{Finding, FindingKind, finding};
use crate::backend::SyntaxFinding;
use crate::backend::error::BackendError;
use crate::migration::error::PrepareError;
use crate::migration::model::{ForeignKeys, Migration, SqlText};
use crate::migration::place::Place;
use crate::migration::refusal::refusal;
use crate::migration::set::MigrationSet;
use crate::sql::{Dialect, Script, SqlError};

/// Returns what is wrong with the SQL of all files, as far as lexer and judge can tell.
pub(super) fn check_syntax(
    set: &MigrationSet,
    dialect: &'static dyn Dialect,
    mut judge: impl FnMut(&Script) -> Result<Vec<SyntaxFinding>, BackendError>,
) -> Result<Vec<Finding>, BackendError> {
    let mut findings = Vec::new();
    for migration in set.migrations() {
        for text in migration.texts() {
            match text.parse(dialect) {
                Err(error) => findings.push(lexical(migration, text, &error)),
                Ok(script) => {
                    let judged = judge(&script)?;
                    let wrong = judged
                        .iter()
                        .map(|found| grammatical(migration, text, &script, found));
                    findings.extend(wrong);
                    findings.extend(void(migration, text, &script));
                    findings.extend(refused(migration, text, &script));
                }
            }
        }
    }
    Ok(findings)
}

fn lexical(migration: &Migration, text: &SqlText, error: &SqlError) -> Finding {
    Finding {
        place: Some(Place::at(&text.path, error.position())),
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
    let place = Place::of_statement(text, script, index);
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
