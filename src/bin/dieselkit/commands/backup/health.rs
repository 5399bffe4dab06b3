//! `backup health`: whether the backups can be relied on.

use dieselkit::backup::health::{Health, HealthLimits};
use serde::Serialize;

use super::{backups, metrics, warnings};
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
        warnings: warnings(app, &own),
        found,
        ..Answer::default()
    })
}

fn data(health: &Health) -> serde_json::Value {
    json::data(&Data {
        healthy: health.findings.is_empty(),
        health,
        why: health.findings.iter().map(ToString::to_string).collect(),
    })
}
