//! Carries its migrations inside the program: `include_dir!` reads the folder when it is compiled.
//!
//! ```sh
//! cargo run --example embedded [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use dieselkit::migration::StatusReport;
use dieselkit::{Absent, Database, DatabaseAddress, MigrationSet, Migrator, UpOptions};
use include_dir::{Dir, include_dir};

/// The folder, as it was when this was compiled.
static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let status = migrate(&std::env::args().nth(1).unwrap_or(default))?;
    for entry in &status.migrations {
        println!("{:?} {}", entry.state, entry.name);
    }
    Ok(())
}

/// Applies what is pending, and returns how every migration stands afterwards.
pub(crate) fn migrate(url: &str) -> Result<StatusReport, dieselkit::Error> {
    let address: DatabaseAddress = url.parse()?;
    let database = Database::connect(&address, Absent::CreateFile)?;
    let mut migrator = Migrator::new(database, MigrationSet::from_embedded(&MIGRATIONS)?);
    migrator.up(&UpOptions::default())?;
    Ok(migrator.status()?)
}
