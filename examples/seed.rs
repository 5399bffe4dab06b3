//! Fills a development database when a program starts: migrations first, then the seeds of the
//! environment, of which nothing runs that did not change.
//!
//! ```sh
//! cargo run --example seed [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use dieselkit::seed::{CommonSeeds, SeedReport};
use dieselkit::{
    Absent, Database, DatabaseAddress, Environment, MigrationSet, Migrator, SeedOptions, SeedSet,
    Seeder, UpOptions,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let report = fill(&std::env::args().nth(1).unwrap_or(default))?;
    for run in &report.done {
        println!("seeded {} in {:?}", run.name, run.execution_time);
    }
    Ok(())
}

/// Applies what is pending, and runs the seeds that are new or changed.
pub(crate) fn fill(url: &str) -> Result<SeedReport, dieselkit::Error> {
    const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
    let address: DatabaseAddress = url.parse()?;
    let environment = Environment::new("development")?;
    let migrations = MigrationSet::from_folder(format!("{PROJECT}/migrations"))?;
    let folder = format!("{PROJECT}/seeds");
    let seeds = SeedSet::from_folder(folder, &environment, CommonSeeds::NeedCompany)?;

    let database = Database::connect(&address, Absent::CreateFile)?;
    Migrator::new(database, migrations.clone())
        .with_environment(environment)
        .up(&UpOptions::default())?;

    let database = Database::connect(&address, Absent::CreateFile)?;
    let mut seeder = Seeder::new(database, seeds).with_migrations(migrations);
    Ok(seeder.seed(&SeedOptions::default())?)
}
