//! A copy of many files, which the engine has written by itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::CreateError;
use crate::backend::dump::Format;
use crate::backup::artifact::Artifact;
use crate::backup::examine::{Examined, Kind, examine};
use crate::backup::pass::Watch;
use crate::backup::{BackupId, Part};
use crate::cancellation::Cancellation;

/// The table of contents, without which the rest says nothing.
const CONTENTS: &str = "toc.dat";

/// Returns the files with their sizes and hashes, the table of contents first. Each of them is whole
/// by itself; that one is missing, whoever reads them all says.
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
        let file = format!("{id}.{}/{name}", Format::Directory.extension());
        let kind = Kind::by_name(&file);
        let examined = examined(&folder.join(name), kind, cancellation)?;
        if !examined.findings.is_empty() {
            let told = |finding: &String| format!("`{name}` {finding}");
            let findings = examined.findings.iter().map(told).collect();
            return Err(CreateError::NotWhole { findings });
        }
        Ok(Part {
            file,
            bytes: examined.bytes,
            raw_bytes: None,
            sha256: examined.sha256.to_string(),
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

fn examined(path: &Path, kind: Kind, cancellation: &Cancellation) -> Result<Examined, CreateError> {
    let mut watch = Watch {
        cancellation,
        progress: &mut |_| {},
    };
    let examined = File::open(path).and_then(|file| examine(file, kind, &mut watch));
    let examined = examined.map_err(|source| CreateError::Read { source })?;
    examined.ok_or(CreateError::Interrupted)
}
