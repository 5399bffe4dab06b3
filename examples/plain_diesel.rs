//! Hands a `MigrationSet` to plain Diesel, which runs all its layouts and keeps no history.
//!
//! A test suite that makes its databases with Diesel's own harness can go on doing so; dieselkit
//! adopts what it finds there.
//!
//! ```sh
//! cargo run --example plain_diesel [SQLITE_FILE]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use diesel::migration::MigrationConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;
use dieselkit::MigrationSet;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = folder.path().join("app.db").display().to_string();
    let file = std::env::args().nth(1).unwrap_or(default);
    let mut connection = SqliteConnection::establish(&file)?;
    for version in migrate(&mut connection).map_err(|error| error.to_string())? {
        println!("applied {version}");
    }
    Ok(())
}

/// Applies what is pending with nothing but Diesel.
pub(crate) fn migrate<C>(connection: &mut C) -> Result<Vec<String>, Box<dyn Error + Send + Sync>>
where
    C: MigrationConnection + MigrationHarness<C::Backend>,
    C::Backend: 'static,
{
    let migrations = MigrationSet::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    let applied = connection.run_pending_migrations(migrations)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
