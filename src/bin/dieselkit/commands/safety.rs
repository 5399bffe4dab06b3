//! What comes before a run that destroys: consent to what it takes away, and whether a backup is
//! made, and how.
//!
//! When it is made, and what it is noted in, the library knows.

use dieselkit::Migrator;
use dieselkit::backup::{SafetyBackup, Verification};
use dieselkit::environment::Protection;
use dieselkit::migration::{CopyBefore, LockHeld, RunError, SafetyCopy, SafetyCopyError, StepSql};

use super::backup;
use crate::app::App;
use crate::args::{BackupChoice, BackupFirst};
use crate::consent::Destruction;
use crate::error::CommandError;
use crate::interrupt::{self, Stage};

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
        Some(before) => {
            let copy = Interruptible(made(app, name)?);
            Ok(migrator.with_safety_copy(before, copy))
        }
    }
}

/// A backup of which Ctrl-C says that it is given up while it is made.
struct Interruptible(SafetyBackup);

impl SafetyCopy for Interruptible {
    fn make(&mut self, held: &LockHeld<'_>) -> Result<String, SafetyCopyError> {
        interrupt::at(Stage::BackingUp);
        let made = self.0.make(held);
        interrupt::at(Stage::Running);
        made
    }

    fn warnings(&self) -> Vec<String> {
        self.0.warnings()
    }
}

/// Shows what a plan of nothing but ways up takes away, and asks for consent to it, where that is
/// protected; elsewhere it is shown when it runs.
pub(super) fn agree_to_losses(
    app: &App<'_>,
    migrator: &mut Migrator,
    plan: impl FnOnce(&mut Migrator) -> Result<Vec<StepSql>, RunError>,
) -> Result<(), CommandError> {
    if app.protection(migrator)? == Protection::Open {
        return Ok(());
    }
    let steps = plan(migrator)?;
    let mut losses = steps.iter().flat_map(|step| &step.losses);
    if losses.any(|loss| loss.lost.loses_data()) {
        app.approve(migrator, Destruction::Losses, &steps)?;
    }
    Ok(())
}

fn made(app: &App<'_>, name: &str) -> Result<SafetyBackup, CommandError> {
    let cancellation = app.on_ctrl_c("dieselkit status");
    let backups = backup::backups(app)?.with_cancellation(cancellation);
    let options = backup::configured(app)?.note(format!("before `{name}`"));
    let options = match app.settings.backups.verify {
        None => options.verify(Verification::Files),
        Some(check) => options.verify(backup::verification(app, check)?),
    };
    let keep = app.settings.backups.keep.clone();
    Ok(SafetyBackup::new(backups, options, keep))
}
