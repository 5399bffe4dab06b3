//! Migrates from an asynchronous program: on a blocking thread, since migrating waits for locks and
//! for the database.
//!
//! ```sh
//! cargo run --example async_startup [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use dieselkit::migration::RunReport;
use dieselkit::startup::{AutoMigrator, Mode};
use dieselkit::{Absent, Database, DatabaseAddress, MigrationSet, Migrator};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Does by hand what `#[tokio::main(flavor = "current_thread")]` does.
fn main() -> Result<(), AnyError> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let url = std::env::args().nth(1).unwrap_or(default);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let report = migrate(url).await?;
        println!("{} migrations applied", report.done.len());
        Ok(())
    })
}

/// Applies what is pending, while the runtime goes on with its other tasks.
pub(crate) async fn migrate(url: String) -> Result<RunReport, AnyError> {
    tokio::task::spawn_blocking(move || {
        let address: DatabaseAddress = url.parse()?;
        let database = Database::connect(&address, Absent::CreateFile)?;
        let migrations =
            MigrationSet::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
        Ok(AutoMigrator::new(Migrator::new(database, migrations), Mode::Run).start()?)
    })
    .await?
}
