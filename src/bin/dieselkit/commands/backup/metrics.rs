//! Numbers for a monitor: into a file, in one piece.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use dieselkit::backup::{Backups, metrics};

use crate::app::App;
use crate::commands::Answered;
use crate::error::CommandError;
use crate::report::Answer;

/// Writes how the backups stand, if a file was named: beside it first, so that whoever reads it
/// never finds half of it.
pub(super) fn write(
    app: &App<'_>,
    backups: &Backups,
    file: Option<&Path>,
) -> Result<(), CommandError> {
    let Some(file) = file else {
        return Ok(());
    };
    let path = app.surroundings.current_dir.join(file);
    let listing = backups.list()?.listing;
    let database = app.address()?.database().unwrap_or_default();
    let text = metrics::prometheus(&listing, database, app.settings.environment.name());
    replace(&path, &text).map_err(|source| CommandError::Write {
        path: file.to_owned(),
        source,
    })
}

/// Writes how the backups stand after something was done that stands, whatever becomes of that: the
/// answer tells of it either way.
pub(super) fn write_after(
    app: &App<'_>,
    backups: &Backups,
    file: Option<&Path>,
    (done, answer): (String, Answer),
) -> Answered {
    match write(app, backups, file) {
        Ok(()) => Ok(answer),
        Err(source) => Err(CommandError::NoMetrics {
            done,
            source: Box::new(source),
            did: Box::new(answer),
        }),
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = behind_links(path)?;
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        // A pipe or a device is written to, and not replaced; a folder refuses.
        return fs::write(path, text);
    }
    let beside = beside(&path);
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, &path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
}

/// Returns where a path leads, also where nothing is there yet: a link stays, and its file is
/// replaced.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match (fs::canonicalize(path), fs::read_link(path)) {
        (Err(error), Ok(target)) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("."));
            behind_links(&folder.join(target))
        }
        (Err(error), Err(_)) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        (found, _) => found,
    }
}

/// Returns a name that no collector reads and no other process takes.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.to_owned();
    let ending = format!(".{}.partial", std::process::id());
    beside.as_mut_os_string().push(ending);
    beside
}
