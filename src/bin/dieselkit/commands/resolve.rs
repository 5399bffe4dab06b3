//! `resolve`: settles a migration that stopped half way, or that was mended by hand.

use dieselkit::Version;
use dieselkit::migration::Resolution;
use serde::Serialize;

use super::{Answered, named};
use crate::app::{App, Reach};
use crate::args::{self, Resolve};
use crate::report::{About, Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    version: &'a Version,
    resolution: &'static str,
    reason: &'a str,
}

pub(super) fn run(app: &App<'_>, args: &Resolve) -> Answered {
    let (resolution, word) = match args.resolution() {
        args::Resolution::Applied => (Resolution::Applied, "applied"),
        args::Resolution::Reverted => (Resolution::Reverted, "reverted"),
    };
    let mut migrator = app.migrator(Reach::Write)?;
    let version = named::version(&mut migrator, &args.version)?;
    migrator.resolve(&version, resolution, &args.reason)?;
    Ok(Answer {
        text: format!(
            "{version} counts as {} from now on; nothing was run\n",
            if resolution == Resolution::Applied {
                "applied"
            } else {
                "not applied"
            }
        ),
        data: json::data(&Data {
            version: &version,
            resolution: word,
            reason: &args.reason,
        }),
        about: About::Deed,
        ..Answer::default()
    })
}
