//! `restore`: a backup becomes a new database, or takes the old one's place.

use dieselkit::Version;
use dieselkit::backend::address::Engine;
use dieselkit::backup::{Programs, RestoreOptions, RestoreReport, RestoreSource, RestoreTo};
use dieselkit::environment::Protection;

use super::{Answered, backup};
use crate::app::{App, Reach};
use crate::args::Restore;
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::report::{About, Answer, json, restored_text};

pub(super) fn run(app: &App<'_>, args: &Restore) -> Answered {
    let mut backups = backup::interruptible(app)?;
    let source = match &args.before {
        Some(version) => backups.source_before(&Version::from_name(version))?,
        None => backups.source(&args.source)?,
    };
    let to = to(app, args)?;
    if to == RestoreTo::Replace {
        app.consent(Destruction::Replace, protection(app)?)?;
    }
    let options = options(app, args, to);
    let report = backups.restore(&source, &options)?;
    Ok(Answer {
        text: restored_text(&report),
        data: json::data(&report),
        warnings: warnings(&source, &report),
        about: About::Deed,
        ..Answer::default()
    })
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
