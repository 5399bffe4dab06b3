//! One migration as its files say it, before anything is parsed.
//!
//! Pure. Where the text comes from is known to `source`, what is applied to the status.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SourceError;
use super::rust::RustBody;
use super::template;
use crate::sql::{BOM, Checksum, Dialect, Script, SqlError, checksum, checksum_raw};
use crate::version::Version;

/// SQL and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlText {
    /// The file; for embedded SQL the path that it was embedded from.
    pub(crate) path: PathBuf,
    /// The line of the file with which the text begins, 1-based.
    pub(crate) first_line: usize,
    /// The text.
    pub(crate) text: Arc<str>,
    /// What stands before it in its file and belongs to no section.
    pub(crate) ahead: Arc<str>,
}

impl SqlText {
    /// Makes the SQL of a file that holds nothing else.
    pub(crate) fn whole_file(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            first_line: 1,
            text: text.into(),
            ahead: Arc::default(),
        }
    }

    /// Splits the text into its statements, placed by the lines of the file.
    ///
    /// # Errors
    /// As [`Script::parse`].
    pub(crate) fn parse(&self, dialect: &'static dyn Dialect) -> Result<Script, SqlError> {
        Script::parse(self.text.as_ref(), self.first_line, dialect)
    }

    /// Returns the file that holds the settings of a text that is a whole file.
    pub(crate) fn metadata_path(&self) -> PathBuf {
        let text = self.path.to_str().unwrap_or_default();
        let pair = [".up.sql", ".down.sql"];
        match pair.iter().find_map(|ending| text.strip_suffix(ending)) {
            Some(name) => format!("{name}.metadata.toml").into(),
            None => self.path.with_file_name("metadata.toml"),
        }
    }

    /// Returns how the settings say that foreign keys are to be off around the migration.
    pub(crate) fn foreign_keys_off(&self) -> String {
        if self.first_line > 1 {
            "`-- migrate:up foreign_keys:off`".to_owned()
        } else {
            let path = self.metadata_path();
            format!(
                "`run_in_transaction = true` and `foreign_keys = \"off\"` in `{}`",
                path.display()
            )
        }
    }

    /// Returns whether the text was made from the template and never written.
    pub(crate) fn is_template(&self, dialect: &'static dyn Dialect) -> bool {
        template::is_template(&self.text) && self.is_empty(dialect)
    }

    /// Returns whether the text holds no statement; one that cannot be read holds something.
    pub(crate) fn is_empty(&self, dialect: &'static dyn Dialect) -> bool {
        let first = self.text.lines().find(|line| !is_blank_or_comment(line));
        match first {
            None => true,
            // Only a block comment needs a look at the tokens.
            Some(line) if line.trim_start().starts_with("/*") => {
                self.parse(dialect).is_ok_and(|script| script.is_empty())
            }
            Some(_) => false,
        }
    }
}

/// What a direction of a migration does.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// It runs SQL.
    Sql(SqlText),
    /// It calls a function.
    Rust(RustBody),
}

impl Body {
    /// Returns the SQL with its place; none of a function.
    pub(crate) fn as_sql(&self) -> Option<&SqlText> {
        match self {
            Self::Sql(text) => Some(text),
            Self::Rust(_) => None,
        }
    }

    /// Returns the SQL alone, as the history keeps it; none of a function.
    pub(crate) fn text(&self) -> Option<String> {
        self.as_sql().map(|sql| sql.text.to_string())
    }

    /// Returns the checksum of the tokens, or the one that a function declares.
    pub(crate) fn checksum(&self, dialect: &dyn Dialect) -> Checksum {
        match self {
            Self::Sql(text) => checksum(&text.text, dialect),
            Self::Rust(body) => body.checksum,
        }
    }

    /// Returns the checksum of the bytes, or the one that a function declares.
    pub(crate) fn checksum_raw(&self) -> Checksum {
        match self {
            Self::Sql(text) => checksum_raw(text.text.as_bytes()),
            Self::Rust(body) => body.checksum,
        }
    }
}

/// Whether foreign keys are checked while a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignKeys {
    /// As the session has it.
    #[default]
    Checked,
    /// Switched off around the transaction and checked as a whole before its commit. It has a
    /// meaning on `SQLite` alone.
    Off,
}

/// A migration's own word that it has no way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Irreversible {
    /// Why, where it says.
    pub reason: Option<String>,
}

/// Who has the SQL that a step runs, or that is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy {
    /// The migration's file, where it can be mended; a function counts as one.
    File,
    /// The history alone: the file is gone.
    History,
}

/// How a migration wants to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Whether it runs inside a transaction.
    pub run_in_transaction: bool,
    /// Whether foreign keys are checked meanwhile.
    pub foreign_keys: ForeignKeys,
    /// Its word that it has no way down.
    pub irreversible: Option<Irreversible>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            run_in_transaction: true,
            foreign_keys: ForeignKeys::Checked,
            irreversible: None,
        }
    }
}

/// One migration.
#[derive(Clone)]
pub struct Migration {
    pub(crate) version: Version,
    pub(crate) name: String,
    /// The folder or file that it was read from.
    pub(crate) origin: PathBuf,
    pub(crate) up: Body,
    pub(crate) down: Option<Body>,
    pub(crate) settings: Settings,
    /// What is wrong with its settings; Diesel would guess, this tool does not run it.
    pub(crate) settings_error: Option<SourceError>,
}

impl fmt::Debug for Migration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Migration")
            .field("name", &self.name)
            .field("origin", &self.origin)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Migration {
    /// Makes a migration of SQL text, for programs that carry their migrations in code.
    ///
    /// The version is read from the name as Diesel reads it. Without a `down`, or with one that
    /// holds no statement, the migration is irreversible.
    pub fn from_sql(name: &str, up: &str, down: Option<&str>) -> Self {
        let path = PathBuf::from(name);
        let text = |file: &str, text: &str| {
            Body::Sql(SqlText::whole_file(&path.join(file), text.to_owned()))
        };
        Self {
            version: Version::from_name(name),
            name: name.to_owned(),
            up: text("up.sql", up),
            down: down.map(|down| text("down.sql", down)),
            origin: path,
            settings: Settings::default(),
            settings_error: None,
        }
    }

    /// Changes how it runs.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Returns the version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the full name, as Diesel shows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how it wants to be run.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the SQL of its ways, up before down; none of a way that is a function.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &SqlText> {
        let bodies = std::iter::once(&self.up).chain(&self.down);
        bodies.filter_map(Body::as_sql)
    }

    /// Returns whether its way up begins or commits transactions itself.
    ///
    /// A text is only parsed where it has a word that could do so.
    pub(crate) fn controls_transaction(&self, dialect: &'static dyn Dialect) -> bool {
        let Body::Sql(text) = &self.up else {
            return false;
        };
        may_control_transaction(&text.text)
            && text
                .parse(dialect)
                .is_ok_and(|script| script.controls_transaction())
    }

    /// Returns whether its way up was made from the template and never written.
    pub(crate) fn is_template(&self, dialect: &'static dyn Dialect) -> bool {
        self.up
            .as_sql()
            .is_some_and(|text| text.is_template(dialect))
    }

    /// Returns whether it has no way down: none, an empty one, or its own word.
    pub(crate) fn is_irreversible(&self, dialect: &'static dyn Dialect) -> bool {
        self.settings.irreversible.is_some()
            || match &self.down {
                None => true,
                Some(Body::Sql(text)) => text.is_empty(dialect),
                Some(Body::Rust(_)) => false,
            }
    }
}

/// Returns whether a line of a file holds no SQL: nothing, or a comment from its start.
pub(super) fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start_matches(BOM).trim();
    line.is_empty() || line.starts_with("--")
}

/// Returns whether a text holds a word without which no transaction begins or ends.
fn may_control_transaction(text: &str) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"begin",
        b"start",
        b"commit",
        b"end",
        b"rollback",
        b"abort",
        b"savepoint",
        b"release",
    ];
    let is_word_byte = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.as_bytes()
        .split(|byte| !is_word_byte(byte))
        .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}
