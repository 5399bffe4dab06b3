//! Why it could not be settled what is meant; all of it is exit code 2.
//!
//! No message quotes a value that could be an address, since it may hold a password.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dieselkit::backend::address::AddressError;
use dieselkit::environment::EnvironmentError;
use dieselkit::file_kind::OtherThanFile;

use super::database::UrlOrigin;
use dieselkit::shell::command;

/// The ways in which flags, variables and files can fail to say what is meant.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SettingsError {
    /// The process has no folder.
    #[error("failed to find out the current folder")]
    CurrentFolder {
        /// Why.
        source: Arc<io::Error>,
    },
    /// A file could not be read.
    #[error("failed to read `{}`", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Something else stands in the place of a file.
    #[error("{}", found.told(path))]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// What it is.
        found: OtherThanFile,
    },
    /// A TOML file is malformed, or says something that it may not.
    #[error("`{}:{line}:{column}` is not understood: {message}", path.display())]
    MalformedConfig {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// What is wrong, without quoting values.
        message: String,
    },
    /// A file of variables is malformed.
    #[error("`{}:{line}` is not understood: it is no `NAME=value`, or a quote is not closed", path.display())]
    MalformedDotenv {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: usize,
    },
    /// A variable is not Unicode.
    #[error("the variable `{name}` is not Unicode")]
    NotUnicode {
        /// The variable.
        name: String,
    },
    /// The name of an environment is malformed.
    #[error("{origin} names no environment")]
    InvalidEnvironment {
        /// Where the name was given.
        origin: String,
        /// Why.
        source: EnvironmentError,
    },
    /// The configuration lists environments, but not this one.
    #[error("the environment `{name}`, from {origin}, is not one that `{}` lists", path.display())]
    UnknownEnvironment {
        /// What was asked for.
        name: String,
        /// Where it was asked for.
        origin: String,
        /// The environments that there are.
        known: Vec<String>,
        /// The configuration.
        path: PathBuf,
    },
    /// The configuration refers to a variable that is not set, or is empty.
    #[error("the variable `{name}`, which {origin} refers to, is not set")]
    UnsetVariable {
        /// The variable.
        name: String,
        /// Where it is referred to.
        origin: String,
    },
    /// A folder or a program is named, and by nothing.
    #[error("{origin} is empty")]
    EmptyFolder {
        /// Where it is named.
        origin: String,
    },
    /// A role is named, and by nothing.
    #[error("{origin} names no role")]
    EmptyRole {
        /// Where it is named.
        origin: String,
    },
    /// A path begins with what a shell alone understands.
    #[error("{origin} is `{folder}`, and `~` means a folder to a shell alone")]
    ShellsFolder {
        /// Where it is named.
        origin: String,
        /// What is named.
        folder: String,
    },
    /// A server is given, but no database on it.
    #[error("`DB_HOST` is set, but `DB_NAME` is not")]
    NoDatabaseName,
    /// The address was found and is not understood.
    #[error("the database address from {origin} cannot be used")]
    MalformedAddress {
        /// Where it was found.
        origin: UrlOrigin,
        /// Why.
        source: AddressError,
    },
    /// The address names a database that would end with the command.
    #[error(
        "the database address from {origin} names a database in memory, which would end with this command"
    )]
    InMemory {
        /// Where it was found.
        origin: UrlOrigin,
    },
    /// An address for the lock is no server's, or stands beside a file.
    #[error("{origin} is for PostgreSQL alone: on SQLite the lock is a file beside the database")]
    LockOfFile {
        /// Where it was found.
        origin: String,
    },
    /// No address was found.
    #[error("no database is named")]
    NoDatabase {
        /// The environment in which one was looked for.
        environment: String,
    },
}

impl SettingsError {
    /// Returns advice that cures the error.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::InvalidEnvironment { source, .. } => source.hint(),
            Self::UnknownEnvironment { known, .. } => {
                Some(format!("the environments are: {}", known.join(", ")))
            }
            Self::UnsetVariable { name, .. } => {
                Some(format!("set `{name}`, in the environment or in .env"))
            }
            Self::EmptyFolder { .. } => Some(String::from(
                "name one, or leave the key out: `directory` is `backups` then, and `pg_dump` the newest one",
            )),
            Self::EmptyRole { .. } => Some(String::from(
                "name the role that is to own what is made, or leave it out: the user of the address owns it then",
            )),
            Self::ShellsFolder { .. } => Some(String::from(
                "write the variable `${HOME}` in its place, or the whole path",
            )),
            Self::NoDatabaseName => Some(String::from("set `DB_NAME` to the database's name")),
            Self::MalformedAddress {
                origin: UrlOrigin::Parts,
                source: AddressError::InvalidPort,
            } => Some(String::from(
                "set `DB_PORT` to a number from 1 to 65535, or to nothing: it is 5432 then",
            )),
            Self::MalformedAddress { source, .. } => source.hint(),
            Self::MalformedConfig { message, .. } => similar_word(message),
            Self::InMemory { .. } => Some(String::from(
                "name a file: `sqlite:dev.db`; a database in memory is for programs that use the library",
            )),
            Self::LockOfFile { .. } => Some(String::from(
                "leave it out, or name a server by both: `--database-url postgres://USER@HOST/DATABASE`",
            )),
            Self::NoDatabase { environment } => Some(no_database(environment)),
            Self::MalformedDotenv { .. } => Some(String::from(
                "put values that hold blanks, quotes or `#` into single quotes",
            )),
            Self::ReadFile { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some(String::from("write one with `dieselkit init`"))
            }
            Self::NotAFile { path, found } => Some(found.hint(path)),
            Self::ReadFile { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                Some(String::from("save it as UTF-8 text"))
            }
            Self::ReadFile { path, .. } => Some(command("ls -l {}", &[path])),
            Self::CurrentFolder { .. } | Self::NotUnicode { .. } => None,
        }
    }
}

/// Returns which of the words that a message expects is most like the one that it found, if one is:
/// ``unknown field `diretory`, expected `directory` or …``.
fn similar_word(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let typed = words.next().filter(|_| message.starts_with("unknown "))?;
    let likeness = |word: &str| similar::TextDiff::from_chars(typed, word).ratio();
    let nearest = words.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= 0.6).then(|| format!("did you mean `{nearest}`?"))
}

fn no_database(environment: &str) -> String {
    format!(
        "name one by `--database-url URL`, by `url` under `[environments.{environment}]` in dieselkit.toml, \
         by the variable DATABASE_URL, by the variables DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, \
         or by `url` under `[database]` in dieselkit.toml"
    )
}

#[cfg(test)]
mod tests {
    use dieselkit::file_kind::DeadLink;

    use super::*;

    fn all_errors() -> Vec<SettingsError> {
        let io = || Arc::new(io::Error::from(io::ErrorKind::NotFound));
        let path = || PathBuf::from("dieselkit.toml");
        let origin = || UrlOrigin::Environment {
            name: "production".to_owned(),
            path: path(),
        };
        vec![
            SettingsError::CurrentFolder { source: io() },
            SettingsError::NotAFile {
                path: path(),
                found: OtherThanFile::DeadLink(DeadLink {
                    target: Some(PathBuf::from("../shared/dieselkit.toml")),
                }),
            },
            SettingsError::NotAFile {
                path: path(),
                found: OtherThanFile::Pipe,
            },
            SettingsError::ReadFile {
                path: path(),
                source: io(),
            },
            SettingsError::ReadFile {
                path: path(),
                source: Arc::new(io::Error::from(io::ErrorKind::PermissionDenied)),
            },
            SettingsError::MalformedConfig {
                path: path(),
                line: 3,
                column: 1,
                message: "unknown field `diretory`, expected `directory`".to_owned(),
            },
            SettingsError::MalformedDotenv {
                path: PathBuf::from(".env"),
                line: 2,
            },
            SettingsError::NotUnicode {
                name: "DATABASE_URL".to_owned(),
            },
            SettingsError::InvalidEnvironment {
                origin: "`--env`".to_owned(),
                source: EnvironmentError::InvalidName {
                    name: "A b".to_owned(),
                },
            },
            SettingsError::UnknownEnvironment {
                name: "prod".to_owned(),
                origin: "`APP_ENV`".to_owned(),
                known: vec!["development".to_owned(), "production".to_owned()],
                path: path(),
            },
            SettingsError::UnsetVariable {
                name: "PRODUCTION_DATABASE_URL".to_owned(),
                origin: origin().to_string(),
            },
            SettingsError::EmptyFolder {
                origin: "`[backups] directory` in `dieselkit.toml`".to_owned(),
            },
            SettingsError::EmptyRole {
                origin: "`[database] role` in `dieselkit.toml`".to_owned(),
            },
            SettingsError::ShellsFolder {
                origin: "`[backups] directory` in `dieselkit.toml`".to_owned(),
                folder: "~/backups".to_owned(),
            },
            SettingsError::NoDatabaseName,
            SettingsError::LockOfFile {
                origin: "`--lock-url`".to_owned(),
            },
            SettingsError::MalformedAddress {
                origin: UrlOrigin::OfLock {
                    said: "`[database] lock_url` in `dieselkit.toml`".to_owned(),
                },
                source: AddressError::InvalidPort,
            },
            SettingsError::MalformedAddress {
                origin: UrlOrigin::Flag,
                source: AddressError::InvalidPort,
            },
            SettingsError::MalformedAddress {
                origin: UrlOrigin::Parts,
                source: AddressError::InvalidPort,
            },
            SettingsError::InMemory {
                origin: UrlOrigin::Flag,
            },
            SettingsError::NoDatabase {
                environment: "development".to_owned(),
            },
        ]
    }

    #[test]
    fn a_word_that_is_like_none_of_those_expected_suggests_none() {
        for (message, word) in [
            (
                "unknown field `migration`, expected one of `migrations`, `database`",
                Some("migrations"),
            ),
            (
                "unknown variant `batched`, expected `each` or `batch`",
                Some("batch"),
            ),
            (
                "unknown field `colour`, expected one of `migrations`, `database`",
                None,
            ),
            ("unknown field `x`, there are no fields", None),
            ("invalid type: string, expected a boolean", None),
        ] {
            let suggested = similar_word(message);
            let expected = word.map(|word| format!("did you mean `{word}`?"));
            assert_eq!(suggested, expected, "{message}");
        }
    }

    #[test]
    fn every_error_reads_well() {
        let shown: Vec<String> = all_errors()
            .iter()
            .map(|error| format!("{error}\n  {}", error.hint().unwrap_or_default()))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
