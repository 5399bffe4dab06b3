//! Which file a table's rows go into: the one that is there, or the next.

use std::fs;
use std::path::Path;

use super::choice::{Choice, Chosen};
use super::error::CaptureError;
use super::options::{CaptureInto, CaptureOptions, Existing};
use super::target::Target;
use crate::backend::rows::TableName;
use crate::environment::Environment;
use crate::file_kind::OtherThanFile;
use crate::seed::number::{Numbers, file_names};
use crate::seed::rows::{Format, Layout};
use crate::seed::scaffold::run_together;
use crate::seed::sidecar;

const FORMATS: [Format; 3] = [Format::Csv, Format::JsonLines, Format::Json];

/// Returns where each table's rows go.
pub(super) fn targets(
    choice: &Choice,
    into: &CaptureInto,
    options: &CaptureOptions,
) -> Result<Vec<Target>, CaptureError> {
    let targets = match into {
        CaptureInto::File(path) => {
            let format = format_of(path)?;
            vec![Target::at(path.clone(), format)]
        }
        CaptureInto::Environment { root, environment } => {
            numbered(choice, (root, environment), options.format)?
        }
    };
    for target in &targets {
        check(target, options)?;
    }
    Ok(targets)
}

/// Returns the format that a file's name says.
pub(super) fn format_of(path: &Path) -> Result<Format, CaptureError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy());
    ending
        .and_then(|ending| Format::from_extension(&ending))
        .ok_or_else(|| CaptureError::UnknownFormat {
            path: path.to_owned(),
        })
}

/// Refuses a file that is there, unless it may be replaced, and one that would be read otherwise
/// than it is written.
fn check(target: &Target, options: &CaptureOptions) -> Result<(), CaptureError> {
    let path = target.path();
    if options.existing == Existing::Refuse && path.exists() {
        return Err(CaptureError::Exists {
            path: path.to_owned(),
        });
    }
    match options.format {
        Some(format) if format != target.format() => Err(CaptureError::OtherFormat {
            path: path.to_owned(),
            format: format.extension(),
        }),
        _ => check_settings(&path.with_extension("toml")),
    }
}

/// Refuses settings beside a file that say how it is read.
fn check_settings(path: &Path) -> Result<(), CaptureError> {
    if OtherThanFile::at(path).is_some() {
        return Ok(());
    }
    let Ok(text) = fs::read_to_string(path) else {
        return Ok(());
    };
    // What cannot be read stops `seed` anyway.
    match sidecar::parse(path, &text) {
        Ok(settings) if settings.layout != Layout::default() => Err(CaptureError::ReadOtherwise {
            settings: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Returns a file a table: the one that is there, or one with the next number.
fn numbered(
    choice: &Choice,
    (root, environment): (&Path, &Environment),
    format: Option<Format>,
) -> Result<Vec<Target>, CaptureError> {
    let folder = root.join(environment.name());
    let there = file_names(&folder).map_err(|error| failed(&folder, error))?;
    let together = run_together(root, Some(environment)).map_err(|error| failed(root, error))?;
    let mut numbers = Numbers::of_folders(root, together).map_err(|error| failed(root, error))?;
    let used_up = || CaptureError::NumbersUsedUp {
        root: root.to_owned(),
    };
    let mut targets = Vec::new();
    for table in &choice.tables {
        let said = said(&table.shape.name)?;
        let target = if let Some((name, format)) = known(&there, &said) {
            Target::at(folder.join(name), format)
        } else {
            let number = numbers.take().ok_or_else(used_up)?;
            let format = format.unwrap_or(Format::Csv);
            let name = format!("{number}_{said}.{}", format.extension());
            Target::at(folder.join(name), format)
        };
        targets.push(target);
    }
    refuse_other_order(&choice.tables, &targets)?;
    Ok(targets)
}

/// Finds the file that a table has.
fn known<'a>(there: &'a [String], said: &str) -> Option<(&'a String, Format)> {
    there.iter().find_map(|name| {
        let format = FORMATS.into_iter().find(|format| {
            let ending = format!("_{said}.{}", format.extension());
            let number = name.strip_suffix(&ending);
            number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        })?;
        Some((name, format))
    })
}

/// Refuses a file that is there and stands before one to which its rows refer.
fn refuse_other_order(tables: &[Chosen], targets: &[Target]) -> Result<(), CaptureError> {
    for (table, target) in tables.iter().zip(targets) {
        let references = table.references_in_order();
        for reference in references.filter(|reference| !reference.deferrable) {
            let mut others = tables.iter().zip(targets);
            let parent = others.find(|(other, _)| other.shape.name == reference.to);
            if let Some((_, parent)) = parent.filter(|(_, one)| one.path() > target.path()) {
                return Err(CaptureError::OutOfOrder {
                    path: target.path().to_owned(),
                    parent: parent.path().to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Returns a table's name as a file name says it. The schema where everything lies by default is
/// left out.
fn said(table: &TableName) -> Result<String, CaptureError> {
    let parts = table.schema.iter().chain([&table.name]);
    if parts
        .into_iter()
        .any(|part| part.contains(['.', '/', '\\', '"']))
    {
        return Err(CaptureError::UnusableName {
            table: table.to_string(),
        });
    }
    Ok(match table.schema.as_deref() {
        None | Some("public") => table.name.clone(),
        Some(_) => table.to_string(),
    })
}

fn failed(path: &Path, source: std::io::Error) -> CaptureError {
    CaptureError::Write {
        path: path.to_owned(),
        source,
    }
}
