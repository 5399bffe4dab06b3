//! What a new database is filled with: a backup's files, which have to be what they were, or a file of
//! which nothing is known but what it begins with.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::RestoreBackupError;
use super::kind::{is_archive, refuse_start, start_of};
#[cfg(unix)]
use super::pipe::{self, Pipe};
use super::read::{Hashed, Proven};
use crate::backend::restore::{Contents, Restore, RestoreError};
use crate::backup::Manifest;
use crate::backup::pass::Watch;
use crate::backup::regular::other_than_file;
use crate::backup::verify::findings;
use crate::cancellation::Cancellation;

/// How much is read of a file at once, in bytes.
pub(super) const BUFFER: usize = 256 * 1024;
/// What a gzip file begins with (RFC 1952, 2.3.1).
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];
/// What a file of `SQLite` begins with (<https://www.sqlite.org/fileformat.html>, 1.3).
const SQLITE: &[u8] = b"SQLit";
/// What the names of files add that hold a part of what is in a file of `SQLite`.
const LOGS: [&str; 2] = ["-wal", "-journal"];
/// What an archive of `pg_dump` begins with.
pub(super) const ARCHIVE: &[u8] = b"PGDMP";

/// Fills from a backup, whose files have to be what they were.
pub(super) fn of_backup(
    new: &mut dyn Restore,
    folder: &Path,
    manifest: &Manifest,
    watch: &mut Watch<'_>,
) -> Result<Vec<String>, RestoreBackupError> {
    let id = || manifest.id.to_string();
    if !manifest.format.is_compressed_here() {
        let found = findings(folder, &manifest.parts, watch)?;
        let found = found.ok_or(RestoreError::Interrupted)?;
        if !found.is_empty() {
            return Err(RestoreBackupError::Changed {
                source_name: id(),
                findings: found,
            });
        }
        return Ok(new.fill(Contents::Archive(&archive(folder, manifest)))?);
    }
    let [part, ..] = manifest.parts.as_slice() else {
        return Err(RestoreBackupError::Changed {
            source_name: id(),
            findings: vec!["it names no file".to_owned()],
        });
    };
    let path = folder.join(&part.file);
    if let Some(other) = other_than_file(&path) {
        return Err(RestoreBackupError::Changed {
            source_name: id(),
            findings: vec![format!("`{}` is {other}", part.file)],
        });
    }
    let file = open(&path, watch.cancellation)?;
    let mut hashed = Hashed::of(file, watch);
    let mut proven = Proven::of(&mut hashed, BUFFER, &part.sha256);
    let filled = new.fill(Contents::Backup(&mut proven));
    let sha256 = hashed.finish().map(|hash| hash.to_string());
    // What has changed on disk is worth more than what the engine says of it.
    if sha256.as_ref().is_ok_and(|hash| *hash != part.sha256) {
        return Err(RestoreBackupError::Changed {
            source_name: id(),
            findings: vec![format!("`{}` is not what it was", part.file)],
        });
    }
    Ok(filled?)
}

fn archive(folder: &Path, manifest: &Manifest) -> PathBuf {
    folder.join(format!("{}.{}", manifest.id, manifest.format.extension()))
}

/// Fills from a file of which nothing is known but what it begins with.
pub(super) fn of_file(
    new: &mut dyn Restore,
    path: &Path,
    watch: &mut Watch<'_>,
) -> Result<Vec<String>, RestoreBackupError> {
    // A folder is what `pg_dump --format=directory` writes.
    if path.is_dir() {
        return Ok(new.fill(Contents::Archive(path))?);
    }
    let mut file = open(path, watch.cancellation)?;
    let start = start_of(file.by_ref());
    let start = start.map_err(|source| no_start(path, watch.cancellation, source))?;
    if !path.is_file() {
        refuse_start(path, &start, new.address().engine())?;
    }
    if is_archive(&start) {
        return Ok(new.fill(Contents::Archive(path))?);
    }
    if start.starts_with(SQLITE) {
        refuse_unfinished(path)?;
    }
    // What comes out of a pipe comes once.
    let hashed = Hashed::of(start.as_slice().chain(file), watch);
    if start.starts_with(GZIP) {
        let buffered = BufReader::with_capacity(BUFFER, hashed);
        return stream_of_something(new, MultiGzDecoder::new(buffered));
    }
    stream_of_something(new, hashed)
}

/// Refuses a database file of which a part lies in a log beside it: by itself it is another state, or
/// none.
fn refuse_unfinished(path: &Path) -> Result<(), RestoreBackupError> {
    let logs = LOGS.map(|ending| {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        PathBuf::from(log)
    });
    let holds_something = |log: &PathBuf| log.metadata().is_ok_and(|found| found.len() > 0);
    match logs.into_iter().find(holds_something) {
        None => Ok(()),
        Some(log) => Err(RestoreBackupError::Unfinished {
            path: path.to_owned(),
            log,
        }),
    }
}

/// Fills from what is not empty: no bytes at all are a whole database to `SQLite`, and without a
/// manifest nobody would notice.
fn stream_of_something(
    new: &mut dyn Restore,
    reader: impl Read,
) -> Result<Vec<String>, RestoreBackupError> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    match reader.fill_buf() {
        Ok([]) => {
            let source = std::io::Error::new(ErrorKind::UnexpectedEof, "there is nothing in it");
            Err(RestoreError::Unreadable { source }.into())
        }
        Ok(_) => stream(new, reader),
        Err(source) => Err(RestoreError::Unreadable { source }.into()),
    }
}

fn stream(new: &mut dyn Restore, mut reader: impl Read) -> Result<Vec<String>, RestoreBackupError> {
    Ok(new.fill(Contents::Stream(&mut reader))?)
}

/// Opens a file, or a pipe that somebody may write to.
fn open<'a>(
    path: &Path,
    cancellation: &'a Cancellation,
) -> Result<Box<dyn Read + 'a>, RestoreBackupError> {
    #[cfg(unix)]
    if pipe::is_pipe(path) {
        let opened = Pipe::open(path, cancellation);
        let opened = opened.map_err(|source| unreadable(path, source))?;
        return Ok(Box::new(opened));
    }
    // Only a pipe is waited for.
    let _ = cancellation;
    let file = File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => RestoreBackupError::NoFile {
            path: path.to_owned(),
        },
        _ => unreadable(path, source),
    })?;
    Ok(Box::new(file))
}

/// Returns why not even the first bytes of a file can be read.
fn no_start(
    path: &Path,
    cancellation: &Cancellation,
    source: std::io::Error,
) -> RestoreBackupError {
    match source.kind() {
        _ if cancellation.is_cancelled() => RestoreError::Interrupted.into(),
        ErrorKind::TimedOut => RestoreBackupError::NoWriter {
            path: path.to_owned(),
            source,
        },
        _ => unreadable(path, source),
    }
}

pub(super) fn unreadable(path: &Path, source: std::io::Error) -> RestoreBackupError {
    RestoreError::File {
        action: "read",
        path: path.to_owned(),
        source,
    }
    .into()
}

/// Returns that the restore was interrupted where that is why nothing more was read.
pub(super) fn or_interrupted(
    error: RestoreBackupError,
    cancellation: &Cancellation,
) -> RestoreBackupError {
    match error {
        RestoreBackupError::Restore(RestoreError::Unreadable { .. })
            if cancellation.is_cancelled() =>
        {
            RestoreError::Interrupted.into()
        }
        error => error,
    }
}

/// Returns an error with the script that it is about, where that can be read again.
pub(super) fn of_script(error: RestoreBackupError, path: &Path) -> RestoreBackupError {
    match error {
        RestoreBackupError::Restore(error) if path.is_file() => error.of_script(path).into(),
        error => error,
    }
}
