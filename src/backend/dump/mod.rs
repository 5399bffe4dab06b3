//! Copies of a whole database: what an engine reads, and what it counts in the same moment.
//!
//! It knows no folder of backups, no manifest and no policy: it hands over bytes and facts. The
//! bytes are no copy before [`Dump::finish`] says so.

mod error;
mod facts;
mod format;

use std::io::Read;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::DumpError;
pub(crate) use error::no_room;
pub(super) use error::said;
pub use facts::{DatabaseFacts, SequenceFact, TableFact};
pub use format::{Format, Scope};

use super::Backend;
use super::address::DatabaseAddress;
use super::error::{BackendError, During};
use super::query::Query;
use super::tables::{DIESEL_TABLE, HISTORY_TABLE, METADATA_TABLE, Tables};
use crate::cancellation::Cancellation;
pub(crate) use crate::event::SHARING;
use crate::version::Version;

/// Where the engine's own programs are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Programs {
    /// `pg_dump` itself, where somebody says which; its companions are taken from its folder.
    pub pg_dump: Option<PathBuf>,
    /// The folders that a shell looks into, in its order: those of `PATH`.
    pub folders: Vec<PathBuf>,
}

/// Whether the contents of every table are hashed, which reads them once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hashing {
    /// The rows are counted alone.
    #[default]
    Skipped,
    /// Their contents are hashed too.
    Contents,
}

/// What is to be copied, and how.
#[derive(Debug, Clone)]
pub struct DumpRequest<'a> {
    /// How it is written down.
    pub format: Format,
    /// Which part of the database it holds.
    pub scope: &'a Scope,
    /// Whether contents are hashed.
    pub hashing: Hashing,
    /// A folder for what is needed meanwhile, on the disk of the copy: it is as large as that.
    pub scratch: &'a Path,
    /// The folder that [`Format::Directory`] is written into; it must not exist, or be empty.
    pub folder: Option<&'a Path>,
    /// How many tables [`Format::Directory`] writes at once.
    pub jobs: NonZeroU32,
    /// How hard `pg_dump` compresses where it does so itself, as it counts it; its own default
    /// where nothing is said.
    pub level: Option<u8>,
    /// Where `pg_dump` is.
    pub programs: &'a Programs,
    /// How long the locks of others on single tables, or on the file, are waited for.
    pub patience: Duration,
    /// What the session calls itself.
    pub owner: &'a str,
    /// Ends it before its time.
    pub cancellation: &'a Cancellation,
}

/// What is known of a copy from its moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The database's identity: the same under whatever address.
    pub identity: String,
    /// The database's own name.
    pub name: String,
    /// The engine and its version, as it calls itself.
    pub engine_version: String,
    /// The program that reads, where it is not this one.
    pub tool: Option<Tool>,
    /// The applied migrations, in order.
    pub applied: Vec<Version>,
    /// The migrations that stopped half way, in order: some of their statements have run.
    pub half_applied: Vec<Version>,
    /// The size of what is copied on its disk, in bytes: indexes count too, and nothing is
    /// compressed.
    pub database_bytes: u64,
}

/// What a database is known by beside the identity that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Itself {
    /// Its own name: on `SQLite` the file's, behind every link.
    pub(crate) name: String,
    /// The identity that it has without having been given one.
    pub(crate) derived: String,
    /// The one that is derived by whoever may ask for less, where this is another.
    pub(crate) derived_by_others: Option<String>,
}

/// A program of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Where it is.
    pub path: PathBuf,
    /// What it calls itself, without its own name: `15.14 (Debian 15.14-0+deb12u1)`.
    pub version: String,
}

/// A copy that is being made, of one moment that is fixed. Whoever drops it ends it, with all that
/// it started and all that it put down.
pub trait Dump: Send {
    /// Returns what is known from its moment on.
    fn moment(&self) -> &Moment;

    /// Returns the bytes of the copy, uncompressed but where the format is; once, and none of
    /// [`Format::Directory`]. Whoever has them reads them to their end, on a thread of its own
    /// where facts are counted meanwhile.
    fn reader(&mut self) -> Option<Box<dyn Read + Send>>;

    /// Counts what is in the database in that moment, telling how many tables of how many are
    /// done.
    ///
    /// # Errors
    /// `DumpError::Backend` where the database does not answer, `DumpError::Interrupted`; the copy
    /// is none then.
    fn facts(&mut self, told: &mut dyn FnMut(usize, usize)) -> Result<DatabaseFacts, DumpError>;

    /// Waits until all is written, and returns what was complained of although it is whole.
    ///
    /// # Errors
    /// `DumpError::ToolFailed`, `DumpError::Silent` and `DumpError::Damaged`: the copy is none.
    fn finish(self: Box<Self>) -> Result<Vec<String>, DumpError>;
}

/// Fixes the moment of a copy and begins to make it. It takes no lock of this tool.
///
/// # Errors
/// Each variant of [`DumpError`]; nothing is left behind but what `pg_dump` put into the folder.
pub fn open_dump(
    address: &DatabaseAddress,
    request: &DumpRequest<'_>,
) -> Result<Box<dyn Dump>, DumpError> {
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(postgres) => super::postgres::open_dump(postgres, request),
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(sqlite) => super::sqlite::open_dump(sqlite, request),
    }
}

/// Returns the program that a copy would be made with, where the engine needs one.
///
/// # Errors
/// `DumpError::ToolMissing`, `DumpError::ToolTooOld`, and `DumpError::Backend` where the server cannot
/// be asked for its version.
#[cfg_attr(
    not(feature = "postgres"),
    expect(clippy::unnecessary_wraps, reason = "a server may not answer")
)]
pub(crate) fn reader(
    address: &DatabaseAddress,
    programs: &Programs,
) -> Result<Option<Tool>, DumpError> {
    // Only one of the engines has programs.
    let _ = programs;
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(postgres) => {
            super::postgres::reader(postgres, programs).map(Some)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(_) => Ok(None),
    }
}

/// Reads a copy again that is an archive, to its end and as a restore would, and returns what is
/// wrong with it. What is no archive is not looked at.
///
/// # Errors
/// `DumpError::ToolMissing` and its like where nothing reads it, and `DumpError::Interrupted`: then
/// nothing is known of it.
pub fn archive_findings(
    archive: &Path,
    moment: &Moment,
    request: &DumpRequest<'_>,
) -> Result<Vec<String>, DumpError> {
    match &moment.tool {
        #[cfg(feature = "postgres")]
        Some(tool) if request.format.is_archive() => {
            super::postgres::archive_findings(archive, tool, request)
        }
        _ => {
            // Only one of the engines has archives.
            let _ = (archive, request);
            Ok(Vec::new())
        }
    }
}

/// What belongs to a whole server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Globals {
    /// The SQL that makes it.
    pub text: Vec<u8>,
    /// What is missing in it, or was complained of, a line each.
    pub complaints: Vec<String>,
}

/// Returns the SQL that makes what belongs to the whole server: its roles, with the hashes of their
/// passwords where the user may see them, and its tablespaces. None where the engine has no server.
///
/// # Errors
/// As [`open_dump`], and `DumpError::Silent` where the end of the text is missing.
pub fn globals(
    address: &DatabaseAddress,
    request: &DumpRequest<'_>,
) -> Result<Option<Globals>, DumpError> {
    // Only one of the engines has programs.
    let _ = request;
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(postgres) => {
            super::postgres::globals(postgres, request).map(Some)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(_) => Ok(None),
    }
}

/// Asks a database what it is known by beside the identity that it was given.
///
/// # Errors
/// `BackendError::Query` where a server does not tell.
#[cfg_attr(
    not(feature = "postgres"),
    expect(clippy::unnecessary_wraps, reason = "a server may not answer")
)]
pub(crate) fn itself(
    address: &DatabaseAddress,
    backend: &mut dyn Backend,
) -> Result<Itself, BackendError> {
    // Only a server is asked: a file is known by where it is.
    let _ = &backend;
    match address {
        #[cfg(feature = "postgres")]
        DatabaseAddress::Postgres(_) => super::postgres::itself(backend),
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(sqlite) => Ok(super::sqlite::itself(sqlite)),
    }
}

/// Returns the identity that the database was given by its first writing command.
pub(super) fn given_identity(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Option<String>, BackendError> {
    if !tables.has_metadata {
        return Ok(None);
    }
    let query = format!(
        "SELECT value FROM {} WHERE key = 'identity'",
        tables.qualified(METADATA_TABLE)
    );
    let action = "read the database's identity";
    let rows = backend
        .load(&Query::new(query))
        .reading(action, backend, tables)?;
    let value = rows.first().map(|row| row.optional_text(0)).transpose();
    Ok(value.during(action)?.flatten())
}

/// Returns the applied migrations, in order.
pub(crate) fn applied(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Vec<Version>, BackendError> {
    if !tables.has_diesel {
        return Ok(Vec::new());
    }
    let query = format!("SELECT version FROM {}", tables.qualified(DIESEL_TABLE));
    versions(backend, tables, query)
}

/// Returns the migrations whose last attempt stopped half way, in order: without a transaction some
/// of their statements have run all the same.
pub(crate) fn half_applied(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Vec<Version>, BackendError> {
    if !tables.has_history {
        return Ok(Vec::new());
    }
    let history = tables.qualified(HISTORY_TABLE);
    let query = format!(
        "SELECT h.version FROM {history} AS h \
         WHERE (h.status = 'RUNNING' OR h.status = 'FAILED' AND NOT h.transactional AND h.statements_done > 0) \
         AND h.id = (SELECT max(l.id) FROM {history} AS l WHERE l.version = h.version)"
    );
    versions(backend, tables, query)
}

fn versions(
    backend: &mut dyn Backend,
    tables: &Tables,
    query: String,
) -> Result<Vec<Version>, BackendError> {
    let action = "read which migrations are applied";
    let rows = backend
        .load(&Query::new(query))
        .reading(action, backend, tables)?;
    let versions: Result<Vec<_>, _> = rows.iter().map(|row| row.text(0)).collect();
    let versions = versions.during(action)?;
    let mut versions: Vec<_> = versions
        .iter()
        .map(|text| Version::from_name(text))
        .collect();
    versions.sort();
    Ok(versions)
}

#[cfg(test)]
pub(crate) mod tests;
