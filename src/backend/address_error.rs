//! Why a database address was not understood, without quoting any of it.
//!
//! The text that failed may hold a password in a place where no parser finds it
//! (that is often *why* it failed), so no variant carries a piece of it.

use crate::backend::address::Engine;
use crate::shell::command;

/// The ways in which a database address can be unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text is empty or only blanks.
    #[error("the database address is empty")]
    Empty,
    /// The text is none of the forms that are accepted.
    #[error("the database address has none of the known forms")]
    UnknownForm,
    /// The address is understood, but this build cannot speak to such a database.
    #[error("this build of dieselkit has no support for {engine}")]
    EngineNotCompiled {
        /// The engine that was asked for.
        engine: Engine,
    },
    /// A NUL character, raw or as `%00`, which no database library can take.
    #[error("the database address contains a NUL character")]
    NulCharacter,
    /// An `@` stands in the host or the path of a URI.
    #[error("there is more than one `@` in the database address")]
    UnencodedAt,
    /// Where a path, a host or a name belongs stands what reads like an address with a login: it
    /// would be shown to everybody.
    #[error("the {part} in the database address reads like an address of its own, with a login")]
    LoginInside {
        /// What belongs there.
        part: &'static str,
    },
    /// A `%` of a URI does not begin an escape.
    #[error("a `%` in the database address is not followed by two hexadecimal digits")]
    PercentEncoding,
    /// Percent-escapes of a URI decode to bytes that are no text.
    #[error("the percent-encoding in the database address is not UTF-8")]
    NotUtf8,
    /// A port is not a number from 1 to 65535.
    #[error("the port in the database address is not a number from 1 to 65535")]
    InvalidPort,
    /// Hosts and ports are both lists, of different lengths.
    #[error("the database address has {hosts} hosts, but {ports} ports")]
    PortsDoNotMatchHosts {
        /// How many hosts (or host addresses) are listed.
        hosts: usize,
        /// How many ports are listed.
        ports: usize,
    },
    /// `[` without `]`, nothing between them, or something other than a port after them.
    #[error("the brackets around the IPv6 host in the database address are malformed")]
    MalformedBrackets,
    /// A parameter after `?` is not exactly one `name=value`.
    #[error("a parameter after `?` in the database address is not `name=value`")]
    MalformedParameter,
    /// A parameter that libpq does not know.
    #[error("a parameter of the database address is not one that PostgreSQL's library knows")]
    UnknownParameter {
        /// The known parameter that looks like it.
        suggestion: Option<&'static str>,
    },
    /// In the `key=value` form, a word without `=`.
    #[error("a word in the database address is not followed by `=`")]
    MissingEquals,
    /// In the `key=value` form, a quote without its end.
    #[error("a quoted value in the database address has no closing quote")]
    UnterminatedQuote,
    /// An address of SQLite without a path.
    #[error("the SQLite address names no file")]
    NoPath,
    /// An address of SQLite with something after a `?`.
    #[error("an SQLite address takes no parameters after `?`")]
    SqliteParameters,
    /// Where the name of a database on the same server is wanted, or the path of a file, stands the
    /// address of something else.
    #[error("an address was given where {wanted} is wanted")]
    NotAName {
        /// What is wanted.
        wanted: &'static str,
    },
    /// The name of a new database is longer than the server takes, which would cut it.
    #[error(
        "the name of the new database is {bytes} bytes long, and {engine} takes {limit} at most"
    )]
    NameTooLong {
        /// How long it is, in bytes.
        bytes: usize,
        /// How long it may be, in bytes.
        limit: usize,
        /// The engine.
        engine: Engine,
    },
    /// SQLite's own `file:` URI.
    #[error("`file:` URIs are not accepted as an SQLite address")]
    FileUri,
}

impl AddressError {
    /// Returns advice that cures the error, one sentence without a period.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty | Self::UnknownForm => Some(String::from(FORMS)),
            Self::LoginInside { .. } => Some(String::from(ALONE)),
            Self::EngineNotCompiled { engine } => Some(format!(
                "install it with {}",
                command(
                    "cargo install dieselkit --features {}",
                    &[&engine.feature()]
                )
            )),
            Self::UnencodedAt | Self::InvalidPort | Self::PercentEncoding | Self::NotUtf8 => {
                Some(String::from(ENCODE))
            }
            Self::UnknownParameter {
                suggestion: Some(known),
            } => Some(format!("did you mean `{known}`?")),
            Self::UnknownParameter { suggestion: None } => Some(String::from(EITHER)),
            Self::MissingEquals | Self::UnterminatedQuote => Some(String::from(QUOTE)),
            Self::MalformedParameter => Some(String::from(ENCODE)),
            Self::MalformedBrackets => Some(String::from(
                "write it as `postgres://user@[::1]:5432/database`",
            )),
            Self::PortsDoNotMatchHosts { .. } => {
                Some(String::from("give one port for all hosts, or one for each"))
            }
            Self::NoPath | Self::SqliteParameters | Self::FileUri => {
                Some(String::from("write it as `sqlite:PATH`"))
            }
            Self::NotAName { .. } => Some(String::from(BESIDE)),
            Self::NameTooLong { .. } => Some(String::from(
                "name a shorter one; letters beyond ASCII take two bytes and more: `dieselkit restore --into NAME`",
            )),
            Self::NulCharacter => None,
        }
    }
}

/// Every accepted form, for a text that has none of them.
const FORMS: &str = "write it as `postgres://user@host:5432/database`, `host=… dbname=…`, \
     `sqlite:PATH`, or a path that ends in `.db`, `.sqlite` or `.sqlite3`";

/// How an address is given that was put into a part of another one.
const ALONE: &str = "give that address alone, as `postgres://user:password@host:5432/database`; \
     where its parts are given, user and password have parts of their own, such as DB_USER and DB_PASSWORD";

/// How a database is named beside another, and how one elsewhere.
const BESIDE: &str = "`--into` takes a name, or the path of a file of SQLite; another server is named by \
     `dieselkit restore --database-url URL --into NAME`";

/// The likeliest reason why a URI falls apart.
const ENCODE: &str = "is there a character in the password that must be percent-encoded? \
     `@` is `%40`, `:` is `%3A`, `/` is `%2F`, `%` is `%25`, `#` is `%23`, `?` is `%3F`, a blank is `%20`";

/// The likeliest reason why the `key=value` form falls apart.
const QUOTE: &str = "does the password hold a blank or a quote? \
     write it as `password='…'`, with `\\` before each `'` and `\\`";

/// The likeliest reasons, in each form, why something is taken for a parameter.
const EITHER: &str = "in a URL, does the password hold a `?` or a `&`? They are `%3F` and `%26`; \
     in the `key=value` form, does it hold a blank? Write it as `password='…'`";
