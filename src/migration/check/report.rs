//! What `check` found, as values.
//!
//! Pure.

use serde::Serialize;

use crate::migration::place::Place;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// Applied, and its SQL tokens differ now.
    Modified,
    /// Applied, and only its bytes differ now. A note.
    Reformatted,
    /// Applied under another name than its file has now. A note.
    Renamed,
    /// Applied, no file has it, and newer files are there.
    Missing,
    /// Applied, no file has it, and it is newer than every file. A note.
    Ahead,
    /// Pending, and older than the newest applied one.
    OutOfOrder,
    /// Two files of one version.
    Duplicate,
    /// A file that has a version and cannot be read.
    Unreadable,
    /// Settings that cannot be read, that Diesel reads otherwise than they look, or that are no
    /// migration's.
    Settings,
    /// No way down, and not a word about it.
    Irreversible,
    /// A file made from the template and never written.
    Template,
    /// A way up of comments alone: applying it does nothing.
    Empty,
    /// SQL that does not parse.
    Syntax,
    /// SQL that parses and that no run accepts: a transaction that is left open, or a statement that
    /// gives up the lock.
    Refused,
    /// A version that Diesel's table cannot hold.
    VersionTooLong,
    /// Two versions that text and number put in different order.
    VersionOrder,
    /// No schema in which this tool's tables and Diesel's could be.
    NoPlace,
    /// A way up, or down, that was cut off or failed half way.
    Interrupted,
    /// A way up, or down, that another run is at just now. A note.
    Running,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It has to be settled.
    Finding,
    /// It is worth knowing.
    Note,
}

impl FindingKind {
    /// Returns how much it weighs.
    pub fn weight(self) -> Weight {
        match self {
            Self::Reformatted | Self::Renamed | Self::Ahead | Self::Running => Weight::Note,
            _ => Weight::Finding,
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How much it weighs.
    pub weight: Weight,
    /// The migration's full name, where it is about one.
    pub migration: Option<String>,
    /// Where it is, where it is in a file.
    pub place: Option<Place>,
    /// What is the matter.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
    /// The difference between what was applied and what the file says, as a unified diff.
    pub diff: Option<String>,
}

/// How much of the whole was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The files alone.
    #[default]
    Files,
    /// The files and the database.
    FilesAndDatabase,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// What was looked at.
    pub scope: Scope,
    /// How many migrations were read.
    pub migrations: usize,
    /// What was found, files first.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Returns whether there is nothing that has to be settled.
    pub fn is_clean(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.weight == Weight::Note)
    }
}

/// Makes a finding without a place, a hint or a diff.
pub(super) fn finding(kind: FindingKind, migration: Option<&str>, message: String) -> Finding {
    Finding {
        kind,
        weight: kind.weight(),
        migration: migration.map(str::to_owned),
        place: None,
        message,
        hint: None,
        diff: None,
    }
}
