//! Which database is meant: the first of five places that names one.
//!
//! It must not connect, nor look whether the database exists.

use std::fmt;
use std::path::{Path, PathBuf};

use dieselkit::backend::address::{AddressError, AddressParts, DatabaseAddress};
use dieselkit::backend::redact::Redactor;

use super::SettingsError;
use super::variables::{Variable, Variables};

/// The variables that name a database; of those that stand in one place the first wins.
const NAMING: [&str; 3] = ["DATABASE_URL", "DB_HOST", "DB_NAME"];

/// The variables that libpq reads by itself where they do not fit, and quotes.
const OF_LIBPQ: [&str; 4] = ["PGHOST", "PGHOSTADDR", "PGUSER", "PGDATABASE"];

/// The database that is meant, and where it was named.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) address: DatabaseAddress,
    pub(crate) origin: UrlOrigin,
}

/// Where an address was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlOrigin {
    /// `--database-url`
    Flag,
    /// `[environments.NAME] url`
    Environment {
        /// The environment.
        name: String,
        /// The configuration.
        path: PathBuf,
    },
    /// `DATABASE_URL`
    Variable {
        /// The file that sets it; none for the process's own.
        file: Option<PathBuf>,
    },
    /// `DB_HOST`, `DB_PORT`, `DB_NAME`, `DB_USER` and `DB_PASSWORD`
    Parts,
    /// `[database] url`
    Default {
        /// The configuration.
        path: PathBuf,
    },
    /// `--lock-url`, or a `lock_url`
    OfLock {
        /// Where it stands.
        said: String,
    },
}

impl fmt::Display for UrlOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("`--database-url`"),
            Self::Environment { name, path } => {
                write!(
                    formatter,
                    "`[environments.{name}] url` in `{}`",
                    path.display()
                )
            }
            Self::Variable { file: None } => formatter.write_str("`DATABASE_URL`"),
            Self::Variable { file: Some(file) } => {
                write!(formatter, "`DATABASE_URL` in `{}`", file.display())
            }
            Self::Parts => formatter.write_str("the variables `DB_HOST`, `DB_NAME` and their like"),
            Self::OfLock { said } => formatter.write_str(said),
            Self::Default { path } => write!(formatter, "`[database] url` in `{}`", path.display()),
        }
    }
}

/// The places that may name a database.
pub(super) struct Places<'a> {
    /// `--database-url`
    pub(super) flag: Option<&'a str>,
    /// `[environments.NAME] url`, NAME being `environment`.
    pub(super) environment_url: Option<&'a str>,
    /// The environment's name.
    pub(super) environment: &'a str,
    /// `[database] url`
    pub(super) default_url: Option<&'a str>,
    /// The configuration that the two `url`s stand in.
    pub(super) config: &'a Path,
    /// The folder of the configuration.
    pub(super) root: &'a Path,
    /// The folder that the program was started in.
    pub(super) current_dir: &'a Path,
    /// The variables.
    pub(super) variables: &'a Variables<'a>,
}

/// What was resolved, and how to keep its secrets.
pub(super) struct Resolved {
    pub(super) database: Result<Database, SettingsError>,
    pub(super) redactor: Redactor,
}

/// An address before it is read.
struct Candidate<'a> {
    text: String,
    /// What a relative path is relative to.
    folder: &'a Path,
    origin: UrlOrigin,
}

/// Returns the database that the first of the places names.
pub(super) fn resolve(places: &Places<'_>) -> Resolved {
    let resolved = match places.candidate() {
        Ok(Some(candidate)) => places.read(candidate),
        Ok(None) => places.parts_or_default(),
        Err(error) => Resolved {
            database: Err(error),
            redactor: Redactor::default(),
        },
    };
    let of_libpq = OF_LIBPQ
        .iter()
        .filter_map(|name| places.variables.value(name));
    let redactor = of_libpq.fold(resolved.redactor, |redactor, value| {
        redactor.and(Redactor::for_text(&value))
    });
    Resolved {
        redactor,
        database: resolved.database,
    }
}

impl<'a> Places<'a> {
    /// Returns what the first three places say; nothing where `DB_HOST` and its like stand above
    /// `DATABASE_URL`, as in the process above `.env`.
    fn candidate(&self) -> Result<Option<Candidate<'a>>, SettingsError> {
        if let Some(text) = self.flag {
            let candidate = Candidate {
                text: text.to_owned(),
                folder: self.current_dir,
                origin: UrlOrigin::Flag,
            };
            return Ok(Some(candidate));
        }
        if let Some(text) = self.environment_url {
            let origin = UrlOrigin::Environment {
                name: self.environment.to_owned(),
                path: self.config.to_owned(),
            };
            return self.configured(text, origin).map(Some);
        }
        let variable = self.variables.highest(&NAMING)?;
        let whole = variable.filter(|(name, _)| *name == NAMING[0]);
        Ok(whole.map(|(_, Variable { value, file })| Candidate {
            text: value.to_owned(),
            folder: file.and_then(Path::parent).unwrap_or(self.current_dir),
            origin: UrlOrigin::Variable {
                file: file.map(Path::to_owned),
            },
        }))
    }

    fn configured(&self, text: &str, origin: UrlOrigin) -> Result<Candidate<'a>, SettingsError> {
        let text = self.variables.expand(text, &origin)?;
        Ok(Candidate {
            text,
            folder: self.root,
            origin,
        })
    }

    fn parts_or_default(&self) -> Resolved {
        let database = match (self.parts(), self.default_url) {
            (Ok(None), Some(text)) => {
                let origin = UrlOrigin::Default {
                    path: self.config.to_owned(),
                };
                match self.configured(text, origin) {
                    Ok(candidate) => return self.read(candidate),
                    Err(error) => Err(error),
                }
            }
            (Ok(None), None) => Err(SettingsError::NoDatabase {
                environment: self.environment.to_owned(),
            }),
            (Ok(Some(database)), _) => Ok(database),
            (Err(error), _) => Err(error),
        };
        let password =
            Redactor::for_secret(&self.variables.value("DB_PASSWORD").unwrap_or_default());
        let redactor = match &database {
            Ok(database) => password.and(Redactor::for_address(&database.address)),
            Err(_) => password,
        };
        Resolved { database, redactor }
    }

    /// Returns the database that `DB_HOST` and its like name, if they name one. Once they are chosen,
    /// any of them may come from a file, as the password will.
    fn parts(&self) -> Result<Option<Database>, SettingsError> {
        let value = |name| Ok(self.variables.get(name)?.map(|variable| variable.value));
        let (host, database) = (value("DB_HOST")?, value("DB_NAME")?);
        if host.is_none() && database.is_none() {
            return Ok(None);
        }
        let parts = AddressParts {
            host,
            database: Some(database.ok_or(SettingsError::NoDatabaseName)?),
            port: value("DB_PORT")?,
            user: value("DB_USER")?,
            password: value("DB_PASSWORD")?,
        };
        self.settle(
            DatabaseAddress::from_parts(&parts),
            UrlOrigin::Parts,
            self.current_dir,
        )
        .map(Some)
    }

    fn read(&self, candidate: Candidate<'_>) -> Resolved {
        let Candidate {
            text,
            folder,
            origin,
        } = candidate;
        let database = self.settle(DatabaseAddress::parse(&text), origin, folder);
        let redactor = match &database {
            Ok(database) => Redactor::for_address(&database.address),
            Err(_) => Redactor::for_text(&text),
        };
        Resolved { database, redactor }
    }

    fn settle(
        &self,
        address: Result<DatabaseAddress, AddressError>,
        origin: UrlOrigin,
        folder: &Path,
    ) -> Result<Database, SettingsError> {
        match address {
            Ok(address) => {
                let address = address
                    .relative_to(folder)
                    .with_defaults(|name| self.variables.value(name));
                if address.is_in_memory() {
                    return Err(SettingsError::InMemory { origin });
                }
                Ok(Database { address, origin })
            }
            Err(source) => Err(SettingsError::MalformedAddress { origin, source }),
        }
    }
}
