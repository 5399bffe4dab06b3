//! What a seeding did, and how seeds stand, as values.

use std::time::Duration;

use chrono::NaiveDateTime;
use serde::Serialize;

use super::failure::SeedFailure;
use super::plan::PlannedSeed;
use crate::event::RowCounts;
use crate::sql::Checksum;

/// One seed that ran and is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeedRun {
    /// Its folder and file.
    pub name: String,
    /// What became of the rows of a data file; of SQL only the database knows.
    pub rows: Option<RowCounts>,
    /// Sequences that were moved past the largest id.
    pub sequences: Vec<String>,
    /// How long it ran, without the commit.
    #[serde(
        rename = "execution_time_ms",
        serialize_with = "crate::clock::milliseconds"
    )]
    pub execution_time: Duration,
}

/// What a seeding did.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct SeedReport {
    /// Every seed, in order, and whether it was to run.
    pub planned: Vec<PlannedSeed>,
    /// What ran and is committed.
    pub done: Vec<SeedRun>,
    /// What failed.
    pub failure: Option<SeedFailure>,
    /// Whether the run ended early because it was asked to.
    pub interrupted: bool,
}

impl SeedReport {
    /// Returns what is kept of a run that did not come to its end.
    pub(crate) fn kept_text(&self) -> String {
        match self.done.len() {
            0 => "nothing of this run was kept".to_owned(),
            1 => format!("`{}`, which ran before it, was kept", self.done[0].name),
            many => format!("the {many} seeds that ran before it were kept"),
        }
    }
}

/// How a seed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeedState {
    /// It never ran here.
    New,
    /// It ran, and its file says something else now.
    Changed,
    /// It ran, and there is nothing to do.
    Done,
    /// It ran, and a migration that was applied then was rolled back since, maybe with its rows.
    RolledBack,
    /// As `RolledBack`, but it runs once: whether it does again is for somebody to say.
    OnceRolledBack,
    /// It runs every time.
    Always,
    /// Its last attempt failed.
    Failed,
    /// It was tried, and its file is gone. What it brought stays.
    Gone,
}

/// One seed and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeedStatus {
    /// Its folder and file.
    pub name: String,
    /// How it stands.
    pub state: SeedState,
    /// What its file says now; none where it is gone.
    pub checksum: Option<Checksum>,
    /// When its last attempt began, in UTC.
    #[serde(serialize_with = "crate::migration::rfc3339")]
    pub ran_at: Option<NaiveDateTime>,
    /// How long that took, in milliseconds.
    pub execution_time_ms: Option<i64>,
    /// What became of the rows.
    pub rows: Option<RowCounts>,
    /// Who did it.
    pub applied_by: Option<String>,
    /// What it failed of.
    pub error: Option<String>,
}

/// How all seeds of an environment stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeedStatusReport {
    /// The environment.
    pub environment: String,
    /// The seeds, in the order in which they run; those without a file at the end.
    pub seeds: Vec<SeedStatus>,
    /// How many the next seeding would run.
    pub to_run: usize,
}
