//! The way back of a `SQLite` database: a new file beside, filled, checked, and given its name.

mod leftovers;
mod names;
mod naming;
mod users;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::address::SqliteAddress;
use super::alone::Alone;
use super::database::{COMPANIONS, companion, establish};
use super::dump::copy_whole;
use super::uri::uri;
use crate::backend::Backend as _;
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{DumpError, Format};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::backend::restore::{
    Contents, Fitness, Lack, Needs, Original, Place, Restore, RestoreError, RestoreRequest, Room,
    free_bytes, may_write_into,
};
use crate::cancellation::Cancellation;
use names::beside;
use users::{alone_in, refuse_users};

pub(in crate::backend) use leftovers::{kept_beside, leftovers};

/// What the name of a file says that was replaced, before the time.
const BEFORE: &str = "before_";

/// A new file, of a name of its own until it is whole.
struct SqliteRestore {
    file: PathBuf,
    /// The lock on it, which says that somebody is at work.
    _held: File,
    shown: DatabaseAddress,
    original: SqliteAddress,
    cancellation: Cancellation,
    /// Whether it has its name, or is gone.
    settled: bool,
}

/// Makes an empty file, in a folder that is there.
pub(in crate::backend) fn open_restore(
    original: &SqliteAddress,
    place: Place<'_>,
    request: &RestoreRequest<'_>,
) -> Result<Box<dyn Restore>, RestoreError> {
    Ok(Box::new(make(original, place, request.cancellation)?))
}

/// Copies what is committed in a file, waiting for a writer so long.
pub(in crate::backend) fn open_copy(
    original: &SqliteAddress,
    patience: Duration,
    cancellation: &Cancellation,
) -> Result<Box<dyn Restore>, RestoreError> {
    let new = make(original, Place::Beside, cancellation)?;
    copy_whole(&new.file, original, patience)?;
    Ok(Box::new(new))
}

fn make(
    original: &SqliteAddress,
    place: Place<'_>,
    cancellation: &Cancellation,
) -> Result<SqliteRestore, RestoreError> {
    if original.is_memory() {
        return Err(DumpError::InMemory.into());
    }
    let old = behind_links(original.path());
    let target = match place {
        Place::Into(path) => Path::new(path),
        Place::Beside => &old,
    };
    if matches!(place, Place::Into(_)) && is_taken(target) {
        return Err(taken(target));
    }
    let (file, held) =
        leftovers::make(target, &old).map_err(|(path, source)| failure("make", &path, source))?;
    Ok(SqliteRestore {
        shown: DatabaseAddress::Sqlite(SqliteAddress::new(&file)),
        file,
        _held: held,
        original: original.clone(),
        cancellation: cancellation.clone(),
        settled: false,
    })
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
    let mut found = Fitness::default();
    if !folder.is_dir() {
        found.lacks.push(Lack::NoFolder { folder });
        return Ok(found);
    }
    if !may_write_into(&folder) {
        let folder = folder.clone();
        found.lacks.push(Lack::ClosedFolder { folder });
    }
    Ok(found.with_room(Room {
        needed_bytes: needs.bytes,
        free_bytes: free_bytes(&folder),
        folder: Some(folder),
    }))
}

/// Returns where a database is kept that was replaced at a time: beside it, behind every link.
pub(in crate::backend) fn kept_as(original: &SqliteAddress, time: &str) -> SqliteAddress {
    let target = behind_links(original.path());
    SqliteAddress::new(beside(&target, &format!("{BEFORE}{time}")))
}

/// Returns where a database is restored to for which nobody named a place: beside it likewise.
pub(in crate::backend) fn restored_as(original: &SqliteAddress, time: &str) -> SqliteAddress {
    let target = behind_links(original.path());
    SqliteAddress::new(beside(&target, &format!("restored_{time}")))
}

/// Returns the processes of other programs that have the file open, as far as the system tells. A run of
/// this tool is waited for by its lock.
pub(in crate::backend) fn users(original: &SqliteAddress) -> Vec<String> {
    let mut users = users::of(&behind_links(original.path()));
    let own = concat!(", ", env!("CARGO_PKG_NAME"));
    users.retain(|user| !user.ends_with(own));
    users
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
        let (Contents::Stream(reader) | Contents::Backup(reader)) = contents else {
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

    fn keep(&mut self, name: &str) -> Result<DatabaseAddress, RestoreError> {
        let target = Path::new(name);
        if is_taken(target) {
            return Err(taken(target));
        }
        self.take_name(target)?;
        Ok(DatabaseAddress::Sqlite(SqliteAddress::new(target)))
    }

    fn replace(
        &mut self,
        original: Original,
        time: &str,
    ) -> Result<Option<DatabaseAddress>, RestoreError> {
        let target = behind_links(self.original.path());
        if !target.exists() {
            return self.take_name(&target).map(|()| None);
        }
        let kept = kept_as(&self.original, time);
        let before = kept.path();
        let alone = match original {
            Original::Read => Some(alone_in(&target)?),
            // `SQLite` locks nothing that it cannot read, and to open it may be to change it.
            Original::Unread => refuse_users(&target).map(|()| None)?,
        };
        if let Err(error) = self.swap(&target, before) {
            alone.into_iter().for_each(Alone::let_others_in);
            return Err(error);
        }
        // It has the old file open, whose name is another by now: nothing is put back by the name
        // that it knows.
        drop(alone);
        self.settled = true;
        Ok(Some(DatabaseAddress::Sqlite(kept)))
    }

    fn give_up(&mut self) -> Result<(), RestoreError> {
        if self.settled {
            return Ok(());
        }
        for beside in COMPANIONS.map(|suffix| companion(&self.file, suffix)) {
            // Most have none.
            let _ = std::fs::remove_file(beside);
        }
        match std::fs::remove_file(&self.file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(failure("remove", &self.file, source));
            }
            _ => self.settled = true,
        }
        Ok(())
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
}

fn is_damage(error: &DatabaseError) -> bool {
    ["malformed", "file is not a database"]
        .iter()
        .any(|words| error.message.contains(words))
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
        // Whoever wants to know has given it up before; the next restore removes what stays.
        let _ = self.give_up();
    }
}

#[cfg(test)]
mod tests;
