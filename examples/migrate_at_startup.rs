//! Migrates when a program starts: a folder of migrations, and a database by its address.
//!
//! ```sh
//! cargo run --example migrate_at_startup [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use dieselkit::migration::RunReport;
use dieselkit::{Absent, Database, DatabaseAddress, MigrationSet, Migrator, UpOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let report = migrate(&std::env::args().nth(1).unwrap_or(default))?;
    for step in &report.done {
        println!("applied {} in {:?}", step.name, step.execution_time);
    }
    Ok(())
}

/// Applies what is pending; a SQLite file that does not exist is made.
pub(crate) fn migrate(url: &str) -> Result<RunReport, dieselkit::Error> {
    let address: DatabaseAddress = url.parse()?;
    let database = Database::connect(&address, Absent::CreateFile)?;
    let migrations = MigrationSet::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    Ok(Migrator::new(database, migrations).up(&UpOptions::default())?)
}
