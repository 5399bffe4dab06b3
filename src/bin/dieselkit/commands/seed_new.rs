//! `seed new`: the file of a new seed.

use dieselkit::seed::{NewSeed, SeedFormat, scaffold_seed};
use serde::Serialize;

use super::Answered;
use crate::app::App;
use crate::args::{self, SeedNew};
use crate::report::{Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    name: &'a str,
    path: &'a str,
}

pub(super) fn run(app: &App<'_>, args: &SeedNew) -> Answered {
    let settings = &app.settings;
    let wanted = NewSeed {
        name: args.name.clone(),
        environment: (!args.common).then(|| settings.environment.clone()),
        format: match args.format {
            args::SeedFormat::Sql => SeedFormat::Sql,
            args::SeedFormat::Csv => SeedFormat::Csv,
            args::SeedFormat::Jsonl => SeedFormat::JsonLines,
            args::SeedFormat::Json => SeedFormat::Json,
        },
    };
    let made = scaffold_seed(&app.below_here(&settings.seeds), &wanted)?;
    let path = app.shown(&made.path);
    Ok(Answer {
        text: format!("{path}\n"),
        data: json::data(&Data {
            name: &made.name,
            path: &path,
        }),
        ..Answer::default()
    })
}
