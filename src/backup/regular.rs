//! What is a file in a folder of backups, and what only stands in the place of one.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use crate::file_kind::OtherThanFile;

/// Returns what a pipe, a socket or a device is, to follow "is". Whoever opens a pipe waits for its other
/// end, so that none is opened.
pub(super) fn other_than_file(path: &Path) -> Option<String> {
    match OtherThanFile::at(path)? {
        // Either is told of by the system, and at once.
        OtherThanFile::Folder | OtherThanFile::DeadLink(_) => None,
        special => Some(format!("{}, not a file", special.what())),
    }
}

/// Reads a file whole.
///
/// # Errors
/// What the system says, and `InvalidInput` for what is no file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    refuse_other(path)?;
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses a pipe, a socket or a device in the place of a file.
///
/// # Errors
/// `InvalidInput`.
pub(super) fn refuse_other(path: &Path) -> io::Result<()> {
    match other_than_file(path) {
        None => Ok(()),
        Some(other) => {
            let is_other = format!("it is {other}");
            Err(io::Error::new(ErrorKind::InvalidInput, is_other))
        }
    }
}
