//! `seed`: fills the database with the environment's seeds; `seed status`: how they stand.

use std::sync::Arc;

use dieselkit::environment::Protection;
use dieselkit::seed::{
    Credential, PlannedSeed, SeedOptions, SeedReport, SeedSet, SeedState, SeedStatusReport, Seeder,
};
use serde::Serialize;

use super::credentials::{Shown, Wanted};
use super::{Answered, seed_capture, seed_generate, seed_new, up};
use crate::app::{App, Reach};
use crate::args::{Seed, SeedCommand, SeedRun, SeedStatus};
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::report::{
    About, Answer, json, seed_plan_text, seed_status_text, seed_text, seed_verify_text,
};

pub(super) fn run(app: &App<'_>, args: &Seed) -> Answered {
    match &args.command {
        Some(SeedCommand::Status(args)) => status(app, args),
        Some(SeedCommand::New(args)) => seed_new::run(app, args),
        Some(SeedCommand::Capture(args)) => seed_capture::run(app, args),
        Some(SeedCommand::Generate(args)) => seed_generate::run(app, args),
        None if args.run.dry_run => dry_run(app, &args.run),
        None if args.run.verify => verify(app, &args.run),
        None => seed(app, &args.run),
    }
}

fn seed(app: &App<'_>, args: &SeedRun) -> Answered {
    let seeds = read_seeds(app)?;
    let wanted = if args.credentials.show_credentials {
        Wanted::Everywhere
    } else {
        Wanted::OnTerminal
    };
    let shown = Shown::of(app, &seeds, wanted);
    let seeder = seeder(app, Reach::Write, seeds)?.with_migrations(app.migrations()?);
    let report = interruptible(app, seeder).seed(&options(app, args))?;
    Ok(ran(&report, &shown))
}

/// What a program is told of a seeding.
#[derive(Serialize)]
struct RanData<'a> {
    #[serde(flatten)]
    report: &'a SeedReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<&'a [Credential]>,
}

/// Answers a seeding.
fn ran(report: &SeedReport, shown: &Shown) -> Answer {
    Answer {
        text: seed_text(report) + &shown.text(),
        data: json::data(&RanData {
            report,
            credentials: shown.data(),
        }),
        warnings: shown.warning.iter().cloned().collect(),
        about: About::Deed,
        ..Answer::default()
    }
}

fn options(app: &App<'_>, args: &SeedRun) -> SeedOptions {
    let mut options = SeedOptions::default()
        .only(args.only.iter().cloned())
        .in_transactions(up::transaction(app, args.transaction.transaction));
    if args.force {
        options = options.force();
    }
    if args.allow_pending {
        options = options.allow_pending();
    }
    options
}

/// What a program is told of a dry run.
#[derive(Serialize)]
struct DryRunData<'a> {
    dry_run: bool,
    planned: &'a [PlannedSeed],
}

fn dry_run(app: &App<'_>, args: &SeedRun) -> Answered {
    let seeder = seeder(app, Reach::Read, read_seeds(app)?)?;
    let mut seeder = seeder.with_migrations(app.migrations()?);
    let planned = seeder.plan(&options(app, args))?;
    Ok(Answer {
        text: seed_plan_text(&planned),
        data: json::data(&DryRunData {
            dry_run: true,
            planned: &planned,
        }),
        ..Answer::default()
    })
}

/// Proves that the seeds may run again. Others' writes wait for it, which a protected database must
/// be meant to bear.
fn verify(app: &App<'_>, args: &SeedRun) -> Answered {
    let seeds = read_seeds(app)?;
    let seeder = seeder(app, Reach::Write, seeds)?.with_migrations(app.migrations()?);
    let protection = app.settings.environment.protection();
    if protection == Protection::Protected {
        app.consent(Destruction::Hold, protection)?;
    }
    let report = interruptible(app, seeder).verify(&options(app, args))?;
    Ok(Answer {
        text: seed_verify_text(&report),
        data: json::data(&report),
        found: !report.is_clean(),
        ..Answer::default()
    })
}

fn status(app: &App<'_>, args: &SeedStatus) -> Answered {
    let report = seeder(app, Reach::Read, read_seeds(app)?)?.status()?;
    let (text, left_out) = seed_status_text(&report);
    Ok(Answer {
        text,
        left_out,
        data: json::data(&report),
        hint: (report.to_run > 0).then(|| "`dieselkit seed`".to_owned()),
        found: args.check && is_due(&report),
        ..Answer::default()
    })
}

/// Returns whether any seed would run that does not run every time anyway.
fn is_due(report: &SeedStatusReport) -> bool {
    let due = [
        SeedState::New,
        SeedState::Changed,
        SeedState::Failed,
        SeedState::RolledBack,
    ];
    report.seeds.iter().any(|seed| due.contains(&seed.state))
}

/// Reads the environment's seeds.
fn read_seeds(app: &App<'_>) -> Result<SeedSet, CommandError> {
    let settings = &app.settings;
    let folder = app.below_here(&settings.seeds);
    let set = SeedSet::from_folder(folder, &settings.environment, settings.common_seeds)?;
    let variables = Arc::clone(&settings.variables);
    Ok(set.with_variables(move |name| variables.get(name).cloned()))
}

/// Reads the environment's seeds, where the project has a folder of seeds at all.
pub(super) fn read_seeds_if_any(app: &App<'_>) -> Result<Option<SeedSet>, CommandError> {
    // A link that leads nowhere is meant to be one.
    if app.settings.seeds.symlink_metadata().is_ok() {
        read_seeds(app).map(Some)
    } else {
        Ok(None)
    }
}

/// Connects, and makes a seeder of the database and the seeds.
pub(super) fn seeder(app: &App<'_>, reach: Reach, seeds: SeedSet) -> Result<Seeder, CommandError> {
    let user = app.surroundings.user();
    let host = app.surroundings.host();
    let seeder = Seeder::new(app.connect(reach)?, seeds)
        .with_user(user.as_deref(), host.as_deref())
        .with_observer(app.progress());
    Ok(match app.global.lock_wait {
        Some(lock_wait) => seeder.with_lock_wait(lock_wait),
        None => seeder,
    })
}

/// Lets Ctrl-C end the next seeding between two seeds.
pub(super) fn interruptible(app: &App<'_>, seeder: Seeder) -> Seeder {
    seeder.with_cancellation(app.on_ctrl_c("dieselkit seed status"))
}
