//! The settings of a session as a migration's body finds them, and what its words may change.
//!
//! Which settings there are, and how they are put back, is for each engine to know.

use std::collections::{BTreeMap, BTreeSet};

/// What a body may change of the session, by the words that stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Nothing.
    Nothing,
    /// Its settings.
    Settings,
    /// Its settings, and the statements that are kept prepared in it.
    SettingsAndStatements,
}

/// What a statement is about that sets something for the rest of the session, or takes that back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "only a server's sessions are somebody")
)]
pub(crate) enum Subject {
    /// Who the session is; what it works as goes with it.
    User,
    /// As whom it works.
    Role,
    /// The setting of this name.
    Named(String),
    /// All settings that have a name.
    AllNamed,
    /// All that the session has, locks included.
    Session,
}

impl Subject {
    /// Returns whether nothing is left of an earlier statement about that once one about this has run.
    pub(crate) fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Session, _)
            | (Self::AllNamed, Self::Named(_) | Self::AllNamed)
            | (Self::User, Self::User | Self::Role)
            | (Self::Role, Self::Role) => true,
            (Self::Named(one), Self::Named(other)) => one == other,
            _ => false,
        }
    }
}

/// Whose transaction is open while a body is interrupted to note how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surrounding {
    /// None is open.
    Nothing,
    /// One that the body itself began.
    BodysTransaction,
}

/// The settings of a session that differ from what it began with, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    pub(crate) values: BTreeMap<String, String>,
    /// The names that no list of settings has, and that were asked for.
    pub(crate) asked: BTreeSet<String>,
}

/// What is a session's own beside its settings, and stays when a transaction ends: what it is, and the
/// statement that removes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Belongings(pub(crate) BTreeMap<Belonging, String>);

/// One thing that is a session's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Belonging {
    /// What kind it is of.
    pub(crate) kind: String,
    /// What it is known by among those of its kind.
    pub(crate) key: String,
}

impl Settings {
    /// Returns a setting's value, where it has one of its own.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns the settings whose value here is another than there, or which have none there.
    pub(crate) fn other_than<'a>(
        &'a self,
        there: &'a Self,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.values
            .iter()
            .filter(|(name, value)| there.get(name) != Some(value))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
