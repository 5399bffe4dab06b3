//! `lint`: finds what is wrong with migrations before they run.

mod catalog;
mod chosen;
mod gate;
mod mend;
mod since;

use dieselkit::Migrator;
use dieselkit::lint::{Facts, Level, Linter, Report, Together};
use dieselkit::migration::TransactionMode;
use serde::Serialize;

use super::Answered;
use crate::app::App;
use crate::args::{Lint, LintFormat};
use crate::error::CommandError;
use crate::report::{Answer, Mended, github_text, json, lint_text, sarif_text};
use chosen::Chosen;
pub(super) use gate::{foretold, refuse_errors, refuse_errors_of_reset};

#[derive(Serialize)]
struct Data<'a> {
    /// What was linted: `pending`, `since`, `all` or `files`.
    linted: &'static str,
    /// From which level on a finding counts.
    deny: Level,
    #[serde(flatten)]
    report: &'a Report,
    /// What was mended in the files.
    mended: &'a [Mended],
}

pub(super) fn run(app: &App<'_>, args: &Lint) -> Answered {
    if args.list {
        return Ok(catalog::list(app, args));
    }
    if let Some(name) = &args.explain {
        return catalog::explain(app, name);
    }
    let chosen = chosen::choose(app, args)?;
    let report = lint(app, &chosen)?;
    let (report, mended) = if args.fix {
        let mended = mend::mend(app, &chosen, &report)?;
        // What is there now, and at which line.
        let again = chosen::choose(app, args)?;
        (lint(app, &again)?, mended)
    } else {
        (report, Vec::new())
    };
    Ok(answer(app, args, &chosen, &report, &mended))
}

/// Returns how one run applies its migrations.
fn together(mode: TransactionMode) -> Together {
    match mode {
        TransactionMode::Each => Together::OneRun,
        TransactionMode::Batch => Together::OneTransaction,
    }
}

/// Returns what the database says of itself. Whoever may read the migrations' tables may not be
/// allowed to see the others.
fn facts_of(migrator: &mut Migrator) -> Facts {
    let statistics = migrator.statistics().ok();
    let facts = statistics.as_ref().map(Facts::of).unwrap_or_default();
    facts
        .with_columns(migrator.column_types().unwrap_or_default())
        .with_extents(migrator.extents().unwrap_or_default())
        .with_definitions(migrator.definitions().unwrap_or_default())
        .with_home_schema(migrator.home_schema().unwrap_or_default())
}

/// Returns what the database will say of itself when nothing is left in it.
fn facts_when_emptied(migrator: &mut Migrator) -> Facts {
    let statistics = migrator.statistics().ok();
    let emptied = statistics.map(|mut statistics| {
        statistics.tables.clear();
        statistics
    });
    emptied.as_ref().map(Facts::of).unwrap_or_default()
}

/// Lints what was chosen.
fn lint(app: &App<'_>, chosen: &Chosen) -> Result<Report, CommandError> {
    let linter = Linter::new(chosen.engine, app.settings.lint.options.clone())?
        .knowing(&chosen.set)
        .with_facts(chosen.facts.clone());
    let linter = linter.refusing(&chosen.refused);
    Ok(linter.lint(&chosen.subjects, chosen.together))
}

fn answer(
    app: &App<'_>,
    args: &Lint,
    chosen: &Chosen,
    report: &Report,
    mended: &[Mended],
) -> Answer {
    let deny = args.deny.map_or(app.settings.lint.deny, Into::into);
    let text = match args.form(app.global.json) {
        LintFormat::Github => github_text(report),
        LintFormat::Sarif => sarif_text(report),
        LintFormat::Human | LintFormat::Json | LintFormat::Markdown => {
            lint_text(report, &chosen.told, mended)
        }
    };
    Answer {
        text,
        data: json::data(&Data {
            linted: chosen.word,
            deny,
            report,
            mended,
        }),
        warnings: chosen.warnings.clone(),
        found: report.has(deny),
        ..Answer::default()
    }
}
