//! Files that a restore made, and how those are told that a killed one left.
//!
//! Each has a name that nobody else gives, and its maker holds the system's lock on it, which the
//! system frees when the maker ends, however it ends.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::names::{beginnings, moment};
use super::naming::move_companions;
use super::{BEFORE, COMPANIONS, behind_links, companion, is_taken};
use crate::backend::restore::{Place, Tidying};
use crate::backend::sqlite::address::SqliteAddress;
use crate::backend::sqlite::lock::is_at;
use crate::event::{LeftAt, Leftover};

/// What the name of a half made file says, before its random digits.
const RESTORING: &str = ".restoring-";
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
        .flat_map(|folder| named(folder, |name| is_half_made(name, stem(&target))))
        .collect();
    let dead: Vec<(PathBuf, File)> = halves
        .iter()
        .filter_map(|path| Some((path.clone(), locked(path)?)))
        .collect();
    let mut found: Vec<Leftover> = Vec::new();
    // Whoever gives the old file a second name still has the lock on the new one.
    if !dead.is_empty() && dead.len() == halves.len() {
        let beginnings = beginnings(stem(&target), BEFORE);
        let is_kept = |name: &str| beginnings.iter().any(|begins| name.starts_with(begins));
        let names = named(&folders[0], is_kept);
        let second = names.into_iter().filter(|path| is_same(path, &target));
        found.extend(second.map(|path| {
            let mut others = COMPANIONS.iter().map(|suffix| companion(&target, suffix));
            if tidying == Tidying::Remove && !others.any(|path| is_taken(&path)) {
                // What stood beside a damaged one is its own under its first name, too.
                let _ = move_companions(&path, &target);
            }
            left(&path, LeftAt::Naming, tidying)
        }));
    }
    found.extend(
        dead.iter()
            .map(|(path, _)| left(path, LeftAt::Filling, tidying)),
    );
    found
}

/// Returns the files that restores have put others in the place of, the last one first.
pub(in crate::backend) fn kept_beside(original: &SqliteAddress) -> Vec<PathBuf> {
    let target = behind_links(original.path());
    let is_kept = |found: &str| moment(found, stem(&target), BEFORE).is_some();
    let mut found = named(&folder_of(&target), is_kept);
    found.sort_by_cached_key(|path| {
        let name = path.file_name().and_then(OsStr::to_str);
        let time = name.and_then(|found| moment(found, stem(&target), BEFORE));
        Reverse(time.map(str::to_owned))
    });
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

/// Returns the files of a folder whose names are as somebody says.
fn named(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let fitting = entries.filter(|entry| entry.file_name().to_str().is_some_and(&fits));
    let mut paths: Vec<PathBuf> = fitting
        .map(|entry| folder.join(entry.file_name()))
        .collect();
    paths.sort();
    paths
}

fn is_half_made(found: &str, name: &OsStr) -> bool {
    let end = name.to_str().and_then(|name| found.strip_prefix(name));
    let chance = end.and_then(|end| end.strip_prefix(RESTORING));
    chance.is_some_and(|chance| {
        chance.len() == CHANCE && chance.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
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
