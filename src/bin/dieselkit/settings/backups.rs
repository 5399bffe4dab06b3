//! `[backups]`, and what an environment says otherwise: where backups are, and which are kept.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dieselkit::backup::CompressionLevel;
use dieselkit::backup::retention::Keep;
use serde::Deserialize;

use super::config_file::ConfigFile;
use crate::args::{self, BackupCheck, BackupFormat};

/// The folder of backups where nobody says another.
const BACKUPS: &str = "backups";

/// `[backups]`, or `[environments.NAME.backups]`, which wins key by key.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BackupsSection {
    directory: Option<PathBuf>,
    pg_dump: Option<PathBuf>,
    format: Option<BackupFormat>,
    level: Option<Level>,
    jobs: Option<NonZeroU32>,
    verify: Option<BackupCheck>,
    keep: KeepSection,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupSettings {
    /// The folder, whether it exists or not.
    pub(crate) folder: PathBuf,
    /// `pg_dump` itself, where not the newest one is meant.
    pub(crate) pg_dump: Option<PathBuf>,
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
    /// Returns what a configuration says for an environment, with paths from the project's root.
    pub(super) fn of(config: &ConfigFile, environment: &str, root: &Path) -> Self {
        let own = config.environments.get(environment);
        let own = own.map(|section| &section.backups);
        let all = &config.backups;
        let path = |key: fn(&BackupsSection) -> Option<&Path>| own.and_then(key).or(key(all));
        let folder = path(|section| section.directory.as_deref());
        let pg_dump = path(|section| section.pg_dump.as_deref());
        let level = own.and_then(|own| own.level).or(all.level);
        Self {
            folder: root.join(folder.unwrap_or(Path::new(BACKUPS))),
            pg_dump: pg_dump.map(|path| root.join(path)),
            format: own.and_then(|own| own.format).or(all.format),
            level: level.map(|level| level.0),
            jobs: own.and_then(|own| own.jobs).or(all.jobs),
            verify: own.and_then(|own| own.verify).or(all.verify),
            keep: keep(own.map(|own| &own.keep), &all.keep),
        }
    }
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
        let config = ConfigFile::parse(Path::new("dieselkit.toml"), config).ok();
        let config = config.expect("a configuration");
        BackupSettings::of(&config, environment, Path::new("/shop"))
    }

    #[test]
    fn without_a_word_there_are_seven_days_and_three() {
        let settings = settings("", "development");
        assert_eq!(settings.folder, Path::new("/shop/backups"));
        assert_eq!(settings.keep, Keep::default());
        assert_eq!(settings.keep.within, Duration::from_hours(7 * 24));
        assert_eq!(settings.keep.minimum, 3);
    }

    #[test]
    fn a_section_says_where_and_which() {
        let settings = settings(CONFIG, "development");
        assert_eq!(settings.folder, Path::new("/var/backups/shop"));
        assert_eq!(settings.format, Some(BackupFormat::Custom));
        assert_eq!(settings.level, CompressionLevel::new(3));
        assert_eq!(settings.jobs, NonZeroU32::new(2));
        assert_eq!(settings.verify, Some(BackupCheck::Files));
        assert_eq!(settings.pg_dump, None);
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
        assert_eq!(settings.folder, Path::new("/shop/nightly"));
        assert_eq!(settings.format, Some(BackupFormat::Custom));
        assert_eq!(settings.level, CompressionLevel::new(9));
        assert_eq!(settings.verify, Some(BackupCheck::Restore));
        assert_eq!(settings.pg_dump.as_deref(), Some(Path::new("/opt/pg_dump")));
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
