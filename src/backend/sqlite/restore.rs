//! The way back of a `SQLite` database: a new file beside, filled, checked, and given its name.

mod leftovers;
mod users;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::address::SqliteAddress;
use super::alone::Alone;
use super::database::{COMPANIONS, companion, establish};
use super::uri::uri;
use crate::backend::Backend as _;
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{DumpError, Format};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::backend::restore::{
    Contents, Fitness, Needs, Place, Restore, RestoreError, RestoreRequest, Room, free_bytes,
};
use crate::cancellation::Cancellation;
use leftovers::BEFORE;

pub(in crate::backend) use leftovers::leftovers;

/// A new file, of a name of its own until it is whole.
struct SqliteRestore {
    file: PathBuf,
    /// The lock on it, which says that somebody is at work.
    _held: File,
    /// The name that it will have, where that is none of an old one.
    into: Option<PathBuf>,
    shown: DatabaseAddress,
    original: SqliteAddress,
    cancellation: Cancellation,
    /// Whether it stays when this goes.
    kept: bool,
}

/// Makes an empty file, in a folder that is there.
pub(in crate::backend) fn open_restore(
    original: &SqliteAddress,
    place: Place<'_>,
    request: &RestoreRequest<'_>,
) -> Result<Box<dyn Restore>, RestoreError> {
    if original.is_memory() {
        return Err(DumpError::InMemory.into());
    }
    let old = behind_links(original.path());
    let into = match place {
        Place::Into(path) => Some(PathBuf::from(path)),
        Place::Beside => None,
    };
    let target = into.as_ref().unwrap_or(&old);
    if into.is_some() && is_taken(target) {
        return Err(taken(target));
    }
    let (file, held) =
        leftovers::make(target, &old).map_err(|(path, source)| failure("make", &path, source))?;
    Ok(Box::new(SqliteRestore {
        shown: DatabaseAddress::Sqlite(SqliteAddress::new(&file)),
        file,
        _held: held,
        into,
        original: original.clone(),
        cancellation: request.cancellation.clone(),
        kept: false,
    }))
}

/// Returns how much room there is where the new file goes.
pub(in crate::backend) fn fitness(
    original: &SqliteAddress,
    place: Place<'_>,
    needs: &Needs,
) -> Result<Fitness, RestoreError> {
    let target = match place {
        Place::Into(path) => PathBuf::from(path),
        Place::Beside => behind_links(original.path()),
    };
    if matches!(place, Place::Into(_)) && is_taken(&target) {
        return Err(taken(&target));
    }
    let folder = leftovers::folder_of(&target);
    Ok(Fitness::default().with_room(Room {
        needed_bytes: needs.bytes,
        free_bytes: free_bytes(&folder),
        folder: Some(folder),
    }))
}

/// Returns where a database is kept that was replaced at a time: beside it, behind every link.
pub(in crate::backend) fn kept_as(original: &SqliteAddress, time: &str) -> SqliteAddress {
    let target = behind_links(original.path());
    SqliteAddress::new(companion(&target, &format!("{BEFORE}{time}")))
}

/// Returns whether something has a name, and be it a link into nowhere.
fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn taken(path: &Path) -> RestoreError {
    let name = path.display().to_string();
    BackendError::DatabaseExists { name }.into()
}

/// Returns the file behind every link: what replaces it replaces no link.
fn behind_links(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

impl Restore for SqliteRestore {
    fn address(&self) -> &DatabaseAddress {
        &self.shown
    }

    fn fill(&mut self, contents: Contents<'_>) -> Result<Vec<String>, RestoreError> {
        let Contents::Stream(reader) = contents else {
            let format = Format::Custom;
            return Err(RestoreError::OtherFormat { format });
        };
        let opened = OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&self.file);
        let mut file = opened.map_err(|source| failure("write", &self.file, source))?;
        pour(reader, &mut file).map_err(|error| match error {
            Pouring::Unreadable(source) => RestoreError::Unreadable { source },
            Pouring::Unwritable(source) => failure("write", &self.file, source),
        })?;
        file.sync_all()
            .map_err(|source| failure("write", &self.file, source))?;
        if self.cancellation.is_cancelled() {
            return Err(RestoreError::Interrupted);
        }
        self.refuse_damage()?;
        Ok(Vec::new())
    }

    /// What is known of the contents is in the copy.
    fn analyze(&mut self) -> Result<(), RestoreError> {
        Ok(())
    }

    fn keep(mut self: Box<Self>) -> Result<DatabaseAddress, RestoreError> {
        if let Some(into) = self.into.clone() {
            if is_taken(&into) {
                return Err(taken(&into));
            }
            self.take_name(&into)?;
            return Ok(DatabaseAddress::Sqlite(SqliteAddress::new(into)));
        }
        self.kept = true;
        Ok(self.shown.clone())
    }

    fn replace(mut self: Box<Self>, time: &str) -> Result<Option<DatabaseAddress>, RestoreError> {
        let target = behind_links(self.original.path());
        if !target.exists() {
            return self.take_name(&target).map(|()| None);
        }
        let kept = kept_as(&self.original, time);
        let before = kept.path();
        let alone = alone_in(&target)?;
        match self.swap(&target, before) {
            Ok(()) => {
                // It has the old file open, whose name is another by now: nothing is put back by
                // the name that it knows.
                drop(alone);
                self.kept = true;
                Ok(Some(DatabaseAddress::Sqlite(kept)))
            }
            Err(error) => {
                alone.let_others_in();
                Err(error)
            }
        }
    }
}

impl SqliteRestore {
    fn refuse_damage(&self) -> Result<(), RestoreError> {
        // Nobody else knows of the file, and nothing is made beside it.
        let address = SqliteAddress::new(&self.file);
        let mut connection = establish(&address, &uri(&self.file, "mode=ro&immutable=1"))?;
        let rows = connection.load(&Query::new("PRAGMA integrity_check(10)"));
        let findings = rows.and_then(|rows| {
            let texts = rows.iter().map(|row| row.text(0));
            texts.collect::<Result<Vec<_>, DatabaseError>>()
        });
        match findings {
            Ok(findings) if findings == ["ok"] => Ok(()),
            Ok(findings) => Err(RestoreError::Damaged { findings }),
            Err(error) if is_damage(&error) => Err(RestoreError::Damaged {
                findings: vec![error.message],
            }),
            Err(error) => Err(error)
                .during("check what was restored")
                .map_err(RestoreError::from),
        }
    }

    /// Keeps the old file under a second name, and then gives its first one to the new: at each
    /// moment there is a database of the name.
    fn swap(&self, target: &Path, before: &Path) -> Result<(), RestoreError> {
        like(&self.file, target);
        std::fs::hard_link(target, before).map_err(|source| failure("keep", before, source))?;
        sync_folder(target)?;
        let renamed = std::fs::rename(&self.file, target);
        if let Err(source) = renamed {
            // The first error is the one worth telling.
            let _ = std::fs::remove_file(before);
            return Err(failure("replace", target, source));
        }
        sync_folder(target)
    }

    /// Takes a name that nobody has.
    fn take_name(&mut self, target: &Path) -> Result<(), RestoreError> {
        for left in COMPANIONS.iter().map(|suffix| companion(target, suffix)) {
            // What is left of a database that is gone would be taken for this one's.
            if let Err(source) = std::fs::remove_file(&left)
                && source.kind() != io::ErrorKind::NotFound
            {
                return Err(failure("remove", &left, source));
            }
        }
        self.rename_to(target)?;
        self.kept = true;
        sync_folder(target)
    }

    /// Gives the file a name that nobody has, and takes none that somebody took just now, where the
    /// file system can promise that.
    fn rename_to(&self, target: &Path) -> Result<(), RestoreError> {
        match std::fs::hard_link(&self.file, target) {
            Ok(()) => {
                let removed = std::fs::remove_file(&self.file);
                removed.map_err(|source| failure("remove", &self.file, source))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(target)),
            Err(_) => {
                let renamed = std::fs::rename(&self.file, target);
                renamed.map_err(|source| failure("rename", &self.file, source))
            }
        }
    }
}

/// Keeps all others out of a file, or says who is at work in it.
fn alone_in(target: &Path) -> Result<Alone, RestoreError> {
    let in_use = |users: Vec<String>| RestoreError::InUse {
        name: target.display().to_string(),
        users,
    };
    // Who has it open without a transaction has no lock.
    let users = users::of(target);
    if !users.is_empty() {
        return Err(in_use(users));
    }
    let connection = establish(&SqliteAddress::new(target), &uri(target, "mode=rw"))?;
    // Without a word of our own nobody is waited for.
    let alone = Alone::in_file(connection, &mut |error| Err(error));
    alone.map_err(|error| match &error {
        BackendError::Query { source, .. } if source.is_locked_out() => {
            let users = users::of(target);
            in_use(if users.is_empty() {
                vec!["another program".to_owned()]
            } else {
                users
            })
        }
        _ => error.into(),
    })
}

fn is_damage(error: &DatabaseError) -> bool {
    ["malformed", "file is not a database"]
        .iter()
        .any(|words| error.message.contains(words))
}

/// Gives a file the rights and the owner of another, where the system lets us.
#[cfg(unix)]
fn like(file: &Path, other: &Path) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    if let Ok(found) = std::fs::metadata(other) {
        let _ = chown(file, Some(found.uid()), Some(found.gid()));
        let _ = std::fs::set_permissions(file, found.permissions());
    }
}

#[cfg(not(unix))]
fn like(_: &Path, _: &Path) {}

/// Makes the names in a file's folder durable.
#[cfg(unix)]
fn sync_folder(file: &Path) -> Result<(), RestoreError> {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| failure("sync the folder", folder, source))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), RestoreError> {
    Ok(())
}

/// At which end a copy failed.
enum Pouring {
    Unreadable(io::Error),
    Unwritable(io::Error),
}

fn pour(reader: &mut dyn io::Read, file: &mut dyn io::Write) -> Result<(), Pouring> {
    let mut piece = vec![0; 256 * 1024];
    loop {
        let read = match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Pouring::Unreadable(error)),
        };
        file.write_all(&piece[..read])
            .map_err(Pouring::Unwritable)?;
    }
}

fn failure(action: &'static str, path: &Path, source: io::Error) -> RestoreError {
    RestoreError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

impl Drop for SqliteRestore {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let companions = COMPANIONS
            .iter()
            .map(|suffix| companion(&self.file, suffix));
        for path in companions.chain([self.file.clone()]) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests;
