//! `backup verify`: reads backups again, or restores them, and says what is wrong with them.

use std::error::Error as _;
use std::num::NonZeroU32;
use std::path::Path;

use dieselkit::backup::catalog::Unreadable;
use dieselkit::backup::{
    BackupFolder, BackupId, Backups, RestoreOptions, RestoreTo, Verdict, Verified,
};
use serde::Serialize;

use super::{
    backups, find, folder, interruptible, metrics, of_others, programs, unasked, unreadable,
};
use crate::app::App;
use crate::args::BackupVerify;
use crate::commands::Answered;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::report::{Answer, json, verified_text};

/// What stands for every backup of the database.
const ALL: &str = "all";
/// What helps where there is none.
const CREATE: &str = "`dieselkit backup create`";

#[derive(Serialize)]
struct Data<'a> {
    verified: Vec<VerifiedData<'a>>,
    /// Those of which nothing can be said.
    unjudged: Vec<UnjudgedData<'a>>,
    /// Manifests that would be those of backups, and cannot be read.
    unreadable: Vec<UnreadableData<'a>>,
}

/// A backup that has no verdict, as a program reads it.
#[derive(Serialize)]
struct UnjudgedData<'a> {
    id: &'a BackupId,
    why: String,
}

/// A manifest that cannot be read, as a program reads of it.
#[derive(Serialize)]
struct UnreadableData<'a> {
    path: &'a Path,
    message: &'a str,
}

impl<'a> From<&'a Unreadable> for UnreadableData<'a> {
    fn from(unreadable: &'a Unreadable) -> Self {
        Self {
            path: &unreadable.path,
            message: &unreadable.message,
        }
    }
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
    let meant = meant(app, &args.id)?;
    let (verified, unjudged) = judge(app, args, &meant.ids)?;
    let all = meant.ids.len();
    let answer = answer(app, &verified, &unjudged, meant);
    let count = unjudged.len();
    let file = args.metrics.file.as_deref();
    match unjudged.into_iter().next() {
        None if file.is_none() => Ok(answer),
        None => {
            let done = "the backups were read".to_owned();
            metrics::write_after(app, &backups(app)?, file, (done, answer))
        }
        Some((_, first)) => {
            if file.is_some() {
                // The error says more than that it could not be written.
                let _ = metrics::write(app, &backups(app)?, file);
            }
            Err(CommandError::NotAllVerified {
                count,
                all,
                source: Box::new(first),
                found: Box::new(answer),
            })
        }
    }
}

/// A backup of which nothing can be said, and why.
type Unjudged = (BackupId, CommandError);

/// Verifies each, and returns of which there is a verdict, and of which there is none.
fn judge(
    app: &App<'_>,
    args: &BackupVerify,
    ids: &[BackupId],
) -> Result<(Vec<Verified>, Vec<Unjudged>), CommandError> {
    let mut judge = Verifier::of(app, args)?;
    let mut verified = Vec::new();
    let mut unjudged = Vec::new();
    for id in ids {
        match judge.verify(id) {
            Ok(one) => verified.push(one),
            // Of several, what says nothing of one says nothing of the others either.
            Err(error) if args.id == ALL && error.exit() != Exit::Interrupted => {
                unjudged.push((id.clone(), error));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((verified, unjudged))
}

fn answer(app: &App<'_>, verified: &[Verified], unjudged: &[Unjudged], meant: Meant) -> Answer {
    let failed = |verified: &Verified| !verified.verdict.passed();
    let unjudged: Vec<UnjudgedData<'_>> = unjudged
        .iter()
        .map(|(id, error)| UnjudgedData {
            id,
            why: error.to_string(),
        })
        .collect();
    let without = unjudged.iter().map(|one| (one.id, one.why.as_str()));
    let unread = unreadable(app, &meant.unreadable);
    Answer {
        text: verified_text(verified, &without.collect::<Vec<_>>(), &unread),
        warnings: verified
            .iter()
            .filter_map(unrecorded)
            .chain(meant.warning)
            .collect(),
        found: verified.iter().any(failed) || !unread.is_empty() || meant.ids.is_empty(),
        hint: meant.hint,
        data: json::data(&Data {
            verified: verified.iter().map(VerifiedData::from).collect(),
            unjudged,
            unreadable: meant.unreadable.iter().map(UnreadableData::from).collect(),
        }),
        ..Answer::default()
    }
}

/// What verifies: only a restore needs a database to be named.
enum Verifier {
    Files(BackupFolder),
    Restore(Box<Backups>, RestoreOptions),
}

impl Verifier {
    fn of(app: &App<'_>, args: &BackupVerify) -> Result<Self, CommandError> {
        if !args.restore {
            return Ok(Self::Files(folder(app)?));
        }
        let mut options = scratch(app)?.jobs(args.jobs.unwrap_or(NonZeroU32::MIN));
        if args.no_owner {
            options = options.no_owner();
        }
        if args.no_privileges {
            options = options.no_privileges();
        }
        Ok(Self::Restore(Box::new(interruptible(app)?), options))
    }

    fn verify(&mut self, id: &BackupId) -> Result<Verified, CommandError> {
        Ok(match self {
            Self::Files(folder) => folder.verify(id)?,
            Self::Restore(backups, options) => backups.verify_by_restoring(id, options)?,
        })
    }
}

/// Returns how a scratch database is made. Its place is its own, whatever is said.
pub(super) fn scratch(app: &App<'_>) -> Result<RestoreOptions, CommandError> {
    Ok(RestoreOptions::to(RestoreTo::Beside).programs(programs(app)?))
}

/// What is to be verified.
#[derive(Default)]
struct Meant {
    /// The backups, newest first.
    ids: Vec<BackupId>,
    /// What would have been a backup, and cannot be read.
    unreadable: Vec<Unreadable>,
    warning: Option<String>,
    /// What helps where there is nothing.
    hint: Option<String>,
}

/// Returns the backups that are meant: all of a database are more than those that can be read.
fn meant(app: &App<'_>, typed: &str) -> Result<Meant, CommandError> {
    if typed != ALL {
        return Ok(Meant {
            ids: vec![find(app, typed)?.manifest.id],
            ..Meant::default()
        });
    }
    let own = backups(app)?.list()?;
    let warning = unasked(&own);
    let listing = own.listing;
    let is_empty = listing.backups.is_empty() && listing.unreadable.is_empty();
    let none = || of_others(&listing.others).unwrap_or_else(|| CREATE.to_owned());
    Ok(Meant {
        hint: is_empty.then(none),
        warning,
        ids: listing
            .backups
            .into_iter()
            .map(|backup| backup.manifest.id)
            .collect(),
        unreadable: listing.unreadable,
    })
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
