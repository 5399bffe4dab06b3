//! Keys of the configuration that do nothing: another place counts, or what they are about is not there.
//!
//! It must not connect to a database.

use std::path::Path;

use dieselkit::backend::address::Engine;

use super::backups::BackupsSection;
use super::config_file::{ConfigFile, NAME};
use super::database::{Database, UrlOrigin};
use super::diesel_toml::DieselToml;

/// What is meant, as far as it says which keys do nothing.
pub(super) struct Meant<'a> {
    pub(super) config: &'a ConfigFile,
    /// The environment's name.
    pub(super) environment: &'a str,
    /// The folder of migrations that was typed.
    pub(super) typed_migrations: Option<&'a Path>,
    /// The project's folder.
    pub(super) root: &'a Path,
    pub(super) database: Option<&'a Database>,
    /// diesel.toml, where there is one.
    pub(super) diesel: Option<(&'a Path, &'a DieselToml)>,
}

/// Returns the keys that do nothing, each with the reason: a fragment.
pub(super) fn keys(meant: &Meant<'_>) -> Vec<String> {
    let mut keys = Vec::new();
    keys.extend(seeds(meant));
    keys.extend(migrations(meant));
    keys.extend(migrations_of_diesel(meant));
    keys.extend(url(meant));
    let is_sqlite = |database: &Database| database.address.engine() == Engine::Sqlite;
    if meant.database.is_some_and(is_sqlite) {
        keys.extend(of_sessions(meant));
        keys.extend(of_servers(meant));
    }
    keys
}

/// Returns what is said of a server's sessions, which a file has none of.
fn of_sessions(meant: &Meant<'_>) -> impl Iterator<Item = String> {
    let own = meant.config.environments.get(meant.environment);
    let own = own.map(|own| [("lock_url", &own.lock_url), ("role", &own.role)]);
    let section = format!("environments.{}", meant.environment);
    let own = own.into_iter().flatten();
    let own = own.map(move |key| (section.clone(), key));
    let database = &meant.config.database;
    let common = [("lock_url", &database.lock_url), ("role", &database.role)];
    let common = common.map(|key| ("database".to_owned(), key));
    let said = own.chain(common).filter(|(_, (_, said))| said.is_some());
    said.map(|(section, (key, _))| {
        format!("`[{section}] {key}` is about PostgreSQL, and the database is of SQLite")
    })
}

/// Returns the keys that only mean something to a PostgreSQL server.
fn of_servers(meant: &Meant<'_>) -> Vec<String> {
    let config = meant.config;
    let mut keys: Vec<(String, String)> = Vec::new();
    let mut add = |section: &str, own: Vec<String>| {
        keys.extend(own.into_iter().map(|key| (section.to_owned(), key)));
    };
    add("migrations", config.migrations.keys_of_servers());
    add("doctor", config.doctor.keys_of_servers());
    let backups = |section: &BackupsSection| {
        let keys = section.keys_of_servers().into_iter();
        keys.map(str::to_owned).collect()
    };
    add("backups", backups(&config.backups));
    add("lint.rules", config.lint.rules_of_servers());
    if let Some(own) = config.environments.get(meant.environment) {
        let section = |name: &str| format!("environments.{}.{name}", meant.environment);
        add(&section("backups"), backups(&own.backups));
        add(&section("lint.rules"), own.lint.rules_of_servers());
    }
    let told = keys.into_iter().map(|(section, key)| {
        format!("`[{section}] {key}` is about PostgreSQL, and the database is of SQLite")
    });
    told.collect()
}

fn migrations(meant: &Meant<'_>) -> Option<String> {
    let directory = meant.config.migrations.directory.as_deref()?;
    let typed = meant.typed_migrations.filter(|typed| *typed != directory)?;
    Some(format!(
        "`[migrations] directory` is `{}`, and the folder that was typed counts, `{}`",
        directory.display(),
        typed.display()
    ))
}

fn seeds(meant: &Meant<'_>) -> Option<String> {
    let directory = meant.config.seeds.directory.as_deref()?;
    let is_there = meant.root.join(directory).is_dir();
    (!is_there).then(|| {
        format!(
            "`[seeds] directory` names `{}`, which is no folder",
            directory.display()
        )
    })
}

fn migrations_of_diesel(meant: &Meant<'_>) -> Option<String> {
    let directory = meant.config.migrations.directory.as_deref()?;
    let (file, diesel) = meant.diesel?;
    let theirs = diesel.migrations_directory.dir.as_deref()?;
    let other = file.parent()?.join(theirs) != meant.root.join(directory);
    other.then(|| {
        format!(
            "`[migrations_directory] dir` of diesel.toml is `{}`, and `[migrations] directory` of {NAME} counts, `{}`",
            theirs.display(),
            directory.display()
        )
    })
}

fn url(meant: &Meant<'_>) -> Option<String> {
    meant.config.database.url.as_ref()?;
    match &meant.database?.origin {
        UrlOrigin::Default { .. } => None,
        origin => Some(format!(
            "`[database] url` is not used: the address is from {origin}"
        )),
    }
}
