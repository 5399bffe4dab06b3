//! `backup show`: all that is known of a backup.

use dieselkit::backup::Manifest;
use dieselkit::backup::retention::Trust;
use serde::Serialize;

use super::{catalog, find};
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
    let backup = find(app, &which.id)?;
    Ok(Answer {
        text: backup_text(&backup, app.now()),
        data: json::data(&Data {
            folder: app.shown(catalog(app)?.folder()),
            verdict: backup.trust(),
            damage: &backup.damage,
            manifest: &backup.manifest,
        }),
        ..Answer::default()
    })
}
