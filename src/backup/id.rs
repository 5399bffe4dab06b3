//! The name of a backup: of which database, from when, and at which migration.
//!
//! Pure. It must not know what the backup's files are.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::version::Version;

/// How a name shows its time: ISO 8601's basic form, which file systems take everywhere.
const TIME: &str = "%Y%m%dT%H%M%SZ";
/// The most that a name takes of the database's own, in characters.
const LONGEST_DATABASE: usize = 100;
/// What stands for the migration where none is applied.
const NO_MIGRATION: &str = "none";

/// The identity of a backup, and the name of its files without their endings:
/// `<database>_<UTC time>_<migration version>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BackupId(String);

impl BackupId {
    /// Makes the name of a backup that was begun at this time, to the second, with this migration
    /// as the newest applied one.
    pub fn new(database: &str, begun: DateTime<Utc>, head: Option<&Version>) -> Self {
        let database: String = database.chars().take(LONGEST_DATABASE).collect();
        let head = head.map_or(NO_MIGRATION, Version::as_str);
        Self(format!(
            "{}_{}_{}",
            fit_for_a_file(&database),
            begun.format(TIME),
            fit_before_an_ending(head)
        ))
    }

    /// Reads a name, and refuses a text that [`BackupId::new`] does not make.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '_');
        let (head, time, database) = (parts.next()?, parts.next()?, parts.next()?);
        let well_made = fit_for_a_file(database) == database && fit_before_an_ending(head) == head;
        let timed = NaiveDateTime::parse_from_str(time, TIME).is_ok();
        (well_made && timed).then(|| Self(text.to_owned()))
    }

    /// Reads the name at the beginning of a file's, and returns it with the rest, which begins with
    /// the dot that ends it.
    pub(super) fn split(file: &str) -> Option<(Self, &str)> {
        let head = file.rfind('_')?;
        let ending = head + file[head..].find('.')?;
        Some((Self::parse(&file[..ending])?, &file[ending..]))
    }

    /// Returns the same name with a number at its end: for the second backup of one second.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0))
    }

    /// Returns whether its name is that of a newer backup of a database of the same name.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        // The time is of one length, and what follows it orders those of one second.
        self.database() == other.database() && self.0 > other.0
    }

    /// Returns the migration that its name says to be the newest applied one.
    pub(super) fn head(&self) -> Option<Version> {
        let (_, head) = self.0.rsplit_once('_')?;
        (head != NO_MIGRATION).then(|| Version::from_name(head))
    }

    fn database(&self) -> Option<&str> {
        self.0.rsplitn(3, '_').nth(2)
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Replaces whatever a shell or a file system could read otherwise by a dash; no name begins with
/// a dot or a dash, which would hide it or make it a flag.
fn fit_for_a_file(text: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let fitted: String = text
        .chars()
        .map(|letter| if fits(letter) { letter } else { '-' })
        .collect();
    if fitted.is_empty() || fitted.starts_with(['-', '.']) {
        return format!("x{fitted}");
    }
    fitted
}

/// Replaces dots and underscores too: what follows the first dot is the ending of a file, whatever
/// the migration is called, and what precedes the last underscore is none of it.
fn fit_before_an_ending(text: &str) -> String {
    fit_for_a_file(&text.replace(['.', '_'], "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time that exists")
    }

    #[test]
    fn a_name_says_database_time_and_migration() {
        let version = Version::from_name("2026-01-31-101500_add_users");
        let id = BackupId::new("shop", at(1_769_904_000), Some(&version));
        assert_eq!(id.as_str(), "shop_20260201T000000Z_20260131101500");
        assert_eq!(
            id.numbered(2).as_str(),
            "shop_20260201T000000Z_20260131101500-2"
        );
        let id = BackupId::new("shop.db", at(0), Some(&Version::from_name("1.2.3_x")));
        assert_eq!(id.as_str(), "shop.db_19700101T000000Z_1-2-3");
        let id = BackupId::new("My \"own\" database", at(0), None);
        assert_eq!(id.as_str(), "My--own--database_19700101T000000Z_none");
    }

    #[test]
    fn foreign_names_are_none() {
        for text in [
            "",
            "shop",
            "shop_20260201T000000Z",
            "shop_2026-02-01_001",
            "_20260201T000000Z_001",
            "shop_20260201T000000Z_",
            "a b_20260201T000000Z_001",
            "../x_20260201T000000Z_001",
            "-x_20260201T000000Z_001",
            "shop_20260201T000000Z_001.partial",
        ] {
            assert_eq!(BackupId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_can_be_read(database in ".*", seconds in 0_i64..4_000_000_000, head in ".{0,60}", number in 1_u32..99) {
            let version = Version::from_name(&head);
            let id = BackupId::new(&database, at(seconds), Some(&version));
            prop_assert_eq!(BackupId::parse(id.as_str()), Some(id.clone()));
            let second = id.numbered(number);
            prop_assert_eq!(BackupId::parse(second.as_str()), Some(second));
        }
    }
}
