//! Which exit code an error of the library has.

use dieselkit::Error;
use dieselkit::backend::BackendError;
use dieselkit::backend::dump::DumpError;
use dieselkit::backend::restore::RestoreError;
use dieselkit::backup::{BackupsError, CatalogError, CreateError, RestoreBackupError};
use dieselkit::migration::{PlanError, RunError, ScaffoldError, SourceError};
use dieselkit::seed::{
    CaptureError, GenerateError, SeedError, SeedScaffoldError, SeedSourceError, UnfitSeed,
};

use super::common::{mismatch, of_catalog, of_creating, of_database};
use crate::exit::Exit;

/// Returns the exit code of an error.
pub(super) fn of(error: &Error) -> Exit {
    if let Some(error) = of_database(error) {
        return of_backend(error);
    }
    if mismatch(error).is_some() {
        return Exit::Refused;
    }
    if let Some(error) = of_catalog(error) {
        return of_backups(error);
    }
    match error {
        Error::Address(_)
        | Error::Environment(_)
        | Error::UnknownRule(_)
        | Error::Source(
            SourceError::NoFolder { .. }
            | SourceError::DeadLink { .. }
            | SourceError::NotAFolder { .. },
        )
        | Error::Scaffold(
            ScaffoldError::UnusableName { .. }
            | ScaffoldError::NameTooLong { .. }
            | ScaffoldError::Source(SourceError::DeadLink { .. } | SourceError::NotAFolder { .. }),
        )
        | Error::SeedScaffold(SeedScaffoldError::UnusableName { .. })
        | Error::Run(
            RunError::Plan(
                PlanError::UnknownVersion { .. }
                | PlanError::UnknownBatch { .. }
                | PlanError::KeepGoingInBatch,
            )
            | RunError::NoReason,
        ) => Exit::Usage,
        // What was done before it would have to be told from nothing at all.
        Error::Run(RunError::Failed { report, source })
            if report.done.is_empty() && source.is_held_by_others() =>
        {
            Exit::LockHeld
        }
        Error::Run(RunError::Commit { report, source, .. })
            if report.done.is_empty() && source.is_held_by_others() =>
        {
            Exit::LockHeld
        }
        Error::Run(RunError::NoCopy { source }) => of_restore(source),
        Error::Run(RunError::Rehearsal { source, .. }) if source.is_held_by_others() => {
            Exit::LockHeld
        }
        Error::Run(RunError::Interrupted { .. } | RunError::RehearsalInterrupted { .. })
        | Error::Backups(BackupsError::Interrupted { .. }) => Exit::Interrupted,
        Error::Dump(error) => of_dump(error),
        Error::Restore(error) => of_restore(error),
        Error::Create(error) => of_making(error),
        Error::RestoreBackup(error) => of_restoring(error),
        Error::SeedSource(error) => of_seeds(error),
        Error::Capture(error) => of_capturing(error),
        Error::Generate(error) => of_generating(error),
        Error::Seed(error) => of_seeding(error),
        Error::Run(RunError::NotBackedUp { .. }) => {
            of_creating(error).map_or(Exit::Failed, of_making)
        }
        _ => Exit::Failed,
    }
}

fn of_restore(error: &RestoreError) -> Exit {
    match error {
        RestoreError::Backend(error) => of_backend(error),
        RestoreError::Program(error) => of_dump(error),
        // As whoever is connected keeps a database from being dropped.
        RestoreError::InUse { .. } => Exit::LockHeld,
        RestoreError::OtherFormat { .. } => Exit::Usage,
        RestoreError::Interrupted => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn of_dump(error: &DumpError) -> Exit {
    match error {
        DumpError::Backend(error) => of_backend(error),
        DumpError::InMemory | DumpError::OtherFormat { .. } | DumpError::NoScope { .. } => {
            Exit::Usage
        }
        DumpError::Interrupted => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn of_seeds(error: &SeedSourceError) -> Exit {
    match error {
        SeedSourceError::NoFolder { .. }
        | SeedSourceError::DeadLink { .. }
        | SeedSourceError::NoEnvironmentFolder { .. }
        | SeedSourceError::Sidecar { .. }
        | SeedSourceError::SidecarAlone { .. }
        | SeedSourceError::Credentials { .. }
        | SeedSourceError::SharedCredentials { .. }
        | SeedSourceError::UnknownDirective { .. }
        | SeedSourceError::Contradiction { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn of_seeding(error: &SeedError) -> Exit {
    match error {
        SeedError::Source(error) => of_seeds(error),
        SeedError::UnknownName { .. } => Exit::Usage,
        SeedError::Protected { .. }
        | SeedError::Unfit {
            source: UnfitSeed::ReplaceInProtected { .. },
            ..
        } => Exit::Refused,
        SeedError::Interrupted { .. } => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn of_capturing(error: &CaptureError) -> Exit {
    match error {
        CaptureError::Interrupted => Exit::Interrupted,
        CaptureError::FilterOfSeveral
        | CaptureError::SeveralIntoOne
        | CaptureError::UnknownFormat { .. }
        | CaptureError::OtherFormat { .. }
        | CaptureError::NoTable { .. }
        | CaptureError::View { .. }
        | CaptureError::Bookkeeping { .. }
        | CaptureError::UnknownColumn { .. }
        | CaptureError::UnfitMethod { .. }
        | CaptureError::TooLong { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn of_generating(error: &GenerateError) -> Exit {
    match error {
        GenerateError::NoTable { .. }
        | GenerateError::View { .. }
        | GenerateError::Bookkeeping { .. } => Exit::Usage,
        GenerateError::Protected { .. } => Exit::Refused,
        GenerateError::Interrupted => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn of_restoring(error: &RestoreBackupError) -> Exit {
    match error {
        RestoreBackupError::Backend(error) => of_backend(error),
        RestoreBackupError::Restore(error) => of_restore(error),
        RestoreBackupError::Catalog(error) => of_backups(error),
        RestoreBackupError::NoVerdict { source, .. }
        | RestoreBackupError::LeftBehind { source, .. } => of_restoring(source),
        RestoreBackupError::NoFile { .. }
        | RestoreBackupError::Part { .. }
        | RestoreBackupError::Exists { .. }
        | RestoreBackupError::OtherEngine { .. }
        | RestoreBackupError::OtherKind { .. }
        | RestoreBackupError::NoRoles { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn of_making(error: &CreateError) -> Exit {
    match error {
        CreateError::Dump(error) => of_dump(error),
        CreateError::Catalog(error) => of_backups(error),
        CreateError::NoGlobals { .. } => Exit::Usage,
        CreateError::Interrupted
        | CreateError::NotVerified {
            source: BackupsError::Interrupted { .. },
            ..
        } => Exit::Interrupted,
        CreateError::NotRestored { source, .. }
            if matches!(of_restoring(source), Exit::Interrupted) =>
        {
            Exit::Interrupted
        }
        _ => Exit::Failed,
    }
}

fn of_backups(error: &CatalogError) -> Exit {
    match error {
        CatalogError::Unknown { .. } | CatalogError::Ambiguous { .. } => Exit::Usage,
        CatalogError::Locked { .. } => Exit::LockHeld,
        CatalogError::Interrupted { .. } => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn of_backend(error: &BackendError) -> Exit {
    match error {
        BackendError::Address(_) => Exit::Usage,
        BackendError::Cancelled => Exit::Interrupted,
        error if error.is_held_by_others() => Exit::LockHeld,
        _ => Exit::Failed,
    }
}
