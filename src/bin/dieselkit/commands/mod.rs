//! One file a command: what it asks of the library, and what it answers.

mod backup;
mod baseline;
mod check;
mod completions;
mod credentials;
mod db;
mod doctor;
mod goto;
mod history;
mod init;
mod lint;
mod man;
mod named;
mod new;
mod noticed;
mod redo;
mod rehearse;
mod repair;
mod reset;
mod resolve;
mod restore;
mod rollback;
mod safety;
mod seed;
mod seed_capture;
mod seed_generate;
mod seed_new;
mod status;
mod up;

use std::fmt::Write as _;

use dieselkit::migration::{CopyBefore, RunReport, StepSql, TakenOver, TransactionMode};
use dieselkit::{Migrator, Target};
use serde::Serialize;

use crate::app::App;
use crate::args::{
    BackupCommand, Command, DbCommand, LintFirst, RollbackTarget, Schema, Seed, SeedCommand,
};
use crate::error::CommandError;
use crate::report::{About, Answer, backed_up_text, dry_run_text, json, run_text};
use crate::schema_file::{self, SchemaFile};

type Answered = Result<Answer, CommandError>;

/// Runs a command.
pub(crate) fn run(app: &App<'_>, command: &Command) -> Answered {
    match command {
        Command::Init(_) => init::run(app),
        Command::New(args) => new::run(app, args),
        Command::Up(args) => up::run(app, args),
        Command::Rollback(args) => rollback::run(app, args),
        Command::Redo(args) => redo::run(app, args),
        Command::Goto(args) => goto::run(app, args),
        Command::Status(args) => status::run(app, args),
        Command::History(args) => history::run(app, args),
        Command::Check => check::run(app),
        Command::Doctor => Ok(doctor::run(app)),
        Command::Lint(args) => lint::run(app, args),
        Command::Baseline(args) => baseline::run(app, args),
        Command::Resolve(args) => resolve::run(app, args),
        Command::Repair(args) => repair::run(app, args),
        Command::Db(args) => db::run(app, args),
        Command::Reset(args) => reset::run(app, args),
        Command::Seed(args) => seed::run(app, args),
        Command::Backup(args) => backup::run(app, args),
        Command::Restore(args) => restore::run(app, args),
        Command::Completions(args) => Ok(completions::run(args)),
        Command::Man(args) => man::run(args),
    }
}

/// Returns a command's name, as the JSON document has it.
pub(crate) fn name(command: &Command) -> &'static str {
    match command {
        Command::Init(_) => "init",
        Command::New(_) => "new",
        Command::Up(_) => "up",
        Command::Rollback(_) => "rollback",
        Command::Redo(_) => "redo",
        Command::Goto(_) => "goto",
        Command::Status(_) => "status",
        Command::History(_) => "history",
        Command::Check => "check",
        Command::Doctor => "doctor",
        Command::Lint(_) => "lint",
        Command::Baseline(_) => "baseline",
        Command::Resolve(_) => "resolve",
        Command::Repair(_) => "repair",
        Command::Db(DbCommand::Create) => "db create",
        Command::Db(DbCommand::Drop(_)) => "db drop",
        Command::Db(DbCommand::Mark(_)) => "db mark",
        Command::Reset(_) => "reset",
        Command::Seed(Seed { command: None, .. }) => "seed",
        Command::Seed(Seed {
            command: Some(SeedCommand::Status(_)),
            ..
        }) => "seed status",
        Command::Seed(Seed {
            command: Some(SeedCommand::New(_)),
            ..
        }) => "seed new",
        Command::Seed(Seed {
            command: Some(SeedCommand::Capture(_)),
            ..
        }) => "seed capture",
        Command::Seed(Seed {
            command: Some(SeedCommand::Generate(_)),
            ..
        }) => "seed generate",
        Command::Backup(args) => match &args.command {
            None | Some(BackupCommand::Create(_)) => "backup create",
            Some(BackupCommand::List(_)) => "backup list",
            Some(BackupCommand::Show(_)) => "backup show",
            Some(BackupCommand::Verify(_)) => "backup verify",
            Some(BackupCommand::Prune(_)) => "backup prune",
            Some(BackupCommand::Pin(_)) => "backup pin",
            Some(BackupCommand::Unpin(_)) => "backup unpin",
            Some(BackupCommand::Health(_)) => "backup health",
        },
        Command::Restore(_) => "restore",
        Command::Completions(_) => "completions",
        Command::Man(_) => "man",
    }
}

/// Returns the library's word for what was typed.
fn target(typed: RollbackTarget, migrator: &mut Migrator) -> Result<Target, CommandError> {
    Ok(match typed {
        RollbackTarget::Steps(steps) => Target::Steps(steps as usize),
        RollbackTarget::Batch(batch) => Target::Batch(batch.map(i64::from)),
        RollbackTarget::To(version) => Target::To(named::version(migrator, &version)?),
        RollbackTarget::All => Target::All,
    })
}

/// What a program is told of a dry run.
#[derive(Serialize)]
struct DryRunData<'a> {
    dry_run: bool,
    /// Whether a backup would be made before the first step.
    backup_first: bool,
    /// `each` or `batch`: what commits together.
    transaction: &'static str,
    /// What plain Diesel did and would be taken over first.
    #[serde(flatten)]
    taken_over: &'a TakenOver,
    steps: &'a [StepSql],
}

/// How a plan would be run.
#[derive(Debug, Clone, Copy)]
struct Manner<'a> {
    /// How it would be divided.
    mode: TransactionMode,
    /// Before which plans a backup would be made.
    first: Option<CopyBefore>,
    /// What was said of lint, where it would be asked.
    lint: Option<&'a LintFirst>,
}

/// Answers a dry run of what would be run in this manner.
fn dry_run(
    app: &App<'_>,
    migrator: &mut Migrator,
    manner: Manner<'_>,
    steps: &[StepSql],
) -> Answered {
    let mode = manner.mode;
    let foretold = match manner.lint {
        Some(said) => lint::foretold(app, (said, mode), migrator, steps)?,
        None => None,
    };
    let first = manner.first.filter(|first| first.wants(steps));
    let mut warnings = app.warnings(migrator)?;
    warnings.extend(noticed::without_statements(
        steps.iter().map(|step| &step.step),
    ));
    warnings.extend(noticed::lacking(migrator.lacking()));
    if steps.is_empty() {
        warnings.extend(noticed::wrong_folder_of(app, &migrator.status()?));
    }
    warnings.extend(foretold);
    let taken_over = migrator.plan_taking_over()?;
    Ok(Answer {
        text: dry_run_text(&taken_over, first, (mode, app.detail()), steps),
        data: json::data(&DryRunData {
            dry_run: true,
            backup_first: first.is_some(),
            transaction: match mode {
                TransactionMode::Each => "each",
                TransactionMode::Batch => "batch",
            },
            taken_over: &taken_over,
            steps,
        }),
        warnings,
        ..Answer::default()
    })
}

/// What a program is told of a run.
#[derive(Serialize)]
struct RunData<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    schema_file: &'static str,
}

/// Answers a run, and brings the schema file up to date if anything changed.
fn ran(app: &App<'_>, report: &RunReport, nothing: &str, schema: &Schema) -> Answer {
    let refreshed = if report.done.is_empty() {
        SchemaFile::NotAsked
    } else {
        schema_file::refresh(app, schema)
    };
    let mut text = backed_up_text(report.backup.as_ref());
    text += &run_text(report, nothing);
    if let SchemaFile::Updated(file) = &refreshed {
        let _ = writeln!(text, "brought `{file}` up to date");
    }
    let schema_file = refreshed.word();
    let mut warnings = noticed::of_run(app, report);
    warnings.extend(refreshed.warning());
    Answer {
        text,
        data: json::data(&RunData {
            report,
            schema_file,
        }),
        warnings,
        about: About::Deed,
        ..Answer::default()
    }
}
