//! Versions as they are typed: a version, with or without dashes, or a migration's full name.

use dieselkit::{Migrator, Version};

use crate::error::CommandError;

/// Returns the version that is meant.
///
/// Who types a full name means that migration and no other of the same version: it may have been
/// typed in another project, or before the file was renamed.
pub(super) fn version(migrator: &mut Migrator, typed: &str) -> Result<Version, CommandError> {
    let version = Version::from_name(typed);
    if version.as_str() == typed.replace('-', "") {
        return Ok(version);
    }
    match name(migrator, &version)? {
        // Of what plain Diesel applied from a file that is gone nobody knows the name.
        Some(name) if name != typed && name != version.as_str() => Err(CommandError::OtherName {
            version,
            name,
            typed: typed.to_owned(),
        }),
        _ => Ok(version),
    }
}

/// Returns the name of a migration, of a missing one as the history has it.
fn name(migrator: &mut Migrator, version: &Version) -> Result<Option<String>, CommandError> {
    if let Some(migration) = migrator.migrations().get(version) {
        return Ok(Some(migration.name().to_owned()));
    }
    let status = migrator.status()?;
    let entry = status
        .migrations
        .into_iter()
        .find(|entry| entry.version == *version);
    Ok(entry.map(|entry| entry.name))
}
