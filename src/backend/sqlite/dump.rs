//! A copy of a `SQLite` database: made by `SQLite` itself beside writers, checked, and counted.

mod count;
mod facts;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use tempfile::TempDir;
use uuid::Uuid;

use super::address::SqliteAddress;
use super::database::establish;
use super::probe::{self, Format as FileFormat};
use super::uri::uri;
use crate::backend::address::{DatabaseAddress, Engine};
use crate::backend::dump::{
    self, DatabaseFacts, Dump, DumpError, DumpRequest, Format, Hashing, Itself, Moment,
};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::backend::{Access, Backend, Database};
use crate::cancellation::Cancellation;
pub(in crate::backend) use count::count;

/// What the folder of a copy is called, so that whoever cleans up knows whose it is: this, the
/// number of the process, and something by chance.
const SCRATCH: &str = ".dieselkit-scratch-";
/// The copy in it.
const COPY: &str = "copy.sqlite";
/// What identities are derived from where no database was given one.
const IDENTITIES: Uuid = Uuid::from_u128(0x1d84_6b57_90fe_4c13_a2d5_73c0_5b9e_f468);

/// A copy at rest, gone when dropped.
struct SqliteDump {
    connection: SqliteConnection,
    reader: Option<Box<dyn Read + Send>>,
    moment: Moment,
    complaints: Vec<String>,
    hashing: Hashing,
    cancellation: Cancellation,
    /// Goes last, when nothing in it is open any more.
    _scratch: TempDir,
}

/// Copies a database as it is at one moment, and checks the copy.
pub(in crate::backend) fn open_dump(
    address: &SqliteAddress,
    request: &DumpRequest<'_>,
) -> Result<Box<dyn Dump>, DumpError> {
    refuse(address, request)?;
    let scratch = scratch_folder(request.scratch)?;
    let copy = scratch.path().join(COPY);
    let format = probe::format(address.path());
    let copied = copy_into(&copy, address, request.patience);
    copied.map_err(|error| error.or_no_room(request.scratch))?;
    if request.cancellation.is_cancelled() {
        return Err(DumpError::Interrupted);
    }
    let mut connection = open_copy(&copy, format)?;
    refuse_damage(&mut connection, address)?;
    let complaints = connection.broken_foreign_keys()?;
    let file = File::open(&copy).map_err(|source| failure("read", &copy, source))?;
    Ok(Box::new(SqliteDump {
        moment: moment(&mut connection, address, &file)?,
        connection,
        reader: Some(Box::new(file)),
        complaints,
        hashing: request.hashing,
        cancellation: request.cancellation.clone(),
        _scratch: scratch,
    }))
}

/// Returns what a file is known by: its name, and an identity of its path, behind every link.
pub(in crate::backend) fn itself(address: &SqliteAddress) -> Itself {
    let file = behind_links(address.path());
    let path = file.as_os_str().as_encoded_bytes();
    Itself {
        name: file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        derived: Uuid::new_v5(&IDENTITIES, path).to_string(),
        derived_by_others: None,
    }
}

/// Returns whether at a path there is a file, and another than the one of the address.
pub(in crate::backend) fn another_is_at(address: &SqliteAddress, path: &Path) -> bool {
    path.canonicalize()
        .is_ok_and(|there| there != behind_links(address.path()))
}

/// Returns where a file is; one that is absent is where its path says.
fn behind_links(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

fn refuse(address: &SqliteAddress, request: &DumpRequest<'_>) -> Result<(), DumpError> {
    let engine = Engine::Sqlite;
    if address.is_memory() {
        return Err(DumpError::InMemory);
    }
    if request.format != Format::Sqlite {
        let format = request.format;
        return Err(DumpError::OtherFormat { format, engine });
    }
    if !request.scope.is_whole() {
        return Err(DumpError::NoScope { engine });
    }
    Ok(())
}

fn scratch_folder(parent: &Path) -> Result<TempDir, DumpError> {
    let mut builder = tempfile::Builder::new();
    let prefix = format!("{SCRATCH}{}-", std::process::id());
    builder.prefix(&prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let parent = std::path::absolute(parent).unwrap_or_else(|_| parent.to_owned());
    let made = builder.tempdir_in(&parent);
    made.map_err(|source| failure("make room for a copy in", &parent, source))
}

/// Copies what is committed, and nothing else: readers and writers in WAL mode go on, and without
/// it writers wait. The file may be read as one at rest, and then the copy counts if it was.
fn copy_into(copy: &Path, address: &SqliteAddress, patience: Duration) -> Result<(), DumpError> {
    let name = copy.to_str().ok_or_else(|| {
        let source = std::io::Error::other("its path is no text");
        failure("copy the database into", copy, source)
    })?;
    let source = DatabaseAddress::Sqlite(address.clone());
    let mut database = Database::open(&source, Access::ReadOnly)?;
    let copied = database.read(Some(patience), |backend| {
        // What was copied before did not count; a file of somebody's lock stays the file that it is.
        if copy.exists() {
            let emptied = std::fs::OpenOptions::new().write(true).open(copy);
            let _ = emptied.and_then(|file| file.set_len(0));
        }
        backend.wait_at_most(patience)?;
        // Nothing is written into the database, and yet a copy counts as writing.
        let copied = backend
            .batch_execute("PRAGMA query_only = OFF")
            .and_then(|()| backend.execute(&Query::new("VACUUM INTO ?").bind(name)));
        copied.map(drop).during("copy the database")
    })?;
    Ok(copied?)
}

/// Copies what is committed into a file that is there and empty, in the mode that the database is in.
pub(super) fn copy_whole(
    copy: &Path,
    address: &SqliteAddress,
    patience: Duration,
) -> Result<(), DumpError> {
    let format = probe::format(address.path());
    copy_into(copy, address, patience)?;
    Ok(open_copy(copy, format).map(drop)?)
}

/// Opens the copy, in the mode that the database is in.
fn open_copy(copy: &Path, format: FileFormat) -> Result<SqliteConnection, BackendError> {
    let mut connection = establish(&SqliteAddress::new(copy), &uri(copy, "mode=rw"))?;
    if format == FileFormat::WriteAhead {
        Backend::batch_execute(&mut connection, "PRAGMA journal_mode = WAL")
            .during("prepare the copy")?;
    }
    Ok(connection)
}

fn refuse_damage(
    connection: &mut SqliteConnection,
    address: &SqliteAddress,
) -> Result<(), DumpError> {
    let rows = connection.load(&Query::new("PRAGMA integrity_check(10)"));
    let findings = rows.and_then(|rows| {
        rows.iter()
            .map(|row| row.text(0))
            .collect::<Result<Vec<_>, DatabaseError>>()
    });
    let findings = findings.during("check the copy")?;
    if findings == ["ok"] {
        return Ok(());
    }
    Err(DumpError::Damaged {
        target: address.to_string(),
        findings,
    })
}

fn moment(
    connection: &mut SqliteConnection,
    address: &SqliteAddress,
    copy: &File,
) -> Result<Moment, DumpError> {
    let tables = connection.find_tables()?;
    let given = dump::given_identity(connection, &tables)?;
    let Itself { name, derived, .. } = itself(address);
    let version = connection.load(&Query::new("SELECT sqlite_version()"));
    let version = version.and_then(|rows| rows.first().map(|row| row.text(0)).transpose());
    let version = version.during("ask for the engine's version")?;
    Ok(Moment {
        identity: given.unwrap_or(derived),
        name,
        engine_version: format!("SQLite {}", version.unwrap_or_default()),
        tool: None,
        applied: dump::applied(connection, &tables)?,
        half_applied: dump::half_applied(connection, &tables)?,
        database_bytes: copy.metadata().map(|found| found.len()).unwrap_or_default(),
    })
}

impl Dump for SqliteDump {
    fn moment(&self) -> &Moment {
        &self.moment
    }

    fn reader(&mut self) -> Option<Box<dyn Read + Send>> {
        self.reader.take()
    }

    fn facts(&mut self, told: &mut dyn FnMut(usize, usize)) -> Result<DatabaseFacts, DumpError> {
        let counting = (self.hashing, &self.cancellation);
        count::database(&mut self.connection, counting, told)
    }

    fn finish(self: Box<Self>) -> Result<Vec<String>, DumpError> {
        if self.cancellation.is_cancelled() {
            return Err(DumpError::Interrupted);
        }
        Ok(self.complaints)
    }
}

fn failure(action: &'static str, path: &Path, source: std::io::Error) -> DumpError {
    DumpError::File {
        action,
        path: PathBuf::from(path),
        source,
    }
}

#[cfg(test)]
mod tests;
