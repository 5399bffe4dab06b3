//! `resolve`: settles a migration that stopped half way, or that was mended by hand.

use dieselkit::Version;
use dieselkit::migration::Resolution;
use serde_json::json;

use super::Answered;
use crate::app::{App, Reach};
use crate::args::{self, Resolve};
use crate::report::Answer;

pub(super) fn run(app: &App<'_>, args: &Resolve) -> Answered {
    let version = Version::from_name(&args.version);
    let (resolution, word) = match args.resolution() {
        args::Resolution::Applied => (Resolution::Applied, "applied"),
        args::Resolution::Reverted => (Resolution::Reverted, "not applied"),
    };
    let mut migrator = app.migrator(Reach::Write)?;
    migrator.resolve(&version, resolution, &args.reason)?;
    Ok(Answer {
        text: format!("{version} counts as {word} from now on; nothing was run\n"),
        data: json!({ "version": version, "resolution": word, "reason": args.reason }),
        ..Answer::default()
    })
}
