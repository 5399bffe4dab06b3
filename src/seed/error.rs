//! What can be wrong with seeds, and with seeding.

mod unfit;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use unfit::UnfitSeed;

use super::directive;
use super::failure::{self, SeedFailure};
use super::named::nearest;
use super::report::SeedReport;
use crate::backend::BackendError;
use crate::file_kind::{DeadLink, OtherThanFile};
use crate::migration::Place;
use crate::migration::SourceError;
use crate::operation::{self, words_for_operation_errors};
use crate::shell::command;
use crate::sql::NotUtf8;
use crate::version::Version;

/// The folders of seeds cannot be read as such; nothing was run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SeedSourceError {
    /// A folder or a file cannot be read.
    #[error("failed to read `{}`: {message}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A file that is read as text is none.
    #[error("{}:{}: the text is not UTF-8", path.display(), found.position)]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// What it has instead, and where.
        found: NotUtf8,
    },
    /// A link is where a folder of seeds should be, and leads to nothing.
    #[error("{}", link.told(path))]
    DeadLink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        link: DeadLink,
    },
    /// Something else stands in the place of a file.
    #[error("{}", found.told(path))]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// What it is.
        found: OtherThanFile,
    },
    /// The folder of seeds is absent.
    #[error("there is no folder of seeds `{}`", path.display())]
    NoFolder {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The environment has no folder.
    #[error("there are no seeds for this environment: `{}` is absent; {}", path.display(), those(existing))]
    NoEnvironmentFolder {
        /// The folder that is absent.
        path: PathBuf,
        /// The environments that have one.
        existing: Vec<String>,
    },
    /// A file is none that could run.
    #[error("`{}` is no seed: one is `NNN_name.sql`, or `NNN_table` with `.csv`, `.jsonl` or `.json`", path.display())]
    NotASeed {
        /// The file.
        path: PathBuf,
    },
    /// Settings without a data file.
    #[error("`{}` stands beside no data file of its name", path.display())]
    SidecarAlone {
        /// The settings.
        path: PathBuf,
    },
    /// Settings cannot be read.
    #[error("{place}: {message}")]
    Sidecar {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// The credentials cannot be read.
    #[error("{place}: {message}")]
    Credentials {
        /// Where.
        place: Place,
        /// What is wrong, without any value of the file.
        message: String,
    },
    /// Credentials stand in the folder of what every environment gets.
    #[error("`{}` would be for all environments, and credentials belong to one", path.display())]
    SharedCredentials {
        /// The credentials.
        path: PathBuf,
        /// The folder of the environment.
        own: PathBuf,
    },
    /// A directive that nobody knows.
    #[error("{place}: `-- seed: {word}` is unknown: it is `once`, `always` or `template`")]
    UnknownDirective {
        /// Where.
        place: Place,
        /// What it says.
        word: String,
    },
    /// Two directives that cannot both hold.
    #[error("{place}: the directive contradicts an earlier one")]
    Contradiction {
        /// Where.
        place: Place,
    },
    /// The order of the names as texts is not that of their numbers.
    #[error("`{}` comes before `{}` as a text, and after it as a number", first.display(), second.display())]
    AmbiguousOrder {
        /// The first as a text.
        first: PathBuf,
        /// The second.
        second: PathBuf,
    },
}

fn those(existing: &[String]) -> String {
    match existing {
        [] => "no environment has any".to_owned(),
        some => format!("there are some for `{}`", some.join("`, `")),
    }
}

/// Returns the environment that a misspelt one was meant to be, where one is near enough.
fn meant<'a>(absent: &Path, existing: &'a [String]) -> Option<&'a str> {
    let typed = absent.file_name()?.to_string_lossy();
    let likeness = |name: &&String| similar::TextDiff::from_chars(&*typed, name.as_str()).ratio();
    let nearest = existing
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&nearest) >= 0.8).then_some(nearest)
}

impl SeedSourceError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoFolder { path } => Some(format!(
                "make one for what every environment gets, {}, and one for each environment; another place is named by `[seeds] directory` in dieselkit.toml",
                command("mkdir -p {}", &[&path.join("common")])
            )),
            Self::DeadLink { path, link } => Some(link.folder_hint(path)),
            Self::NotUtf8 { path, found } => Some(found.hint(path)),
            Self::NotAFile { path, found } => Some(found.hint(path)),
            Self::NoEnvironmentFolder { path, existing } => {
                let folder = command("mkdir -p {}", &[path]);
                Some(match (meant(path, existing), existing.as_slice()) {
                    (_, []) => folder,
                    (Some(name), _) => format!(
                        "did you mean {}? or make the folder: {folder}",
                        command("dieselkit seed --env {}", &[&name])
                    ),
                    // Another environment's seeds would be refused by this one's database.
                    (None, _) => format!(
                        "make the folder: {folder}; where `common` is enough: `seeds = \"common\"` in the environment's section of dieselkit.toml"
                    ),
                })
            }
            Self::AmbiguousOrder { .. } => {
                Some("write the numbers with as many digits: `009_…`, `010_…`".to_owned())
            }
            Self::SidecarAlone { .. } | Self::NotASeed { .. } => {
                Some("rename it, or move it out of the folder".to_owned())
            }
            Self::SharedCredentials { path, own } => {
                Some(command("mkdir -p {} && mv {} {}", &[own, path, own]))
            }
            Self::Sidecar { place, message } | Self::Credentials { place, message } => {
                Some(mending(place, meant_word(message)))
            }
            Self::UnknownDirective { place, word } => {
                let meant = meant_of(word, &directive::WORDS);
                Some(mending(
                    place,
                    meant.map(|meant| format!("-- seed: {meant}")),
                ))
            }
            Self::Contradiction { place } => Some(format!(
                "leave one of them: {}; then run `{}`",
                command("grep -in 'seed *:' {}", &[&Path::new(&place.file)]),
                failure::RETRY
            )),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Says which file is to be mended, and what was meant, where one is near enough.
fn mending(place: &Place, meant: Option<String>) -> String {
    let meant = meant.map(|meant| format!("did you mean `{meant}`? "));
    let (meant, file) = (meant.unwrap_or_default(), &place.file);
    format!("{meant}mend `{file}` and run `{}`", failure::RETRY)
}

/// Returns which of the words that a parser expects was meant by the one that it found:
/// ``unknown field `keys`, expected one of `table`, `key``.
fn meant_word(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let typed = words.next().filter(|_| message.starts_with("unknown "))?;
    meant_of(typed, &words.collect::<Vec<_>>())
}

fn meant_of(typed: &str, words: &[&str]) -> Option<String> {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    nearest(typed, &words).map(str::to_owned)
}

/// Seeding did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The seeds cannot be read; nothing was run.
    #[error(transparent)]
    Source(#[from] SeedSourceError),
    /// The migrations cannot be read; nothing was run.
    #[error(transparent)]
    Migrations(#[from] SourceError),
    /// The database cannot be reached, locked or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database belongs to another environment.
    #[error("the database is marked as `{marked}`, but the environment is `{wanted}`")]
    EnvironmentMismatch {
        /// What the database says.
        marked: String,
        /// What was said.
        wanted: String,
    },
    /// Seeds for trying things out, where nothing may be tried out.
    #[error("seeds of `{folder}` never run in a protected environment; nothing was run")]
    Protected {
        /// Their folder.
        folder: String,
    },
    /// Migrations are pending.
    #[error(
        "{} pending, so the tables may not be what the seeds expect; nothing was run",
        pending_text(versions)
    )]
    Pending {
        /// Which ones.
        versions: Vec<Version>,
    },
    /// Somebody asked for a seed that is not there.
    #[error("there is no seed `{name}`; {}", known_text(known))]
    UnknownName {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A seed cannot be run as it stands; nothing was run.
    #[error("seed `{name}` cannot be run; nothing was run")]
    Unfit {
        /// Its folder and file.
        name: String,
        /// Why.
        #[source]
        source: UnfitSeed,
    },
    /// A seed failed.
    #[error("failed to run seed `{}`; {}", source.name, report.kept_text())]
    Failed {
        /// Everything that was done.
        report: Box<SeedReport>,
        /// What failed.
        #[source]
        source: Box<SeedFailure>,
    },
    /// The run was asked to end; of a data file that was under way nothing is kept.
    #[error("interrupted; {}", report.kept_text())]
    Interrupted {
        /// What was done.
        report: Box<SeedReport>,
    },
}

fn known_text(known: &[String]) -> String {
    match known {
        [] => "there are none for this environment".to_owned(),
        some => format!("there are `{}`", some.join("`, `")),
    }
}

pub(super) fn pending_text(versions: &[Version]) -> String {
    match versions {
        [one] => format!("migration `{one}` is"),
        many => format!("{} migrations are", many.len()),
    }
}

words_for_operation_errors!(SeedError);

impl SeedError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Migrations(error) => error.hint(),
            Self::Backend(error) => error.hint_for(failure::RETRY),
            Self::EnvironmentMismatch { marked, wanted } => {
                Some(operation::other_environment(marked, wanted))
            }
            Self::Protected { .. } | Self::UnknownName { .. } => {
                Some("`dieselkit seed status`".to_owned())
            }
            Self::Pending { .. } => Some(
                "`dieselkit up`, or seed all the same: `dieselkit seed --allow-pending`".to_owned(),
            ),
            Self::Unfit { name, source } => Some(
                source
                    .hint()
                    .unwrap_or_else(|| format!("mend `{name}` and run `{}`", failure::RETRY)),
            ),
            Self::Failed { source, .. } => Some(source.hint()),
            Self::Interrupted { .. } => Some(format!("`{}`", failure::RETRY)),
        }
    }

    /// Returns what was done before the error, where anything may have been.
    pub fn report(&self) -> Option<&SeedReport> {
        match self {
            Self::Failed { report, .. } | Self::Interrupted { report } => Some(report),
            _ => None,
        }
    }
}
