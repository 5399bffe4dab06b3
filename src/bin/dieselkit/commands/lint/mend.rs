//! `lint --fix`: writes into the files what mends them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use dieselkit::lint::{Level, Report};
use tempfile::NamedTempFile;

use super::chosen::Chosen;
use crate::app::App;
use crate::error::CommandError;
use crate::report::Mended;

/// From which level on a finding is mended: what is a matter of taste is left to taste.
const LEAST: Level = Level::Warning;

/// Mends the files of what is not applied, each at once or not at all. Returns what was mended.
pub(super) fn mend(
    app: &App<'_>,
    chosen: &Chosen,
    report: &Report,
) -> Result<Vec<Mended>, CommandError> {
    let (mut mended, mut seen) = (Vec::new(), BTreeSet::new());
    for file in &report.files {
        let path = PathBuf::from(file);
        // A file that two links lead to is mended once: what is found was found before that.
        if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|source| CommandError::Read {
            path: path.clone(),
            source,
        })?;
        let (new, done) = report.mended(file, &text, LEAST);
        if done.is_empty() || is_applied(app, chosen, &path)? {
            continue;
        }
        replace(&path, &new).map_err(|source| CommandError::Write {
            path: path.clone(),
            source,
        })?;
        mended.extend(done.into_iter().map(|finding| {
            Mended {
                place: finding.place.clone(),
                rule: finding.rule.clone(),
                title: finding
                    .fix
                    .as_ref()
                    .map(|fix| fix.title.clone())
                    .unwrap_or_default(),
            }
        }));
    }
    Ok(mended)
}

/// Returns whether a file is of a migration that is applied, which would be modified then.
///
/// # Errors
/// `Unmended` where it is of a migration, and nobody knows.
fn is_applied(app: &App<'_>, chosen: &Chosen, file: &Path) -> Result<bool, CommandError> {
    let migrations = chosen.set.migrations().iter();
    let of = migrations.clone().find(|migration| {
        let subject = dieselkit::lint::Subject::from(*migration);
        let same =
            |path: &Path| path == file || path.canonicalize().ok() == file.canonicalize().ok();
        subject.files().any(same)
    });
    let Some(migration) = of else {
        return Ok(false);
    };
    match &chosen.applied {
        Ok(applied) => Ok(applied.contains(migration.version())),
        Err(why) => Err(CommandError::Unmended {
            path: file.to_owned(),
            why: app.settings.redactor.redact(why).into_owned(),
        }),
    }
}

/// Puts a text into the place of a file, with the rights of the file that was there.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link goes on leading to the file.
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    fs::set_permissions(new.path(), fs::metadata(&path)?.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    Ok(())
}
