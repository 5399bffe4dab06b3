//! `backup create`: takes a backup, and removes what the policy does not keep.

use dieselkit::MigrationSet;
use dieselkit::backend::address::Engine;
use dieselkit::backup::{
    Backup, Backups, CompressionLevel, CreateOptions, CreateReport, Format, Scope, Verification,
};
use dieselkit::shell::command;
use serde::Serialize;

use super::list::BackupData;
use super::prune::PruneData;
use super::verify::scratch;
use super::{interruptible, metrics, programs, unreadable};
use crate::app::{App, Reach};
use crate::args::{BackupCheck, BackupFormat, BackupMaking};
use crate::commands::Answered;
use crate::error::CommandError;
use crate::report::{About, Answer, backup_made_text, json};

#[derive(Serialize)]
struct Data<'a> {
    backup: BackupData<'a>,
    #[serde(flatten)]
    pruned: PruneData<'a>,
}

pub(super) fn run(app: &App<'_>, args: &BackupMaking) -> Answered {
    let options = options(app, args)?;
    let mut backups = interruptible(app)?;
    let report = match backups.create(&options, &app.settings.backups.keep) {
        Ok(report) => report,
        Err(error) => {
            if error.stands().is_some() {
                // What a monitor reads has to show one that stands and is bad, too; the error says
                // more than that it could not be written.
                let _ = metrics::write(app, &backups, args.metrics.file.as_deref());
            }
            return Err(error.into());
        }
    };
    let mut answer = answer(app, &report);
    answer.warnings.extend(open_to_others(app, &backups));
    answer.warnings.extend(left_by_restores(app));
    let unread = &report.pruned.unreadable;
    answer.warnings.extend(unreadable(app, unread));
    let done = format!("backup `{}` stands", report.manifest.id);
    let file = args.metrics.file.as_deref();
    metrics::write_after(app, &backups, file, (done, answer))
}

/// Returns what restores left that were killed: a backup does not hold it.
fn left_by_restores(app: &App<'_>) -> Vec<String> {
    let connected = app.connect(Reach::Read);
    connected.map_or_else(
        |_| Vec::new(),
        |database| {
            let mut migrator = app.migrator_of(database, MigrationSet::default());
            app.left_by_restores(&mut migrator)
        },
    )
}

/// Returns a warning where others may look into the folder, or write into it.
fn open_to_others(app: &App<'_>, backups: &Backups) -> Option<String> {
    let rights = backups.catalog().rights_of_others()?;
    Some(format!(
        "`{}` is open to other users (its rights are {rights}): {}",
        app.shown(backups.folder()),
        command("chmod 700 {}", &[&backups.folder()])
    ))
}

fn answer(app: &App<'_>, report: &CreateReport) -> Answer {
    let made = Backup {
        manifest: report.manifest.clone(),
        damage: Vec::new(),
    };
    Answer {
        text: backup_made_text(report),
        data: data(app, &made, report),
        warnings: report.manifest.warnings.clone(),
        about: About::Deed,
        ..Answer::default()
    }
}

fn data(app: &App<'_>, made: &Backup, report: &CreateReport) -> serde_json::Value {
    let mut pruned = PruneData::of_run(app, &report.pruned);
    let cleaned_up = report.cleaned_up.iter();
    pruned
        .cleaned_up
        .extend(cleaned_up.map(|path| app.shown(path)));
    json::data(&Data {
        backup: BackupData::from(made),
        pruned,
    })
}

/// Returns how backups are made, as the configuration says.
pub(in crate::commands) fn configured(app: &App<'_>) -> Result<CreateOptions, CommandError> {
    let settings = &app.settings.backups;
    let mut options = CreateOptions::default().programs(programs(app)?);
    if let Some(format) = configured_format(app)? {
        options = options.format(library_format(format));
    }
    if let Some(level) = settings.level {
        options = options.level(level);
    }
    Ok(match settings.jobs {
        Some(jobs) => options.jobs(jobs),
        None => options,
    })
}

/// Returns how a new backup is verified.
pub(in crate::commands) fn verification(
    app: &App<'_>,
    check: BackupCheck,
) -> Result<Verification, CommandError> {
    Ok(match check {
        BackupCheck::Files => Verification::Files,
        BackupCheck::Restore => Verification::Restore(scratch(app)?),
    })
}

fn options(app: &App<'_>, args: &BackupMaking) -> Result<CreateOptions, CommandError> {
    let mut options = configured(app)?.scope(Scope {
        schemas: args.schema.clone(),
        tables: args.table.clone(),
        without_data_of: args.exclude_table_data.clone(),
    });
    if let Some(format) = args.format {
        options = options.format(library_format(format));
    }
    if let Some(level) = args.level.and_then(CompressionLevel::new) {
        options = options.level(level);
    }
    if let Some(jobs) = args.jobs {
        options = options.jobs(jobs);
    }
    if let Some(check) = args.verify.or(app.settings.backups.verify) {
        options = options.verify(verification(app, check)?);
    }
    if args.globals {
        options = options.globals();
    }
    if args.hash {
        options = options.hash_contents();
    }
    Ok(match &args.note {
        Some(note) => options.note(note),
        None => options,
    })
}

/// What the configuration says is said of servers: a project may have a file for development.
fn configured_format(app: &App<'_>) -> Result<Option<BackupFormat>, CommandError> {
    Ok(match app.address()?.engine() {
        Engine::Sqlite => None,
        _ => app.settings.backups.format,
    })
}

fn library_format(format: BackupFormat) -> Format {
    match format {
        BackupFormat::Plain => Format::Plain,
        BackupFormat::Custom => Format::Custom,
        BackupFormat::Directory => Format::Directory,
    }
}
