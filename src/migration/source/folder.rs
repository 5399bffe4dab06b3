//! Diesel's own layout, a folder with `up.sql`, `down.sql` and `metadata.toml`, and the same with
//! the parts as files of one name.
//!
//! What the keys of `metadata.toml` mean is known to `metadata`.

use std::path::{Path, PathBuf};

use super::metadata;
use super::{Entry, Tree};
use crate::migration::error::SourceError;
use crate::migration::model::{Body, Migration, Settings, SqlText};
use crate::version::Version;

/// Where the parts of one migration are.
struct Parts {
    up: PathBuf,
    down: PathBuf,
    metadata: PathBuf,
}

/// Reads a folder; whatever its name, one with an `up.sql` is a migration, as Diesel has it.
pub(super) fn read(tree: &dyn Tree, entry: &Entry) -> Result<Migration, SourceError> {
    let parts = Parts {
        up: entry.path.join("up.sql"),
        down: entry.path.join("down.sql"),
        metadata: entry.path.join("metadata.toml"),
    };
    assemble(tree, &entry.name, &entry.path, &parts)
}

/// Reads `NAME.up.sql` with `NAME.down.sql` and `NAME.metadata.toml`.
pub(super) fn read_pair(
    tree: &dyn Tree,
    folder: &Path,
    entry: &Entry,
    name: &str,
) -> Result<Migration, SourceError> {
    let parts = Parts {
        up: entry.path.clone(),
        down: folder.join(format!("{name}.down.sql")),
        metadata: folder.join(format!("{name}.metadata.toml")),
    };
    assemble(tree, name, &entry.path, &parts)
}

fn assemble(
    tree: &dyn Tree,
    name: &str,
    origin: &Path,
    parts: &Parts,
) -> Result<Migration, SourceError> {
    let up = tree.read(&parts.up)?.ok_or_else(|| SourceError::NoUp {
        path: origin.to_owned(),
    })?;
    if up.is_empty() {
        return Err(SourceError::EmptyUp {
            path: parts.up.clone(),
        });
    }
    let down = tree.read(&parts.down)?;
    let metadata = tree.read(&parts.metadata)?;
    let read = metadata.map(|text| metadata::parse(&parts.metadata, &text));
    let (settings, settings_error) = match read {
        None => (Settings::default(), None),
        Some(read) => (read.settings, read.error),
    };
    Ok(Migration {
        version: Version::from_name(name),
        name: name.to_owned(),
        origin: origin.to_owned(),
        up: Body::Sql(SqlText::whole_file(&parts.up, up)),
        down: down.map(|text| Body::Sql(SqlText::whole_file(&parts.down, text))),
        settings,
        settings_error,
    })
}
