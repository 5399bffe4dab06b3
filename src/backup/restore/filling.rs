//! A new database, filled from a backup and compared with what is known of that.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;

use flate2::bufread::MultiGzDecoder;

use super::kind::{is_archive, refuse_cut_off, refuse_other_kind, refuse_start, start_of};
use super::needs::head_of_script;
use super::options::Doubts;
#[cfg(unix)]
use super::pipe::{self, Pipe};
use super::read::{Hashed, Proven};
use super::unfit_script::refuse_unfit_script;
use super::{Holder, RestoreBackupError, RestoreOptions, RestoreSource, RestoreTo};
use crate::backend::BackendError;
use crate::backend::address::{DatabaseAddress, Engine};
use crate::backend::dump::{Format, Hashing};
use crate::backend::restore::{
    Contents, Fitness, Lack, Place, Restore, RestoreError, RestoreRequest, Tidying, count,
    differences, fitness, leftovers, open_restore,
};
use crate::backup::Manifest;
use crate::backup::catalog::GLOBALS;
use crate::backup::pass::Watch;
use crate::backup::regular::other_than_file;
use crate::backup::verify::findings;
use crate::cancellation::Cancellation;
use crate::event::{Event, Observer};
use crate::shell::command;

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

/// What filling needs.
pub(super) struct Filling<'a> {
    pub(super) address: &'a DatabaseAddress,
    pub(super) source: &'a RestoreSource,
    pub(super) options: &'a RestoreOptions,
    pub(super) owner: String,
    pub(super) cancellation: &'a Cancellation,
    pub(super) observer: &'a mut dyn Observer,
}

/// A new database, and what was complained of without failing, or why it is of no use.
type Filled = (Box<dyn Restore>, Result<Vec<String>, RestoreBackupError>);

impl Filling<'_> {
    /// Makes a database, fills it, and compares it.
    pub(super) fn fill(&mut self, place: Place<'_>) -> Result<Filled, RestoreBackupError> {
        self.tidy(place)?;
        let fitness = self.prepare(place)?;
        let doubts = self.passed_over(&fitness)?;
        let new = open_restore(self.address, place, &self.request());
        let mut new = new.map_err(|error| self.or_taken(error))?;
        let filled = self.fill_and_compare(new.as_mut());
        let filled = filled.map(|complaints| [doubts, complaints].concat());
        Ok((new, filled))
    }

    /// Fills a new database, and returns what was complained of; refuses it where it is not what was
    /// backed up.
    fn fill_and_compare(
        &mut self,
        new: &mut dyn Restore,
    ) -> Result<Vec<String>, RestoreBackupError> {
        let source = self.source;
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
        let filled = match source {
            RestoreSource::Backup {
                folder, manifest, ..
            } => of_backup(new, folder, manifest, &mut watch),
            RestoreSource::File(path) => {
                of_file(new, path, &mut watch).map_err(|error| of_script(error, path))
            }
        };
        let cancellation = self.cancellation;
        let complaints = filled.map_err(|error| or_interrupted(error, cancellation))?;
        let findings = self.compared_and_analyzed(new)?;
        if findings.is_empty() {
            return Ok(complaints);
        }
        Err(RestoreBackupError::Different {
            source_name: source.to_string(),
            findings,
        })
    }

    /// Compares what was restored while the planner learns what is in it: either reads all of it, and
    /// keeps no more than one processor busy for most of the time.
    fn compared_and_analyzed(
        &mut self,
        new: &mut dyn Restore,
    ) -> Result<Vec<String>, RestoreBackupError> {
        let address = new.address().clone();
        thread::scope(|scope| {
            let analyzing = scope.spawn(|| new.analyze());
            let findings = self.differences(&address);
            let analyzed = analyzing.join();
            let findings = findings?;
            // One that differs is dropped, analyzed or not.
            if findings.is_empty() {
                analyzed.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok(findings)
        })
    }

    fn request(&self) -> RestoreRequest<'_> {
        request(self.options, &self.owner, self.cancellation)
    }

    /// Returns whether it can be restored there, of what can be restored at all. Nothing is made for
    /// that.
    pub(super) fn prepare(&self, place: Place<'_>) -> Result<Fitness, RestoreBackupError> {
        self.refuse_other_engine()?;
        self.source.refuse_absent()?;
        let engine = self.address.engine();
        if let (Engine::Sqlite, Some(role)) = (engine, &self.options.role) {
            let role = role.clone();
            return Err(RestoreBackupError::NoRoles { engine, role });
        }
        if let RestoreSource::File(path) = self.source {
            refuse_other_kind(path, engine)?;
            refuse_cut_off(path)?;
            if engine == Engine::Postgres {
                let head = head_of_script(path);
                refuse_unfit_script(path, &head, self.address.psql().as_deref())?;
            }
        }
        let request = self.request();
        let needs = self.source.needs(self.address, &request);
        let found = fitness(self.address, place, &needs, &request);
        let mut found = found.map_err(|error| self.or_taken(error))?;
        if self.options.to != RestoreTo::Replace {
            // Nothing loses its name to a scratch database.
            let is_of_names = |lack: &Lack| matches!(lack, Lack::NotOwned { .. });
            found.lacks.retain(|lack| !is_of_names(lack));
        }
        Ok(found)
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
        let RestoreSource::Backup {
            folder, manifest, ..
        } = self.source
        else {
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

    /// Returns the error of a restore, which tells of a name that is taken by itself.
    fn or_taken(&self, error: RestoreError) -> RestoreBackupError {
        match error {
            RestoreError::Backend(BackendError::DatabaseExists { name }) => {
                let holder = self.holder(&name);
                RestoreBackupError::Exists { name, holder }
            }
            error => error.into(),
        }
    }

    /// Returns which database has a name.
    fn holder(&self, name: &str) -> Holder {
        let own = self.address.own_name();
        if self.address.engine() != Engine::Sqlite {
            return if own == name {
                Holder::Own
            } else {
                Holder::Other
            };
        }
        let is_it = |path: &Path| is_one_file(path, Path::new(name));
        if self.source.files().iter().any(|path| is_it(path)) {
            Holder::Source
        } else if is_it(Path::new(&own)) {
            Holder::Own
        } else {
            Holder::Other
        }
    }

    /// Returns what is wrong with a database of which nothing is known but that it was to be filled: a
    /// script may take back all that it has done.
    fn emptiness(&self, new: &DatabaseAddress) -> Result<Vec<String>, RestoreBackupError> {
        let mut told = |_, _| {};
        let counted = count(new, Hashing::Skipped, self.cancellation, &mut told);
        let counted = counted.map_err(RestoreError::from)?;
        let is_empty = counted.facts.tables.is_empty() && counted.facts.sequences.is_empty();
        Ok(is_empty
            .then(|| "there is no table in it".to_owned())
            .into_iter()
            .collect())
    }

    fn differences(&mut self, new: &DatabaseAddress) -> Result<Vec<String>, RestoreBackupError> {
        let Some(manifest) = self.source.manifest() else {
            return self.emptiness(new);
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
        let counted = count(new, hashing, self.cancellation, &mut told);
        let counted = counted.map_err(RestoreError::from)?;
        let applied = &manifest.migrations.applied;
        Ok(differences(&manifest.facts, applied, &counted))
    }
}

/// Returns what an engine is asked for.
pub(super) fn request<'a>(
    options: &'a RestoreOptions,
    owner: &'a str,
    cancellation: &'a Cancellation,
) -> RestoreRequest<'a> {
    RestoreRequest {
        owners: options.owners,
        privileges: options.privileges,
        role: options.role.as_deref(),
        jobs: options.jobs,
        programs: &options.programs,
        owner,
        cancellation,
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
fn of_file(
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

/// Returns whether two paths lead to one file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let found = |path: &Path| path.canonicalize().ok();
    found(one).is_some_and(|one| Some(one) == found(other))
}

impl RestoreSource {
    /// Returns the files that it is in.
    fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Backup {
                folder, manifest, ..
            } => {
                let parts = manifest.parts.iter();
                parts.map(|part| folder.join(&part.file)).collect()
            }
            Self::File(path) => vec![path.clone()],
        }
    }

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
