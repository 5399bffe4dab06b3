//! `backup list`: the backups of the database, newest first.

use dieselkit::backup::retention::Trust;
use dieselkit::backup::{Backup, Format, Listing};
use serde::Serialize;

use super::{backups, warnings};
use crate::app::App;
use crate::args::BackupList;
use crate::commands::Answered;
use crate::report::{Answer, backup_list_text, json};

#[derive(Serialize)]
struct Data<'a> {
    folder: String,
    backups: Vec<BackupData<'a>>,
    /// How many backups of other databases are in the folder, where they are not listed.
    others: usize,
}

/// A backup as a program reads it.
#[derive(Serialize)]
pub(in crate::commands) struct BackupData<'a> {
    id: &'a str,
    database: &'a str,
    identity: &'a str,
    environment: &'a str,
    started_at: String,
    duration_ms: u64,
    size_bytes: u64,
    format: Format,
    whole: bool,
    migration: Option<&'a str>,
    verdict: Trust,
    damage: &'a [String],
    pinned: bool,
    note: Option<&'a str>,
}

impl<'a> From<&'a Backup> for BackupData<'a> {
    fn from(backup: &'a Backup) -> Self {
        let manifest = &backup.manifest;
        Self {
            id: manifest.id.as_str(),
            database: &manifest.database.name,
            identity: &manifest.database.identity,
            environment: &manifest.database.environment,
            started_at: json::moment(manifest.started_at.naive_utc()),
            duration_ms: manifest.duration_ms,
            size_bytes: manifest.bytes(),
            format: manifest.format,
            whole: manifest.scope.is_whole(),
            migration: manifest.migrations.head.as_deref(),
            verdict: backup.trust(),
            damage: &backup.damage,
            pinned: manifest.pinned,
            note: manifest.note.as_deref(),
        }
    }
}

pub(super) fn run(app: &App<'_>, args: &BackupList) -> Answered {
    let backups = backups(app)?;
    let own = backups.list()?;
    let warnings = warnings(app, &own);
    let (listing, others) = if args.all {
        (backups.catalog().read()?, 0)
    } else {
        (own.listing, own.others)
    };
    let (text, left_out) = backup_list_text(&listing.backups, app.now());
    Ok(Answer {
        text,
        left_out,
        data: data(app, &listing, others),
        warnings,
        hint: (others > 0).then(|| of_others(others)),
        ..Answer::default()
    })
}

fn data(app: &App<'_>, listing: &Listing, others: usize) -> serde_json::Value {
    json::data(&Data {
        folder: app.shown(&listing.folder),
        backups: listing.backups.iter().map(BackupData::from).collect(),
        others,
    })
}

fn of_others(others: usize) -> String {
    let (verb, noun) = if others == 1 {
        ("is", "backup of another database")
    } else {
        ("are", "backups of other databases")
    };
    format!("there {verb} {others} {noun} in the folder: `dieselkit backup list --all`")
}
