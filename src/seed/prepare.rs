//! Makes a planned seed ready to run: reads it, and holds it against the database. Nothing runs
//! before all of a plan's seeds are ready.

use std::fs;
use std::path::Path;

use super::error::{SeedError, UnfitSeed};
use super::file::DataFile;
use super::model::{Content, Seed};
use super::sidecar::Sidecar;
use super::template;
use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::backend::rows::{Column, LoadMode, TableName, TableShape};
use crate::backend::tables::quote_identifier;
use crate::environment::Protection;
use crate::migration::Place;
use crate::sql::{Checksum, Script};

/// A seed that can run.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) seed: &'a Seed,
    pub(crate) checksum: Checksum,
    /// The size of its file.
    pub(crate) bytes: u64,
    pub(crate) work: Work,
}

/// What a seed does.
#[derive(Debug)]
pub(crate) enum Work {
    Sql(Script),
    Rows(Rows),
}

/// The rows of a data file and where they go.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: TableShape,
    /// In the order of the file.
    pub(crate) columns: Vec<String>,
    pub(crate) key: Vec<String>,
    pub(crate) mode: LoadMode,
}

impl Prepared<'_> {
    /// Returns the table that it fills, where that is known before it runs.
    pub(crate) fn table(&self) -> Option<&TableShape> {
        match &self.work {
            Work::Sql(_) => None,
            Work::Rows(rows) => Some(&rows.table),
        }
    }
}

/// Makes a seed ready to run.
pub(crate) fn prepare<'a>(
    backend: &mut dyn Backend,
    seed: &'a Seed,
    checksum: Checksum,
    protection: Protection,
) -> Result<Prepared<'a>, SeedError> {
    let unfit = |source| SeedError::Unfit {
        name: seed.name.clone(),
        source,
    };
    let bytes = fs::metadata(&seed.path)
        .map_err(|error| unfit(unreadable(&seed.path, &error)))?
        .len();
    let work = match &seed.content {
        Content::Sql { text, .. } => Work::Sql(script(backend, &seed.path, text)?.map_err(unfit)?),
        Content::Rows { format, sidecar } => {
            if sidecar.mode == LoadMode::Replace && protection == Protection::Protected {
                return Err(unfit(UnfitSeed::ReplaceInProtected));
            }
            let file = DataFile::open(&seed.path, *format, sidecar).map_err(unfit)?;
            if template::names_it(file.columns()) {
                return Err(unfit(still_the_template(&seed.path)));
            }
            let table = table(backend, sidecar)?.map_err(unfit)?;
            Work::Rows(fit(table, file.columns(), sidecar).map_err(unfit)?)
        }
    };
    Ok(Prepared {
        seed,
        checksum,
        bytes,
        work,
    })
}

type Fits<T> = Result<T, UnfitSeed>;

fn script(
    backend: &mut dyn Backend,
    path: &Path,
    text: &str,
) -> Result<Fits<Script>, BackendError> {
    let script = match Script::parse(text, 1, backend.dialect()) {
        Ok(script) => script,
        Err(error) => {
            return Ok(Err(UnfitSeed::Malformed {
                place: Place::at(path, error.position()),
                message: error.problem(),
            }));
        }
    };
    if script.is_empty() && template::is_template(text) {
        return Ok(Err(still_the_template(path)));
    }
    if script.controls_transaction() {
        return Ok(Err(UnfitSeed::ControlsTransaction));
    }
    let found = backend.syntax_findings(&script)?.into_iter().next();
    Ok(match found {
        None => Ok(script),
        Some(finding) => Err(UnfitSeed::Malformed {
            place: Place::at(path, script.position(finding.offset)),
            message: finding.message,
        }),
    })
}

fn still_the_template(path: &Path) -> UnfitSeed {
    UnfitSeed::Template {
        path: path.to_owned(),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> UnfitSeed {
    UnfitSeed::Unreadable {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

fn table(backend: &mut dyn Backend, sidecar: &Sidecar) -> Result<Fits<TableShape>, BackendError> {
    let nameless = || TableName {
        schema: None,
        name: String::new(),
    };
    let name = sidecar.table.clone().unwrap_or_else(nameless);
    let shape = backend
        .table_shape(&name)
        .during("ask what a table is like")?;
    Ok(shape.ok_or_else(|| UnfitSeed::NoTable {
        table: name.to_string(),
    }))
}

/// Holds a file's columns against a table.
fn fit(table: TableShape, columns: &[String], sidecar: &Sidecar) -> Fits<Rows> {
    if columns.is_empty() {
        // A JSON file without an object names none, and has no row to want any.
        let given = table.columns.iter().filter(|column| !column.computed);
        let all: Vec<String> = given.map(|column| column.name.clone()).collect();
        return fit(table, &all, sidecar);
    }
    let name = table.name.to_string();
    for column in columns {
        refuse_column(&table, column)?;
    }
    let key = key(&table, columns, sidecar)?;
    let lacks = |column: &&Column| {
        !column.nullable
            && !column.has_default
            && !column.computed
            && !columns.contains(&column.name)
    };
    if let Some(column) = table.columns.iter().find(lacks) {
        return Err(UnfitSeed::MissingColumn {
            table: name,
            column: column.name.clone(),
        });
    }
    Ok(Rows {
        columns: columns.to_vec(),
        key,
        mode: sidecar.mode,
        table,
    })
}

fn refuse_column(table: &TableShape, column: &str) -> Fits<()> {
    match table.column(column) {
        Some(known) if known.computed => Err(UnfitSeed::ComputedColumn {
            table: table.name.to_string(),
            column: column.to_owned(),
        }),
        Some(_) => Ok(()),
        None => Err(UnfitSeed::UnknownColumn {
            table: table.name.to_string(),
            column: column.to_owned(),
            columns: table
                .columns
                .iter()
                .map(|known| known.name.clone())
                .collect(),
        }),
    }
}

fn key(table: &TableShape, columns: &[String], sidecar: &Sidecar) -> Fits<Vec<String>> {
    let name = || table.name.to_string();
    let key = match (&sidecar.key, table.primary_key()) {
        (Some(key), _) => key.clone(),
        (None, Some(key)) => key.to_vec(),
        (None, None) => return Err(UnfitSeed::NoKey { table: name() }),
    };
    if let Some(column) = key.iter().find(|column| !columns.contains(column)) {
        return Err(UnfitSeed::KeyNotInFile {
            table: name(),
            column: column.clone(),
        });
    }
    if table.is_unique(&key) {
        return Ok(key);
    }
    Err(UnfitSeed::KeyNotUnique {
        table: name(),
        cure: unique_index(&table.name, &key),
        key,
    })
}

fn unique_index(table: &TableName, key: &[String]) -> String {
    let quoted: Vec<String> = key.iter().map(|column| quote_identifier(column)).collect();
    format!(
        "CREATE UNIQUE INDEX {} ON {} ({});",
        quote_identifier(&format!("{}_{}_key", table.name, key.join("_"))),
        table.quoted(),
        quoted.join(", ")
    )
}
