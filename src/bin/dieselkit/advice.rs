//! What to type after an error: the library's hint, made a command for the place where the user
//! worked.

mod here;
mod lint;
mod missing;
pub(crate) mod removal;

use std::io::ErrorKind;
use std::path::Path;

use dieselkit::Error;
use dieselkit::backend::BackendError;
use dieselkit::backend::restore::RestoreError;
use dieselkit::backup::{CatalogError, RestoreBackupError};
use dieselkit::migration::{CopyMade, PlanError, RunError, SourceError};
use dieselkit::seed::SeedError;
use dieselkit::shell::{command, quote};

use crate::args::Again;
use crate::error::{CommandError, FolderCure, Left, Mismatch, mismatch, of_catalog, of_database};
use crate::exit::Exit;
use crate::settings::Settings;

/// What a server says of a database that lets nobody in.
const CLOSED: &str = "is not currently accepting connections";

/// The commands that write into this tool's tables.
const WRITING: &[&str] = &[
    "up",
    "rollback",
    "redo",
    "goto",
    "baseline",
    "resolve",
    "repair",
    "reset",
    "db mark",
    "seed",
    "seed generate",
];

/// Returns what may help against an error of the command that was typed.
pub(crate) fn on(
    error: &CommandError,
    again: &Again,
    settings: Option<&Settings>,
) -> Option<String> {
    if let CommandError::NotAsPlanned { source, plan } = error {
        let hint = on(source, again, settings)?;
        let has_manifest = plan.data["plan"]["compared"] != "nothing";
        return Some(if has_manifest { hint } else { of_a_file(&hint) });
    }
    let unlisted = settings.and_then(|settings| unlisted(error, settings));
    let root = || settings.and_then(|settings| no_folder_of_its_own(error, settings));
    let gone = || settings.and_then(|settings| missing::database(error, again, settings));
    let hint = unlisted.or_else(root).or_else(gone);
    let hint = hint.or_else(|| self::hint(error, again))?;
    let hint = with_nothing_done(hint, error, again);
    let hint = match settings.and_then(|settings| settings.database().ok()) {
        Some(database) if again.is(&["db drop"]) => {
            removal::of_damaged(hint, &database.address, again.name())
        }
        _ => hint,
    };
    let hint = match settings {
        Some(settings) if lacks_right_to_drop(error, again) => here::with_owner(&hint, settings),
        _ => hint,
    };
    Some(again.complete(&here::told(hint, again, settings)))
}

/// Returns a hint for a file that is no backup with a manifest: whoever verifies those looks at another.
fn of_a_file(hint: &str) -> String {
    let others = "see which backups are whole, and take another: `dieselkit backup verify all`";
    let own = "make it again, or copy it again, and see that it is whole; or restore a backup: `dieselkit backup list`";
    hint.replace(others, own)
}

/// Returns whether a drop ended before it began, where a right was missing: reading is not all that it
/// takes.
fn lacks_right_to_drop(error: &CommandError, again: &Again) -> bool {
    let CommandError::Library(error) = error else {
        return false;
    };
    let denied = matches!(
        &**error,
        Error::Backend(BackendError::MayNotRead { .. })
            | Error::Run(RunError::Backend(BackendError::MayNotRead { .. }))
    );
    denied && again.is(&["db drop"])
}

/// Returns the hint of seeds that cannot be read with the command that was typed: nothing of it was
/// done. Of one seed only a reset has found it so early; what was dropped already is a half reset,
/// after which seeding is enough.
fn with_nothing_done(hint: String, error: &CommandError, again: &Again) -> String {
    let CommandError::Library(error) = error else {
        return hint;
    };
    match **error {
        Error::Seed(SeedError::Source(_)) | Error::SeedSource(_) => {}
        Error::Seed(_) if again.is(&["reset"]) => {}
        _ => return hint,
    }
    hint.replace("`dieselkit seed`", &format!("`{}`", again.line()))
}

/// Returns what helps where the folder of the migrations is the project's own: each folder in it
/// would have to be a migration.
fn no_folder_of_its_own(error: &CommandError, settings: &Settings) -> Option<String> {
    let CommandError::Library(error) = error else {
        return None;
    };
    let taken = matches!(**error, Error::Source(SourceError::NoUp { .. }));
    (taken && settings.migrations == settings.root).then(|| {
        "the folder of the migrations is the project's root: give them one of their own, and name it by `--migrations DIR`, or by `[migrations] directory` in dieselkit.toml".to_owned()
    })
}

/// Returns what helps where a database is marked with an environment that nobody can work in.
fn unlisted(error: &CommandError, settings: &Settings) -> Option<String> {
    let CommandError::Library(error) = error else {
        return None;
    };
    let Mismatch { marked, wanted } =
        mismatch(error).filter(|mismatch| !settings.listed.knows(mismatch.marked))?;
    Some(format!(
        "the configuration does not list the database's own environment: add `[environments.{marked}]` to it, or mark the database anew: {}",
        command("dieselkit db mark {}", &[&wanted])
    ))
}

fn hint(error: &CommandError, again: &Again) -> Option<String> {
    match error {
        CommandError::Settings(error) => error.hint(),
        CommandError::Library(error) => of_library(error, again),
        CommandError::Refused(refusal) => refusal.hint(again),
        CommandError::OtherName { name, typed, .. } => Some(meant_by([name], typed, again)),
        CommandError::NoSuchName { typed, similar } => Some(of_no_such_name(typed, similar, again)),
        CommandError::NoFolder { path, cure } => Some(match cure {
            FolderCure::Init => {
                "`dieselkit init` makes it; another is named by `--migrations DIR`".to_owned()
            }
            FolderCure::MakeFolder => command("mkdir -p {}", &[path]),
        }),
        CommandError::Git { .. }
        | CommandError::NothingToLint { .. }
        | CommandError::Linted { .. }
        | CommandError::Unmended { .. } => lint::hint(error, again),
        CommandError::Read { source, .. }
            if again.is(&["lint"]) && source.kind() == ErrorKind::NotFound =>
        {
            lint::hint(error, again)
        }
        CommandError::Write { source, .. } if source.kind() == ErrorKind::IsADirectory => {
            Some("it is a folder: name a file in it".to_owned())
        }
        CommandError::Write { path, source } if source.kind() == ErrorKind::StorageFull => {
            let shows = command("df -h {}", &[&folder_of(path)]);
            Some(format!("make room on that disk: {shows}"))
        }
        CommandError::Write { path, .. } | CommandError::Read { path, .. } => {
            Some(command("ls -ld {}", &[&folder_of(path)]))
        }
        CommandError::HalfReset {
            left,
            backup,
            source,
            ..
        } => {
            let hint = of_half_reset(*left, source, again);
            Some(match backup {
                None => hint,
                Some(copy) => copy.beside(Some(without(&hint, copy))),
            })
        }
        CommandError::NotLeadingBack { .. } => {
            Some(format!("mend what is named and run `{}`", again.line()))
        }
        CommandError::StoppedAtOnce { asks } => Some(format!("`{asks}`")),
        CommandError::Unwritten { .. } => None,
        CommandError::OnlyFiles { source, .. }
        | CommandError::NoMetrics { source, .. }
        | CommandError::NotAllVerified { source, .. }
        | CommandError::NotAsPlanned { source, .. } => hint(source, again),
    }
}

/// Returns the command with each of these names in place of the one that was typed.
fn meant_by<'a>(names: impl IntoIterator<Item = &'a String>, typed: &str, again: &Again) -> String {
    let line = |name| again.line().replace(&quote(typed), &quote(name));
    let lines = names.into_iter().map(|name| format!("`{}`", line(name)));
    let lines: Vec<String> = lines.collect();
    format!("if that is what you mean: {}", lines.join(" or "))
}

fn of_no_such_name(typed: &str, similar: &[String], again: &Again) -> String {
    match similar {
        [] => "`dieselkit status` lists them".to_owned(),
        names => meant_by(names, typed, again),
    }
}

/// Returns the folder of a file, as a path that a shell takes.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

/// Returns what does the rest: the database is as empty as a new one, and is filled as one is.
fn of_half_reset(left: Left, source: &CommandError, again: &Again) -> String {
    let rest = match left {
        Left::Migrations | Left::MigrationsAndSeeds => "`dieselkit up`",
        Left::Seeds => "`dieselkit seed`",
    };
    let hint = match source {
        source if source.exit() == Exit::Interrupted => None,
        source => hint(source, again),
    };
    let hint = hint.unwrap_or_else(|| rest.to_owned());
    match left {
        Left::MigrationsAndSeeds => format!("{hint}; then `dieselkit seed`"),
        Left::Migrations | Left::Seeds => hint,
    }
}

/// Returns a hint without the way back to a copy, which is to stand at its end.
fn without(hint: &str, copy: &CopyMade) -> String {
    let way_back = copy.beside(None);
    hint.replace(&format!("; {way_back}"), "")
}

fn of_library(error: &Error, again: &Again) -> Option<String> {
    let hint = of_its_cause(error, again);
    match error {
        Error::Run(RunError::NotBackedUp { .. }) => Some(or_without_backup(hint, again)),
        _ => hint,
    }
}

/// Returns how the backup before a run can be made, or done without.
fn or_without_backup(hint: Option<String>, again: &Again) -> String {
    let without = format!("without a backup: `{}`", again.without_backup());
    match hint {
        None => without,
        Some(hint) => {
            let hint = hint.replace("`dieselkit backup`", &format!("`{}`", again.line()));
            format!("{hint}; or, {without}")
        }
    }
}

fn of_its_cause(error: &Error, again: &Again) -> Option<String> {
    if let Some(Mismatch { marked, wanted }) = mismatch(error) {
        return Some(format!(
            "work in the database's own environment: `{}`; or, if it has changed hands, mark it anew: {}",
            again.with("--env", Some(marked)),
            command("dieselkit db mark {}", &[&wanted])
        ));
    }
    if let Some(error) = of_database(error) {
        return of_backend(error, again);
    }
    if let Some(CatalogError::Locked { .. }) = of_catalog(error) {
        return Some(format!("`{}`", again.with("--lock-wait", Some("10m"))));
    }
    match error {
        Error::Run(RunError::Plan(PlanError::NotInBatch { .. } | PlanError::KeepGoingInBatch))
            if again.is(&["up", "goto"]) =>
        {
            Some(format!("`{}`", again.with("--transaction", Some("each"))))
        }
        // Nothing of it is left, so that the same command is the next.
        Error::Run(RunError::Interrupted { report }) if report.done.is_empty() => {
            Some(format!("`{}`", again.line()))
        }
        // `reset` would drop it all again.
        Error::Seed(error) if again.is(&["seed"]) => {
            Some(again.instead_of_its_name(&error.hint()?))
        }
        Error::Run(RunError::NoMigrations { .. }) => {
            Some(again.instead_of_its_name(&error.hint()?))
        }
        Error::RestoreBackup(
            error @ (RestoreBackupError::Exists { .. } | RestoreBackupError::Taken { .. }),
        ) => Some(again.instead_of_its_name(&error.hint()?)),
        Error::RestoreBackup(
            error @ (RestoreBackupError::Unfit { .. }
            | RestoreBackupError::Restore(RestoreError::ToolFailed { .. })),
        ) => {
            let hint = error.hint()?;
            let verifies = again.is(&["backup verify"]);
            // It has the same flags, but for the one that tries it all the same.
            let hint = if verifies {
                hint.replace("`dieselkit restore --no", "`dieselkit backup verify --no")
            } else {
                hint
            };
            Some(again.instead_of_its_name(&hint))
        }
        Error::RestoreBackup(error @ RestoreBackupError::NoVerdict { .. }) => {
            Some(but_what_was_typed(&error.hint()?, again))
        }
        // Nothing was run, so that the same command is the next.
        Error::Run(RunError::Prepare { source, .. }) if again.is(&["up", "goto"]) => {
            let hint = source.hint()?;
            Some(hint.replace("`dieselkit up`", &format!("`{}`", again.line())))
        }
        _ => error.hint(),
    }
}

/// Returns a hint without those of its parts that name a command with flags which were typed, where
/// others are left: it has failed with them.
fn but_what_was_typed(hint: &str, again: &Again) -> String {
    let is_typed = |piece: &str| {
        let mut flags = piece.split(' ').filter(|word| word.starts_with("--"));
        piece.starts_with("dieselkit ") && flags.all(|flag| again.has(flag))
    };
    let parts: Vec<&str> = hint.split("; ").collect();
    let new: Vec<&str> = parts
        .iter()
        .filter(|part| !part.split('`').skip(1).step_by(2).any(is_typed))
        .copied()
        .collect();
    if new.is_empty() { parts } else { new }.join("; ")
}

fn of_backend(error: &BackendError, again: &Again) -> Option<String> {
    let writes = again.is(WRITING) && !again.has("--dry-run");
    match error {
        BackendError::MayNotRead { lack, .. } if writes && !lack.of_run.is_empty() => {
            let lacking = lack.of_run.clone();
            of_backend(&BackendError::LacksPrivileges { lacking }, again)
        }
        BackendError::MayNotRead { .. } if writes => {
            let hint = error.hint()?;
            let wider = hint.replace("GRANT SELECT ON", "GRANT SELECT, INSERT, UPDATE, DELETE ON");
            Some(wider.replace("GRANT USAGE ON", "GRANT USAGE, CREATE ON"))
        }
        BackendError::PooledTransactions
        | BackendError::PooledLock
        | BackendError::LockElsewhere
        | BackendError::LockOfAnother { .. } => {
            let address = "postgres://USER@SERVER:5432/DATABASE";
            let typed = again.with("--lock-url", Some(address));
            Some(
                error
                    .hint()?
                    .replace(&format!("dieselkit up --lock-url {address}"), &typed),
            )
        }
        BackendError::LacksPrivileges { .. } => {
            let again = format!("`{}`", again.line());
            Some(error.hint()?.replace("`dieselkit up`", &again))
        }
        BackendError::Connect { message, .. }
            if again.has("--database-url")
                && !message.contains("/.s.PGSQL")
                && !message.contains(CLOSED)
                && is_general(error.hint().as_deref()) =>
        {
            Some(String::from(
                "check that the server runs, and that host, port, user and password are right",
            ))
        }
        _ => {
            let longer = format!("`{}`", again.with("--lock-wait", Some("10m")));
            let hint = error.hint()?;
            let hint = again.instead_of_its_name(&hint);
            Some(hint.replace("`dieselkit up --lock-wait 10m`", &longer))
        }
    }
}

/// Returns whether an advice is the one for whatever keeps a server from answering.
fn is_general(hint: Option<&str>) -> bool {
    hint.is_some_and(|hint| hint.starts_with("check that the server runs"))
}
