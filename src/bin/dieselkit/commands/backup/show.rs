//! `backup show`: all that is known of a backup.

use dieselkit::backup::Manifest;
use dieselkit::backup::retention::Trust;
use serde::Serialize;

use super::{backups, find};
use crate::app::App;
use crate::args::Which;
use crate::commands::Answered;
use crate::report::{Answer, backup_text, json};

/// A backup as a program reads it: its manifest, and whether its files are there.
#[derive(Serialize)]
struct Data<'a> {
    folder: String,
    verdict: Trust,
    damage: &'a [String],
    manifest: &'a Manifest,
}

pub(super) fn run(app: &App<'_>, which: &Which) -> Answered {
    let backups = backups(app)?;
    let backup = find(&backups, &which.id)?;
    Ok(Answer {
        text: backup_text(&backup, app.now()),
        data: json::data(&Data {
            folder: app.shown(backups.folder()),
            verdict: backup.trust(),
            damage: &backup.damage,
            manifest: &backup.manifest,
        }),
        ..Answer::default()
    })
}
