//! Takes a backup of a program's own database, keeps the newest ones, and proves that it is whole.
//!
//! ```sh
//! cargo run --example backup [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use dieselkit::backup::retention::Keep;
use dieselkit::backup::{CreateOptions, Programs, Verified};
use dieselkit::{
    Absent, Backups, Database, DatabaseAddress, Environment, MigrationSet, Migrator, UpOptions,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let url = std::env::args().nth(1).unwrap_or(default);
    let verified = back_up(&url, &folder.path().join("backups"))?;
    match verified.verdict.findings.as_slice() {
        [] => println!("{} is whole", verified.id),
        findings => println!("{} is no good: {}", verified.id, findings.join("; ")),
    }
    Ok(())
}

/// Brings the database up to date, takes a backup, removes those that are too many, and reads the
/// new one again.
pub(crate) fn back_up(url: &str, folder: &Path) -> Result<Verified, dieselkit::Error> {
    let address: DatabaseAddress = url.parse()?;
    let environment = Environment::new("development")?;
    let migrations = MigrationSet::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    let database = Database::connect(&address, Absent::CreateFile)?;
    Migrator::new(database, migrations)
        .with_environment(environment.clone())
        .up(&UpOptions::default())?;

    let mut backups = Backups::new(&address, &environment, folder);
    let keep = Keep {
        within: Duration::from_hours(48),
        daily: 14,
        ..Keep::default()
    };
    let options = CreateOptions::default()
        .programs(programs())
        .note("from the example");
    let report = backups.create(&options, &keep)?;
    Ok(backups.verify(&report.manifest.id)?)
}

/// `pg_dump` is looked for where a shell does; the library reads no variable.
#[expect(
    clippy::disallowed_methods,
    reason = "a program reads its own variables"
)]
fn programs() -> Programs {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Programs {
        folders: std::env::split_paths(&path).collect(),
        ..Programs::default()
    }
}
