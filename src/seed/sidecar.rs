//! The settings beside a data file: `020_users.toml` beside `020_users.csv`, read strictly.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::error::SeedSourceError;
use super::rows::{Format, Layout};
use crate::backend::rows::{LoadMode, TableName};
use crate::migration::Place;
use crate::sql::Lines;

/// What the settings say, and what holds without them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sidecar {
    /// The table that the file's name does not say.
    pub(crate) table: Option<TableName>,
    /// The columns by which a row is found again; the primary key where nothing is said.
    pub(crate) key: Option<Vec<String>>,
    pub(crate) mode: LoadMode,
    /// Whether rows of other tables may go with those that `replace` deletes.
    pub(crate) cascade: bool,
    pub(crate) layout: Layout,
    /// Where the layout's settings stand in the text, by their names, in bytes.
    starts: Vec<(&'static str, usize)>,
    /// The text itself, which is a part of what may change.
    pub(crate) text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    table: Option<String>,
    key: Option<Spanned<Names>>,
    columns: Option<Spanned<Names>>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    cascade: bool,
    null: Option<Spanned<String>>,
    delimiter: Option<Spanned<Delimiter>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a name, or a list of names")]
enum Names {
    One(String),
    Many(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    #[default]
    Upsert,
    InsertMissing,
    Replace,
}

/// One ASCII character.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Delimiter(u8);

impl TryFrom<String> for Delimiter {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_bytes() {
            [byte] if !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Self(*byte)),
            _ => Err("a delimiter is one ASCII character, and no quote or line end"),
        }
    }
}

impl Names {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names,
        }
    }
}

impl File {
    /// Returns where the settings of the layout stand, in bytes.
    fn starts(&self) -> Vec<(&'static str, usize)> {
        let columns = self.columns.as_ref().map(Spanned::span);
        let null = self.null.as_ref().map(Spanned::span);
        let delimiter = self.delimiter.as_ref().map(Spanned::span);
        [
            ("columns", columns),
            ("null", null),
            ("delimiter", delimiter),
        ]
        .into_iter()
        .filter_map(|(key, span)| Some((key, span?.start)))
        .collect()
    }
}

impl Sidecar {
    /// Refuses settings that a file of this format cannot have; `path` is that of the settings.
    pub(crate) fn check(&self, path: &Path, format: Format) -> Result<(), SeedSourceError> {
        self.layout.check(format).map_err(|fault| {
            let mut starts = self.starts.iter();
            let start = starts.find(|(key, _)| *key == fault.key);
            malformed(
                path,
                &self.text,
                start.map_or(0, |(_, start)| *start),
                &fault.message,
            )
        })
    }
}

fn malformed(path: &Path, text: &str, offset: usize, message: &str) -> SeedSourceError {
    SeedSourceError::Sidecar {
        place: Place::at(path, Lines::new(text, 1).position(text, offset)),
        message: message.trim().replace('\n', " "),
    }
}

/// Reads the text of a sidecar.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Sidecar, SeedSourceError> {
    let malformed = |offset, message: &str| malformed(path, text, offset, message);
    let file: File = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        malformed(offset, error.message())
    })?;
    let starts = file.starts();
    let key = match file.key {
        None => None,
        Some(key) => {
            let start = key.span().start;
            let names = key.into_inner().into_list();
            if let Some(fault) = fault_of_key(&names) {
                return Err(malformed(start, &fault));
            }
            Some(names)
        }
    };
    Ok(Sidecar {
        table: file.table.as_deref().map(TableName::parse),
        key,
        mode: match file.mode {
            Mode::Upsert => LoadMode::Upsert,
            Mode::InsertMissing => LoadMode::InsertMissing,
            Mode::Replace => LoadMode::Replace,
        },
        cascade: file.cascade,
        layout: Layout {
            delimiter: file.delimiter.map(|delimiter| delimiter.into_inner().0),
            null: file.null.map(Spanned::into_inner),
            columns: file.columns.map(|names| names.into_inner().into_list()),
        },
        starts,
        text: text.to_owned(),
    })
}

fn fault_of_key(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return Some("`key` names no column".to_owned());
    }
    let twice = |(index, name): &(usize, &String)| names[..*index].contains(name);
    let (_, name) = names.iter().enumerate().find(twice)?;
    Some(format!("`key` names `{name}` twice"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sidecar, SeedSourceError> {
        parse(Path::new("seeds/common/020_users.toml"), text)
    }

    #[test]
    fn every_key_is_read() {
        let sidecar = read(
            "table = 'billing.Users'\nkey = ['tenant', 'email']\ncolumns = 'email'\nmode = 'replace'\ncascade = true\nnull = '\\N'\ndelimiter = ';'\n",
        )
        .expect("it reads");
        assert_eq!(sidecar.table, Some(TableName::parse("billing.Users")));
        assert_eq!(
            sidecar.key.as_deref(),
            Some(&["tenant".to_owned(), "email".to_owned()][..])
        );
        assert_eq!(sidecar.mode, LoadMode::Replace);
        assert!(sidecar.cascade);
        assert_eq!(sidecar.layout.null.as_deref(), Some("\\N"));
        assert_eq!(sidecar.layout.delimiter, Some(b';'));
        assert_eq!(
            sidecar.layout.columns.as_deref(),
            Some(&["email".to_owned()][..])
        );
    }

    #[test]
    fn mistakes_are_placed_and_explained() {
        let refused = |text| read(text).expect_err("refused").to_string();
        insta::assert_snapshot!(
            [
                "key = 'id'\nkeys = 'id'\n",
                "mode = 'merge'\n",
                "delimiter = ';;'\n",
                "key = []\n",
                "mode = 'upsert'\nkey = ['email', 'email']\n",
                "key = 1\n",
                "key: id\n",
            ]
            .map(refused)
            .join("\n")
        );
    }
}
