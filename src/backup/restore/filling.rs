//! A new database, filled from a backup and compared with what is known of that.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Seek as _};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::options::Doubts;
use super::read::Hashed;
use super::{RestoreBackupError, RestoreOptions, RestoreSource};
use crate::backend::BackendError;
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{Format, Hashing};
use crate::backend::restore::{
    Contents, Fitness, Lack, Place, Restore, RestoreError, RestoreRequest, Tidying, count,
    differences, fitness, leftovers, open_restore,
};
use crate::backup::Manifest;
use crate::backup::catalog::GLOBALS;
use crate::backup::pass::Watch;
use crate::backup::verify::findings;
use crate::cancellation::Cancellation;
use crate::event::{Event, Observer};
use crate::shell::command;

/// How much is read of a file at once, in bytes.
const BUFFER: usize = 256 * 1024;
/// What a gzip file begins with (RFC 1952, 2.3.1).
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];
/// What a file of `SQLite` begins with (<https://www.sqlite.org/fileformat.html>, 1.3).
const SQLITE: &[u8] = b"SQLit";
/// What the names of files add that hold a part of what is in a file of `SQLite`.
const LOGS: [&str; 2] = ["-wal", "-journal"];
/// What an archive of `pg_dump` begins with.
pub(super) const ARCHIVE: &[u8] = b"PGDMP";

/// What filling needs.
pub(super) struct Filling<'a> {
    pub(super) address: &'a DatabaseAddress,
    pub(super) source: &'a RestoreSource,
    pub(super) options: &'a RestoreOptions,
    pub(super) owner: &'a str,
    pub(super) cancellation: &'a Cancellation,
    pub(super) observer: &'a mut dyn Observer,
}

/// A new database, what was complained of, and in what it differs from what was backed up.
type Filled = (Box<dyn Restore>, Vec<String>, Vec<String>);

impl<'a> Filling<'a> {
    /// Makes a database, fills it, and compares it.
    pub(super) fn fill(&mut self, place: Place<'_>) -> Result<Filled, RestoreBackupError> {
        let source = self.source;
        self.tidy(place)?;
        let fitness = self.prepare(place)?;
        let mut warnings = self.passed_over(&fitness)?;
        let mut new = open_restore(self.address, place, &self.request()).map_err(or_taken)?;
        if let Some(manifest) = source.manifest() {
            new.make_ready(&manifest.scope, &manifest.facts)?;
        }
        let id = source.to_string();
        self.observer.observe(&Event::RestoreStarted {
            id: id.clone(),
            bytes: source.manifest().map_or(0, Manifest::bytes),
        });
        let observer = &mut *self.observer;
        let mut watch = Watch {
            cancellation: self.cancellation,
            progress: &mut |bytes| {
                observer.observe(&Event::RestoreProgressed {
                    id: id.clone(),
                    bytes,
                });
            },
        };
        let complaints = match source {
            RestoreSource::Backup { folder, manifest } => {
                of_backup(new.as_mut(), folder, manifest, &mut watch)?
            }
            RestoreSource::File(path) => of_file(new.as_mut(), path, &mut watch)?,
        };
        warnings.extend(complaints);
        let findings = self.differences(new.as_ref())?;
        if findings.is_empty() {
            new.analyze()?;
        }
        Ok((new, warnings, findings))
    }

    fn request(&self) -> RestoreRequest<'a> {
        RestoreRequest {
            owners: self.options.owners,
            privileges: self.options.privileges,
            role: self.options.role.as_deref(),
            jobs: self.options.jobs,
            programs: &self.options.programs,
            owner: self.owner,
            cancellation: self.cancellation,
        }
    }

    /// Returns whether it can be restored there, of what can be restored at all. Nothing is made for
    /// that.
    pub(super) fn prepare(&self, place: Place<'_>) -> Result<Fitness, RestoreBackupError> {
        self.refuse_other_engine()?;
        self.source.refuse_absent()?;
        let request = self.request();
        let needs = self.source.needs(self.address, &request);
        fitness(self.address, place, &needs, &request).map_err(or_taken)
    }

    /// Returns what stands in the way and is passed over, where nothing else does.
    pub(super) fn passed_over(&self, fitness: &Fitness) -> Result<Vec<String>, RestoreBackupError> {
        let is_doubt =
            |lack: &Lack| self.options.doubts == Doubts::PassOver && lack.may_be_passed_over();
        let (doubts, lacks): (Vec<Lack>, Vec<Lack>) =
            fitness.lacks.iter().cloned().partition(is_doubt);
        if lacks.is_empty() {
            return Ok(doubts.iter().map(ToString::to_string).collect());
        }
        Err(RestoreBackupError::Unfit {
            source_name: self.source.to_string(),
            lacks,
            makes_roles: self.makes_roles(fitness),
        })
    }

    /// Returns the command that makes the roles of a backup, where they were backed up beside it.
    fn makes_roles(&self, fitness: &Fitness) -> Option<String> {
        let RestoreSource::Backup { folder, manifest } = self.source else {
            return None;
        };
        let mut parts = manifest.parts.iter();
        let part = parts.find(|part| part.file.ends_with(GLOBALS))?;
        let file = folder.join(&part.file);
        let psql = fitness.psql.as_deref()?;
        Some(command(&format!("gunzip --stdout {{}} | {psql}"), &[&file]))
    }

    /// Removes what restores that were killed left: it has room that this one may need.
    fn tidy(&mut self, place: Place<'_>) -> Result<(), RestoreBackupError> {
        for leftover in leftovers(self.address, place, Tidying::Remove)? {
            self.observer.observe(&Event::LeftoverFound { leftover });
        }
        Ok(())
    }

    fn refuse_other_engine(&self) -> Result<(), RestoreBackupError> {
        let engine = self.address.engine().to_string();
        match self.source.manifest() {
            Some(manifest) if manifest.database.engine != engine => {
                Err(RestoreBackupError::OtherEngine {
                    source_name: self.source.to_string(),
                    theirs: manifest.database.engine.clone(),
                    ours: engine,
                })
            }
            _ => Ok(()),
        }
    }

    fn differences(&mut self, new: &dyn Restore) -> Result<Vec<String>, RestoreBackupError> {
        let Some(manifest) = self.source.manifest() else {
            return Ok(Vec::new());
        };
        let mut tables = manifest.facts.tables.iter();
        let hashing = if tables.any(|table| table.content_hash.is_some()) {
            Hashing::Contents
        } else {
            Hashing::Skipped
        };
        let observer = &mut *self.observer;
        let mut told = |counted, tables| {
            observer.observe(&Event::TablesCounted {
                id: manifest.id.to_string(),
                counted,
                tables,
            });
        };
        let counted = count(new.address(), hashing, self.cancellation, &mut told);
        let counted = counted.map_err(RestoreError::from)?;
        let applied = &manifest.migrations.applied;
        Ok(differences(&manifest.facts, applied, &counted))
    }
}

/// Returns the error of a restore, which tells of a name that is taken by itself.
fn or_taken(error: RestoreError) -> RestoreBackupError {
    match error {
        RestoreError::Backend(BackendError::DatabaseExists { name }) => {
            RestoreBackupError::Exists { name }
        }
        error => error.into(),
    }
}

/// Fills from a backup, whose files have to be what they were.
fn of_backup(
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
    let file = open(&folder.join(&part.file))?;
    let mut hashed = Hashed::of(file, watch);
    let inflated = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, &mut hashed));
    let filled = stream(new, inflated);
    let sha256 = hashed.finish().map(|hash| hash.to_string());
    // What has changed on disk is worth more than what the engine says of it.
    if sha256.as_ref().is_ok_and(|hash| *hash != part.sha256) {
        return Err(RestoreBackupError::Changed {
            source_name: id(),
            findings: vec![format!("`{}` is not what it was", part.file)],
        });
    }
    filled
}

fn archive(folder: &Path, manifest: &Manifest) -> PathBuf {
    folder.join(format!("{}.{}", manifest.id, manifest.format.extension()))
}

/// Fills from a file of which nothing is known but what it begins with.
fn of_file(
    new: &mut dyn Restore,
    path: &Path,
    watch: &mut Watch<'_>,
) -> Result<Vec<String>, RestoreBackupError> {
    // A folder is what `pg_dump --format=directory` writes.
    if path.is_dir() {
        return Ok(new.fill(Contents::Archive(path))?);
    }
    let mut file = open(path)?;
    let mut start = Vec::new();
    let begun = file.by_ref().take(5).read_to_end(&mut start);
    begun
        .and_then(|_| file.rewind())
        .map_err(|source| unreadable(path, source))?;
    if start.starts_with(ARCHIVE) {
        return Ok(new.fill(Contents::Archive(path))?);
    }
    if start.starts_with(SQLITE) {
        refuse_unfinished(path)?;
    }
    let hashed = Hashed::of(file, watch);
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

fn open(path: &Path) -> Result<File, RestoreBackupError> {
    File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => RestoreBackupError::NoFile {
            path: path.to_owned(),
        },
        _ => unreadable(path, source),
    })
}

fn unreadable(path: &Path, source: std::io::Error) -> RestoreBackupError {
    RestoreError::File {
        action: "read",
        path: path.to_owned(),
        source,
    }
    .into()
}

impl RestoreSource {
    /// Refuses a file that is not there, before anything is made.
    fn refuse_absent(&self) -> Result<(), RestoreBackupError> {
        match self {
            Self::File(path) if !path.exists() => {
                Err(RestoreBackupError::NoFile { path: path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Returns how it is written down, where that is known.
    pub fn format(&self) -> Option<Format> {
        self.manifest().map(|manifest| manifest.format)
    }
}
