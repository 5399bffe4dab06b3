//! What is to be captured, and where it goes.

use std::path::PathBuf;
use std::time::Duration;

use super::error::CaptureError;
use super::method::Anonymize;
use super::naming::format_of;
use crate::cancellation::Cancellation;
use crate::environment::Environment;
use crate::seed::rows::Format;

/// What is to be captured.
#[derive(Debug, Clone, Default)]
pub struct CaptureOptions {
    pub(super) tables: Vec<String>,
    pub(super) filter: Option<String>,
    pub(super) limit: Option<u64>,
    pub(super) anonymize: Vec<Anonymize>,
    pub(super) references: References,
    pub(super) existing: Existing,
    pub(super) format: Option<Format>,
    pub(super) cancellation: Cancellation,
    pub(super) lock_wait: Option<Duration>,
}

/// Whether the rows that captured rows refer to are taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum References {
    /// Where several tables are named.
    #[default]
    OfSeveral,
    /// Always.
    Follow,
}

/// What is done where a file of the table is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Existing {
    /// It is an error.
    #[default]
    Refuse,
    /// It is written anew.
    Replace,
}

/// Where captured rows go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureInto {
    /// One table's rows into this file, which ends in `.csv`, `.jsonl` or `.json`.
    File(PathBuf),
    /// A file a table in an environment's folder, numbered so that parents come first.
    Environment {
        /// The folder of the environments' folders.
        root: PathBuf,
        /// Whose seeds they become.
        environment: Environment,
    },
}

impl CaptureInto {
    /// Returns the folder in which files are made.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Self::File(path) => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            },
            Self::Environment { root, environment } => root.join(environment.name()),
        }
    }
}

impl CaptureOptions {
    /// Captures these tables, each `table` or `schema.table`.
    pub fn of(tables: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            tables: tables.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Takes only the rows of the one table for which this SQL condition is true.
    pub fn filter(mut self, condition: impl Into<String>) -> Self {
        self.filter = Some(condition.into());
        self
    }

    /// Takes at most so many rows of each named table, in key order.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Writes other values in place of a column's.
    pub fn anonymize(mut self, columns: impl IntoIterator<Item = Anonymize>) -> Self {
        self.anonymize.extend(columns);
        self
    }

    /// Takes the rows along that captured rows refer to, as is done where several tables are named.
    pub fn with_references(mut self) -> Self {
        self.references = References::Follow;
        self
    }

    /// Writes a file anew that is there.
    pub fn replace_existing(mut self) -> Self {
        self.existing = Existing::Replace;
        self
    }

    /// Writes files of this format. Where none is asked for, a file's name says it, and a new one is
    /// CSV.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Ends, with no file changed, when this asks for it.
    pub fn with_cancellation(mut self, cancellation: Cancellation) -> Self {
        self.cancellation = cancellation;
        self
    }

    /// Says how long to wait for another program that keeps readers out. Where nobody says it, the
    /// engine does.
    pub fn with_lock_wait(mut self, lock_wait: Duration) -> Self {
        self.lock_wait = Some(lock_wait);
        self
    }

    pub(super) fn follows_references(&self) -> bool {
        self.references == References::Follow || self.tables.len() > 1
    }

    /// Refuses what cannot be meant, before a database is asked.
    pub(super) fn check(&self, into: &CaptureInto) -> Result<(), CaptureError> {
        if self.tables.len() != 1 && self.filter.is_some() {
            return Err(CaptureError::FilterOfSeveral);
        }
        match into {
            CaptureInto::File(_) if self.tables.len() != 1 || self.follows_references() => {
                Err(CaptureError::SeveralIntoOne)
            }
            CaptureInto::File(path) => match self.format {
                Some(format) if format != format_of(path)? => Err(CaptureError::OtherFormat {
                    path: path.clone(),
                    format: format.extension(),
                }),
                _ => format_of(path).map(drop),
            },
            CaptureInto::Environment { .. } => Ok(()),
        }
    }
}
