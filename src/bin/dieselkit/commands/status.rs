//! `status`: how every migration stands.

use std::io::ErrorKind;
use std::time::Duration;

use dieselkit::Migrator;
use dieselkit::backend::Statistics;
use dieselkit::event::LockHolder;
use dieselkit::migration::{Mark, StatusEntry, StatusReport, Totals};
use dieselkit::shell::command;
use serde::Serialize;

use super::{Answered, noticed};
use crate::app::{App, Reach};
use crate::args::Status;
use crate::error::CommandError;
use crate::report::{Answer, json, print_picture, status_text};
use crate::settings::OutOfOrder;

#[derive(Serialize)]
struct Data<'a> {
    migrations: &'a [StatusEntry],
    totals: Totals,
    clean: bool,
    lock_holder: Option<&'a LockHolder>,
    marked_environment: Option<String>,
    statistics: Option<&'a Statistics>,
}

/// How long `--watch` shows one picture.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn run(app: &App<'_>, args: &Status) -> Answered {
    let mut migrator = app.migrator(Reach::Read)?;
    if args.watch {
        return watch(app, args, migrator);
    }
    let (report, answer) = look(app, args, &mut migrator)?;
    Ok(Answer {
        found: args.check && !report.is_clean(),
        ..answer
    })
}

fn look(
    app: &App<'_>,
    args: &Status,
    migrator: &mut Migrator,
) -> Result<(StatusReport, Answer), CommandError> {
    let report = migrator.status()?;
    let running = migrator.lock_holder()?;
    let statistics = if args.stats {
        Some(migrator.statistics()?)
    } else {
        None
    };
    let (text, left_out) =
        status_text(&report, running.as_ref(), statistics.as_ref(), app.detail());
    let answer = Answer {
        text,
        left_out,
        data: json::data(&Data {
            migrations: &report.migrations,
            totals: report.totals,
            clean: report.is_clean(),
            lock_holder: running.as_ref(),
            marked_environment: migrator.marked_environment()?,
            statistics: statistics.as_ref(),
        }),
        warnings: noticed::wrong_folder_of(app, &report)
            .into_iter()
            .chain(app.warnings(migrator)?)
            .collect(),
        hint: next(app, &report),
        ..Answer::default()
    };
    Ok((report, answer))
}

fn next(app: &App<'_>, report: &StatusReport) -> Option<String> {
    let totals = &report.totals;
    let hint = if totals.running > 0 {
        // What is to be done shows when that run has ended.
        "`dieselkit status --watch`"
    } else if totals.modified + totals.missing > 0 {
        "`dieselkit check`"
    } else if let Some(command) = report.half_way_down() {
        // `up` refuses until it is settled.
        return Some(format!("`{command}`"));
    } else if let Some(template) = template(report) {
        // `up` refuses until it is written.
        return Some(format!(
            "write `{}`, which is still the template; then `dieselkit up`",
            template.name
        ));
    } else if totals.out_of_order > 0 && app.settings.out_of_order == OutOfOrder::Refuse {
        "`dieselkit up --allow-out-of-order`"
    } else if totals.pending + totals.failed + totals.interrupted > 0 {
        return Some(up_or_further_down(report));
    } else {
        return failed_attempt(report);
    };
    Some(hint.to_owned())
}

fn template(report: &StatusReport) -> Option<&StatusEntry> {
    let mut migrations = report.migrations.iter();
    migrations.find(|entry| entry.has(Mark::Template))
}

/// Returns what applies the rest; where a rollback of several has stopped half way, that may be what was
/// rolled back on purpose.
fn up_or_further_down(report: &StatusReport) -> String {
    let up = "`dieselkit up`";
    match report.failed_way_down() {
        Some((failed, again)) => format!(
            "{up}; or, to go on with the rollback: mend the way down of `{}` and run `{again}`",
            failed.name
        ),
        None => up.to_owned(),
    }
}

/// Returns what settles an attempt that failed and left its migration applied.
fn failed_attempt(report: &StatusReport) -> Option<String> {
    let mut migrations = report.migrations.iter();
    let noted = migrations.find(|entry| entry.has(Mark::LastAttemptFailed))?;
    let settles = |entry: &StatusEntry| {
        let resolve = "dieselkit resolve {} --applied --reason \"…\"";
        command(resolve, &[&entry.version])
    };
    Some(match report.failed_way_down() {
        Some((failed, again)) => format!(
            "mend its way down and run `{again}`; or, if it is to stay applied: {}",
            settles(failed)
        ),
        None => format!("try again, or settle it: {}", settles(noted)),
    })
}

/// Shows the status again and again until Ctrl-C, or until nobody reads it. Where standard output
/// is no terminal, the pictures follow each other.
fn watch(app: &App<'_>, args: &Status, mut migrator: Migrator) -> Answered {
    loop {
        let (_, answer) = look(app, args, &mut migrator)?;
        let target = app.target().unwrap_or_default();
        // To the top left, then clear from there to the end: no flicker.
        let picture = format!("\x1b[H\x1b[2J{target}\n\n{}", answer.text);
        match print_picture(&picture) {
            Ok(()) => std::thread::sleep(INTERVAL),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Answer::default()),
            Err(source) => return Err(CommandError::Unwritten { source }),
        }
    }
}
