//! `backup verify`: reads backups again, or restores them, and says what is wrong with them.

use std::error::Error as _;
use std::num::NonZeroU32;

use dieselkit::backup::{
    BackupId, Backups, Programs, RestoreOptions, RestoreTo, Verdict, Verified,
};
use serde::Serialize;

use super::{find, interruptible, metrics};
use crate::app::App;
use crate::args::BackupVerify;
use crate::commands::Answered;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::report::{Answer, json, verified_text};

/// What stands for every backup of the database.
const ALL: &str = "all";

#[derive(Serialize)]
struct Data<'a> {
    verified: Vec<VerifiedData<'a>>,
    /// Those of which nothing can be said.
    unjudged: Vec<UnjudgedData<'a>>,
}

/// A backup that has no verdict, as a program reads it.
#[derive(Serialize)]
struct UnjudgedData<'a> {
    id: &'a BackupId,
    why: String,
}

/// A backup that was read again, as a program reads it.
#[derive(Serialize)]
struct VerifiedData<'a> {
    id: &'a BackupId,
    passed: bool,
    /// Whether the verdict stands in the manifest.
    recorded: bool,
    verdict: &'a Verdict,
}

impl<'a> From<&'a Verified> for VerifiedData<'a> {
    fn from(verified: &'a Verified) -> Self {
        Self {
            id: &verified.id,
            passed: verified.verdict.passed(),
            recorded: verified.recorded.is_ok(),
            verdict: &verified.verdict,
        }
    }
}

pub(super) fn run(app: &App<'_>, args: &BackupVerify) -> Answered {
    let mut backups = interruptible(app)?;
    let mut verified = Vec::new();
    let mut unjudged = Vec::new();
    for id in meant(&backups, &args.id)? {
        match verify(app, &mut backups, &id, args) {
            Ok(one) => verified.push(one),
            // Of several, what says nothing of one says nothing of the others either.
            Err(error) if args.id == ALL && error.exit() != Exit::Interrupted => {
                unjudged.push((id, error));
            }
            Err(error) => return Err(error),
        }
    }
    metrics::write(app, &backups, args.metrics.file.as_deref())?;
    let answer = answer(&verified, &unjudged);
    let all = verified.len() + unjudged.len();
    let count = unjudged.len();
    match unjudged.into_iter().next() {
        None => Ok(answer),
        Some((_, first)) => Err(CommandError::NotAllVerified {
            count,
            all,
            source: Box::new(first),
            found: Box::new(answer),
        }),
    }
}

fn answer(verified: &[Verified], unjudged: &[(BackupId, CommandError)]) -> Answer {
    let failed = |verified: &Verified| !verified.verdict.passed();
    let unjudged: Vec<UnjudgedData<'_>> = unjudged
        .iter()
        .map(|(id, error)| UnjudgedData {
            id,
            why: error.to_string(),
        })
        .collect();
    let without = unjudged.iter().map(|one| (one.id, one.why.as_str()));
    Answer {
        text: verified_text(verified, &without.collect::<Vec<_>>()),
        warnings: verified.iter().filter_map(unrecorded).collect(),
        found: verified.iter().any(failed),
        data: json::data(&Data {
            verified: verified.iter().map(VerifiedData::from).collect(),
            unjudged,
        }),
        ..Answer::default()
    }
}

fn verify(
    app: &App<'_>,
    backups: &mut Backups,
    id: &BackupId,
    args: &BackupVerify,
) -> Result<Verified, CommandError> {
    if !args.restore {
        return Ok(backups.verify(id)?);
    }
    let options = scratch(app).jobs(args.jobs.unwrap_or(NonZeroU32::MIN));
    let options = if args.no_owner {
        options.no_owner()
    } else {
        options
    };
    let options = if args.no_privileges {
        options.no_privileges()
    } else {
        options
    };
    Ok(backups.verify_by_restoring(id, &options)?)
}

/// Returns how a scratch database is made. Its place is its own, whatever is said.
pub(super) fn scratch(app: &App<'_>) -> RestoreOptions {
    RestoreOptions::to(RestoreTo::Into(String::new())).programs(Programs {
        pg_dump: app.settings.backups.pg_dump.clone(),
        folders: app.surroundings.program_folders(),
    })
}

/// Returns the backups that are meant, newest first.
fn meant(backups: &Backups, typed: &str) -> Result<Vec<BackupId>, CommandError> {
    if typed != ALL {
        return Ok(vec![find(backups, typed)?.manifest.id]);
    }
    let listed = backups.list()?.listing.backups.into_iter();
    Ok(listed.map(|backup| backup.manifest.id).collect())
}

fn unrecorded(verified: &Verified) -> Option<String> {
    let error = verified.recorded.as_ref().err()?;
    let cause = error.source().map(|cause| format!(": {cause}"));
    Some(format!(
        "the verdict of `{}` does not stand in its manifest: {error}{}",
        verified.id,
        cause.unwrap_or_default()
    ))
}
