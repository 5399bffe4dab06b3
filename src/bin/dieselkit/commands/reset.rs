//! `reset`: drops everything in the database's own schemas and applies all.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{Answered, ran};
use crate::app::{App, Reach};
use crate::args::Reset;
use crate::consent::{Destruction, Extent};
use crate::report::{Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    /// That of the run afterwards.
    #[serde(flatten)]
    applied: Value,
    dropped: &'a [String],
    seeded: bool,
}

pub(super) fn run(app: &App<'_>, args: &Reset) -> Answered {
    let mut migrator = app.migrator(Reach::Write)?;
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
    // There are no seeds yet to be called, or left out.
    let _ = args.no_seed;
    let data = Data {
        applied: applied.data,
        dropped: &report.dropped,
        seeded: false,
    };
    Ok(Answer {
        text: text + &applied.text,
        data: json::data(&data),
        ..applied
    })
}
