//! `backup health`: whether the backups can be relied on.

use dieselkit::backup::Listing;
use dieselkit::backup::health::{Health, HealthFinding, HealthLimits};
use serde::Serialize;

use super::{backups, metrics, of_others, warnings};
use crate::app::App;
use crate::args::BackupHealth;
use crate::commands::Answered;
use crate::report::{Answer, health_text, json};

#[derive(Serialize)]
struct Data<'a> {
    healthy: bool,
    #[serde(flatten)]
    health: &'a Health,
    /// The findings as people read them.
    why: Vec<String>,
}

pub(super) fn run(app: &App<'_>, args: &BackupHealth) -> Answered {
    let backups = backups(app)?;
    let limits = HealthLimits {
        max_age: args.max_age,
        max_verify_age: args.max_verify_age,
    };
    let (health, own) = backups.health(&limits)?;
    metrics::write(app, &backups, args.metrics.file.as_deref())?;
    let found = !health.findings.is_empty();
    Ok(Answer {
        text: health_text(&health),
        data: data(&health),
        warnings: warnings(app, &own)
            .into_iter()
            .chain(health.warning())
            .collect(),
        hint: hint(&health, &own.listing),
        found,
        ..Answer::default()
    })
}

/// Returns what cures all that is wrong; what other databases have may be what was looked for.
fn hint(health: &Health, listing: &Listing) -> Option<String> {
    let mut hints: Vec<String> = Vec::new();
    for finding in &health.findings {
        let hint = match (finding, of_others(&listing.others)) {
            (HealthFinding::NoBackup, Some(others)) => others,
            _ => finding.hint(&listing.folder),
        };
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    (!hints.is_empty()).then(|| hints.join("; "))
}

fn data(health: &Health) -> serde_json::Value {
    json::data(&Data {
        healthy: health.findings.is_empty(),
        health,
        why: health.findings.iter().map(ToString::to_string).collect(),
    })
}
