//! `seed generate`: made-up rows of a table.

use dieselkit::seed::{GenerateOptions, SeedSet};

use super::Answered;
use super::seed::{interruptible, seeder};
use crate::app::{App, Reach};
use crate::args::SeedGenerate;
use crate::report::{About, Answer, generate_text, json};

pub(super) fn run(app: &App<'_>, args: &SeedGenerate) -> Answered {
    let mut options = GenerateOptions::of(&args.table, args.rows.into()).seed(args.seed);
    if args.allow_pending {
        options = options.allow_pending();
    }
    // None of the environment's seeds is run, so none of them has to be readable.
    let none = SeedSet::empty(&app.settings.environment);
    let seeder = seeder(app, Reach::Write, none)?.with_migrations(app.migrations()?);
    let report = interruptible(app, seeder).generate(&options)?;
    Ok(Answer {
        text: generate_text(&report),
        data: json::data(&report),
        about: About::Deed,
        ..Answer::default()
    })
}
