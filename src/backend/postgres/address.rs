//! The PostgreSQL half of a database address: libpq's connection parameters.
//!
//! It must not know libpq itself; it only makes sure that libpq is never handed a text
//! that it could refuse by quoting it, password and all.

mod parameters;

use std::fmt;

use parameters::{DEFAULTS, SECRETS, check_parameter, is_port};

use super::{conninfo, uri};
use crate::backend::address::{AddressError, AddressParts, Engine};
use crate::backend::redact::may_hold_login;
use crate::shell::option;

/// The longest name of a database that a server takes, in bytes; it cuts off the rest.
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
pub(super) const LONGEST: usize = 63;

/// The port where none is given.
const DEFAULT_PORT: &str = "5432";

/// Where a PostgreSQL database is, and how libpq is to reach it.
///
/// Prints as `user@host:port/database`; a password is in `conninfo` and `url` alone.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// Keywords and values, each keyword once, in the order in which they came.
    parameters: Vec<(String, String)>,
}

/// Returns whether a host is this machine, or a folder of sockets.
fn is_this_machine(host: &str) -> bool {
    let is_folder = host.is_empty() || host.starts_with(['/', '@']);
    is_folder || host == "localhost" || host == "::1" || host.starts_with("127.")
}

impl PostgresAddress {
    /// Returns the address that a URI or a text in libpq's `key=value` form means.
    ///
    /// # Errors
    /// The variants of `AddressError` that are about PostgreSQL; none quotes the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let pairs = match uri::after_scheme(text.trim()) {
            Some(rest) => uri::parse(rest)?,
            None => conninfo::parse(text)?,
        };
        Self::from_pairs(pairs)
    }

    /// Returns the address that is made of `parts`, none of them encoded or quoted.
    ///
    /// # Errors
    /// `InvalidPort`, `PortsDoNotMatchHosts`, `LoginInside` and `NulCharacter`.
    pub fn from_parts(parts: &AddressParts<'_>) -> Result<Self, AddressError> {
        let pairs = [
            ("user", parts.user),
            ("password", parts.password),
            ("host", parts.host),
            ("port", parts.port),
            ("dbname", parts.database),
        ];
        let given = pairs
            .into_iter()
            .filter_map(|(keyword, value)| Some((keyword.to_owned(), value?.to_owned())));
        Self::from_pairs(given.collect())
    }

    fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, AddressError> {
        let mut address = Self {
            parameters: Vec::new(),
        };
        for (keyword, value) in pairs {
            check_parameter(&keyword, &value)?;
            address.set(&keyword, value);
        }
        address.check_ports()?;
        Ok(address)
    }

    /// Sets a parameter; as in libpq, the last one of a keyword counts.
    fn set(&mut self, keyword: &str, value: String) {
        match self
            .parameters
            .iter_mut()
            .find(|(known, _)| known == keyword)
        {
            Some((_, old)) => *old = value,
            None => self.parameters.push((keyword.to_owned(), value)),
        }
    }

    fn check_ports(&self) -> Result<(), AddressError> {
        let hosts = self.hosts().len();
        let ports = self.list("port");
        if !ports.iter().all(|port| is_port(port)) {
            return Err(AddressError::InvalidPort);
        }
        if ports.len() > 1 && ports.len() != hosts {
            return Err(AddressError::PortsDoNotMatchHosts {
                hosts,
                ports: ports.len(),
            });
        }
        Ok(())
    }

    /// Returns the value of one of libpq's keywords; as in libpq, an empty one is none.
    pub fn parameter(&self, keyword: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == keyword);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns whether it leads over a network, and takes whoever answers for the server: a certificate
    /// is asked for by `sslmode`, and also where `sslrootcert` names its authority
    /// (PostgreSQL manual, 34.19.1). What it leaves out, libpq's variables may say.
    pub fn asks_for_no_proof(&self, variable: impl Fn(&str) -> Option<String>) -> bool {
        let said = |keyword, name| {
            let said = self.parameter(keyword).map(str::to_owned);
            said.or_else(|| variable(name))
        };
        let hosts = said("host", "PGHOST").or_else(|| said("hostaddr", "PGHOSTADDR"));
        let verifies = said("sslmode", "PGSSLMODE").is_some_and(|it| it.starts_with("verify-"));
        let asks = verifies || said("sslrootcert", "PGSSLROOTCERT").is_some();
        !asks && !hosts.unwrap_or_default().split(',').all(is_this_machine)
    }

    /// Returns the database's name: without one libpq takes the user's, so this does too.
    ///
    /// It is unknown where the operating system's user or a service file decides.
    pub fn database(&self) -> Option<&str> {
        let implied = || self.user().filter(|_| self.parameter("service").is_none());
        self.parameter("dbname").or_else(implied)
    }

    /// Returns the address of a new database of the same server, as somebody types its name.
    ///
    /// # Errors
    /// `NotAName` where it is an address, and `NameTooLong`.
    pub fn neighbour(&self, typed: &str) -> Result<Self, AddressError> {
        let sqlite = typed.get(.."sqlite:".len());
        let of_sqlite = sqlite.is_some_and(|scheme| scheme.eq_ignore_ascii_case("sqlite:"));
        if typed.contains("://") || of_sqlite || may_hold_login(typed) {
            let wanted = "the name of a new database";
            return Err(AddressError::NotAName { wanted });
        }
        if typed.len() > LONGEST {
            return Err(AddressError::NameTooLong {
                bytes: typed.len(),
                limit: LONGEST,
                engine: Engine::Postgres,
            });
        }
        Ok(self.with_database(typed))
    }

    /// Returns the user, unless the operating system's or a service file decides.
    pub fn user(&self) -> Option<&str> {
        self.parameter("user")
    }

    /// Returns the address of another database on the same server.
    pub fn with_database(&self, name: &str) -> Self {
        let mut address = self.clone();
        address.set("dbname", name.to_owned());
        address
    }

    /// Returns the address whose sessions act as a role from their beginning.
    ///
    /// A blank in a value is escaped by a backslash.
    /// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS>
    pub(super) fn acting_as(&self, role: &str) -> Self {
        let mut options = self.parameter("options").unwrap_or_default().to_owned();
        options += " -c role=";
        for letter in role.chars() {
            if letter == '\\' || letter.is_ascii_whitespace() {
                options.push('\\');
            }
            options.push(letter);
        }
        let mut address = self.clone();
        address.set("options", options);
        address
    }

    /// Returns the address with what libpq would take from its `PG…` variables written out,
    /// so that the target that is shown is the one that is meant.
    ///
    /// A service file comes between the two for libpq; where one is named, nothing is added.
    pub fn with_defaults(&self, variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut address = self.clone();
        if self.parameter("service").is_some() || variable("PGSERVICE").is_some() {
            return address;
        }
        for (keyword, name) in DEFAULTS {
            let decided = self.parameter(keyword).is_some()
                || (keyword == "host" && self.parameter("hostaddr").is_some());
            // A default that does not fit is left to libpq, which names the variable.
            if let Some(value) =
                variable(name).filter(|value| !decided && check_parameter(keyword, value).is_ok())
            {
                address.set(keyword, value);
            }
        }
        if address.check_ports().is_ok() {
            address
        } else {
            self.clone()
        }
    }

    /// Returns the text for libpq: the `key=value` form with every value quoted.
    ///
    /// It holds the password: hand it to libpq in memory and to nothing else.
    pub fn conninfo(&self) -> String {
        conninfo::write(
            self.parameters
                .iter()
                .map(|(keyword, value)| (keyword.as_str(), value.as_str())),
        )
    }

    /// Returns the canonical URI, every reserved character percent-encoded.
    ///
    /// It holds the password: hand it to other programs through their environment, never
    /// on their command line.
    pub fn url(&self) -> String {
        let placed = ["user", "password", "host", "port", "dbname"];
        let others = self
            .parameters
            .iter()
            .filter(|(keyword, _)| !placed.contains(&keyword.as_str()));
        uri::write(&uri::UriParts {
            user: self.user(),
            password: self.parameter("password"),
            endpoints: endpoints(&self.list("host"), &self.list("port")),
            database: self.parameter("dbname"),
            parameters: others
                .map(|(keyword, value)| (keyword.as_str(), value.as_str()))
                .collect(),
        })
    }

    /// Returns the text for libpq in another program's arguments, which everybody on the machine can
    /// read: without secrets, and with a name for its session.
    pub(super) fn conninfo_without_secrets(&self, session: &str) -> String {
        // A file of passwords that is named would win over the one that holds this one.
        let other_file = self.parameter("password").map(|_| "passfile");
        let passed = |keyword: &str| {
            !SECRETS.contains(&keyword)
                && keyword != "application_name"
                && Some(keyword) != other_file
        };
        let parameters = self.parameters.iter();
        conninfo::write(
            parameters
                .map(|(keyword, value)| (keyword.as_str(), value.as_str()))
                .filter(|(keyword, _)| passed(keyword))
                .chain([("application_name", session)]),
        )
    }

    /// Returns the keyword of a secret for which libpq has no file, as it has for the password.
    pub(super) fn unpassable_secret(&self) -> Option<&'static str> {
        let mut others = SECRETS.into_iter().filter(|keyword| *keyword != "password");
        others.find(|keyword| self.parameter(keyword).is_some())
    }

    /// Returns the values that nobody may see.
    pub(in crate::backend) fn secrets(&self) -> impl Iterator<Item = &str> {
        SECRETS.iter().filter_map(|keyword| self.parameter(keyword))
    }

    /// Returns the hosts, or their addresses where only those are given.
    fn hosts(&self) -> Vec<&str> {
        let hosts = self.list("host");
        if hosts.is_empty() {
            self.list("hostaddr")
        } else {
            hosts
        }
    }

    /// Returns the values of a parameter that may be a list; none where it is absent.
    fn list(&self, keyword: &str) -> Vec<&str> {
        self.parameter(keyword)
            .map(|value| value.split(',').collect())
            .unwrap_or_default()
    }

    /// Returns the command that runs SQL on the server, as whom the address says; without a password.
    pub fn psql(&self) -> String {
        self.psql_with(&[
            ("--host", "host"),
            ("--port", "port"),
            ("--username", "user"),
        ])
    }

    /// Returns the same for whoever runs it: another may do what this one may not.
    pub fn psql_of_another(&self) -> String {
        self.psql_with(&[("--host", "host"), ("--port", "port")])
    }

    fn psql_with(&self, flags: &[(&str, &str)]) -> String {
        let flags = flags.iter().filter_map(|(flag, keyword)| {
            let value = self.parameter(keyword)?;
            Some(format!("{} ", option(flag, value)))
        });
        format!("psql {}postgres", flags.collect::<String>())
    }
}

/// Returns each host with its port: one port counts for all hosts.
fn endpoints<'a>(hosts: &[&'a str], ports: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let hosts = if hosts.is_empty() { &[""] } else { hosts };
    let port = |position: usize| {
        ports
            .get(position)
            .or(ports.first().filter(|_| ports.len() == 1))
    };
    hosts
        .iter()
        .enumerate()
        .map(|(position, host)| (*host, port(position).copied().unwrap_or("")))
        .collect()
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = self.user() {
            write!(formatter, "{user}@")?;
        }
        let shown: Vec<String> = endpoints(&self.hosts(), &self.list("port"))
            .into_iter()
            .map(show_endpoint)
            .collect();
        formatter.write_str(&shown.join(","))?;
        self.database()
            .map_or(Ok(()), |database| write!(formatter, "/{database}"))
    }
}

fn show_endpoint((host, port): (&str, &str)) -> String {
    let port = if port.is_empty() { DEFAULT_PORT } else { port };
    match host {
        "" => format!("localhost:{port}"),
        host if host.contains(':') => format!("[{host}]:{port}"),
        host => format!("{host}:{port}"),
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests;
