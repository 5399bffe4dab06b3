//! Numbers for a monitor: into a file, in one piece.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dieselkit::backup::{Backups, metrics};

use crate::app::App;
use crate::error::CommandError;

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

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = beside(path);
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
}

/// Returns a name that no collector reads and no other process takes.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.to_owned();
    let ending = format!(".{}.partial", std::process::id());
    beside.as_mut_os_string().push(ending);
    beside
}
