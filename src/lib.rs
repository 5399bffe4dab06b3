//! Schema management on Diesel's migration harness: migrations, rollbacks and their history, for
//! `SQLite` and `PostgreSQL`.
//!
//! A program that migrates at start-up needs a database, its migrations, and one verb:
//!
//! ```no_run
//! use dieselkit::{Database, MigrationSet, Migrator, UpOptions};
//!
//! # fn main() -> Result<(), dieselkit::Error> {
//! let address = "sqlite:app.db".parse()?;
//! let database = Database::connect(&address, dieselkit::Absent::CreateFile)?;
//! let migrations = MigrationSet::from_folder("migrations")?;
//! let report = Migrator::new(database, migrations).up(&UpOptions::default())?;
//! println!("{} applied", report.done.len());
//! # Ok(())
//! # }
//! ```
//!
//! A server with many replicas starts with [`startup::AutoMigrator`].
//!
//! # The map of the house
//!
//! | room | what is in it |
//! |---|---|
//! | [`version`], [`checksum`], [`environment`], [`event`] | words: values without a database |
//! | [`clock`], [`cancellation`] | what the caller lends: the time, and a way to stop |
//! | [`sql`] | SQL as text: tokens, statements, positions, checksums |
//! | [`backend`] | the two engines behind one trait; nothing else knows which it is |
//! | [`history`] | what was done to a database |
//! | [`migration`] | files, plan, runner, and the [`Migrator`] on top |
//! | [`startup`] | migrating when a program starts |
//!
//! The arrows between them: `startup → migration → history → backend → {sql, event} → {version,
//! checksum, environment, clock, cancellation}`, and never back. [`Error`] alone, the sum of the
//! areas' errors, knows them all.

pub mod backend;
pub mod cancellation;
pub mod checksum;
pub mod clock;
pub mod environment;
mod error;
pub mod event;
pub mod history;
pub mod migration;
pub mod sql;
pub mod startup;
pub mod version;

pub use backend::address::DatabaseAddress;
pub use backend::{Absent, Access, Database};
pub use environment::Environment;
pub use error::Error;
pub use migration::{Migration, MigrationSet, Migrator, RustMigration, UpOptions};
pub use version::{Target, UpTarget, Version};
