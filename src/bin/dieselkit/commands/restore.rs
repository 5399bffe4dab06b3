//! `restore`: a backup becomes a new database, or takes the old one's place.

use dieselkit::Version;
use dieselkit::backend::BackendError;
use dieselkit::backend::address::Engine;
use dieselkit::backend::restore::Fitness;
use dieselkit::backup::health::NoGood;
use dieselkit::backup::{
    Backups, Compared, Old, RestoreOptions, RestorePlan, RestoreReport, RestoreSource, RestoreTo,
};
use dieselkit::environment::Protection;
use dieselkit::event::Leftover;
use dieselkit::shell::command;
use serde::Serialize;

use super::Answered;
use super::backup::{self, BackupData, LATEST};
use crate::advice::removal;
use crate::app::{App, Reach};
use crate::args::Restore;
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::report::{About, Answer, json, restore_plan_text, restored_text};

#[derive(Serialize)]
struct Data<'a> {
    dry_run: bool,
    plan: PlanData<'a>,
    /// What could not be dropped after a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<&'a str>,
    /// What was done; nothing of it in a dry run, and after a failure.
    #[serde(flatten)]
    report: Option<&'a RestoreReport>,
}

/// A plan, as a program reads it.
#[derive(Serialize)]
struct PlanData<'a> {
    source: &'a str,
    backup: Option<BackupData<'a>>,
    /// The newer backups that are no good, newest first, where it was not named.
    passed_over: &'a [NoGood],
    database: String,
    /// Where the one would be that has the name now.
    replaced: Option<String>,
    old: Option<Old>,
    /// Why that one cannot be read, where it cannot.
    unread: Option<&'a str>,
    compared: Compared,
    /// Who is at work in the one that has the name now.
    in_use_by: &'a [String],
    /// The environment that the restored one is marked with, where that is another.
    marked_environment: Option<&'a str>,
    #[serde(flatten)]
    fitness: &'a Fitness,
    leftovers: &'a [Leftover],
}

impl<'a> From<&'a RestorePlan> for PlanData<'a> {
    fn from(plan: &'a RestorePlan) -> Self {
        Self {
            source: &plan.source,
            backup: plan.backup.as_ref().map(BackupData::from),
            passed_over: &plan.passed_over,
            database: plan.database.to_string(),
            replaced: plan.old.as_ref().map(|(old, _)| old.to_string()),
            old: plan.old.as_ref().map(|(_, old)| *old),
            unread: plan.unread.as_deref(),
            compared: plan.compared,
            in_use_by: &plan.in_use_by,
            marked_environment: plan.marked.as_deref(),
            fitness: &plan.fitness,
            leftovers: &plan.leftovers,
        }
    }
}

pub(super) fn run(app: &App<'_>, args: &Restore) -> Answered {
    let mut backups = backup::interruptible(app)?;
    let source = match &args.before {
        Some(typed) => backups.source_before(&known(app, &backups, typed)?)?,
        None => backups.source(&args.source)?,
    };
    let guessed = guessed(&backups, args)?;
    let doubts = doubts(&source, guessed.as_ref(), args);
    let options = options(app, args, to(app, args)?)?;
    let mut plan = backups.plan_restore(&source, &options)?;
    let refusal = plan.refusal.take();
    let text = restore_plan_text(&plan, guessed.as_deref(), app.now());
    if args.dry_run {
        let refusal = refusal.or(plan.foretold.take());
        return dry_run(&plan, (text, doubts), refusal.map(CommandError::from));
    }
    app.printer.announce_restore(&text);
    let options = options.as_planned(&plan);
    let restored = match refusal {
        Some(refusal) => Err(refusal.into()),
        None => consent(app, args, &plan).and_then(|()| Ok(backups.restore(&source, &options)?)),
    };
    let report = restored.map_err(|error| not_as(&plan, doubts.clone(), error))?;
    Ok(Answer {
        text: restored_text(&report),
        data: json::data(&Data {
            dry_run: false,
            plan: PlanData::from(&plan),
            left: None,
            report: Some(&report),
        }),
        warnings: warnings(&source, plan.database.engine(), &report)
            .into_iter()
            .chain(marked_otherwise(app, args, &plan))
            .chain(unmarked(app, args, &source))
            .chain(doubts)
            .collect(),
        hint: drops_old(&plan, &report),
        about: About::Deed,
        ..Answer::default()
    })
}

/// Asks for consent where something is replaced.
fn consent(app: &App<'_>, args: &Restore, plan: &RestorePlan) -> Result<(), CommandError> {
    if !args.replace {
        return Ok(());
    }
    app.consent(destruction(args, plan), protection(app, plan)?)
}

/// Returns an error with the plan that it came instead of, which people have seen before, and with what
/// it left.
fn not_as(plan: &RestorePlan, warnings: Vec<String>, error: CommandError) -> CommandError {
    let left = error.left_by_restore();
    let answer = Answer {
        data: json::data(&Data {
            dry_run: false,
            plan: PlanData::from(plan),
            left,
            report: None,
        }),
        warnings,
        ..Answer::default()
    };
    CommandError::NotAsPlanned {
        plan: Box::new(answer),
        source: Box::new(error),
    }
}

/// Returns the version that is meant, where any file or backup has it. The newest backup is from before
/// every other one, which is not what somebody means who mistypes it.
fn known(app: &App<'_>, backups: &Backups, typed: &str) -> Result<Version, CommandError> {
    let version = Version::from_name(typed);
    let files = app.scanned();
    let in_files = files.is_ok_and(|files| files.get(&version).is_some());
    let listing = backups.list()?.listing;
    let mut states = listing
        .backups
        .iter()
        .map(|backup| &backup.manifest.migrations);
    if in_files || states.any(|state| !state.is_before(&version)) {
        return Ok(version);
    }
    Err(CommandError::NoSuchName {
        typed: typed.to_owned(),
        similar: Vec::new(),
    })
}

/// Returns that the newest backup is chosen by the database's name alone, where that is so: the database
/// is gone, or cannot be asked which one it is.
fn guessed(backups: &Backups, args: &Restore) -> Result<Option<String>, CommandError> {
    let is_chosen = args.before.is_some() || args.source == LATEST;
    let own = is_chosen.then(|| backups.list()).transpose()?;
    Ok(own.as_ref().and_then(backup::unasked))
}

/// Returns why the backup may not be the one that is meant; where it is refused for newer ones, the error
/// names them.
fn doubts(source: &RestoreSource, guessed: Option<&String>, args: &Restore) -> Vec<String> {
    let newer = if args.replace {
        Vec::new()
    } else {
        backup::passed_over(source)
    };
    guessed.cloned().into_iter().chain(newer).collect()
}

/// Answers with the plan, also where it would be refused.
fn dry_run(
    plan: &RestorePlan,
    (text, warnings): (String, Vec<String>),
    refusal: Option<CommandError>,
) -> Answered {
    let answer = Answer {
        text,
        warnings,
        data: json::data(&Data {
            dry_run: true,
            plan: PlanData::from(plan),
            left: None,
            report: None,
        }),
        ..Answer::default()
    };
    match refusal {
        None => Ok(answer),
        Some(source) => Err(CommandError::NotAsPlanned {
            source: Box::new(source),
            plan: Box::new(answer),
        }),
    }
}

/// Returns a warning where the database is of another environment than the command by now, with what
/// changes that; of one beside nothing is to be changed.
fn marked_otherwise(app: &App<'_>, args: &Restore, plan: &RestorePlan) -> Option<String> {
    let marked = plan.marked.as_ref().filter(|_| args.replace)?;
    let environment = app.settings.environment.name();
    let mark = command("dieselkit db mark {}", &[&environment]);
    let text = format!(
        "the database is marked as `{marked}` now, as its backup is: commands that write refuse it in `{environment}`, until it is marked anew: {mark}"
    );
    Some(app.printer.complete(&text))
}

/// Returns a warning where a file without the tables of this tool took the place of a database: its
/// protection is gone with its mark.
fn unmarked(app: &App<'_>, args: &Restore, source: &RestoreSource) -> Option<String> {
    if !args.replace || source.manifest().is_some() {
        return None;
    }
    let database = app.connect(Reach::Read).ok()?;
    let mut migrator = app.migrator_of(database, dieselkit::MigrationSet::default());
    if migrator.marked_environment().ok()?.is_some() {
        return None;
    }
    let mark = command("dieselkit db mark {}", &[&app.settings.environment.name()]);
    let text = format!(
        "the database is marked with no environment now, so that nothing but the address says what it is: {mark}"
    );
    Some(app.printer.complete(&text))
}

fn destruction(args: &Restore, plan: &RestorePlan) -> Destruction {
    if plan.unread.is_some() {
        Destruction::ReplaceUnread
    } else if args.drop_old {
        Destruction::ReplaceForGood
    } else {
        Destruction::Replace
    }
}

/// Returns the command that drops the database that was replaced, where it is still there.
fn drops_old(plan: &RestorePlan, report: &RestoreReport) -> Option<String> {
    let kept = report
        .replaced
        .as_ref()
        .filter(|_| report.old == Some(Old::Kept))?;
    let name = &kept.own_name();
    let drop = match &plan.unread {
        None => command("dieselkit db drop {}", &[name]),
        Some(_) => removal::unasked(kept),
    };
    Some(format!("once you are sure of the new one: {drop}"))
}

fn to(app: &App<'_>, args: &Restore) -> Result<RestoreTo, CommandError> {
    if args.replace {
        return Ok(RestoreTo::Replace);
    }
    let Some(typed) = &args.into else {
        return Ok(RestoreTo::Beside);
    };
    let new = app.address()?.neighbour(typed);
    Ok(RestoreTo::Into(new.map_err(BackendError::from)?.own_name()))
}

/// Returns the stricter protection of what was said and of what the database is marked with. One that is
/// lost says nothing; one that cannot be read may be any, and is protected.
fn protection(app: &App<'_>, plan: &RestorePlan) -> Result<Protection, CommandError> {
    if plan.unread.is_some() {
        return Ok(Protection::Protected);
    }
    let migrator = app.connect(Reach::Read).ok();
    let Some(database) = migrator else {
        return Ok(app.settings.environment.protection());
    };
    let mut migrator = app.migrator_of(database, dieselkit::MigrationSet::default());
    app.protection(&mut migrator)
}

fn options(app: &App<'_>, args: &Restore, to: RestoreTo) -> Result<RestoreOptions, CommandError> {
    let options = RestoreOptions::to(to).jobs(args.jobs);
    let mut options = options.programs(backup::programs(app)?);
    if args.ownership.no_owner {
        options = options.no_owner();
    }
    if args.ownership.no_privileges {
        options = options.no_privileges();
    }
    if let Some(role) = &args.ownership.role {
        options = options.role(role);
    }
    if args.drop_old {
        options = options.drop_old();
    }
    Ok(if args.force { options.force() } else { options })
}

fn warnings(source: &RestoreSource, engine: Engine, report: &RestoreReport) -> Vec<String> {
    let mut warnings = report.warnings.clone();
    let part = match engine {
        // A file of it is a whole database.
        Engine::Sqlite => "",
        _ => ", and may be a part of a database",
    };
    if source.manifest().is_none() {
        warnings.push(format!(
            "`{source}` has no manifest, so what was restored was compared with nothing{part}"
        ));
    }
    warnings
}
