//! What to type after an error of `lint`, or after errors that it found.

use dieselkit::shell::command;

use super::folder_of;
use crate::args::Again;
use crate::error::{CommandError, Silent};

/// What `lint` looks at where nobody names a file or a revision.
const ELSE: &str =
    "`dieselkit lint` looks at what is pending, `dieselkit lint --all` at all migrations";

/// Returns what may help.
pub(super) fn hint(error: &CommandError, again: &Again) -> Option<String> {
    Some(match error {
        CommandError::Git { folder, silent, .. } => match silent {
            Silent::NotInstalled => format!("install git; without it {ELSE}"),
            Silent::NoRepository => {
                format!("only a git repository has revisions: outside of one {ELSE}")
            }
            Silent::OfRevision => format!(
                "{} lists what git knows there; a shallow clone has to fetch the revision first",
                command("git -C {} branch --all", &[folder])
            ),
        },
        CommandError::NothingToLint { .. } => {
            "name the folder of the migrations, one of them, or a file of SQL: `dieselkit lint --all` looks at those of the project".to_owned()
        }
        CommandError::Read { path, .. } => format!(
            "a file is named as a shell would name it: {}; {ELSE}",
            command("ls {}", &[&folder_of(path)])
        ),
        CommandError::Linted { .. } => format!(
            "mend each, or say why it is meant: `-- lint:ignore RULE -- why`; to apply it all the same: `{}`",
            again.with("--no-lint", None)
        ),
        CommandError::Unmended { .. } => {
            "name the database, or the files in another folder; `dieselkit lint` shows what would be mended".to_owned()
        }
        _ => return None,
    })
}
