//! Makes a planned seed ready to run: holds what its file says against the database. Nothing runs
//! before all of a plan's seeds are ready.
//!
//! How a file is read is known to `read`.

use super::error::{SeedError, UnfitSeed};
use super::model::Seed;
use super::named::{self, Unfit};
use super::order::Filled;
use super::read::{Fits, Said, Stamp, read};
use super::sidecar::Sidecar;
use super::template::{Lent, Rendered};
use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::backend::rows::{Column, Load, LoadMode, TableName, TableShape};
use crate::backend::tables::quote_identifier;
use crate::environment::Protection;
use crate::sql::{Checksum, Script};

/// A seed that can run.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) seed: &'a Seed,
    pub(crate) checksum: Checksum,
    /// What it was filled with, where it is a template.
    pub(crate) rendered: Option<Rendered>,
    /// Its file when it was looked at.
    pub(crate) stamp: Stamp,
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

impl Rows {
    /// Returns what is loaded, and how.
    pub(crate) fn load(&self) -> Load<'_> {
        Load {
            table: &self.table,
            columns: &self.columns,
            key: &self.key,
            mode: self.mode,
        }
    }
}

impl Prepared<'_> {
    /// Returns the table that it fills, where that is known before it runs.
    pub(crate) fn table(&self) -> Option<&TableShape> {
        self.filled().map(|filled| filled.table)
    }

    /// Returns the table that it fills, and in which columns, where that is known before it runs.
    pub(crate) fn filled(&self) -> Option<Filled<'_>> {
        match &self.work {
            Work::Sql(_) => None,
            Work::Rows(rows) => Some(Filled {
                table: &rows.table,
                columns: &rows.columns,
            }),
        }
    }
}

/// Makes a seed ready to run.
pub(crate) fn prepare<'a>(
    backend: &mut dyn Backend,
    (seed, lent): (&'a Seed, &Lent),
    checksum: Checksum,
    protection: Protection,
) -> Result<Prepared<'a>, SeedError> {
    let unfit = |source| SeedError::Unfit {
        name: seed.name.clone(),
        source,
    };
    let read = read(backend, (seed, lent), protection)?;
    let work = match read.said {
        Said::Statements(script) => Work::Sql(script),
        Said::Rows { file, sidecar } => {
            let table = table(backend, sidecar)?.map_err(unfit)?;
            let rows = fit(table, file.columns(), sidecar).map_err(unfit)?;
            if rows.mode == LoadMode::Replace && !sidecar.cascade {
                unless_it_deletes_further(backend, seed, &rows)?.map_err(unfit)?;
            }
            Work::Rows(rows)
        }
    };
    Ok(Prepared {
        seed,
        checksum,
        rendered: read.rendered,
        stamp: read.stamp,
        work,
    })
}

/// Refuses to delete rows to which rows of other tables refer that would go with them.
fn unless_it_deletes_further(
    backend: &mut dyn Backend,
    seed: &Seed,
    rows: &Rows,
) -> Result<Fits<()>, BackendError> {
    let referring = backend
        .deletes_further(&rows.table)
        .during("ask what refers to a table")?;
    if referring.is_empty() {
        return Ok(Ok(()));
    }
    Ok(Err(UnfitSeed::DeletesFurther {
        table: rows.table.name.to_string(),
        referring,
        settings: seed.settings(),
    }))
}

fn table(backend: &mut dyn Backend, sidecar: &Sidecar) -> Result<Fits<TableShape>, BackendError> {
    let nameless = || TableName {
        schema: None,
        name: String::new(),
    };
    let name = sidecar.table.clone().unwrap_or_else(nameless);
    let table = name.to_string();
    Ok(named::table(backend, &name)?.map_err(|unfit| match unfit {
        Unfit::Bookkeeping => UnfitSeed::Bookkeeping { table },
        Unfit::View => UnfitSeed::View { view: table },
        Unfit::Absent { similar } => UnfitSeed::NoTable { table, similar },
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
            columns: names(table),
        }),
    }
}

fn names(table: &TableShape) -> Vec<String> {
    let columns = table.columns.iter();
    columns.map(|column| column.name.clone()).collect()
}

fn key(table: &TableShape, columns: &[String], sidecar: &Sidecar) -> Fits<Vec<String>> {
    let name = || table.name.to_string();
    let key = match (&sidecar.key, table.primary_key()) {
        (Some(key), _) => {
            if let Some(column) = key.iter().find(|column| table.column(column).is_none()) {
                return Err(UnfitSeed::UnknownKey {
                    table: name(),
                    column: column.clone(),
                    columns: names(table),
                });
            }
            key.clone()
        }
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
