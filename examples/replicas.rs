//! Starts one of many replicas of a server, and tells a health probe how far it is.
//!
//! ```sh
//! cargo run --example replicas [run|wait|check] [URL]
//! ```
//!
//! `run`: one replica migrates, the others wait for it. `wait`: a job of the deployment migrates,
//! and every replica waits for it. `check`: a replica refuses to start when it is behind.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dieselkit::startup::{AutoMigrator, Mode, OnFailure, Progress};
use dieselkit::{Absent, Database, DatabaseAddress, MigrationSet, Migrator};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mode = match arguments.next().as_deref() {
        None | Some("run") => Mode::Run,
        Some("wait") => Mode::Wait {
            timeout: Duration::from_mins(5),
        },
        Some("check") => Mode::Check,
        Some(other) => return Err(format!("`{other}` is not run, wait or check").into()),
    };
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let url = arguments.next().unwrap_or(default);

    let ready = Arc::new(AtomicBool::new(false));
    // A server ends here when it cannot start, with the error on standard error.
    let starter = starter(&url, mode, &ready)?.on_failure(OnFailure::Exit(1));
    let report = starter.start()?;
    println!("{} applied by this replica", report.done.len());
    println!("ready: {}", ready.load(Ordering::Relaxed));
    Ok(())
}

/// Makes what starts one replica; `ready` is what its health probe answers.
pub(crate) fn starter(
    url: &str,
    mode: Mode,
    ready: &Arc<AtomicBool>,
) -> Result<AutoMigrator, dieselkit::Error> {
    let address: DatabaseAddress = url.parse()?;
    let database = Database::connect(&address, Absent::CreateFile)?;
    let migrations = MigrationSet::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    let migrator = Migrator::new(database, migrations).with_lock_wait(Duration::from_mins(5));
    let ready = Arc::clone(ready);
    let tell = move |progress: &Progress| {
        ready.store(*progress == Progress::Ready, Ordering::Relaxed);
    };
    Ok(AutoMigrator::new(migrator, mode).with_progress(tell))
}
