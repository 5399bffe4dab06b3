//! `check`: proves that files and database agree.

use dieselkit::MigrationSet;
use dieselkit::migration::{CheckReport, check_files};

use super::Answered;
use crate::app::{App, Reach};
use crate::error::CommandError;
use crate::report::{Answer, check_text, json};

pub(super) fn run(app: &App<'_>) -> Answered {
    let migrations = MigrationSet::scan(app.migrations_folder())?;
    let address = app.address()?;
    let checked = app.connect(Reach::Read).and_then(|database| {
        let mut migrator = app.migrator_of(database, migrations.clone());
        Ok((app.warnings(&mut migrator)?, migrator.check()?))
    });
    match checked {
        Ok((warnings, report)) => Ok(Answer {
            warnings,
            ..answer(&report)
        }),
        Err(source) => {
            let report = check_files(&migrations, address.engine())?;
            Err(CommandError::OnlyFiles {
                source: Box::new(source),
                found: Box::new(answer(&report)),
            })
        }
    }
}

fn answer(report: &CheckReport) -> Answer {
    Answer {
        text: check_text(report),
        data: json::data(report),
        found: !report.is_clean(),
        ..Answer::default()
    }
}
