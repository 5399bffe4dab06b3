//! Makes the file of a new seed.
//!
//! Its text is known to `blank`, and how it is read back to `source`.

mod error;

use std::path::{Path, PathBuf};

pub use error::SeedScaffoldError;

use super::blank;
use super::number::{Numbers, file_names};
use super::source::COMMON;
use crate::environment::Environment;
use crate::migration::{Claim, snake_case, write_new};

/// What a new seed is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeedFormat {
    /// Statements.
    #[default]
    Sql,
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// One JSON array of objects.
    Json,
}

impl SeedFormat {
    fn extension(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Json => "json",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Sql => blank::SQL,
            Self::Csv => blank::CSV,
            Self::JsonLines => blank::JSON_LINES,
            Self::Json => blank::JSON,
        }
    }
}

/// What a new seed is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeed {
    /// Its name, which is made `snake_case`; of a data file the table, or `schema.table`.
    pub name: String,
    /// Whose it is; every environment's where none is given.
    pub environment: Option<Environment>,
    /// What it is written in.
    pub format: SeedFormat,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScaffoldedSeed {
    /// Folder and file, as it will be tracked.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// Makes the file of a new seed below `root`, behind all that run with it.
///
/// # Errors
/// `SeedScaffoldError`; a file that exists is never overwritten.
pub fn scaffold_seed(root: &Path, wanted: &NewSeed) -> Result<ScaffoldedSeed, SeedScaffoldError> {
    let words = words(wanted).ok_or_else(|| SeedScaffoldError::UnusableName {
        name: wanted.name.clone(),
    })?;
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| SeedScaffoldError::Write { path, source }
    };
    let claim = Claim::on(root).map_err(at(root))?;
    let folders = run_together(root, wanted.environment.as_ref()).map_err(at(root))?;
    let mut numbers = Numbers::of_folders(root, folders).map_err(at(root))?;
    let number = numbers
        .take()
        .ok_or_else(|| SeedScaffoldError::NumbersUsedUp {
            root: root.to_owned(),
        })?;
    let folder = folder_of(wanted.environment.as_ref());
    let file_name = format!("{number}_{words}.{}", wanted.format.extension());
    let path = root.join(folder).join(&file_name);
    write_new(&path, wanted.format.template()).map_err(at(&path))?;
    drop(claim);
    Ok(ScaffoldedSeed {
        name: format!("{folder}/{file_name}"),
        path,
    })
}

/// Returns the name that the file gets; the dot of `schema.table` stays one.
fn words(wanted: &NewSeed) -> Option<String> {
    if wanted.format == SeedFormat::Sql {
        return snake_case(&wanted.name);
    }
    let parts: Option<Vec<_>> = wanted.name.splitn(2, '.').map(snake_case).collect();
    Some(parts?.join("."))
}

fn folder_of(environment: Option<&Environment>) -> &str {
    environment.map_or(COMMON, Environment::name)
}

/// Returns the folders whose seeds may run together with those of one.
pub(super) fn run_together(
    root: &Path,
    environment: Option<&Environment>,
) -> std::io::Result<Vec<String>> {
    match environment {
        Some(environment) => Ok(vec![COMMON.to_owned(), environment.name().to_owned()]),
        None => Ok(file_names(root)?
            .into_iter()
            .filter(|name| root.join(name).is_dir())
            .collect()),
    }
}

#[cfg(test)]
mod tests;
