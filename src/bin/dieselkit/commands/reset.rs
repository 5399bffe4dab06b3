//! `reset`: drops everything in the database's own schemas and applies all.
//!
//! However it ends, it says what it dropped, what it applied and what it seeded.

use std::fmt::Write as _;

use dieselkit::event::Loss;
use dieselkit::migration::{CopyMade, RunError, RunReport, StepSql};
use dieselkit::seed::{SeedOptions, SeedReport, SeedSet};
use dieselkit::{Error, Migrator};
use serde::Serialize;
use serde_json::Value;

use super::credentials::{Shown, Wanted};
use super::{Answered, RunData, lint, noticed, ran, safety, seed};
use crate::app::{App, Reach};
use crate::args::Reset;
use crate::consent::{Destruction, Extent};
use crate::error::{CommandError, Left};
use crate::report::{
    About, Answer, backed_up_text, json, partial_seed_text, partial_text, reset_dry_run_text,
    seed_text,
};
use crate::schema_file::{self, SchemaFile};

#[derive(Serialize)]
struct Data<'a> {
    /// That of the run afterwards.
    #[serde(flatten)]
    applied: Value,
    dropped: &'a [String],
    /// The tables among that, and how much was in them.
    losses: &'a [Loss],
    /// Whether the seeds ran to their end.
    seeded: bool,
    /// What the seeds did; null where there are none, or where they were left out.
    seeds: Value,
}

/// What a reset did before the seeds.
struct Anew {
    backup: Option<CopyMade>,
    dropped: Vec<String>,
    losses: Vec<Loss>,
    applied: Answer,
}

pub(super) fn run(app: &App<'_>, args: &Reset) -> Answered {
    if args.dry_run {
        return dry_run(app, args);
    }
    let mut migrator = app.migrator(Reach::Write)?;
    let seeds = seeds(app, args)?;
    let protection = app.protection(&mut migrator)?;
    let schemas = migrator.own_schemas()?;
    plan(app, args, &mut migrator, seeds.as_ref())?;
    let extent = Extent {
        schemas: &schemas,
        baselines: 0,
    };
    let losses = migrator.losses_of_reset()?;
    app.printer.announce(&[], &losses);
    let consent = app.consent_within(extent, Destruction::Reset, protection);
    consent.map_err(|error| error.before(&[], &losses))?;
    let migrator = migrator.with_limits_for_all(args.limits.said());
    let reset = safety::ready(app, migrator, &args.first, "reset")?.reset();
    let report = reset.map_err(|error| not_applied(app, args, error, &losses, seeds.as_ref()))?;
    let anew = Anew {
        applied: ran(app, &report.applied, "nothing to apply", &args.schema),
        backup: report.applied.backup,
        dropped: report.dropped,
        losses: report.losses,
    };
    let Some(seeds) = seeds else {
        return Ok(anew.answer("", Value::Null));
    };
    let shown = Shown::of(app, &seeds, Wanted::OnTerminal);
    match seed_anew(app, seeds) {
        Ok(report) => {
            let text = seed_text(&report) + &shown.text();
            Ok(anew.answer(&text, json::data(&report)))
        }
        Err(error) => Err(not_seeded(&anew, error)),
    }
}

/// Reads the seeds that are to run. Those that cannot be read are found before anything is dropped.
fn seeds(app: &App<'_>, args: &Reset) -> Result<Option<SeedSet>, CommandError> {
    if args.no_seed {
        Ok(None)
    } else {
        seed::read_seeds_if_any(app)
    }
}

/// Returns what is applied afterwards. Migrations and seeds that nothing could be filled with are
/// refused, and so is what nobody is to apply to a protected database.
fn plan(
    app: &App<'_>,
    args: &Reset,
    migrator: &mut Migrator,
    seeds: Option<&SeedSet>,
) -> Result<Vec<StepSql>, CommandError> {
    let steps = migrator.plan_reset()?;
    lint::refuse_errors_of_reset(app, &args.lint, migrator, &steps)?;
    if let Some(seeds) = seeds {
        seed::seeder(app, Reach::Read, seeds.clone())?.rehearse()?;
    }
    Ok(steps)
}

/// What a program is told of a dry run.
#[derive(Serialize)]
struct DryRunData<'a> {
    dry_run: bool,
    /// Whether a backup would be made before anything is dropped.
    backup_first: bool,
    /// Those that are emptied; none on `SQLite`, which has none.
    schemas: &'a [String],
    dropped: &'a [String],
    losses: &'a [Loss],
    steps: &'a [StepSql],
    /// Whether seeds would run.
    seeds: bool,
}

/// Answers what would be dropped, lost and applied. What keeps the reset itself from beginning ends
/// this in the same way, but for consent, which nobody is asked for.
fn dry_run(app: &App<'_>, args: &Reset) -> Answered {
    let migrator = app.migrator(Reach::Read)?;
    let mut migrator = migrator.with_limits_for_all(args.limits.said());
    let seeds = seeds(app, args)?;
    app.protection(&mut migrator)?;
    let steps = plan(app, args, &mut migrator, seeds.as_ref())?;
    let schemas = migrator.own_schemas()?;
    let dropped = migrator.doomed_by_reset()?;
    let losses = migrator.losses_of_reset()?;
    let first = safety::before(app, &args.first);
    let mut warnings = app.warnings(&mut migrator)?;
    let notices = steps.iter().map(|step| &step.step);
    warnings.extend(noticed::without_statements(notices));
    Ok(Answer {
        text: reset_dry_run_text(
            (first, app.detail()),
            (&dropped, &losses),
            &steps,
            seeds.as_ref(),
        ),
        data: json::data(&DryRunData {
            dry_run: true,
            backup_first: first.is_some(),
            schemas: &schemas,
            dropped: &dropped,
            losses: &losses,
            steps: &steps,
            seeds: seeds.is_some(),
        }),
        warnings,
        ..Answer::default()
    })
}

impl Anew {
    /// Answers what was done, with what the seeds did.
    fn answer(&self, seeded: &str, seeds: Value) -> Answer {
        let mut text = backed_up_text(self.backup.as_ref());
        let applied = self.applied.text.strip_prefix(&text);
        for name in &self.dropped {
            let _ = writeln!(text, "dropped {name}");
        }
        text += applied.unwrap_or(&self.applied.text);
        text += seeded;
        let data = Data {
            applied: self.applied.data.clone(),
            dropped: &self.dropped,
            losses: &self.losses,
            seeded: !seeds.is_null(),
            seeds,
        };
        Answer {
            text,
            data: json::data(&data),
            ..self.applied.clone()
        }
    }
}

fn seed_anew(app: &App<'_>, seeds: SeedSet) -> Result<SeedReport, CommandError> {
    let seeder = seed::seeder(app, Reach::Write, seeds)?.with_migrations(app.migrations()?);
    Ok(seed::interruptible(app, seeder).seed(&SeedOptions::default())?)
}

/// Returns the error of a reset whose migrations were not all applied, if anything was dropped.
fn not_applied(
    app: &App<'_>,
    args: &Reset,
    error: RunError,
    losses: &[Loss],
    seeds: Option<&SeedSet>,
) -> CommandError {
    let RunError::Emptied {
        dropped,
        backup,
        source,
    } = error
    else {
        return error.into();
    };
    let mut report = source.report().cloned().unwrap_or_default();
    report.backup.clone_from(&backup);
    let anew = Anew {
        backup: backup.clone(),
        dropped,
        losses: losses.to_vec(),
        applied: applied_in_part(&report, &schema_file::leave(app, &args.schema)),
    };
    CommandError::HalfReset {
        left: seeds.map_or(Left::Migrations, |_| Left::MigrationsAndSeeds),
        did: Box::new(anew.answer("", Value::Null)),
        backup,
        source: Box::new((*source).into()),
    }
}

fn applied_in_part(report: &RunReport, schema_file: &SchemaFile) -> Answer {
    Answer {
        text: partial_text(report),
        data: json::data(&RunData {
            report,
            schema_file: schema_file.word(),
        }),
        about: About::Deed,
        ..Answer::default()
    }
}

/// Returns the error of a reset whose seeds did not run to their end.
fn not_seeded(anew: &Anew, error: CommandError) -> CommandError {
    let report = match &error {
        CommandError::Library(error) => match &**error {
            Error::Seed(error) => error.report(),
            _ => None,
        },
        _ => None,
    };
    let seeded = report.map(partial_seed_text).unwrap_or_default();
    let mut did = anew.answer(&seeded, report.map_or(Value::Null, json::data));
    did.data["seeded"] = false.into();
    CommandError::HalfReset {
        left: Left::Seeds,
        backup: anew.backup.clone(),
        did: Box::new(did),
        source: Box::new(error),
    }
}
