//! `backup list`: the backups of the database, newest first.

use dieselkit::backup::retention::Trust;
use dieselkit::backup::{Backup, BackupId, Format, Listing};
use serde::Serialize;

use super::{backups, catalog, of_others, unfit, warnings};
use crate::app::App;
use crate::args::BackupList;
use crate::commands::Answered;
use crate::report::{Answer, Listed, backup_list_text, json};

#[derive(Serialize)]
struct Data<'a> {
    folder: String,
    backups: Vec<BackupData<'a>>,
    /// How many backups of other databases are in the folder, where they are not listed.
    others: usize,
    /// Those of them that are of a copy of the database.
    copies: &'a [BackupId],
    /// Those of them that are of a database with its name.
    namesakes: &'a [BackupId],
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
    let (listing, listed, warnings) = if args.all {
        let all = catalog(app)?.read()?;
        let warnings = unfit(app, &all);
        (all, Listed::All, warnings)
    } else {
        let own = backups(app)?.list()?;
        let warnings = warnings(app, &own);
        (own.listing, Listed::Own, warnings)
    };
    let (text, left_out) = backup_list_text(&listing.backups, listed, app.now());
    Ok(Answer {
        text,
        left_out,
        data: data(app, &listing),
        warnings,
        hint: of_others(&listing.others),
        ..Answer::default()
    })
}

fn data(app: &App<'_>, listing: &Listing) -> serde_json::Value {
    json::data(&Data {
        folder: app.shown(&listing.folder),
        backups: listing.backups.iter().map(BackupData::from).collect(),
        others: listing.others.count(),
        copies: &listing.others.copies,
        namesakes: &listing.others.namesakes,
    })
}
