//! Which environment is meant, and whether the configuration protects it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// The environments that a configuration lists, and the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    names: Vec<String>,
    path: PathBuf,
}

impl Listed {
    /// Returns those of the configuration at `path`.
    ///
    /// # Errors
    /// `InvalidEnvironment` where it lists a malformed name.
    pub(super) fn of(config: &ConfigFile, path: &Path) -> Result<Self, SettingsError> {
        let names: Vec<_> = config.environments.keys().cloned().collect();
        for name in &names {
            Environment::new(name).map_err(|source| SettingsError::InvalidEnvironment {
                origin: format!("`[environments]` of `{}`", path.display()),
                source,
            })?;
        }
        Ok(Self {
            names,
            path: path.to_owned(),
        })
    }

    /// Returns whether there is an environment of this name, as far as the configuration says.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|known| known == name)
    }

    /// Refuses a name that comes from `origin` and is none of those that are listed.
    ///
    /// # Errors
    /// `UnknownEnvironment`.
    pub(crate) fn refuse_unknown(&self, name: &str, origin: &str) -> Result<(), SettingsError> {
        if self.knows(name) {
            return Ok(());
        }
        Err(SettingsError::UnknownEnvironment {
            name: name.to_owned(),
            origin: origin.to_owned(),
            known: self.names.clone(),
            path: self.path.clone(),
        })
    }
}

/// Returns the chosen environment as the configuration has it.
///
/// # Errors
/// `UnknownEnvironment` where the configuration lists others only.
pub(super) fn configure(
    chosen: &Chosen,
    listed: &Listed,
    protections: &BTreeMap<String, Protection>,
) -> Result<Environment, SettingsError> {
    let environment = &chosen.environment;
    listed.refuse_unknown(environment.name(), &chosen.origin)?;
    Ok(match protections.get(environment.name()) {
        Some(protection) => environment.clone().with_protection(*protection),
        None => environment.clone(),
    })
}
