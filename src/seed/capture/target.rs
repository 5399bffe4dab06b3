//! The files into which rows are captured: their names, and that none is ever seen half written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::choice::Choice;
use super::error::CaptureError;
use super::options::{CaptureInto, Existing};
use crate::backend::rows::TableName;
use crate::environment::Environment;
use crate::seed::number::{Numbers, file_names};
use crate::seed::scaffold::run_together;

/// A file that is written under another name, and is gone unless it is kept.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    partial: PathBuf,
}

impl Target {
    fn at(path: PathBuf) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = path.with_file_name(format!(".{name}.partial"));
        Self { path, partial }
    }

    pub(super) fn create(&self) -> Result<File, CaptureError> {
        File::create(&self.partial).map_err(|error| self.failed(error))
    }

    /// Returns that it could not be written.
    pub(super) fn failed(&self, source: std::io::Error) -> CaptureError {
        failed(&self.path, source)
    }

    /// Gives the file its name.
    pub(super) fn keep(self) -> Result<PathBuf, CaptureError> {
        fs::rename(&self.partial, &self.path).map_err(|error| self.failed(error))?;
        Ok(self.path.clone())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.partial);
    }
}

fn failed(path: &Path, source: std::io::Error) -> CaptureError {
    CaptureError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Returns where each table's rows go.
pub(super) fn targets(
    choice: &Choice,
    into: &CaptureInto,
    existing: Existing,
) -> Result<Vec<Target>, CaptureError> {
    let paths = match into {
        CaptureInto::File(path) => vec![path.clone()],
        CaptureInto::Environment { root, environment } => numbered(choice, root, environment)?,
    };
    match paths.iter().find(|path| path.exists()) {
        Some(path) if existing == Existing::Refuse => {
            Err(CaptureError::Exists { path: path.clone() })
        }
        _ => Ok(paths.into_iter().map(Target::at).collect()),
    }
}

/// Returns a file a table: the one that is there, or one with the next number.
fn numbered(
    choice: &Choice,
    root: &Path,
    environment: &Environment,
) -> Result<Vec<PathBuf>, CaptureError> {
    let folder = root.join(environment.name());
    let there = file_names(&folder).map_err(|error| failed(&folder, error))?;
    let together = run_together(root, Some(environment)).map_err(|error| failed(root, error))?;
    let mut numbers = Numbers::of_folders(root, together).map_err(|error| failed(root, error))?;
    let mut paths = Vec::new();
    for table in &choice.tables {
        let ending = format!("{}.csv", said(&table.shape.name)?);
        let known = there.iter().find(|name| is_seed_named(name, &ending));
        let name = if let Some(name) = known {
            name.clone()
        } else {
            let number = numbers.take().ok_or_else(|| CaptureError::NumbersUsedUp {
                root: root.to_owned(),
            })?;
            format!("{number}_{ending}")
        };
        paths.push(folder.join(name));
    }
    Ok(paths)
}

/// Returns whether a file's name is a number and this ending.
fn is_seed_named(name: &str, ending: &str) -> bool {
    let number = name.strip_suffix(ending);
    let number = number.and_then(|rest| rest.strip_suffix('_'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns a table's name as a file name says it. The schema where everything lies by default is
/// left out.
fn said(table: &TableName) -> Result<String, CaptureError> {
    let parts = table.schema.iter().chain([&table.name]);
    if parts
        .into_iter()
        .any(|part| part.contains(['.', '/', '\\']))
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
