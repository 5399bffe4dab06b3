//! A single file with both ways, told apart by marker lines.
//!
//! The markers are dbmate's: `-- migrate:up`, `-- migrate:down`, and `transaction:false` behind
//! them. <https://github.com/amacneil/dbmate#migration-options>

use std::path::Path;

use super::{Entry, Tree};
use crate::event::Direction;
use crate::migration::directive::directive;
use crate::migration::error::SourceError;
use crate::migration::model::{
    Body, ForeignKeys, Irreversible, Migration, Settings, SqlText, is_blank_or_comment,
};
use crate::migration::place::Place;
use crate::sql::{BOM, Position};
use crate::version::Version;

/// What begins a marker, after the dashes.
const MARKER: &str = "migrate:";

/// Reads a single file.
pub(super) fn read(tree: &dyn Tree, entry: &Entry, stem: &str) -> Result<Migration, SourceError> {
    let text = tree.read(&entry.path)?.unwrap_or_default();
    let sections = split(&entry.path, &text)?;
    let mut settings = Settings::default();
    let (mut up, mut down) = (None, None);
    let mut ahead = ahead_of(&text, &sections);
    for section in sections {
        apply_options(&entry.path, &section, &mut settings)?;
        let slot = match section.direction {
            Direction::Up => &mut up,
            Direction::Down => &mut down,
        };
        if slot.is_some() {
            return Err(problem(
                &entry.path,
                section.line,
                "this section stands twice",
            ));
        }
        *slot = Some(Body::Sql(SqlText {
            path: entry.path.clone(),
            first_line: section.line + 1,
            text: section.text.into(),
            ahead: std::mem::take(&mut ahead).into(),
        }));
    }
    Ok(Migration {
        version: Version::from_name(stem),
        name: stem.to_owned(),
        origin: entry.path.clone(),
        up: up.ok_or_else(|| SourceError::NoSection {
            path: entry.path.clone(),
        })?,
        down,
        settings,
        settings_error: None,
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Section<'a> {
    direction: Direction,
    options: &'a str,
    /// The marker's line, 1-based.
    line: usize,
    text: &'a str,
}

/// Returns what stands before the first section.
fn ahead_of<'a>(text: &'a str, sections: &[Section<'_>]) -> &'a str {
    let before = sections.first().map_or(0, |section| section.line - 1);
    let lines = text.split_inclusive('\n').take(before);
    &text[..lines.map(str::len).sum()]
}

fn split<'a>(path: &Path, text: &'a str) -> Result<Vec<Section<'a>>, SourceError> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = offset + line.len();
        match marker(line) {
            Some(words) => {
                let (direction, options) = direction(words).ok_or_else(|| {
                    problem(path, index + 1, "the marker is neither `up` nor `down`")
                })?;
                sections.push(Section {
                    direction,
                    options,
                    line: index + 1,
                    text: &text[end..end],
                });
            }
            None => match sections.last_mut() {
                Some(section) => {
                    let start = end - line.len() - section.text.len();
                    section.text = &text[start..end];
                }
                None if !is_blank_or_comment(line) => {
                    return Err(problem(
                        path,
                        index + 1,
                        "SQL stands before the line `-- migrate:up`",
                    ));
                }
                None if directive(line).is_some() => {
                    return Err(problem(
                        path,
                        index + 1,
                        "a directive stands before the line `-- migrate:up`: put it into the section that it is for",
                    ));
                }
                None => {}
            },
        }
        offset = end;
    }
    Ok(sections)
}

/// Returns what follows `-- migrate:` on a line that is a marker.
fn marker(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(BOM).trim();
    line.strip_prefix("--")?.trim_start().strip_prefix(MARKER)
}

fn direction(words: &str) -> Option<(Direction, &str)> {
    let (word, options) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    match word {
        "up" => Some((Direction::Up, options.trim())),
        "down" => Some((Direction::Down, options.trim())),
        _ => None,
    }
}

/// Reads the options of a marker: `transaction:false`, `foreign_keys:off`, and on the way down
/// `irreversible` with the reason behind it.
fn apply_options(
    path: &Path,
    section: &Section<'_>,
    settings: &mut Settings,
) -> Result<(), SourceError> {
    let mut rest = section.options;
    while !rest.is_empty() {
        let (option, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = behind.trim_start();
        match (section.direction, option) {
            (_, "transaction:false") => settings.run_in_transaction = false,
            (_, "transaction:true" | "foreign_keys:on") => {}
            (_, "foreign_keys:off") => settings.foreign_keys = ForeignKeys::Off,
            (Direction::Down, "irreversible") => {
                let reason = (!rest.is_empty()).then(|| rest.to_owned());
                settings.irreversible = Some(Irreversible { reason });
                return Ok(());
            }
            _ => {
                let text = format!("the option `{option}` is unknown here");
                return Err(problem(path, section.line, &text));
            }
        }
    }
    Ok(())
}

fn problem(path: &Path, line: usize, problem: &str) -> SourceError {
    SourceError::Marker {
        place: Place::at(path, Position { line, column: 1 }),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneFile(&'static str);

    impl Tree for OneFile {
        fn entries(&self, _folder: &Path) -> Result<Vec<Entry>, SourceError> {
            Ok(Vec::new())
        }

        fn read(&self, _path: &Path) -> Result<Option<String>, SourceError> {
            Ok(Some(self.0.to_owned()))
        }
    }

    fn read_text(text: &'static str) -> Result<Migration, SourceError> {
        let entry = Entry {
            name: "003_add_users.sql".to_owned(),
            path: "003_add_users.sql".into(),
            kind: crate::migration::source::Kind::File,
        };
        read(&OneFile(text), &entry, "003_add_users")
    }

    #[test]
    fn both_ways_are_read_with_their_first_lines() {
        let migration = read_text(
            "-- who: us\n\n-- migrate:up transaction:false\nSELECT 1;\nSELECT 2;\n-- migrate:down\nSELECT 3;",
        )
        .expect("it is well formed");
        let up = migration.up.as_sql().expect("it is SQL");
        let down = migration.down.as_ref().and_then(Body::as_sql).expect("SQL");
        assert_eq!((up.first_line, &*up.text), (4, "SELECT 1;\nSELECT 2;\n"));
        assert_eq!((down.first_line, &*down.text), (7, "SELECT 3;"));
        assert!(!migration.settings.run_in_transaction);
    }

    #[test]
    fn windows_line_ends_and_a_byte_order_mark_are_no_obstacle() {
        let migration = read_text("\u{feff}-- migrate:up\r\nSELECT 1;\r\n-- migrate:down\r\n")
            .expect("it is well formed");
        let up = migration.up.as_sql().expect("it is SQL");
        assert_eq!(&*up.text, "SELECT 1;\r\n");
    }

    #[test]
    fn a_way_down_can_say_that_there_is_none() {
        let migration =
            read_text("-- migrate:up\nSELECT 1;\n-- migrate:down irreversible the data is gone\n")
                .expect("it is well formed");
        assert_eq!(
            migration.settings.irreversible,
            Some(Irreversible {
                reason: Some("the data is gone".to_owned())
            })
        );
    }

    #[test]
    fn wrong_files_are_errors_with_their_line() {
        for (text, line) in [
            ("SELECT 1;\n-- migrate:up\n", 1),
            ("-- migrate:up\n-- migrate:sideways\n", 2),
            ("-- migrate:up transactional:false\n", 1),
            ("-- migrate:up irreversible\n", 1),
            ("\n-- dieselkit: lock_timeout = 1s\n-- migrate:up\n", 2),
            ("-- migrate:up\nSELECT 1;\n-- migrate:up\n", 3),
        ] {
            match read_text(text) {
                Err(SourceError::Marker { place, .. }) => assert_eq!(place.line, line, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_file_without_a_way_up_is_an_error() {
        assert!(matches!(
            read_text("-- nothing here\n"),
            Err(SourceError::NoSection { .. })
        ));
    }
}
