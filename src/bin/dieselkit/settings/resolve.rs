//! What was typed and what was found in files and variables, resolved into what is meant.
//!
//! Pure: the files have been read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dieselkit::backend::address::Engine;
use dieselkit::seed::CommonSeeds;

use super::config_file::{self, ConfigFile, EnvironmentSection, EnvironmentSeeds};
use super::diesel_toml::DieselToml;
use super::files::Files;
use super::variables::Variables;
use super::{
    BackupSettings, Database, LintSettings, Listed, Settings, SettingsError, Surroundings,
    database, engines, environment, idle, lock_url, role,
};
use crate::args::Global;

/// The folder of migrations where nobody says another.
pub(super) const MIGRATIONS: &str = "migrations";

/// The folder of seeds where nobody says another.
const SEEDS: &str = "seeds";

/// The places in which something may be said of one environment.
struct Said<'a> {
    global: &'a Global,
    surroundings: &'a Surroundings,
    files: &'a Files,
    variables: &'a Variables<'a>,
    /// The configuration, empty where there is none, and its path.
    config: (&'a ConfigFile, &'a Path),
    /// The project's folder.
    root: &'a Path,
    /// The environment's name, and what the configuration says of it.
    environment: &'a str,
    section: Option<&'a EnvironmentSection>,
}

/// Returns what is meant by what was typed, and by these files.
pub(super) fn resolve(
    global: &Global,
    surroundings: &Surroundings,
    files: &Files,
) -> Result<Settings, SettingsError> {
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
    let said = Said {
        global,
        surroundings,
        files,
        variables: &variables,
        config: (config, config_path),
        root: &root,
        environment: environment.name(),
        section: config.environments.get(environment.name()),
    };
    let resolved = said.database();
    let reached = resolved.database.as_ref().ok();
    let lock = said.lock(reached);
    Ok(Settings {
        idle_keys: said.idle_keys(reached),
        engines: said.engines(reached),
        migrations: said.migrations(),
        seeds: said.seeds(),
        backups: BackupSettings::of(said.config, said.environment, &root, &variables),
        lint: LintSettings::of(config, said.environment),
        variables: Arc::new(variables.all()),
        common_seeds: said.common_seeds(),
        config_file: files.config.as_ref().map(|(path, _)| path.clone()),
        out_of_order: config.migrations.out_of_order,
        transaction: config.migrations.transaction,
        limits: config.migrations.limits(),
        retry: config.migrations.retry(),
        idle_in_transaction: config.doctor.idle_in_transaction(),
        diesel_file: files.diesel.as_ref().map(|(path, _)| path.clone()),
        schema_file: of_diesel(files, |diesel| diesel.print_schema.file.as_deref()),
        listed,
        protections,
        role: said.role(reached),
        redactor: resolved.redactor.and(lock.redactor),
        database: resolved.database,
        lock: lock.address,
        root,
        environment,
        environment_origin: chosen.origin,
    })
}

impl Said<'_> {
    fn database(&self) -> database::Resolved {
        let (config, config_path) = self.config;
        database::resolve(&database::Places {
            flag: self.global.database_url.as_ref().map(|url| url.0.as_str()),
            environment_url: self.section.and_then(|section| section.url.as_deref()),
            environment: self.environment,
            default_url: config.database.url.as_deref(),
            config: config_path,
            root: self.root,
            current_dir: &self.surroundings.current_dir,
            variables: self.variables,
        })
    }

    fn lock(&self, database: Option<&Database>) -> lock_url::Resolved {
        let (config, config_path) = self.config;
        lock_url::resolve(&lock_url::LockPlaces {
            flag: self.global.lock_url.as_ref().map(|url| url.0.as_str()),
            environment_url: self.section.and_then(|section| section.lock_url.as_deref()),
            environment: self.environment,
            default_url: config.database.lock_url.as_deref(),
            config: config_path,
            variables: self.variables,
            database,
        })
    }

    fn role(&self, database: Option<&Database>) -> Result<Option<String>, SettingsError> {
        role::resolve(&role::RolePlaces {
            flag: self.global.set_role.as_deref(),
            environment: (self.environment, self.section),
            config: self.config,
            variables: self.variables,
            database,
        })
    }

    fn idle_keys(&self, database: Option<&Database>) -> Vec<String> {
        let diesel = self.files.diesel.as_ref();
        idle::keys(&idle::Meant {
            config: self.config.0,
            environment: self.environment,
            typed_migrations: self.global.migrations.as_deref(),
            root: self.root,
            database,
            diesel: diesel.map(|(path, diesel)| (path.as_path(), diesel)),
        })
    }

    /// Returns the engine of the database, or those that the project speaks of where there is none.
    fn engines(&self, database: Option<&Database>) -> Vec<Engine> {
        match database {
            Some(database) => vec![database.address.engine()],
            None => engines::spoken_of(self.config.0, self.files.package.as_deref()),
        }
    }

    /// Returns the folder of migrations; each place's relative path is relative to that place.
    fn migrations(&self) -> PathBuf {
        if let Some(typed) = &self.global.migrations {
            return self.surroundings.current_dir.join(typed);
        }
        if let Some(directory) = &self.config.0.migrations.directory {
            return self.root.join(directory);
        }
        of_diesel(self.files, |diesel| {
            diesel.migrations_directory.dir.as_deref()
        })
        .unwrap_or_else(|| self.root.join(MIGRATIONS))
    }

    fn seeds(&self) -> PathBuf {
        let directory = self.config.0.seeds.directory.as_deref();
        self.root.join(directory.unwrap_or(Path::new(SEEDS)))
    }

    fn common_seeds(&self) -> CommonSeeds {
        match self.section.and_then(|section| section.seeds) {
            Some(EnvironmentSeeds::Common) => CommonSeeds::Suffice,
            None => CommonSeeds::NeedCompany,
        }
    }
}

/// Returns the project's folder.
pub(super) fn root(surroundings: &Surroundings, files: &Files) -> PathBuf {
    let config = files.config.as_ref().and_then(|(path, _)| path.parent());
    let diesel = files.diesel.as_ref().and_then(|(path, _)| path.parent());
    let found = config
        .or(diesel)
        .or(files.package.as_deref())
        .or(files.migrated.as_deref());
    found.unwrap_or(&surroundings.current_dir).to_owned()
}

/// Returns a path of diesel.toml, taken from that file's folder.
fn of_diesel(files: &Files, path: impl Fn(&DieselToml) -> Option<&Path>) -> Option<PathBuf> {
    let (file, diesel) = files.diesel.as_ref()?;
    Some(file.parent()?.join(path(diesel)?))
}
