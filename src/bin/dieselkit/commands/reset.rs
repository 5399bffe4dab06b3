//! `reset`: drops everything in the database's own schemas and applies all.

use std::fmt::Write as _;

use dieselkit::seed::{SeedOptions, SeedReport, SeedSet};
use serde::Serialize;
use serde_json::Value;

use super::credentials::{Shown, Wanted};
use super::{Answered, ran, seed};
use crate::app::{App, Reach};
use crate::args::Reset;
use crate::consent::{Destruction, Extent};
use crate::error::CommandError;
use crate::report::{Answer, json, seed_text};

#[derive(Serialize)]
struct Data<'a> {
    /// That of the run afterwards.
    #[serde(flatten)]
    applied: Value,
    dropped: &'a [String],
    seeded: bool,
    /// What the seeds did; null where there are none, or where they were left out.
    seeds: Value,
}

pub(super) fn run(app: &App<'_>, args: &Reset) -> Answered {
    let mut migrator = app.migrator(Reach::Write)?;
    // Seeds that cannot be read are found before anything is dropped.
    let seeds = if args.no_seed {
        None
    } else {
        seed::read_seeds_if_any(app)?
    };
    let protection = app.protection(&mut migrator)?;
    let schemas = migrator.own_schemas()?;
    let extent = Extent {
        schemas: &schemas,
        baselines: 0,
    };
    app.consent_within(extent, Destruction::Reset, protection)?;
    let report = app.interruptible(migrator).reset()?;
    let applied = ran(app, &report.applied, "nothing to apply", &args.schema);
    let mut text = String::new();
    for name in &report.dropped {
        let _ = writeln!(text, "dropped {name}");
    }
    text += &applied.text;
    let shown = seeds
        .as_ref()
        .map(|seeds| Shown::of(app, seeds, Wanted::OnTerminal));
    let seeded = match seeds {
        None => None,
        Some(seeds) => Some(seed_anew(app, seeds)?),
    };
    if let Some(report) = &seeded {
        text += &seed_text(report);
        text += &shown.map(|shown| shown.text()).unwrap_or_default();
    }
    let data = Data {
        applied: applied.data,
        dropped: &report.dropped,
        seeded: seeded.is_some(),
        seeds: seeded.as_ref().map_or(Value::Null, json::data),
    };
    Ok(Answer {
        text,
        data: json::data(&data),
        ..applied
    })
}

fn seed_anew(app: &App<'_>, seeds: SeedSet) -> Result<SeedReport, CommandError> {
    let seeder = seed::seeder(app, Reach::Write, seeds)?.with_migrations(app.migrations()?);
    Ok(seed::interruptible(seeder).seed(&SeedOptions::default())?)
}
