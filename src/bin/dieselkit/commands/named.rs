//! Versions as they are typed: a version, with or without dashes, or a migration's full name.

use dieselkit::{Migrator, Version};

use crate::error::CommandError;

/// Returns the version that is meant.
///
/// Who types a full name means that migration and no other of the same version: it may have been
/// typed in another project, or before the file was renamed.
pub(super) fn version(migrator: &mut Migrator, typed: &str) -> Result<Version, CommandError> {
    let version = Version::from_name(typed);
    let is_version = version.as_str() == typed.replace('-', "");
    let is_number = !version.as_str().contains(char::is_alphabetic);
    if is_version && is_number {
        return Ok(version);
    }
    match name(migrator, &version)? {
        // Nobody numbers by words: it is a piece of a name.
        None if !is_number => Err(CommandError::NoSuchName {
            typed: typed.to_owned(),
            similar: similar(migrator, typed)?,
        }),
        Some(_) if is_version => Ok(version),
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
    let entries = migrator.status()?.migrations.into_iter();
    let mut entries = entries.map(|entry| (entry.version, entry.name));
    if let Some((_, name)) = entries.find(|(known, _)| known == version) {
        return Ok(Some(name));
    }
    let attempts = migrator.history()?;
    let attempt = attempts
        .into_iter()
        .find(|attempt| attempt.version == *version);
    Ok(attempt.map(|attempt| attempt.name))
}

/// Returns the names that hold what was typed.
fn similar(migrator: &mut Migrator, typed: &str) -> Result<Vec<String>, CommandError> {
    let piece = typed.to_lowercase();
    let mut names: Vec<String> = migrator
        .status()?
        .migrations
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    names.retain(|name| name.to_lowercase().contains(&piece));
    Ok(names)
}
