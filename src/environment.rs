//! The environment that a command works in: its name, and whether it is protected.
//!
//! It must not know where the name came from: flags, variables and files are read
//! elsewhere.

use std::fmt;

use serde::Serialize;

/// The longest name, in characters.
const LONGEST: usize = 63;

/// The environment where nobody said another.
pub const DEFAULT_ENVIRONMENT: &str = "development";

/// The environment that is protected where nobody said otherwise.
pub const PRODUCTION: &str = "production";

/// Whether destructive commands need the database's name typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    /// Destructive commands need the database's name.
    Protected,
    /// Destructive commands need a yes.
    Open,
}

/// A named environment such as `development` or `production`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Environment {
    name: String,
    protection: Protection,
}

/// Why a name is not the name of an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The name is empty, too long, or has other characters than it may.
    #[error("`{name}` is not a name for an environment")]
    InvalidName {
        /// What was given.
        name: String,
    },
}

impl EnvironmentError {
    /// Returns what a name may look like.
    pub fn hint(&self) -> Option<String> {
        Some(format!(
            "use lowercase letters, digits, `_` and `-`, at most {LONGEST} of them, the first one a letter or digit"
        ))
    }
}

impl Environment {
    /// Returns the environment `name`, protected if it is `production`.
    ///
    /// # Errors
    /// `InvalidName` unless the name is 1 to 63 of `a-z`, `0-9`, `_` and `-`, and
    /// begins with a letter or digit (it becomes part of file names: `.env.NAME`).
    pub fn new(name: &str) -> Result<Self, EnvironmentError> {
        if !is_name(name) {
            return Err(EnvironmentError::InvalidName {
                name: name.to_owned(),
            });
        }
        let protection = if name == PRODUCTION {
            Protection::Protected
        } else {
            Protection::Open
        };
        Ok(Self {
            name: name.to_owned(),
            protection,
        })
    }

    /// Returns the environment with `protection` in place of what its name implies.
    pub fn with_protection(self, protection: Protection) -> Self {
        Self { protection, ..self }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether destructive commands need the database's name typed.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// Returns whether the environment is protected.
    pub fn is_protected(&self) -> bool {
        self.protection == Protection::Protected
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    text.len() <= LONGEST
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(allowed)
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_production_is_protected_by_its_name() {
        for (name, protected) in [
            ("production", true),
            ("production-eu", false),
            ("development", false),
        ] {
            let environment = Environment::new(name).expect(name);
            assert_eq!(environment.is_protected(), protected, "{name}");
        }
    }

    #[test]
    fn protection_can_be_set_either_way() {
        let production = Environment::new("production").expect("valid");
        assert!(!production.with_protection(Protection::Open).is_protected());
        let staging = Environment::new("staging").expect("valid");
        assert!(
            staging
                .with_protection(Protection::Protected)
                .is_protected()
        );
    }

    #[test]
    fn names_that_cannot_be_part_of_a_file_name_are_refused() {
        let long = "a".repeat(LONGEST + 1);
        for name in [
            "",
            "Production",
            "a b",
            "../x",
            "-x",
            "_x",
            "a/b",
            "ü",
            "a\nb",
            &long,
        ] {
            assert!(Environment::new(name).is_err(), "{name:?}");
        }
        for name in ["development", "ci-2", "2nd_try", &long[1..]] {
            assert!(Environment::new(name).is_ok(), "{name:?}");
        }
    }
}
