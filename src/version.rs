//! The identity of a migration, and how far a command goes.
//!
//! Pure: text in, values out. It knows nothing of files, folders or databases.

use std::fmt;

use serde::Serialize;

/// The longest version that Diesel's table can hold: its column is `VARCHAR(50)`, in characters.
pub const MAX_VERSION_LENGTH: usize = 50;

/// The identity of a migration: what stands before the first `_` of its name, without dashes.
///
/// Versions compare as text, as Diesel compares them: `10` sorts before `9`.
/// The rule is that of `migrations_internals::version_from_string`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Version(String);

impl Version {
    /// Returns the version that Diesel reads from a migration's name, or from a version that was
    /// typed with its dashes: `2026-01-31-101500_add_users` gives `20260131101500`.
    pub fn from_name(name: &str) -> Self {
        let head = name.split('_').next().unwrap_or_default();
        Self(head.replace('-', ""))
    }

    /// Returns the version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the version is made of digits alone, as every version is that this tool
    /// makes.
    pub fn is_numeric(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Returns whether the version fits into Diesel's column.
    pub fn fits(&self) -> bool {
        self.0.chars().count() <= MAX_VERSION_LENGTH
    }

    /// Compares two versions as numbers, where both are: `9` before `10`.
    ///
    /// Returns `None` where either is not made of digits alone.
    pub fn cmp_as_number(&self, other: &Self) -> Option<std::cmp::Ordering> {
        if !(self.is_numeric() && other.is_numeric()) {
            return None;
        }
        let (left, right) = (self.significant_digits(), other.significant_digits());
        Some(left.len().cmp(&right.len()).then_with(|| left.cmp(right)))
    }

    fn significant_digits(&self) -> &str {
        self.0.trim_start_matches('0')
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How far `up` goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UpTarget {
    /// Everything that is pending.
    #[default]
    All,
    /// Everything that is pending up to this version, inclusive.
    To(Version),
    /// The first pending ones, this many.
    Steps(usize),
}

/// How far a rollback goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// The migrations that were applied last, this many.
    Steps(usize),
    /// Everything that was applied after this version, which stays applied.
    To(Version),
    /// What one `up` applied: that of the given number, or the newest.
    Batch(Option<i64>),
    /// Everything.
    All,
}

impl Default for Target {
    fn default() -> Self {
        Self::Steps(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn version_is_read_as_diesel_reads_it() {
        for (name, version) in [
            ("2026-01-31-101500_add_users", "20260131101500"),
            ("20260131101500_add_users", "20260131101500"),
            ("00000000000000_diesel_initial_setup", "00000000000000"),
            ("003_add_users", "003"),
            ("add_users", "add"),
            ("7", "7"),
        ] {
            assert_eq!(Version::from_name(name).as_str(), version, "{name}");
        }
    }

    #[test]
    fn text_order_and_number_order_differ_for_nine_and_ten() {
        let (nine, ten) = (Version::from_name("9_x"), Version::from_name("10_x"));
        assert_eq!(nine.cmp(&ten), Ordering::Greater);
        assert_eq!(nine.cmp_as_number(&ten), Some(Ordering::Less));
    }

    #[test]
    fn names_are_not_compared_as_numbers() {
        let (number, word) = (Version::from_name("9_x"), Version::from_name("x_9"));
        assert_eq!(number.cmp_as_number(&word), None);
    }
}
