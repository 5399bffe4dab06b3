//! `repair`: accepts a modified file.

use dieselkit::Version;
use serde_json::json;

use super::Answered;
use crate::app::{App, Reach};
use crate::args::Repair;
use crate::report::Answer;

pub(super) fn run(app: &App<'_>, args: &Repair) -> Answered {
    let version = Version::from_name(&args.version);
    let mut migrator = app.migrator(Reach::Write)?;
    migrator.repair(&version, &args.reason)?;
    Ok(Answer {
        text: format!(
            "the file of {version} is accepted as it is; the old checksum stays in the history\n"
        ),
        data: json!({ "version": version, "reason": args.reason }),
        ..Answer::default()
    })
}
