//! The backup before a run: whether one is made, and how.
//!
//! When it is made, and what it is noted in, the library knows.

use dieselkit::Migrator;
use dieselkit::backup::{SafetyBackup, Verification};
use dieselkit::environment::Protection;
use dieselkit::migration::CopyBefore;

use super::backup;
use crate::app::App;
use crate::args::{BackupChoice, BackupFirst};
use crate::error::CommandError;

/// Returns before which plans a backup is made: as typed, else before what destroys where that is
/// protected.
pub(super) fn before(app: &App<'_>, typed: &BackupFirst) -> Option<CopyBefore> {
    match (typed.choice(), app.settings.environment.protection()) {
        (BackupChoice::Always, _) => Some(CopyBefore::Everything),
        (BackupChoice::Unsaid, Protection::Protected) => Some(CopyBefore::Destruction),
        (BackupChoice::Never, _) | (BackupChoice::Unsaid, Protection::Open) => None,
    }
}

/// Returns a migrator whose next run Ctrl-C ends, and before which a backup is made where one is
/// wanted, for the command of this name.
pub(super) fn ready(
    app: &App<'_>,
    migrator: Migrator,
    typed: &BackupFirst,
    name: &str,
) -> Result<Migrator, CommandError> {
    let migrator = app.interruptible(migrator);
    match before(app, typed) {
        None => Ok(migrator),
        Some(before) => Ok(migrator.with_safety_copy(before, made(app, name)?)),
    }
}

fn made(app: &App<'_>, name: &str) -> Result<SafetyBackup, CommandError> {
    let cancellation = app.on_ctrl_c("dieselkit status");
    let backups = backup::backups(app)?.with_cancellation(cancellation);
    let options = backup::configured(app)?.note(format!("before `{name}`"));
    let options = match app.settings.backups.verify {
        None => options.verify(Verification::Files),
        Some(check) => options.verify(backup::verification(app, check)),
    };
    let keep = app.settings.backups.keep.clone();
    Ok(SafetyBackup::new(backups, options, keep))
}
