//! As which role everything is done: the first of three places that names one.
//!
//! It must not connect; that there is such a role is for the server to say.

use std::path::Path;

use dieselkit::backend::address::Engine;

use super::SettingsError;
use super::config_file::{ConfigFile, EnvironmentSection};
use super::database::Database;
use super::variables::Variables;

/// The places that may name a role.
pub(super) struct RolePlaces<'a> {
    /// `--set-role`
    pub(super) flag: Option<&'a str>,
    /// The environment's name, and what the configuration says of it.
    pub(super) environment: (&'a str, Option<&'a EnvironmentSection>),
    /// The configuration, and its path.
    pub(super) config: (&'a ConfigFile, &'a Path),
    /// The variables.
    pub(super) variables: &'a Variables<'a>,
    /// The database.
    pub(super) database: Option<&'a Database>,
}

/// Returns the role that the first of the places names. What is configured for a server does nothing
/// beside a file, which `doctor` tells; what was typed is handed on, and refused by the engine.
pub(super) fn resolve(places: &RolePlaces<'_>) -> Result<Option<String>, SettingsError> {
    if let Some(typed) = places.flag {
        return named(typed.to_owned(), "`--set-role`").map(Some);
    }
    let is_sqlite = |database: &Database| database.address.engine() == Engine::Sqlite;
    if places.database.is_some_and(is_sqlite) {
        return Ok(None);
    }
    let (name, section) = places.environment;
    let own = section.and_then(|section| section.role.as_deref());
    let own = own.map(|role| (role, format!("environments.{name}")));
    let (config, path) = places.config;
    let common = config.database.role.as_deref();
    let Some((role, section)) = own.or(common.map(|role| (role, "database".to_owned()))) else {
        return Ok(None);
    };
    let origin = format!("`[{section}] role` in `{}`", path.display());
    let role = places.variables.expand(role, &origin)?;
    named(role, &origin).map(Some)
}

/// Returns a role that has a name.
fn named(role: String, origin: &str) -> Result<String, SettingsError> {
    if role.trim().is_empty() {
        let origin = origin.to_owned();
        return Err(SettingsError::EmptyRole { origin });
    }
    Ok(role)
}
