//! `backup`: takes one, and says what there is, what goes, and whether it can be relied on.

mod create;
mod health;
mod list;
mod metrics;
mod pin;
mod prune;
mod show;
mod verify;

use std::path::Path;

pub(super) use create::{configured, verification};
use dieselkit::backup::catalog::Unreadable;
use dieselkit::backup::health::NoGood;
use dieselkit::backup::{
    Backup, BackupFolder, Backups, Catalog, Listing, Others, OwnBackups, Programs, RestoreSource,
};
use dieselkit::cancellation::Cancellation;
use dieselkit::shell::command;
pub(super) use list::BackupData;

use super::Answered;
use crate::app::App;
use crate::args::{Backup as Args, BackupCommand};
use crate::error::CommandError;

/// What stands for the newest good backup of the database.
pub(super) const LATEST: &str = "latest";

pub(super) fn run(app: &App<'_>, args: &Args) -> Answered {
    let Some(command) = &args.command else {
        return create::run(app, &args.create);
    };
    match command {
        BackupCommand::Create(args) => create::run(app, &args.making),
        BackupCommand::List(args) => list::run(app, args),
        BackupCommand::Show(args) => show::run(app, &args.which),
        BackupCommand::Verify(args) => verify::run(app, args),
        BackupCommand::Prune(args) => prune::run(app, args),
        BackupCommand::Pin(args) => pin::pin(app, &args.which),
        BackupCommand::Unpin(args) => pin::unpin(app, &args.which),
        BackupCommand::Health(args) => health::run(app, args),
    }
}

/// Returns the backups of the database that is meant.
pub(super) fn backups(app: &App<'_>) -> Result<Backups, CommandError> {
    let folder = app.below_here(app.settings.backups.folder()?);
    let (user, host) = (app.surroundings.user(), app.surroundings.host());
    let backups = Backups::new(app.address()?, &app.settings.environment, folder)
        .with_user(user.as_deref(), host.as_deref())
        .with_observer(app.progress());
    Ok(match app.global.lock_wait {
        Some(lock_wait) => backups.with_lock_wait(lock_wait),
        None => backups,
    })
}

/// Returns the same, for a command that writes and that Ctrl-C ends.
pub(super) fn interruptible(app: &App<'_>) -> Result<Backups, CommandError> {
    let cancellation: Cancellation = app.on_ctrl_c("dieselkit backup list");
    Ok(backups(app)?.with_cancellation(cancellation))
}

/// Returns the folder alone, for a command that writes, that Ctrl-C ends, and for which no database
/// needs to be named.
fn folder(app: &App<'_>) -> Result<BackupFolder, CommandError> {
    let (user, host) = (app.surroundings.user(), app.surroundings.host());
    let folder = BackupFolder::new(catalog(app)?.folder())
        .with_user(user.as_deref(), host.as_deref())
        .with_observer(app.progress())
        .with_cancellation(app.on_ctrl_c("dieselkit backup list"));
    Ok(match app.global.lock_wait {
        Some(lock_wait) => folder.with_lock_wait(lock_wait),
        None => folder,
    })
}

/// Returns where the engine's programs are.
pub(super) fn programs(app: &App<'_>) -> Result<Programs, CommandError> {
    Ok(Programs {
        pg_dump: app.settings.backups.pg_dump()?.map(Path::to_owned),
        folders: app.surroundings.program_folders(),
    })
}

/// Returns the folder of backups, whatever database is meant, and whether one is named.
fn catalog(app: &App<'_>) -> Result<Catalog, CommandError> {
    let folder = app.settings.backups.folder()?;
    Ok(Catalog::new(app.below_here(folder)))
}

/// Returns the backup that is meant: the database's newest, or one of the folder by its name, for
/// which no database needs to be named.
fn find(app: &App<'_>, which: &str) -> Result<Backup, CommandError> {
    let listing = match which {
        LATEST => backups(app)?.list()?.listing,
        _ => catalog(app)?.read()?,
    };
    Ok(listing.find(which)?.clone())
}

/// Returns what is worth a warning of a folder, and of how the database's backups are known.
fn warnings(app: &App<'_>, own: &OwnBackups) -> Vec<String> {
    let why = unasked(own).into_iter();
    why.chain(unfit(app, &own.listing)).collect()
}

/// Returns what to say where the backups are known by a name alone.
pub(super) fn unasked(own: &OwnBackups) -> Option<String> {
    let why = own.why.as_ref()?;
    Some(format!(
        "the backups are known by the database's name alone, so they may be of another of that name: it cannot be asked which it is: {why}"
    ))
}

/// Returns the newer backups that are no good, one by one, where the newest good one is taken,
/// and that it is from the future.
pub(super) fn passed_over(source: &RestoreSource) -> Vec<String> {
    let warning = |newer: &NoGood| {
        let show = newer.show();
        format!("a newer backup is no good, and was passed over: {newer}; see {show}")
    };
    let ahead = source.ahead().into_iter();
    let ahead = ahead.map(|ahead| format!("{ahead}: see {}", ahead.show()));
    ahead
        .chain(source.passed_over().iter().map(warning))
        .collect()
}

/// Returns which manifests cannot be read, and why.
pub(super) fn unreadable(app: &App<'_>, found: &[Unreadable]) -> Vec<String> {
    let warning = |found: &Unreadable| {
        let path = app.shown(&found.path);
        format!(
            "`{path}` cannot be read, and counts as no backup: {}",
            found.message
        )
    };
    found.iter().map(warning).collect()
}

/// Returns what lies in a folder as a backup does, and counts as none.
pub(super) fn unfit(app: &App<'_>, listing: &Listing) -> Vec<String> {
    let mut warnings = unreadable(app, &listing.unreadable);
    warnings.extend(listing.alone.iter().map(|path| {
        let path = app.shown(path);
        let restore = command("dieselkit restore {}", &[&path]);
        let text = format!(
            "`{path}` is a backup's data without its manifest, and counts as no backup; it can be restored all the same: {restore}"
        );
        app.printer.complete(&text)
    }));
    warnings
}

/// Returns what shows the backups of other databases, where there are any.
fn of_others(others: &Others) -> Option<String> {
    (others.count() > 0).then(|| format!("{others}: `dieselkit backup list --all`"))
}
