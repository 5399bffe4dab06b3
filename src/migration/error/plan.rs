//! A plan cannot be made.
//!
//! When that is so is for `plan::refuse` to say.

use std::collections::BTreeMap;

use thiserror::Error;

use super::halted::{
    Way, finish_down, finish_or_undo_up, give_up_lost, go_on_down_or_settle, go_on_up_or_settle,
    settle,
};
use crate::event::Direction;
use crate::migration::model::KeptBy;
use crate::shell::command;
use crate::version::Version;

/// A plan cannot be made; nothing was run.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// Nothing has this version.
    #[error("no migration has the version `{version}`")]
    UnknownVersion {
        /// The version.
        version: Version,
        /// The nearest that exists.
        nearest: Option<Version>,
    },
    /// A version that must be applied is not.
    #[error("migration `{version}` is not applied")]
    NotApplied {
        /// The version.
        version: Version,
    },
    /// No such batch is applied.
    #[error("nothing that is applied belongs to batch {batch}")]
    UnknownBatch {
        /// The batch.
        batch: i64,
    },
    /// Pending migrations are older than an applied one.
    #[error("{}", sentence(names, ["is pending and", "are pending and"], &format!("older than `{newest}`, the newest applied one")))]
    OutOfOrder {
        /// The migrations' names.
        names: Vec<String>,
        /// The newest applied version.
        newest: Version,
        /// The command that applies them all the same.
        allowing: String,
    },
    /// Applied migrations say something else now.
    #[error("{}", sentence(names, ["was modified after it was", "were modified after they were"], "applied"))]
    Modified {
        /// The migrations' names.
        names: Vec<String>,
    },
    /// Applied migrations have no file, and newer ones have.
    #[error("{}", sentence(names, ["is applied and has no file", "are applied and have no file"], "any more, though newer files are there"))]
    Hole {
        /// The migrations' names.
        names: Vec<String>,
    },
    /// Migrations that would have to be rolled back have no way down.
    #[error("{}", irreversible_text(names, reasons))]
    Irreversible {
        /// The migrations' names.
        names: Vec<String>,
        /// Why, by name, of those that say themselves that they are; empty where they do not say
        /// why.
        reasons: BTreeMap<String, String>,
    },
    /// Migrations that would have to be rolled back have no file, and the history keeps no way
    /// down.
    #[error("{}", sentence(names, ["has", "have"], "no file, and the history keeps no way down, so nothing was rolled back"))]
    NoWayDown {
        /// The migrations' names.
        names: Vec<String>,
    },
    /// A migration that has to be applied again has no file.
    #[error("{}", sentence(names, ["has", "have"], "no file to be applied from"))]
    MissingFile {
        /// The migrations' names.
        names: Vec<String>,
    },
    /// A way down was cut off, or failed, half way.
    #[error(
        "the way down of `{name}` stopped after statement {done} of {total}: it is neither applied nor rolled back{}",
        match kept_by {
            KeptBy::File => "",
            KeptBy::History => ", and no file has it",
        }
    )]
    WayDownHalted {
        /// The migration's name.
        name: String,
        /// The version.
        version: Version,
        /// Statements that are committed.
        done: i64,
        /// Statements that there are.
        total: i64,
        /// The command that goes on with it and takes back nothing that came after it, where there
        /// is one.
        going_on: Option<String>,
        /// Whether a file has it.
        kept_by: KeptBy,
    },
    /// A way up was cut off, or failed, half way, and the command would pass over it.
    #[error(
        "the way up of `{name}` stopped after statement {done} of {total}: it is neither applied nor rolled back{}",
        if going_on.is_none() { ", and no file has it" } else { "" }
    )]
    WayUpHalted {
        /// The migration's name.
        name: String,
        /// The version.
        version: Version,
        /// Statements that are committed.
        done: i64,
        /// Statements that there are.
        total: i64,
        /// The command that goes on with it, where a file has it.
        going_on: Option<String>,
    },
    /// Migrations that were to be rolled back came before one that stopped half way.
    #[error("{}", sentence(names, ["lies", "lie"], &beneath_text(name, *direction, *done, *total)))]
    BeneathHalted {
        /// The names of those that were to be rolled back.
        names: Vec<String>,
        /// The name of the one that stopped.
        name: String,
        /// Its version.
        version: Version,
        /// Which way it was going.
        direction: Direction,
        /// Statements of it that are committed.
        done: i64,
        /// Statements that it has.
        total: i64,
        /// The command that goes on with it and takes back nothing that came after it, where there
        /// is one: none goes on with a way up that no file has.
        going_on: Option<String>,
    },
    /// To go on after a failure was asked for, and one transaction for all, which a failure ends.
    #[error("to keep going after a failure and one transaction for all exclude each other")]
    KeepGoingInBatch,
    /// One transaction for all was asked for, and some cannot be in one.
    #[error("{}", sentence(names, ["runs", "run"], "outside of a transaction and cannot be part of a batch"))]
    NotInBatch {
        /// The migrations' names.
        names: Vec<String>,
    },
}

impl PlanError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownVersion { nearest: Some(version), .. } => {
                format!("did you mean `{version}`? `dieselkit status` lists all")
            }
            Self::UnknownVersion { nearest: None, .. }
            | Self::NotApplied { .. }
            | Self::UnknownBatch { .. } => "`dieselkit status`".to_owned(),
            Self::OutOfOrder { allowing, .. } => format!("`{allowing}`"),
            Self::Modified { names } => undo_or_accept_change(names),
            Self::Hole { names } => format!(
                "bring the files back, or check out the branch that has them; `dieselkit check` lists them; where one is lost, {}",
                give_up_lost(&first_version(names))
            ),
            Self::Irreversible { names, reasons } => undo_by_new(names, reasons),
            Self::NoWayDown { names } => format!(
                "bring the file back, or undo it by hand and run {}",
                settle(&first_version(names), Way::Reverted)
            ),
            Self::MissingFile { .. } => {
                "bring the file back; to roll back alone, the history is enough: `dieselkit rollback`".to_owned()
            }
            Self::WayDownHalted { version, going_on, kept_by, .. } => {
                go_on_down_or_settle(version, going_on.as_deref(), *kept_by)
            }
            Self::WayUpHalted { version, going_on, .. } => {
                go_on_up_or_settle(version, going_on.as_deref())
            }
            Self::BeneathHalted { version, direction, going_on, .. } => match direction {
                Direction::Up => finish_or_undo_up(version, going_on.as_deref()),
                Direction::Down => finish_down(version, going_on.as_deref()),
            },
            Self::KeepGoingInBatch => "`dieselkit up --keep-going --transaction each`".to_owned(),
            Self::NotInBatch { .. } => "`dieselkit up --transaction each`".to_owned(),
        })
    }
}

/// Returns how what was modified is put right, one way or the other.
fn undo_or_accept_change(names: &[String]) -> String {
    format!(
        "`dieselkit check` shows what changed; undo the change, or accept it: {}",
        command(
            "dieselkit repair {} --reason \"…\"",
            &[&first_version(names)]
        )
    )
}

/// Returns how what has no way down is undone all the same.
fn undo_by_new(names: &[String], reasons: &BTreeMap<String, String>) -> String {
    let undo = command("dieselkit new {}", &[&format!("undo_{}", words(names))]);
    if reasons.is_empty() {
        format!("write its way down, or undo it with a new migration: {undo}")
    } else {
        format!(
            "undo it with a new migration: {undo}; or, where there is a way down after all, take back the word `irreversible` in its settings"
        )
    }
}

/// Says something of one migration or of several, with the verb for each case.
fn sentence(names: &[String], [singular, plural]: [&str; 2], said: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [name] => format!("migration {name} {singular} {said}"),
        many => format!(
            "{} migrations {plural} {said}: {}",
            many.len(),
            many.join(", ")
        ),
    }
}

/// Returns what is said of those that have no way down, with the reasons that they give.
fn irreversible_text(names: &[String], reasons: &BTreeMap<String, String>) -> String {
    let said = "irreversible, so nothing was rolled back";
    let said = sentence(names, ["is", "are"], said);
    let reasons = reasons.iter().filter(|(_, reason)| !reason.is_empty());
    let reasons = reasons.map(|(name, reason)| match names {
        [_] => format!("; its reason: {reason}"),
        _ => format!("; the reason of `{name}`: {reason}"),
    });
    std::iter::once(said).chain(reasons).collect()
}

/// Returns what is said of those that lie beneath one that stopped half way.
fn beneath_text(halted: &str, direction: Direction, done: i64, total: i64) -> String {
    let way = match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    format!(
        "beneath `{halted}`, whose way {way} stopped after statement {done} of {total}, so nothing was rolled back"
    )
}

/// Returns what the first name says, without its version.
fn words(names: &[String]) -> &str {
    let name = names.first().map_or("", String::as_str);
    name.split_once('_').map_or(name, |(_, words)| words)
}

/// Returns the version of the first name.
fn first_version(names: &[String]) -> Version {
    Version::from_name(names.first().map_or("", String::as_str))
}
