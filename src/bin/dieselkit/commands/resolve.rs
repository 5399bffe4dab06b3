//! `resolve`: settles a migration that stopped half way, or that was mended by hand.

use dieselkit::environment::Protection;
use dieselkit::migration::{Resolution, State};
use dieselkit::{Migrator, Version};
use serde::Serialize;

use super::{Answered, named};
use crate::app::{App, Reach};
use crate::args::{self, Resolve};
use crate::consent::Destruction;
use crate::error::CommandError;
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
    if resolution == Resolution::Reverted {
        approve(app, &mut migrator, &version)?;
    }
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

/// What is whole and counts as not applied is run again by the next `up`; where that is nobody's to
/// decide alone, it is asked about.
fn approve(app: &App<'_>, migrator: &mut Migrator, version: &Version) -> Result<(), CommandError> {
    let protection = app.protection(migrator)?;
    let status = migrator.status()?;
    let mut entries = status.migrations.iter();
    let is_whole = entries.any(|entry| {
        entry.version == *version && entry.state == State::Applied && !entry.is_half_rolled_back()
    });
    if protection == Protection::Protected && is_whole {
        app.consent(Destruction::Forget, protection)?;
    }
    Ok(())
}
