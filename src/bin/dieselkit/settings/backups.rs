//! `[backups]`, and what an environment says otherwise: where backups are, and which are kept.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dieselkit::backup::CompressionLevel;
use dieselkit::backup::retention::Keep;
use serde::Deserialize;

use super::SettingsError;
use super::config_file::ConfigFile;
use super::variables::Variables;
use crate::args::{self, BackupCheck, BackupFormat};

/// The folder of backups where nobody says another.
const BACKUPS: &str = "backups";

/// `[backups]`, or `[environments.NAME.backups]`, which wins key by key.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BackupsSection {
    directory: Option<String>,
    pg_dump: Option<String>,
    format: Option<BackupFormat>,
    level: Option<Level>,
    jobs: Option<NonZeroU32>,
    verify: Option<BackupCheck>,
    keep: KeepSection,
}

impl BackupsSection {
    /// Returns the keys that are set and that only a server's backups know.
    pub(super) fn keys_of_servers(&self) -> Vec<&'static str> {
        let format = self.format.is_some().then_some("format");
        let pg_dump = self.pg_dump.is_some().then_some("pg_dump");
        format.into_iter().chain(pg_dump).collect()
    }
}

/// `[backups.keep]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeepSection {
    last: Option<u32>,
    within: Option<Age>,
    hourly: Option<u32>,
    daily: Option<u32>,
    weekly: Option<u32>,
    monthly: Option<u32>,
    yearly: Option<u32>,
    minimum: Option<u32>,
}

/// A number from 1 to 9.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u8")]
struct Level(CompressionLevel);

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        let level = CompressionLevel::new(number).map(Self);
        level.ok_or("it must be a number from 1 to 9")
    }
}

/// A time such as `7d`; `0` is a rule that keeps nothing.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Age(Duration);

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        args::age(&text).map(Self)
    }
}

/// Where backups are, how they are made, and which are kept.
#[derive(Debug, Clone)]
pub(crate) struct BackupSettings {
    folder: Result<PathBuf, SettingsError>,
    pg_dump: Result<Option<PathBuf>, SettingsError>,
    /// How they are written down on a server.
    pub(crate) format: Option<BackupFormat>,
    /// How hard they are compressed.
    pub(crate) level: Option<CompressionLevel>,
    /// On how many threads, or how many tables are read at once.
    pub(crate) jobs: Option<NonZeroU32>,
    /// How each is verified at once.
    pub(crate) verify: Option<BackupCheck>,
    /// Which are kept.
    pub(crate) keep: Keep,
}

impl BackupSettings {
    /// Returns the folder, whether it exists or not.
    ///
    /// # Errors
    /// `UnsetVariable`, `NotUnicode`, `EmptyFolder` and `ShellsFolder`, which wait for whoever needs
    /// it.
    pub(crate) fn folder(&self) -> Result<&Path, SettingsError> {
        self.folder.as_deref().map_err(Clone::clone)
    }

    /// Returns `pg_dump` itself, where not the newest one is meant.
    ///
    /// # Errors
    /// As [`BackupSettings::folder`].
    pub(crate) fn pg_dump(&self) -> Result<Option<&Path>, SettingsError> {
        self.pg_dump
            .as_ref()
            .map(Option::as_deref)
            .map_err(Clone::clone)
    }

    /// Returns what a configuration says for an environment, with paths from the project's root.
    pub(super) fn of(
        (config, path): (&ConfigFile, &Path),
        environment: &str,
        root: &Path,
        variables: &Variables<'_>,
    ) -> Self {
        let own = config.environments.get(environment);
        let own = own.map(|section| &section.backups);
        let all = &config.backups;
        let named = |key: &str, text: fn(&BackupsSection) -> Option<&str>| {
            let (section, text) = match own.and_then(text) {
                Some(text) => (format!("[environments.{environment}.backups]"), text),
                None => ("[backups]".to_owned(), text(all)?),
            };
            let origin = format!("`{section} {key}` in `{}`", path.display());
            Some(expanded(text, origin, variables).map(|path| root.join(path)))
        };
        let folder = named("directory", |section| section.directory.as_deref());
        let pg_dump = named("pg_dump", |section| section.pg_dump.as_deref());
        let level = own.and_then(|own| own.level).or(all.level);
        Self {
            folder: folder.unwrap_or_else(|| Ok(root.join(BACKUPS))),
            pg_dump: pg_dump.transpose(),
            format: own.and_then(|own| own.format).or(all.format),
            level: level.map(|level| level.0),
            jobs: own.and_then(|own| own.jobs).or(all.jobs),
            verify: own.and_then(|own| own.verify).or(all.verify),
            keep: keep(own.map(|own| &own.keep), &all.keep),
        }
    }
}

/// Returns the path that a text names, with variables in it. Backups that are in a place that nobody
/// meant are not found on the day on which they are needed.
fn expanded(
    text: &str,
    origin: String,
    variables: &Variables<'_>,
) -> Result<String, SettingsError> {
    if text.starts_with('~') {
        let folder = text.to_owned();
        return Err(SettingsError::ShellsFolder { origin, folder });
    }
    let path = variables.expand_path(text, &origin)?;
    if path.trim().is_empty() {
        return Err(SettingsError::EmptyFolder { origin });
    }
    Ok(path)
}

fn keep(own: Option<&KeepSection>, all: &KeepSection) -> Keep {
    let count = |key: fn(&KeepSection) -> Option<u32>| own.and_then(key).or(key(all));
    let within = own.and_then(|own| own.within).or(all.within);
    let default = Keep::default();
    Keep {
        last: count(|keep| keep.last).unwrap_or(default.last),
        within: within.map_or(default.within, |age| age.0),
        hourly: count(|keep| keep.hourly).unwrap_or(default.hourly),
        daily: count(|keep| keep.daily).unwrap_or(default.daily),
        weekly: count(|keep| keep.weekly).unwrap_or(default.weekly),
        monthly: count(|keep| keep.monthly).unwrap_or(default.monthly),
        yearly: count(|keep| keep.yearly).unwrap_or(default.yearly),
        minimum: count(|keep| keep.minimum).unwrap_or(default.minimum),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;

    use super::*;

    const CONFIG: &str = r#"
        [backups]
        directory = "/var/backups/shop"
        format = "custom"
        level = 3
        jobs = 2
        verify = "files"
        [backups.keep]
        last = 3
        within = "2w"
        daily = 14
        monthly = 12
        minimum = 5
        [environments.development]
        [environments.production.backups]
        directory = "nightly"
        pg_dump = "/opt/pg_dump"
        level = 9
        verify = "restore"
        keep = { within = "0", daily = 30, yearly = 10 }
    "#;

    fn settings(config: &str, environment: &str) -> BackupSettings {
        let path = Path::new("dieselkit.toml");
        let config = ConfigFile::parse(path, config).ok();
        let config = config.expect("a configuration");
        let process = BTreeMap::from([("MOUNT".to_owned(), OsString::from("/mnt/b"))]);
        let variables = Variables {
            process: &process,
            files: &[],
        };
        BackupSettings::of((&config, path), environment, Path::new("/shop"), &variables)
    }

    /// Returns the folder of such a key, or why it is none.
    fn folder_of(directory: &str) -> Result<PathBuf, String> {
        let config = format!("[backups]\ndirectory = \"{directory}\"\n");
        let settings = settings(&config, "development");
        let folder = settings.folder().map(Path::to_owned);
        folder.map_err(|error| error.to_string())
    }

    #[test]
    fn the_folder_may_name_variables() {
        for (directory, wanted) in [
            ("$MOUNT", "/mnt/b"),
            ("$MOUNT/shop", "/mnt/b/shop"),
            ("x/$MOUNT", "/shop/x//mnt/b"),
            ("${MOUNT}2", "/mnt/b2"),
            ("a$b", "/shop/a$b"),
            ("./~x", "/shop/./~x"),
        ] {
            assert_eq!(
                folder_of(directory),
                Ok(PathBuf::from(wanted)),
                "{directory}"
            );
        }
    }

    #[test]
    fn a_folder_that_nobody_means_is_refused() {
        let said = ["$NOPE/x", "${NOPE}", "~/x", "~", "", " "].map(|directory| {
            let refused = folder_of(directory).expect_err(directory);
            format!("{directory:8} {refused}")
        });
        insta::assert_snapshot!(said.join("\n"), @r"
        $NOPE/x  the variable `NOPE`, which `[backups] directory` in `dieselkit.toml` refers to, is not set
        ${NOPE}  the variable `NOPE`, which `[backups] directory` in `dieselkit.toml` refers to, is not set
        ~/x      `[backups] directory` in `dieselkit.toml` is `~/x`, and `~` means a folder to a shell alone
        ~        `[backups] directory` in `dieselkit.toml` is `~`, and `~` means a folder to a shell alone
                 `[backups] directory` in `dieselkit.toml` is empty
                 `[backups] directory` in `dieselkit.toml` is empty
        ");
    }

    #[test]
    fn without_a_word_there_are_seven_days_and_three() {
        let settings = settings("", "development");
        assert_eq!(settings.folder().ok(), Some(Path::new("/shop/backups")));
        assert_eq!(settings.keep, Keep::default());
        assert_eq!(settings.keep.within, Duration::from_hours(7 * 24));
        assert_eq!(settings.keep.minimum, 3);
    }

    #[test]
    fn a_section_says_where_and_which() {
        let settings = settings(CONFIG, "development");
        assert_eq!(settings.folder().ok(), Some(Path::new("/var/backups/shop")));
        assert_eq!(settings.format, Some(BackupFormat::Custom));
        assert_eq!(settings.level, CompressionLevel::new(3));
        assert_eq!(settings.jobs, NonZeroU32::new(2));
        assert_eq!(settings.verify, Some(BackupCheck::Files));
        assert_eq!(settings.pg_dump().ok(), Some(None));
        let expected = Keep {
            last: 3,
            within: Duration::from_hours(14 * 24),
            daily: 14,
            monthly: 12,
            minimum: 5,
            ..Keep::default()
        };
        assert_eq!(settings.keep, expected);
    }

    #[test]
    fn an_environment_says_otherwise_key_by_key() {
        let settings = settings(CONFIG, "production");
        assert_eq!(settings.folder().ok(), Some(Path::new("/shop/nightly")));
        assert_eq!(settings.format, Some(BackupFormat::Custom));
        assert_eq!(settings.level, CompressionLevel::new(9));
        assert_eq!(settings.verify, Some(BackupCheck::Restore));
        let pg_dump = settings.pg_dump().expect("it is set");
        assert_eq!(pg_dump, Some(Path::new("/opt/pg_dump")));
        let expected = Keep {
            last: 3,
            within: Duration::ZERO,
            daily: 30,
            monthly: 12,
            yearly: 10,
            minimum: 5,
            ..Keep::default()
        };
        assert_eq!(settings.keep, expected);
    }
}
