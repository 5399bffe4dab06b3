//! What to type after an error: the library's hint, made a command for the place where the user
//! worked.

use dieselkit::Error;
use dieselkit::backend::BackendError;
use dieselkit::migration::{PlanError, RunError};

use crate::args::Again;
use crate::args::shell::quote;
use crate::error::{CommandError, FolderCure};

/// Returns what may help against an error of the command that was typed.
pub(crate) fn on(error: &CommandError, again: &Again) -> Option<String> {
    hint(error, again).map(|hint| again.complete(&hint))
}

fn hint(error: &CommandError, again: &Again) -> Option<String> {
    match error {
        CommandError::Settings(error) => error.hint(),
        CommandError::Library(error) => of_library(error, again),
        CommandError::Refused(refusal) => refusal.hint(again),
        CommandError::NoFolder { path, cure } => Some(match cure {
            FolderCure::Init => {
                "`dieselkit init` makes it; another is named by `--migrations DIR`".to_owned()
            }
            FolderCure::MakeFolder => format!("`mkdir -p {}`", quote(&path.to_string_lossy())),
        }),
        CommandError::Write { path, .. } => {
            let folder = path.parent()?.to_string_lossy();
            Some(format!("`ls -ld {}`", quote(&folder)))
        }
        CommandError::OnlyFiles { source, .. } => hint(source, again),
    }
}

fn of_library(error: &Error, again: &Again) -> Option<String> {
    match error {
        Error::Backend(error) | Error::Run(RunError::Backend(error)) => of_backend(error, again),
        Error::Run(RunError::Plan(error)) => of_plan(error, again),
        Error::Run(RunError::EnvironmentMismatch { marked, wanted }) => Some(format!(
            "work in the database's own environment: `{}`; or, if it has changed hands, mark it anew: `dieselkit db mark {wanted}`",
            again.with("--env", Some(marked))
        )),
        Error::Run(
            error @ (RunError::Prepare { .. } | RunError::Failed { .. } | RunError::Commit { .. }),
        ) => error.hint().map(|hint| go_on(&hint, again)),
        _ => error.hint(),
    }
}

fn of_backend(error: &BackendError, again: &Again) -> Option<String> {
    match error {
        BackendError::LockTimeout { .. } if again.is(&["db drop"]) => Some(format!(
            "wait for the other run to end, then: `{}`",
            again.line()
        )),
        BackendError::LockTimeout { .. } => Some(format!(
            "wait for the other run to end, or wait longer: `{}`",
            again.with("--lock-wait", Some("10m"))
        )),
        BackendError::PooledTransactions => Some(format!(
            "give the server's own address, or a pooler in session mode: `{}`",
            again.with(
                "--database-url",
                Some("postgres://USER@SERVER:5432/DATABASE")
            )
        )),
        BackendError::Connect { .. } if again.has("--database-url") => Some(String::from(
            "check that the server runs, and that host, port, user and password are right",
        )),
        _ => error.hint(),
    }
}

fn of_plan(error: &PlanError, again: &Again) -> Option<String> {
    let goes_up = again.is(&["up", "goto"]);
    match error {
        PlanError::OutOfOrder { .. } if goes_up => {
            Some(format!("`{}`", again.with("--allow-out-of-order", None)))
        }
        PlanError::NotInBatch { .. } if goes_up => {
            Some(format!("`{}`", again.with("--transaction", Some("each"))))
        }
        _ => error.hint(),
    }
}

/// Has a hint repeat the command as it was typed, where that goes on to the same end.
fn go_on(hint: &str, again: &Again) -> String {
    let is_counted = again.has("--steps") || again.has("--batch");
    let repeats = again.is(&["up", "rollback", "goto"]) && !is_counted;
    if !repeats {
        return hint.to_owned();
    }
    let line = format!("`{}`", again.line());
    hint.replace("`dieselkit up`", &line)
        .replace("`dieselkit rollback`", &line)
}
