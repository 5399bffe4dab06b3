//! What to type where the database is not there: a restore may have kept one that had its name, or may
//! have been killed before it had given that to any.

use std::path::{Path, PathBuf};

use dieselkit::DatabaseAddress;
use dieselkit::backend::BackendError;
use dieselkit::backend::restore::{Place, Tidying, kept_beside, leftovers};
use dieselkit::backup::{Backup, Backups};
use dieselkit::shell::{Word, command};

use crate::args::Again;
use crate::error::{CommandError, of_database};
use crate::settings::Settings;

/// Returns what helps where the database of the address is what is not there.
pub(super) fn database(error: &CommandError, again: &Again, settings: &Settings) -> Option<String> {
    let Some(BackendError::DatabaseMissing { name, .. }) = of_database(error.of_library()?) else {
        return None;
    };
    let address = &settings.database().ok()?.address;
    let is_ours = address.database() == Some(name) || address.to_string() == *name;
    if is_ours {
        let back = brought_back(address, name);
        return back.or_else(|| from_backup(address, settings));
    }
    // Nobody makes a database to drop it.
    again.is(&["db drop"]).then(|| names(address))
}

/// Returns what shows which databases there are.
fn names(address: &DatabaseAddress) -> String {
    let shows = address
        .psql()
        .map(|psql| command(&format!("{psql} --list"), &[]));
    let shows = shows.unwrap_or_else(|| {
        let file = address.to_string();
        let folder = Path::new(&file).parent();
        let folder = folder.filter(|folder| *folder != Path::new(""));
        command("ls -l {}", &[&folder.unwrap_or(Path::new("."))])
    });
    format!("see which there are: {shows}")
}

/// Returns how a database comes back that a restore has had to do with.
fn brought_back(address: &DatabaseAddress, name: &str) -> Option<String> {
    if let Some(kept) = kept_beside(address).ok()?.first() {
        return Some(format!(
            "a restore kept the one that had the name before as `{kept}`: give it back, {}, or restore a backup in its place: `dieselkit restore --replace`",
            renamed(address, kept, name)
        ));
    }
    let left = leftovers(address, Place::Beside, Tidying::Look).ok()?;
    let left = left.first()?;
    Some(format!(
        "a restore was killed before anything had the name, and left `{}`: restore again, `dieselkit restore --replace`, or make an empty one: `dieselkit db create`",
        left.name
    ))
}

/// Returns how a database comes back of which there is a backup.
fn from_backup(address: &DatabaseAddress, settings: &Settings) -> Option<String> {
    let folder = settings.backups.folder().ok()?;
    let backups = Backups::new(address, &settings.environment, folder);
    let own = backups.list().ok()?.listing.backups;
    let is_good = own.iter().any(Backup::is_good_and_whole);
    is_good.then(|| {
        "restore a backup: `dieselkit restore --replace`, or make an empty one: `dieselkit db create`"
            .to_owned()
    })
}

/// Returns the command that moves a file of a database, with whatever holds a part of it.
fn moved(kept: &str, name: &str) -> String {
    let pairs = ["", "-wal", "-shm", "-journal"]
        .map(|ending| [kept, name].map(|path| PathBuf::from(format!("{path}{ending}"))));
    let there: Vec<&[PathBuf; 2]> = pairs.iter().filter(|[from, _]| from.exists()).collect();
    let paths: Vec<&dyn Word> = there
        .iter()
        .flat_map(|pair| pair.iter().map(|path| path as &dyn Word))
        .collect();
    command(&vec!["mv {} {}"; there.len()].join(" && "), &paths)
}

/// Returns the command that gives a database its name back.
fn renamed(address: &DatabaseAddress, kept: &str, name: &str) -> String {
    let Some(psql) = address.psql() else {
        return moved(kept, name);
    };
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let statement = format!("ALTER DATABASE {} RENAME TO {}", quoted(kept), quoted(name));
    command(&format!("{psql} --command {{}}"), &[&statement])
}
