//! `restore`: a backup becomes a new database, or takes the old one's place.

use dieselkit::Version;
use dieselkit::backend::address::Engine;
use dieselkit::backend::restore::Fitness;
use dieselkit::backup::{
    Backups, Compared, Old, Programs, RestoreOptions, RestorePlan, RestoreReport, RestoreSource,
    RestoreTo,
};
use dieselkit::environment::Protection;
use dieselkit::event::Leftover;
use dieselkit::shell::command;
use serde::Serialize;

use super::Answered;
use super::backup::{self, BackupData};
use crate::app::{App, Reach};
use crate::args::Restore;
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::report::{About, Answer, json, restore_plan_text, restored_text};

#[derive(Serialize)]
struct Data<'a> {
    dry_run: bool,
    plan: PlanData<'a>,
    /// What was done; nothing of it in a dry run.
    #[serde(flatten)]
    report: Option<&'a RestoreReport>,
}

/// A plan, as a program reads it.
#[derive(Serialize)]
struct PlanData<'a> {
    source: &'a str,
    backup: Option<BackupData<'a>>,
    database: String,
    /// Where the one would be that has the name now.
    replaced: Option<String>,
    old: Option<Old>,
    compared: Compared,
    #[serde(flatten)]
    fitness: &'a Fitness,
    leftovers: &'a [Leftover],
}

impl<'a> From<&'a RestorePlan> for PlanData<'a> {
    fn from(plan: &'a RestorePlan) -> Self {
        Self {
            source: &plan.source,
            backup: plan.backup.as_ref().map(BackupData::from),
            database: plan.database.to_string(),
            replaced: plan.old.as_ref().map(|(old, _)| old.to_string()),
            old: plan.old.as_ref().map(|(_, old)| *old),
            compared: plan.compared,
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
    let options = options(app, args, to(app, args)?);
    let mut plan = backups.plan_restore(&source, &options)?;
    let refusal = plan.refusal.take();
    if args.dry_run {
        return dry_run(app, &plan, refusal.map(CommandError::from));
    }
    app.printer
        .announce_restore(&restore_plan_text(&plan, app.now()));
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    if args.replace {
        app.consent(destruction(args), protection(app)?)?;
    }
    let report = backups.restore(&source, &options.as_planned(&plan))?;
    Ok(Answer {
        text: restored_text(&report),
        data: json::data(&Data {
            dry_run: false,
            plan: PlanData::from(&plan),
            report: Some(&report),
        }),
        warnings: warnings(&source, &report),
        hint: drops_old(&plan, &report),
        about: About::Deed,
        ..Answer::default()
    })
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

/// Answers with the plan, also where it would be refused.
fn dry_run(app: &App<'_>, plan: &RestorePlan, refusal: Option<CommandError>) -> Answered {
    let answer = Answer {
        text: restore_plan_text(plan, app.now()),
        data: json::data(&Data {
            dry_run: true,
            plan: PlanData::from(plan),
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

fn destruction(args: &Restore) -> Destruction {
    if args.drop_old {
        Destruction::ReplaceForGood
    } else {
        Destruction::Replace
    }
}

/// Returns the command that drops the database that was replaced, where it is still there.
fn drops_old(plan: &RestorePlan, report: &RestoreReport) -> Option<String> {
    let (kept, _) = plan.old.as_ref()?;
    let name = match kept.engine() {
        Engine::Sqlite => kept.to_string(),
        _ => kept.database()?.to_owned(),
    };
    let drop = command("dieselkit db drop {}", &[&name]);
    (report.old == Some(Old::Kept)).then(|| format!("once you are sure of the new one: {drop}"))
}

fn to(app: &App<'_>, args: &Restore) -> Result<RestoreTo, CommandError> {
    if args.replace {
        return Ok(RestoreTo::Replace);
    }
    if let Some(name) = &args.into {
        return Ok(RestoreTo::Into(name.clone()));
    }
    let address = app.address()?;
    let name = match address.engine() {
        Engine::Sqlite => address.to_string(),
        _ => address.database().unwrap_or("database").to_owned(),
    };
    let time = app.now().format("%Y%m%dT%H%M%SZ");
    Ok(RestoreTo::Into(format!("{name}_restored_{time}")))
}

/// Returns the stricter protection of what was said and of what the database is marked with; one
/// that is lost, or cannot be asked, says nothing.
fn protection(app: &App<'_>) -> Result<Protection, CommandError> {
    let migrator = app.connect(Reach::Read).ok();
    let Some(database) = migrator else {
        return Ok(app.settings.environment.protection());
    };
    let mut migrator = app.migrator_of(database, dieselkit::MigrationSet::default());
    app.protection(&mut migrator)
}

fn options(app: &App<'_>, args: &Restore, to: RestoreTo) -> RestoreOptions {
    let mut options = RestoreOptions::to(to).jobs(args.jobs).programs(Programs {
        pg_dump: app.settings.backups.pg_dump.clone(),
        folders: app.surroundings.program_folders(),
    });
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
    if args.force { options.force() } else { options }
}

fn warnings(source: &RestoreSource, report: &RestoreReport) -> Vec<String> {
    let mut warnings = report.warnings.clone();
    if source.manifest().is_none() {
        warnings.push(format!(
            "`{source}` has no manifest, so what was restored was compared with nothing"
        ));
    }
    warnings
}
