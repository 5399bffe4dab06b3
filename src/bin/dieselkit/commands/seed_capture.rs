//! `seed capture`: rows of a live database as data files.

use dieselkit::seed::{CaptureInto, CaptureOptions, CaptureReport, DataFormat, capture};
use serde::Serialize;

use super::Answered;
use crate::app::{App, Reach};
use crate::args::{CaptureFormat, SeedCapture};
use crate::interrupt;
use crate::report::{Answer, capture_text, json};

#[derive(Serialize)]
struct Data {
    files: Vec<FileData>,
}

#[derive(Serialize)]
struct FileData {
    table: String,
    path: String,
    rows: u64,
}

pub(super) fn run(app: &App<'_>, args: &SeedCapture) -> Answered {
    let settings = &app.settings;
    let into = match &args.into {
        Some(file) => CaptureInto::File(file.clone()),
        None => CaptureInto::Environment {
            root: app.below_here(&settings.seeds),
            environment: settings.environment.clone(),
        },
    };
    let mut database = app.connect(Reach::Read)?;
    let mut options = options(args).with_cancellation(app.on_ctrl_c("dieselkit seed status"));
    if let Some(lock_wait) = app.global.lock_wait {
        options = options.with_lock_wait(lock_wait);
    }
    interrupt::at(interrupt::Stage::Reading);
    let report = capture(&mut database, &options, &into)?;
    let files = files(app, &report);
    let lines = files
        .iter()
        .map(|file| (file.path.as_str(), file.rows))
        .collect::<Vec<_>>();
    Ok(Answer {
        text: capture_text(&lines),
        data: json::data(&Data { files }),
        ..Answer::default()
    })
}

fn options(args: &SeedCapture) -> CaptureOptions {
    let mut options = CaptureOptions::of(&args.tables).anonymize(args.anonymize.iter().cloned());
    if let Some(condition) = &args.filter {
        options = options.filter(condition);
    }
    if let Some(rows) = args.limit {
        options = options.limit(rows.into());
    }
    if let Some(format) = args.format {
        options = options.format(match format {
            CaptureFormat::Csv => DataFormat::Csv,
            CaptureFormat::Jsonl => DataFormat::JsonLines,
            CaptureFormat::Json => DataFormat::Json,
        });
    }
    if args.with_references {
        options = options.with_references();
    }
    if args.force {
        options = options.replace_existing();
    }
    options
}

fn files(app: &App<'_>, report: &CaptureReport) -> Vec<FileData> {
    let files = report.files.iter().map(|file| FileData {
        table: file.table.clone(),
        path: app.shown(&file.path),
        rows: file.rows,
    });
    files.collect()
}
