//! Which address holds the migration lock, where that is another than the database's own: the first of
//! four places that names one.
//!
//! It must not connect; that both lead to one database is for the run to prove.

use std::path::Path;

use dieselkit::backend::address::{DatabaseAddress, Engine};
use dieselkit::backend::redact::Redactor;

use super::SettingsError;
use super::database::{Database, UrlOrigin};
use super::variables::Variables;

/// The variable that names it.
const VARIABLE: &str = "DATABASE_LOCK_URL";

/// The places that may name an address for the lock.
pub(super) struct LockPlaces<'a> {
    /// `--lock-url`
    pub(super) flag: Option<&'a str>,
    /// `[environments.NAME] lock_url`, NAME being `environment`.
    pub(super) environment_url: Option<&'a str>,
    /// The environment's name.
    pub(super) environment: &'a str,
    /// `[database] lock_url`
    pub(super) default_url: Option<&'a str>,
    /// The configuration that the two stand in.
    pub(super) config: &'a Path,
    /// The variables.
    pub(super) variables: &'a Variables<'a>,
    /// The database whose lock it is.
    pub(super) database: Option<&'a Database>,
}

/// What was resolved, and how to keep its secrets.
pub(super) struct Resolved {
    pub(super) address: Result<Option<DatabaseAddress>, SettingsError>,
    pub(super) redactor: Redactor,
}

/// Returns the address that the first of the places names.
pub(super) fn resolve(places: &LockPlaces<'_>) -> Resolved {
    match places.candidate() {
        Ok(None) => Resolved {
            address: Ok(None),
            redactor: Redactor::default(),
        },
        Err(error) => Resolved {
            address: Err(error),
            redactor: Redactor::default(),
        },
        Ok(Some((text, origin))) => places.read(&text, origin),
    }
}

impl LockPlaces<'_> {
    /// Returns what is said first. Beside a database that was typed only what is typed counts: the
    /// other places speak of theirs.
    fn candidate(&self) -> Result<Option<(String, String)>, SettingsError> {
        if let Some(text) = self.flag {
            return Ok(Some((text.to_owned(), "`--lock-url`".to_owned())));
        }
        let origin = self.database.map(|database| &database.origin);
        if matches!(origin, Some(UrlOrigin::Flag)) {
            return Ok(None);
        }
        if let Some(text) = self.environment_url {
            let section = format!("environments.{}", self.environment);
            return self.configured(text, &section).map(Some);
        }
        if let Some(variable) = self.variables.get(VARIABLE)? {
            return Ok(Some((variable.value.to_owned(), format!("`{VARIABLE}`"))));
        }
        let default = self
            .default_url
            .map(|text| self.configured(text, "database"));
        default.transpose()
    }

    fn configured(&self, text: &str, section: &str) -> Result<(String, String), SettingsError> {
        let path = self.config.display();
        let origin = format!("`[{section}] lock_url` in `{path}`");
        Ok((self.variables.expand(text, &origin)?, origin))
    }

    fn read(&self, text: &str, said: String) -> Resolved {
        let parsed = DatabaseAddress::parse(text);
        let redactor = match &parsed {
            Ok(address) => Redactor::for_address(address),
            Err(_) => Redactor::for_text(text),
        };
        let is_typed = self.flag.is_some();
        let of_server = |database: &Database| database.address.engine() == Engine::Postgres;
        let address = match parsed {
            // What is configured for a server does nothing beside a file, which `doctor` tells.
            _ if !self.database.is_some_and(of_server) && !is_typed => Ok(None),
            Err(source) => Err(SettingsError::MalformedAddress {
                origin: UrlOrigin::OfLock { said },
                source,
            }),
            Ok(address) => self.of_server(address, said).map(Some),
        };
        Resolved { address, redactor }
    }

    fn of_server(
        &self,
        address: DatabaseAddress,
        origin: String,
    ) -> Result<DatabaseAddress, SettingsError> {
        let database = self.database.map(|database| database.address.engine());
        let engines = [Some(address.engine()), database];
        if engines.contains(&Some(Engine::Sqlite)) {
            return Err(SettingsError::LockOfFile { origin });
        }
        Ok(address.with_defaults(|name| self.variables.value(name)))
    }
}
