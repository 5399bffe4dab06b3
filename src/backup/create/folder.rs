//! A copy of many files, which the engine has written by itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::CreateError;
use super::whole::Watched;
use crate::backend::dump::Format;
use crate::backup::artifact::Artifact;
use crate::backup::pass::{self, PassError, Passed, Watch};
use crate::backup::{BackupId, Part};
use crate::cancellation::Cancellation;

/// The table of contents, without which the rest says nothing.
const CONTENTS: &str = "toc.dat";

/// Returns the files with their sizes and hashes, the table of contents first.
pub(super) fn parts(
    artifact: &Artifact,
    id: &BackupId,
    cancellation: &Cancellation,
) -> Result<Vec<Part>, CreateError> {
    let folder = artifact.partial();
    let names = names(folder).map_err(|source| CreateError::Read { source })?;
    if !names.iter().any(|name| name == CONTENTS) {
        let findings = vec![format!("`{CONTENTS}` is missing")];
        return Err(CreateError::NotWhole { findings });
    }
    let parts = names.iter().map(|name| {
        let passed = hashed(&folder.join(name), name, cancellation)?;
        Ok(Part {
            file: format!("{id}.{}/{name}", Format::Directory.extension()),
            bytes: passed.bytes,
            raw_bytes: None,
            sha256: passed.sha256.to_string(),
        })
    });
    parts.collect()
}

/// Returns the names of the files, the table of contents first.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let paths: Vec<PathBuf> = paths.collect::<io::Result<_>>()?;
    let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_by_key(|name| (name != CONTENTS, name.clone()));
    Ok(names)
}

fn hashed(path: &Path, name: &str, cancellation: &Cancellation) -> Result<Passed, CreateError> {
    let file = File::open(path).map_err(|source| CreateError::Read { source })?;
    let mut watched = Watched::new(file, Format::Directory);
    let mut watch = Watch {
        cancellation,
        progress: &mut |_| {},
    };
    let passed = pass::copy(&mut watched, io::sink(), &mut watch);
    let passed = passed.map_err(|error| match error {
        PassError::Cancelled => CreateError::Interrupted,
        PassError::Read { source } | PassError::Write { source } => CreateError::Read { source },
        PassError::Thread => CreateError::Thread,
    })?;
    let findings = match name {
        CONTENTS => watched.findings(),
        _ => Vec::new(),
    };
    if findings.is_empty() {
        return Ok(passed);
    }
    Err(CreateError::NotWhole { findings })
}
