//! What a restore that was killed left behind.
//!
//! How it is told from what one is at work on, the engine knows.

use std::fmt;

use serde::Serialize;

/// What a restore was at when it was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "lowercase")]
pub enum LeftAt {
    /// It had not given the new database its name: the old one is as it was.
    Filling,
    /// It had given the old file a second name already, which is taken away again: the old one is
    /// as it was, and has its own.
    Naming,
}

/// What a restore left that was killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// The database's name, or the file's path.
    pub name: String,
    /// What it was at.
    pub left_at: LeftAt,
    /// Why it stays, where it does.
    pub stays: Option<String>,
}

impl fmt::Display for Leftover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.stays, self.left_at) {
            (None, LeftAt::Filling) => write!(
                formatter,
                "`{name}`, which a restore or rehearsal that was killed had half made"
            ),
            (None, LeftAt::Naming) => write!(
                formatter,
                "the second name `{name}`, which a restore that was killed had given to the database before it replaced it: that one is as it was"
            ),
            (Some(why), _) => write!(
                formatter,
                "`{name}`, which a restore or rehearsal that was killed had half made, stays: {why}"
            ),
        }
    }
}
