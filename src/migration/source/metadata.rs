//! `metadata.toml`, read strictly.
//!
//! Diesel's own reader takes a file without `run_in_transaction` as `false` and one that is no
//! TOML as `true` (`migrations_internals`, `TomlMetadata`). A guess about a transaction is not one
//! that this tool makes: such a migration is not run.

use std::path::Path;

use serde::Deserialize;

use crate::migration::error::SourceError;
use crate::migration::model::{ForeignKeys, Irreversible, Settings};
use crate::migration::place::Place;
use crate::sql::Lines;

/// What a file says, and what is wrong with it. With an error the settings are those that Diesel
/// would go by.
pub(super) struct Metadata {
    pub(super) settings: Settings,
    pub(super) error: Option<SourceError>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    run_in_transaction: Option<bool>,
    irreversible: Option<Word>,
    #[serde(default)]
    foreign_keys: Switch,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Yes(bool),
    Because(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Switch {
    #[default]
    On,
    Off,
}

/// Reads the text of a `metadata.toml`.
pub(super) fn parse(path: &Path, text: &str) -> Metadata {
    match toml::from_str::<File>(text) {
        Ok(file) => Metadata {
            error: file
                .run_in_transaction
                .is_none()
                .then(|| SourceError::NoRunInTransaction {
                    path: path.to_owned(),
                }),
            settings: settings(file),
        },
        Err(error) => Metadata {
            settings: Settings::default(),
            error: Some(SourceError::Metadata {
                place: place(path, text, error.span().map_or(0, |span| span.start)),
                message: error.message().trim().replace('\n', " "),
            }),
        },
    }
}

fn settings(file: File) -> Settings {
    Settings {
        run_in_transaction: file.run_in_transaction.unwrap_or(false),
        foreign_keys: match file.foreign_keys {
            Switch::On => ForeignKeys::Checked,
            Switch::Off => ForeignKeys::Off,
        },
        irreversible: match file.irreversible {
            None | Some(Word::Yes(false)) => None,
            Some(Word::Yes(true)) => Some(Irreversible { reason: None }),
            Some(Word::Because(reason)) => Some(Irreversible {
                reason: Some(reason),
            }),
        },
    }
}

fn place(path: &Path, text: &str, offset: usize) -> Place {
    Place::at(path, Lines::new(text, 1).position(text, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Metadata {
        parse(Path::new("metadata.toml"), text)
    }

    #[test]
    fn every_key_is_read() {
        let read = read(
            "run_in_transaction = false\nirreversible = \"data is gone\"\nforeign_keys = \"off\"\n",
        );
        assert_eq!(read.error, None);
        assert_eq!(
            read.settings,
            Settings {
                run_in_transaction: false,
                foreign_keys: ForeignKeys::Off,
                irreversible: Some(Irreversible {
                    reason: Some("data is gone".to_owned())
                }),
            }
        );
    }

    #[test]
    fn a_file_without_run_in_transaction_is_an_error_and_reads_as_diesel_reads_it() {
        let read = read("foreign_keys = \"off\"\n");
        assert!(matches!(
            read.error,
            Some(SourceError::NoRunInTransaction { .. })
        ));
        assert!(!read.settings.run_in_transaction);
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_place() {
        let read = read("run_in_transaction = true\nrun_in_transction = true\n");
        let Some(SourceError::Metadata { place, .. }) = read.error else {
            panic!("it was accepted");
        };
        assert_eq!((place.line, place.column), (2, 1));
    }

    #[test]
    fn what_is_no_toml_is_an_error_and_reads_as_diesel_reads_it() {
        let read = read("run_in_transaction: false");
        assert!(matches!(read.error, Some(SourceError::Metadata { .. })));
        assert!(read.settings.run_in_transaction);
    }
}
