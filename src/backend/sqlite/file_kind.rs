//! What a path leads to, where that is no file.
//!
//! Nothing is opened: whoever opens a pipe waits for its other end, and `SQLite` takes a device
//! for an empty database.

use std::fs::FileType;
use std::path::Path;

/// Returns what a path, or the link that it is, leads to; `None` for a file, and for nothing.
pub(super) fn other_than_file(path: &Path) -> Option<&'static str> {
    let kind = std::fs::metadata(path).ok()?.file_type();
    match kind {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a folder"),
        kind => Some(special(kind)),
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "no file"
}
