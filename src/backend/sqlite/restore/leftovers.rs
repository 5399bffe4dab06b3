//! Files that a restore made, and how those are told that a killed one left.
//!
//! Each has a name that nobody else gives, and its maker holds the system's lock on it, which the
//! system frees when the maker ends, however it ends.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{COMPANIONS, behind_links, companion};
use crate::backend::restore::{Place, Tidying};
use crate::backend::sqlite::address::SqliteAddress;
use crate::backend::sqlite::lock::is_at;
use crate::event::{LeftAt, Leftover};

/// What the name of a half made file says, before its random digits.
const RESTORING: &str = ".restoring-";
/// What the name of a file says that was replaced, before the time.
pub(super) const BEFORE: &str = "_before_";
/// How many random digits tell one from another.
const CHANCE: usize = 8;

/// Makes a file of a name of its own in the folder of another, locked, which nobody else may read:
/// whose it will be is known when it is whole. It is named after a third one.
pub(super) fn make(
    target: &Path,
    named_after: &Path,
) -> Result<(PathBuf, File), (PathBuf, io::Error)> {
    loop {
        let chance = uuid::Uuid::new_v4().simple().to_string();
        let mut name = stem(named_after).to_owned();
        name.push(format!("{RESTORING}{}", &chance[..CHANCE]));
        let path = target.with_file_name(name);
        match make_locked(&path) {
            Ok(Some(file)) => return Ok((path, file)),
            // Somebody who cleans up was quicker than the lock.
            Ok(None) => {}
            Err(error) => return Err((path, error)),
        }
    }
}

fn make_locked(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    Ok((file.try_lock().is_ok() && is_at(&file, path)).then_some(file))
}

fn stem(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

/// Returns what restores that were killed left beside a database, and in the folder of a new one.
pub(in crate::backend) fn leftovers(
    original: &SqliteAddress,
    place: Place<'_>,
    tidying: Tidying,
) -> Vec<Leftover> {
    if original.is_memory() {
        return Vec::new();
    }
    let target = behind_links(original.path());
    let mut folders = vec![folder_of(&target)];
    if let Place::Into(path) = place {
        let other = folder_of(Path::new(path));
        if !is_same(&other, &folders[0]) {
            folders.push(other);
        }
    }
    let halves: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| beside(folder, stem(&target), is_half_made))
        .collect();
    let dead: Vec<(PathBuf, File)> = halves
        .iter()
        .filter_map(|path| Some((path.clone(), locked(path)?)))
        .collect();
    let mut found: Vec<Leftover> = Vec::new();
    // Whoever gives the old file a second name still has the lock on the new one.
    if !dead.is_empty() && dead.len() == halves.len() {
        let names = beside(&folders[0], stem(&target), is_kept);
        let second = names.into_iter().filter(|path| is_same(path, &target));
        found.extend(second.map(|path| left(&path, LeftAt::Naming, tidying)));
    }
    found.extend(
        dead.iter()
            .map(|(path, _)| left(path, LeftAt::Filling, tidying)),
    );
    found
}

/// Returns a file with its lock, where nobody has that and the name is still the file's.
fn locked(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    (file.try_lock().is_ok() && is_at(&file, path)).then_some(file)
}

fn left(path: &Path, left_at: LeftAt, tidying: Tidying) -> Leftover {
    let removed = match (tidying, left_at) {
        (Tidying::Look, _) => Ok(()),
        // The file has another name.
        (Tidying::Remove, LeftAt::Naming) => std::fs::remove_file(path),
        (Tidying::Remove, LeftAt::Filling) => {
            for beside in COMPANIONS.iter().map(|suffix| companion(path, suffix)) {
                // Most have none.
                let _ = std::fs::remove_file(beside);
            }
            std::fs::remove_file(path)
        }
    };
    Leftover {
        name: path.display().to_string(),
        left_at,
        stays: removed.err().map(|error| error.to_string()),
    }
}

/// Returns the files of a folder whose names begin with one and go on as somebody says.
fn beside(folder: &Path, name: &OsStr, goes_on: fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let fits = |found: &OsStr| {
        let (Some(found), Some(name)) = (found.to_str(), name.to_str()) else {
            return false;
        };
        found.strip_prefix(name).is_some_and(goes_on)
    };
    let fitting = entries.filter(|entry| fits(&entry.file_name()));
    let mut paths: Vec<PathBuf> = fitting
        .map(|entry| folder.join(entry.file_name()))
        .collect();
    paths.sort();
    paths
}

fn is_half_made(end: &str) -> bool {
    let chance = end.strip_prefix(RESTORING);
    chance.is_some_and(|chance| {
        chance.len() == CHANCE && chance.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn is_kept(end: &str) -> bool {
    end.starts_with(BEFORE)
}

pub(super) fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Returns whether two paths lead to one file, or one folder.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = |path: &Path| {
        let found = std::fs::symlink_metadata(path).ok()?;
        Some((found.dev(), found.ino()))
    };
    number(one).is_some_and(|found| number(other) == Some(found))
}

#[cfg(not(unix))]
fn is_same(one: &Path, other: &Path) -> bool {
    one == other
}
