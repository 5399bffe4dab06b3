//! What a backup needs where it is restored: as its manifest says, or as a file without one says of
//! itself.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::RestoreSource;
use super::kind::{is_archive, start_of};
use super::pour::GZIP;
use crate::backend::address::DatabaseAddress;
use crate::backend::restore::{Needs, RestoreRequest, needs_of_archive, needs_of_head};
use crate::backup::Manifest;

/// How much of a file is read, in bytes: what is needed stands before the rows.
const HEAD: u64 = 256 * 1024;

impl RestoreSource {
    /// Returns what it needs. What cannot be read now says nothing: the restore itself tells why.
    pub(super) fn needs(&self, address: &DatabaseAddress, request: &RestoreRequest<'_>) -> Needs {
        match self {
            Self::Backup { manifest, .. } => of_manifest(manifest),
            Self::File(path) => of_file(path, address, request),
        }
    }
}

fn of_manifest(manifest: &Manifest) -> Needs {
    let raw = manifest.parts.first().and_then(|part| part.raw_bytes);
    let needs = Needs {
        engine_version: Some(manifest.engine_version.clone()),
        bytes: raw.or_else(|| Some(manifest.bytes())),
        ..Needs::default()
    };
    // The facts are of the whole database.
    if !manifest.scope.is_whole() {
        return needs;
    }
    let name = |text: &String| text.split(' ').next().unwrap_or_default().to_owned();
    Needs {
        roles: manifest.facts.roles.clone(),
        extensions: manifest.facts.extensions.iter().map(name).collect(),
        ..needs
    }
}

fn of_file(path: &Path, address: &DatabaseAddress, request: &RestoreRequest<'_>) -> Needs {
    if path.is_dir() {
        return needs_of_archive(address, path, request);
    }
    let bytes = std::fs::metadata(path).ok().map(|found| found.len());
    let start = start(path);
    if is_archive(&start) {
        return Needs {
            bytes,
            ..needs_of_archive(address, path, request)
        };
    }
    let head = head(path, &start).unwrap_or_default();
    Needs {
        bytes,
        ..needs_of_head(&String::from_utf8_lossy(&head))
    }
}

/// Returns the beginning of a script; that of an archive, or of what is no file, is empty.
pub(super) fn head_of_script(path: &Path) -> String {
    let start = start(path);
    if is_archive(&start) {
        return String::new();
    }
    let head = head(path, &start).unwrap_or_default();
    String::from_utf8_lossy(&head).into_owned()
}

/// Returns what a file begins with; what is no file may be read once, and not by us.
fn start(path: &Path) -> Vec<u8> {
    let file = path.is_file().then(|| File::open(path).ok()).flatten();
    file.and_then(|file| start_of(file).ok())
        .unwrap_or_default()
}

fn head(path: &Path, start: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    if start.is_empty() {
        return Ok(head);
    }
    let file = File::open(path)?;
    if start.starts_with(GZIP) {
        MultiGzDecoder::new(file)
            .take(HEAD)
            .read_to_end(&mut head)?;
    } else {
        file.take(HEAD).read_to_end(&mut head)?;
    }
    Ok(head)
}
