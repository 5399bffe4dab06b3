//! What is meant: flags, variables and files, resolved into one value.
//!
//! `Settings::load` reads the files; everything after that is pure. It must not connect to
//! a database.

mod backups;
mod config_file;
mod database;
mod diesel_toml;
mod engines;
mod environment;
mod error;
mod files;
mod idle;
mod lint;
mod lock_url;
mod resolve;
mod role;
mod surroundings;
mod toml_error;
mod variables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dieselkit::DatabaseAddress;
use dieselkit::backend::address::Engine;
use dieselkit::backend::redact::Redactor;
use dieselkit::environment::{Environment, Protection};
use dieselkit::migration::{Limit, Limits, Retry};
use dieselkit::seed::CommonSeeds;

pub(crate) use backups::BackupSettings;
pub(crate) use config_file::OutOfOrder;
pub(crate) use database::{Database, UrlOrigin};
pub(crate) use engines::ENGINES;
pub(crate) use environment::Listed;
pub(crate) use error::SettingsError;
pub(crate) use lint::LintSettings;
pub(crate) use surroundings::Surroundings;

use crate::args::{Global, TransactionMode};
use files::Files;

/// What is meant. Every path is absolute if the current folder is.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The project's folder: that of dieselkit.toml, else of diesel.toml, else of
    /// Cargo.toml, else of a folder `migrations`, else the current one.
    pub(crate) root: PathBuf,
    /// dieselkit.toml, if there is one.
    pub(crate) config_file: Option<PathBuf>,
    /// The environment.
    pub(crate) environment: Environment,
    /// Where its name was given, for `--verbose`.
    pub(crate) environment_origin: String,
    /// The folder of migrations, whether it exists or not.
    pub(crate) migrations: PathBuf,
    /// The folder of seeds, whether it exists or not.
    pub(crate) seeds: PathBuf,
    /// Whether the environment needs seeds of its own.
    pub(crate) common_seeds: CommonSeeds,
    /// Where backups are, and which are kept.
    pub(crate) backups: BackupSettings,
    /// How much each lint rule weighs, and what counts.
    pub(crate) lint: LintSettings,
    /// Whether late migrations are applied; `--allow-out-of-order` overrides it.
    pub(crate) out_of_order: OutOfOrder,
    /// What shares a transaction; `--transaction` overrides it.
    pub(crate) transaction: TransactionMode,
    /// How long transactional steps wait for locks, and run; the files, and flags, override it.
    pub(crate) limits: Limits,
    /// How often a step is tried whose locks others have.
    pub(crate) retry: Retry,
    /// How long others' transactions may be open and do nothing before `doctor` tells of them.
    pub(crate) idle_in_transaction: Limit,
    /// diesel.toml, if there is one: its folder is where the `diesel` program is to run.
    pub(crate) diesel_file: Option<PathBuf>,
    /// The schema file that diesel.toml names.
    pub(crate) schema_file: Option<PathBuf>,
    /// The environments that the configuration lists.
    pub(crate) listed: Listed,
    /// What the configuration says of the protection of other environments.
    protections: BTreeMap<String, Protection>,
    /// The variables that templates of seeds may read, by name: the process's, then those of files.
    pub(crate) variables: Arc<BTreeMap<String, String>>,
    /// Blots the secrets of the address out of texts, whether the address is usable or not.
    pub(crate) redactor: Redactor,
    database: Result<Database, SettingsError>,
    lock: Result<Option<DatabaseAddress>, SettingsError>,
    role: Result<Option<String>, SettingsError>,
    /// The keys of the configuration that do nothing, each with the reason.
    idle_keys: Vec<String>,
    /// The kinds of database that the project speaks of, where none is named that could be used.
    pub(crate) engines: Vec<Engine>,
}

impl Settings {
    /// Returns what is meant by what was typed.
    ///
    /// # Errors
    /// What can be wrong with the files and the environment's name. What is wrong with the
    /// database waits for `database`, since `new` and its like need none.
    pub(crate) fn load(
        global: &Global,
        surroundings: &Surroundings,
    ) -> Result<Self, SettingsError> {
        let files = Files::read(global, surroundings)?;
        resolve::resolve(global, surroundings, &files)
    }

    /// Returns what is meant by what was typed, for `init`: a configuration of another folder
    /// does not count, and one that was typed need not be there.
    ///
    /// # Errors
    /// As `load`.
    pub(crate) fn for_init(
        global: &Global,
        surroundings: &Surroundings,
    ) -> Result<Self, SettingsError> {
        let files = Files::for_init(global, surroundings)?;
        let folder = resolve::root(surroundings, &files);
        let config = match &global.config {
            Some(typed) => surroundings.current_dir.join(typed),
            None => folder.join(config_file::NAME),
        };
        if files::is_there(&config) {
            return Self::load(global, surroundings);
        }
        let mut settings = resolve::resolve(global, surroundings, &files)?;
        settings.config_file = Some(config);
        Ok(settings)
    }

    /// Returns the database that is meant.
    ///
    /// # Errors
    /// `NoDatabase`, `MalformedAddress`, `UnsetVariable`, `NoDatabaseName`, `NotUnicode`.
    pub(crate) fn database(&self) -> Result<&Database, SettingsError> {
        self.database.as_ref().map_err(Clone::clone)
    }

    /// Returns the address over which the migration lock is held, where that is another than the
    /// database's.
    ///
    /// # Errors
    /// `MalformedAddress`, `UnsetVariable`, `NotUnicode`, `LockOfFile`.
    pub(crate) fn lock(&self) -> Result<Option<&DatabaseAddress>, SettingsError> {
        self.lock.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Returns the role as which everything is done, where that is another than the address's user.
    ///
    /// # Errors
    /// `UnsetVariable`, `NotUnicode`.
    pub(crate) fn role(&self) -> Result<Option<&str>, SettingsError> {
        self.role
            .as_ref()
            .map(Option::as_deref)
            .map_err(Clone::clone)
    }

    /// Returns which keys of the configuration do nothing, each with the reason.
    pub(crate) fn idle_keys(&self) -> Vec<String> {
        self.idle_keys.clone()
    }

    /// Returns whether an environment of this name is protected; a name that is none is, and one
    /// that the configuration does not list, which may have been protected by it.
    pub(crate) fn protection_of(&self, name: &str) -> Protection {
        if !self.listed.knows(name) {
            return Protection::Protected;
        }
        if let Some(protection) = self.protections.get(name) {
            return *protection;
        }
        Environment::new(name).map_or(Protection::Protected, |named| named.protection())
    }
}

#[cfg(test)]
mod tests;
