//! dieselkit.toml: what may stand in it.
//!
//! It must not know where the file is found, nor resolve what it refers to.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dieselkit::migration::{Limit, Limits, Retry};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::backups::BackupsSection;
use super::lint::LintSection;
use super::{SettingsError, toml_error};
use crate::args::TransactionMode;

/// The name of the file.
pub(super) const NAME: &str = "dieselkit.toml";

/// The file, as it stands. It has no `Debug`, since an address may hold a password.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) migrations: MigrationsSection,
    pub(super) seeds: SeedsSection,
    pub(super) backups: BackupsSection,
    pub(super) lint: LintSection,
    pub(super) doctor: DoctorSection,
    pub(super) database: DatabaseSection,
    pub(super) environments: BTreeMap<String, EnvironmentSection>,
}

/// `[migrations]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MigrationsSection {
    pub(super) directory: Option<PathBuf>,
    pub(super) out_of_order: OutOfOrder,
    pub(super) transaction: TransactionMode,
    #[serde(deserialize_with = "limit")]
    pub(super) lock_timeout: Option<Limit>,
    #[serde(deserialize_with = "limit")]
    pub(super) statement_timeout: Option<Limit>,
    pub(super) lock_tries: Option<NonZeroU32>,
}

impl MigrationsSection {
    /// Returns how long transactional steps wait for locks, and run, where something is said of it.
    pub(super) fn limits(&self) -> Limits {
        Limits::of(self.lock_timeout, self.statement_timeout)
    }

    /// Returns how often a step is tried whose locks others have.
    pub(super) fn retry(&self) -> Retry {
        let usual = Retry::default();
        self.lock_tries
            .map_or(usual, |tries| usual.with_tries(tries.get()))
    }

    /// Returns the keys that are said and mean something to a server alone.
    pub(super) fn keys_of_servers(&self) -> Vec<String> {
        let keys = [
            ("lock_timeout", self.lock_timeout.is_some()),
            ("statement_timeout", self.statement_timeout.is_some()),
            ("lock_tries", self.lock_tries.is_some()),
        ];
        let said = keys.into_iter().filter(|(_, is_said)| *is_said);
        said.map(|(key, _)| key.to_owned()).collect()
    }
}

fn limit<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Limit>, D::Error> {
    let text = String::deserialize(value)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// Whether migrations that are older than the newest applied one are applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutOfOrder {
    /// They stop `up` before it starts.
    #[default]
    Refuse,
    /// They are applied.
    Allow,
}

/// `[seeds]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SeedsSection {
    pub(super) directory: Option<PathBuf>,
}

/// Which seeds an environment needs to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EnvironmentSeeds {
    /// Those of `common` are enough.
    Common,
}

/// `[doctor]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DoctorSection {
    #[serde(deserialize_with = "limit")]
    pub(super) idle_in_transaction: Option<Limit>,
}

impl DoctorSection {
    /// Returns how long others' transactions may be open and do nothing: a statement that wants their
    /// locks waits for them, and so do concurrent builds of indexes.
    pub(super) fn idle_in_transaction(&self) -> Limit {
        let usual = || Limit::of(Duration::from_mins(1));
        self.idle_in_transaction.unwrap_or_else(usual)
    }

    /// Returns the keys that are said and mean something to a server alone.
    pub(super) fn keys_of_servers(&self) -> Vec<String> {
        let said = self.idle_in_transaction.iter();
        said.map(|_| "idle_in_transaction".to_owned()).collect()
    }
}

/// `[database]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DatabaseSection {
    pub(super) url: Option<String>,
    pub(super) lock_url: Option<String>,
    pub(super) role: Option<String>,
}

/// `[environments.NAME]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EnvironmentSection {
    pub(super) url: Option<String>,
    pub(super) lock_url: Option<String>,
    pub(super) role: Option<String>,
    pub(super) protected: Option<bool>,
    pub(super) seeds: Option<EnvironmentSeeds>,
    pub(super) backups: BackupsSection,
    pub(super) lint: LintSection,
}

impl ConfigFile {
    /// Returns what `text`, the content of the file at `path`, says.
    ///
    /// # Errors
    /// `MalformedConfig`, with the line and the column.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| toml_error::malformed(path, text, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        ConfigFile::parse(Path::new(NAME), text)
            .err()
            .expect(text)
            .to_string()
    }

    #[test]
    fn everything_is_optional() {
        let config = ConfigFile::parse(Path::new(NAME), "").expect("empty");
        assert_eq!(config.migrations.out_of_order, OutOfOrder::Refuse);
        assert_eq!(config.migrations.transaction, TransactionMode::Each);
        assert_eq!(config.migrations.limits(), Limits::default());
        let idle = config.doctor.idle_in_transaction().duration();
        assert_eq!(idle, Some(Duration::from_mins(1)));
        assert!(config.environments.is_empty());
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            [migrations]
            directory = "db/migrations"
            out_of_order = "allow"
            transaction = "batch"
            lock_timeout = "10s"
            statement_timeout = "off"
            lock_tries = 3
            [doctor]
            idle_in_transaction = "500ms"
            [database]
            url = "sqlite:dev.db"
            [environments.production]
            url = "$PRODUCTION_DATABASE_URL"
            lock_url = "$DIRECT_DATABASE_URL"
            role = "owner"
            protected = false
        "#;
        let config = ConfigFile::parse(Path::new(NAME), text).expect("valid");
        assert_eq!(
            config.migrations.directory,
            Some(PathBuf::from("db/migrations"))
        );
        assert_eq!(config.migrations.out_of_order, OutOfOrder::Allow);
        assert_eq!(config.migrations.transaction, TransactionMode::Batch);
        let limits = Limits::default()
            .with_lock_timeout(Limit::of(Duration::from_secs(10)))
            .with_statement_timeout(Limit::OFF);
        assert_eq!(config.migrations.limits(), limits);
        assert_eq!(config.migrations.retry().tries(), 3);
        let idle = config.doctor.idle_in_transaction().duration();
        assert_eq!(idle, Some(Duration::from_millis(500)));
        assert_eq!(config.database.url.as_deref(), Some("sqlite:dev.db"));
        let production = &config.environments["production"];
        assert_eq!(production.url.as_deref(), Some("$PRODUCTION_DATABASE_URL"));
        assert_eq!(production.lock_url.as_deref(), Some("$DIRECT_DATABASE_URL"));
        assert_eq!(production.role.as_deref(), Some("owner"));
        assert_eq!(production.protected, Some(false));
    }

    #[test]
    fn mistakes_are_placed_and_explained() {
        insta::assert_snapshot!(
            [
                "[migrations]\ndiretory = 'x'\n",
                "[migration]\n",
                "[migrations]\nout_of_order = 'maybe'\n",
                "[migrations]\nlock_timeout = 10\n",
                "[migrations]\nlock_timeout = '10'\n",
                "[migrations]\nstatement_timeout = 'long'\n",
                "[migrations]\nlock_tries = 0\n",
                "[doctor]\nidle_in_transaction = 60\n",
                "[environments.production]\nprotected = 'yes'\n",
                "[backups]\ndirectry = 'x'\n",
                "[backups]\nlevel = 10\n",
                "[backups]\njobs = 0\n",
                "[backups]\nformat = 'sql'\n",
                "[backups.keep]\nwithin = '7'\n",
                "[backups.keep]\nlast = -1\n",
                "[backups.keep]\ndaily = 7\nweek = 4\n",
                "[environments.production.backups.keep]\nlast = 'all'\n",
                "[lint]\ndeny = 'fatal'\n",
                "[lint.rules]\nwrite-without-were = 'off'\n",
                "[lint.rules]\nnothing-of-the-kind = 'off'\n",
                "[environments.production.lint.rules]\nwrite-without-where = 'on'\n",
                "[database]\nurl = sqlite:dev.db\n",
                "[database]\nurl = 'a'\nurl = 'b'\n",
            ]
            .map(refused)
            .join("\n")
        );
    }

    #[test]
    fn mistakes_beside_a_password_do_not_show_it() {
        for text in [
            "[environments]\nproduction = 'postgres://u:s3cret@h/db'\n",
            "database = 'postgres://u:s3cret@h/db'\n",
            "[database]\nurl = postgres://u:s3cret@h/db\n",
            "[database]\nurl = 'postgres://u:s3cret@h/db\n",
            "[database]\nurl = ['postgres://u:s3cret@h/db']\n",
            "[environments.production]\nprotected = 'postgres://u:s3cret@h/db'\n",
        ] {
            let message = refused(text);
            assert!(!message.contains("s3cret"), "{message}");
        }
    }
}
