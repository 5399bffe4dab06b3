//! `reset`: drops everything in the database's own schemas and applies all.

use std::fmt::Write as _;

use serde_json::json;

use super::{Answered, ran};
use crate::app::{App, Reach};
use crate::args::Reset;
use crate::consent::Destruction;
use crate::report::Answer;

pub(super) fn run(app: &App<'_>, args: &Reset) -> Answered {
    let mut migrator = app.migrator(Reach::Write)?;
    let protection = app.protection(&mut migrator)?;
    app.consent(Destruction::Reset, protection)?;
    let report = App::interruptible(migrator).reset()?;
    let applied = ran(app, &report.applied, "nothing to apply", &args.schema);
    let mut text = String::new();
    for name in &report.dropped {
        let _ = writeln!(text, "dropped {name}");
    }
    let mut data = applied.data;
    data["dropped"] = json!(report.dropped);
    // There are no seeds yet to be called, or left out.
    data["seeded"] = json!(false);
    let _ = args.no_seed;
    Ok(Answer {
        text: text + &applied.text,
        data,
        ..applied
    })
}
