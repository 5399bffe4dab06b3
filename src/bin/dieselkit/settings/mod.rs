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
mod role;
mod surroundings;
mod toml_error;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dieselkit::DatabaseAddress;
use dieselkit::backend::address::Engine;
use dieselkit::backend::redact::Redactor;
use dieselkit::environment::{Environment, Protection};
use dieselkit::migration::{Limits, Retry};
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
use config_file::{ConfigFile, EnvironmentSection, EnvironmentSeeds};
use files::Files;
use variables::Variables;

/// The folder of migrations where nobody says another.
const MIGRATIONS: &str = "migrations";

/// The folder of seeds where nobody says another.
const SEEDS: &str = "seeds";

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
        Self::resolve(global, surroundings, &files)
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
        let folder = root(surroundings, &files);
        let config = match &global.config {
            Some(typed) => surroundings.current_dir.join(typed),
            None => folder.join(config_file::NAME),
        };
        if files::is_there(&config) {
            return Self::load(global, surroundings);
        }
        let mut settings = Self::resolve(global, surroundings, &files)?;
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

    fn resolve(
        global: &Global,
        surroundings: &Surroundings,
        files: &Files,
    ) -> Result<Self, SettingsError> {
        let variables = Variables {
            process: &surroundings.variables,
            files: &files.dotenv,
        };
        let no_config = ConfigFile::default();
        let (config_path, config) = files.config.as_ref().map_or(
            (Path::new(config_file::NAME), &no_config),
            |(path, config)| (path, config),
        );
        let root = root(surroundings, files);
        let chosen = environment::choose(global.env.as_deref(), &variables)?;
        let listed = Listed::of(config, config_path)?;
        let protections = environment::protections(config);
        let environment = environment::configure(&chosen, &listed, &protections)?;
        let section = config.environments.get(environment.name());
        let resolved = database::resolve(&database::Places {
            flag: global.database_url.as_ref().map(|url| url.0.as_str()),
            environment_url: section.and_then(|section| section.url.as_deref()),
            environment: environment.name(),
            default_url: config.database.url.as_deref(),
            config: config_path,
            root: &root,
            current_dir: &surroundings.current_dir,
            variables: &variables,
        });
        let lock = lock_url::resolve(&lock_url::LockPlaces {
            flag: global.lock_url.as_ref().map(|url| url.0.as_str()),
            environment_url: section.and_then(|section| section.lock_url.as_deref()),
            environment: environment.name(),
            default_url: config.database.lock_url.as_deref(),
            config: config_path,
            variables: &variables,
            database: resolved.database.as_ref().ok(),
        });
        let role = role::resolve(&role::RolePlaces {
            flag: global.set_role.as_deref(),
            environment: (environment.name(), section),
            config: (config, config_path),
            variables: &variables,
            database: resolved.database.as_ref().ok(),
        });
        let idle_keys = idle::keys(&idle::Meant {
            config,
            environment: environment.name(),
            typed_migrations: global.migrations.as_deref(),
            root: &root,
            database: resolved.database.as_ref().ok(),
            diesel: files
                .diesel
                .as_ref()
                .map(|(path, diesel)| (path.as_path(), diesel)),
        });
        Ok(Self {
            idle_keys,
            engines: engines(&resolved.database, config, files),
            migrations: migrations(global, surroundings, files, &root),
            seeds: seeds(config, &root),
            backups: BackupSettings::of(
                (config, config_path),
                environment.name(),
                &root,
                &variables,
            ),
            lint: LintSettings::of(config, environment.name()),
            variables: Arc::new(variables.all()),
            common_seeds: common_seeds(section),
            config_file: files.config.as_ref().map(|(path, _)| path.clone()),
            out_of_order: config.migrations.out_of_order,
            transaction: config.migrations.transaction,
            limits: config.migrations.limits(),
            retry: config.migrations.retry(),
            diesel_file: files.diesel.as_ref().map(|(path, _)| path.clone()),
            schema_file: schema_file(files),
            listed,
            protections,
            redactor: resolved.redactor.and(lock.redactor),
            database: resolved.database,
            lock: lock.address,
            role,
            root,
            environment,
            environment_origin: chosen.origin,
        })
    }
}

/// Returns the engine of the database, or those that the project speaks of where there is none.
fn engines(
    database: &Result<Database, SettingsError>,
    config: &ConfigFile,
    files: &Files,
) -> Vec<Engine> {
    match database {
        Ok(database) => vec![database.address.engine()],
        Err(_) => engines::spoken_of(config, files.package.as_deref()),
    }
}

fn seeds(config: &ConfigFile, root: &Path) -> PathBuf {
    let directory = config.seeds.directory.as_deref();
    root.join(directory.unwrap_or(Path::new(SEEDS)))
}

fn common_seeds(section: Option<&EnvironmentSection>) -> CommonSeeds {
    match section.and_then(|section| section.seeds) {
        Some(EnvironmentSeeds::Common) => CommonSeeds::Suffice,
        None => CommonSeeds::NeedCompany,
    }
}

fn root(surroundings: &Surroundings, files: &Files) -> PathBuf {
    let config = files.config.as_ref().and_then(|(path, _)| path.parent());
    let diesel = files.diesel.as_ref().and_then(|(path, _)| path.parent());
    let found = config
        .or(diesel)
        .or(files.package.as_deref())
        .or(files.migrated.as_deref());
    found.unwrap_or(&surroundings.current_dir).to_owned()
}

/// Returns the folder of migrations; each place's relative path is relative to that place.
fn migrations(global: &Global, surroundings: &Surroundings, files: &Files, root: &Path) -> PathBuf {
    if let Some(typed) = &global.migrations {
        return surroundings.current_dir.join(typed);
    }
    let configured = files
        .config
        .as_ref()
        .and_then(|(_, config)| config.migrations.directory.as_ref());
    if let Some(directory) = configured {
        return root.join(directory);
    }
    of_diesel(files, |diesel| diesel.migrations_directory.dir.as_deref())
        .unwrap_or_else(|| root.join(MIGRATIONS))
}

fn schema_file(files: &Files) -> Option<PathBuf> {
    of_diesel(files, |diesel| diesel.print_schema.file.as_deref())
}

/// Returns a path of diesel.toml, taken from that file's folder.
fn of_diesel(
    files: &Files,
    path: impl Fn(&diesel_toml::DieselToml) -> Option<&Path>,
) -> Option<PathBuf> {
    let (file, diesel) = files.diesel.as_ref()?;
    Some(file.parent()?.join(path(diesel)?))
}

#[cfg(test)]
mod tests;
