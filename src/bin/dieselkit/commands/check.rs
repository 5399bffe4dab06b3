//! `check`: proves that files and database agree.

use std::fmt::Write as _;

use dieselkit::MigrationSet;
use dieselkit::backend::address::Engine;
use dieselkit::migration::{CheckReport, Finding, FindingKind, Weight, check_files};
use serde::Serialize;

use super::{Answered, noticed};
use crate::app::{App, Reach};
use crate::error::CommandError;
use crate::report::{Answer, check_text, json};
use crate::settings::{ENGINES, OutOfOrder};

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    report: &'a CheckReport,
    /// Whose SQL the files were read as.
    engines: &'a [Engine],
}

pub(super) fn run(app: &App<'_>) -> Answered {
    let migrations = app.scanned()?;
    let checked = app.connect(Reach::Read).and_then(|database| {
        let mut migrator = app.migrator_of(database, migrations.clone());
        let warning = app.warning_of_other_environment(&mut migrator)?;
        let left = app.left_by_restores(&mut migrator);
        let warnings: Vec<String> = warning.into_iter().chain(left).collect();
        Ok((warnings, migrator.check()?))
    });
    match checked {
        Ok((mut warnings, report)) => {
            let is_ahead = |finding: &&Finding| finding.kind == FindingKind::Ahead;
            let ahead = report.findings.iter().filter(is_ahead).count();
            if migrations.migrations().is_empty() && ahead > 0 {
                warnings.push(noticed::wrong_folder(app, ahead));
            }
            Ok(Answer {
                warnings,
                ..answer(app, report, &app.settings.engines)
            })
        }
        Err(source) => Err(CommandError::OnlyFiles {
            found: Box::new(of_files(app, &migrations)?),
            source: Box::new(source),
        }),
    }
}

fn answer(app: &App<'_>, mut report: CheckReport, engines: &[Engine]) -> Answer {
    if app.settings.out_of_order == OutOfOrder::Allow {
        allow_late(&mut report);
    }
    for finding in &mut report.findings {
        finding.hint = finding.hint.take().map(|hint| app.printer.complete(&hint));
    }
    Answer {
        text: check_text(&report),
        data: json::data(&Data {
            report: &report,
            engines,
        }),
        found: !report.is_clean(),
        ..Answer::default()
    }
}

/// Takes late migrations for worth knowing alone: `up` applies them.
fn allow_late(report: &mut CheckReport) {
    let findings = report.findings.iter_mut();
    for finding in findings.filter(|finding| finding.kind == FindingKind::OutOfOrder) {
        finding.weight = Weight::Note;
        finding.hint = None;
    }
}

/// Checks the files alone, as the SQL of each kind of database that may be meant.
fn of_files(app: &App<'_>, migrations: &MigrationSet) -> Answered {
    let meant = match app.settings.engines.as_slice() {
        [] => &ENGINES,
        meant => meant,
    };
    let read_as = |engine: &Engine| Some((*engine, check_files(migrations, *engine).ok()?));
    let mut reports: Vec<(Engine, CheckReport)> = meant.iter().filter_map(read_as).collect();
    if reports.is_empty() {
        // This build knows none of them, and can say why.
        check_files(migrations, meant[0])?;
    }
    let engines: Vec<Engine> = reports.iter().map(|(engine, _)| *engine).collect();
    let (_, mut report) = reports.swap_remove(0);
    let others: Vec<CheckReport> = reports.into_iter().map(|(_, report)| report).collect();
    report.findings.retain(|finding| {
        finding.kind != FindingKind::Syntax
            || others
                .iter()
                .all(|other| other.findings.iter().any(|found| same_file(found, finding)))
    });
    let mut answer = answer(app, report, &engines);
    answer.text += &read_as_text(&engines);
    Ok(answer)
}

/// Returns whether the SQL of a file is refused by both.
fn same_file(one: &Finding, other: &Finding) -> bool {
    let file = |finding: &Finding| Some(finding.place.as_ref()?.file.clone());
    one.kind == other.kind && file(one) == file(other)
}

fn read_as_text(engines: &[Engine]) -> String {
    let mut text = String::from("the files were read as SQL of ");
    let names: Vec<String> = engines.iter().map(ToString::to_string).collect();
    let _ = match names.as_slice() {
        [name] => writeln!(text, "{name}"),
        names => writeln!(
            text,
            "{}: what one of them takes is no finding",
            names.join(" and of ")
        ),
    };
    text
}
