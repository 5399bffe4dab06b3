//! Which environment is meant, and whether the configuration protects it.

use std::collections::BTreeMap;
use std::path::Path;

use dieselkit::environment::{DEFAULT_ENVIRONMENT, Environment, Protection};

use super::SettingsError;
use super::config_file::ConfigFile;
use super::variables::Variables;

/// The variables that name the environment; of those that stand in one place the first wins.
const VARIABLES: [&str; 2] = ["DIESELKIT_ENV", "APP_ENV"];

/// An environment, and where its name was given.
pub(super) struct Chosen {
    pub(super) environment: Environment,
    pub(super) origin: String,
}

/// Returns the environment that the flag, else a variable, else the default names.
///
/// # Errors
/// `InvalidEnvironment` and `NotUnicode`.
pub(super) fn choose(
    flag: Option<&str>,
    variables: &Variables<'_>,
) -> Result<Chosen, SettingsError> {
    let (name, origin) = match (flag, from_variables(variables)?) {
        (Some(name), _) => (name.to_owned(), String::from("`--env`")),
        (None, Some(found)) => found,
        (None, None) => (DEFAULT_ENVIRONMENT.to_owned(), String::from("the default")),
    };
    match Environment::new(&name) {
        Ok(environment) => Ok(Chosen {
            environment,
            origin,
        }),
        Err(source) => Err(SettingsError::InvalidEnvironment { origin, source }),
    }
}

/// The name that the process gives wins over every name that a file gives. The file of an
/// environment cannot name another one, which it would then be the wrong file of.
fn from_variables(variables: &Variables<'_>) -> Result<Option<(String, String)>, SettingsError> {
    let found = variables.common().highest(&VARIABLES)?;
    Ok(found.map(|(name, variable)| {
        let file = variable
            .file
            .map(|file| format!(" in `{}`", file.display()));
        let origin = format!("`{name}`{}", file.unwrap_or_default());
        (variable.value.to_owned(), origin)
    }))
}

/// Returns what the configuration says of each environment's protection.
pub(super) fn protections(config: &ConfigFile) -> BTreeMap<String, Protection> {
    let said = config.environments.iter().filter_map(|(name, section)| {
        let protection = if section.protected? {
            Protection::Protected
        } else {
            Protection::Open
        };
        Some((name.clone(), protection))
    });
    said.collect()
}

/// Returns the chosen environment as the configuration at `path` has it.
///
/// # Errors
/// `UnknownEnvironment` where the configuration lists others only, `InvalidEnvironment`
/// where it lists a malformed name.
pub(super) fn configure(
    chosen: Chosen,
    config: &ConfigFile,
    path: &Path,
) -> Result<Environment, SettingsError> {
    for name in config.environments.keys() {
        Environment::new(name).map_err(|source| SettingsError::InvalidEnvironment {
            origin: format!("`[environments]` of `{}`", path.display()),
            source,
        })?;
    }
    let Chosen {
        environment,
        origin,
    } = chosen;
    match config
        .environments
        .get(environment.name())
        .map(|section| section.protected)
    {
        Some(Some(true)) => Ok(environment.with_protection(Protection::Protected)),
        Some(Some(false)) => Ok(environment.with_protection(Protection::Open)),
        Some(None) => Ok(environment),
        None if config.environments.is_empty() => Ok(environment),
        None => Err(SettingsError::UnknownEnvironment {
            name: environment.name().to_owned(),
            origin,
            known: config.environments.keys().cloned().collect(),
            path: path.to_owned(),
        }),
    }
}
