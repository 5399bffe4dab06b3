//! Schema management on Diesel's migration harness: migrations, rollbacks and their history, for
//! `SQLite` and `PostgreSQL`.
//!
//! A Diesel project adopts it without moving a file, and `diesel migration run` keeps working
//! beside it: Diesel's own table stays the truth of what is applied. What dieselkit adds is a
//! history of every attempt, a lock that lets one of many migrate, a plan that is shown before it
//! runs, rollbacks in reverse order of application, and errors that say which file and line failed,
//! what state was left, and what cures it. The program `dieselkit` is built on this library.
//!
//! # Quick start
//!
//! A program that migrates when it starts needs a database, its migrations, and one verb:
//!
//! ```no_run
//! use dieselkit::{Absent, Database, MigrationSet, Migrator, UpOptions};
//!
//! # fn main() -> Result<(), dieselkit::Error> {
//! let address = "sqlite:app.db".parse()?;
//! let database = Database::connect(&address, Absent::CreateFile)?;
//! let migrations = MigrationSet::from_folder("migrations")?;
//!
//! let report = Migrator::new(database, migrations).up(&UpOptions::default())?;
//! for step in &report.done {
//!     println!("applied {} in {:?}", step.name, step.execution_time);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Where things come from
//!
//! - **The database** ([`Database`]): an address such as `sqlite:app.db` or
//!   `postgres://user@host/name`, a connection that the program owns (`Database::from`), or one of
//!   an r2d2 pool ([`Database::from_pool`]), which comes back to the pool as it was.
//! - **The migrations** ([`MigrationSet`]): a folder, a folder that `include_dir!` compiled in, a
//!   list in code, and functions in Rust ([`RustMigration`]), mixed as one likes. Plain Diesel can
//!   run the set too: it is a `MigrationSource`.
//! - **Who, where and when**: the environment, the user and the clock are lent to the
//!   [`Migrator`]; the library reads no variable and no configuration.
//!
//! # What can be asked
//!
//! [`Migrator`] has the verbs. `up`, `rollback`, `redo` and `goto` run migrations, and each has a
//! `plan_…` that returns what it would run, with its SQL. `rehearse` runs what `up` would run, tells
//! what it does to others, and leaves nothing of it. `status`, `history`, `check` and
//! `statistics` read, and write nothing, not even this tool's own tables. `baseline`, `resolve`,
//! `repair` and `mark_environment` tell the history something, and `reset` starts over.
//!
//! ```
//! use dieselkit::{Migration, MigrationSet, Target, UpOptions, Version};
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use diesel::Connection;
//! # let connection = diesel::SqliteConnection::establish(":memory:")?;
//!
//! let migrations = MigrationSet::from_list([
//!     Migration::from_sql("001_users", "CREATE TABLE users (id INT);", Some("DROP TABLE users;")),
//!     Migration::from_sql("002_teams", "CREATE TABLE teams (id INT);", Some("DROP TABLE teams;")),
//! ])?;
//! let mut migrator = dieselkit::Migrator::new(connection, migrations);
//!
//! let plan = migrator.plan_up(&UpOptions::default())?;
//! assert_eq!(plan[1].sql[0].sql, "CREATE TABLE teams (id INT);");
//! migrator.up(&UpOptions::default())?;
//!
//! // `001` stays, and whatever was applied before it.
//! migrator.rollback(Target::To(Version::from_name("001")))?;
//! assert_eq!(migrator.status()?.totals.applied, 1);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! [`Seeder`] fills a database with the data files and SQL of one environment; what did not change
//! is not run again. It also fills a table with made-up rows, for trying things at size.
//!
//! ```no_run
//! use dieselkit::seed::CommonSeeds;
//! use dieselkit::{Absent, Database, Environment, SeedOptions, SeedSet, Seeder};
//!
//! # fn main() -> Result<(), dieselkit::Error> {
//! let address = "sqlite:app.db".parse()?;
//! let database = Database::connect(&address, Absent::Refuse)?;
//! let environment = Environment::new("development")?;
//! let seeds = SeedSet::from_folder("seeds", &environment, CommonSeeds::NeedCompany)?;
//!
//! let report = Seeder::new(database, seeds).seed(&SeedOptions::default())?;
//! for run in &report.done {
//!     println!("seeded {} in {:?}", run.name, run.execution_time);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Backups`] takes copies of a whole database, and looks after a folder of them: `create`, `verify`,
//! `list`, `pin`, `prune` and `health`. What stays says a policy, [`backup::retention::Keep`], which is a
//! pure function of the backups and the time.
//!
//! ```no_run
//! use dieselkit::backup::CreateOptions;
//! use dieselkit::backup::retention::Keep;
//! use dieselkit::{Backups, Environment};
//!
//! # fn main() -> Result<(), dieselkit::Error> {
//! let address = "sqlite:app.db".parse()?;
//! let environment = Environment::new("production")?;
//!
//! let mut backups = Backups::new(&address, &environment, "backups");
//! let report = backups.create(&CreateOptions::default(), &Keep::default())?;
//! println!("took {}, removed {}", report.manifest.id, report.pruned.removed.len());
//! # Ok(())
//! # }
//! ```
//!
//! A run can have one made first, [`backup::SafetyBackup`]: beneath its own lock, named in its report and
//! in the history. Without it nothing runs.
//!
//! ```no_run
//! use dieselkit::backup::retention::Keep;
//! use dieselkit::backup::{CreateOptions, SafetyBackup};
//! use dieselkit::migration::CopyBefore;
//! use dieselkit::{Absent, Backups, Database, Environment, MigrationSet, Migrator, UpOptions};
//!
//! # fn main() -> Result<(), dieselkit::Error> {
//! let address = "sqlite:app.db".parse()?;
//! let environment = Environment::new("production")?;
//! let backups = Backups::new(&address, &environment, "backups");
//! let backup = SafetyBackup::new(backups, CreateOptions::default(), Keep::default());
//!
//! let database = Database::connect(&address, Absent::CreateFile)?;
//! let migrations = MigrationSet::from_folder("migrations")?;
//! let report = Migrator::new(database, migrations)
//!     .with_environment(environment)
//!     .with_safety_copy(CopyBefore::Destruction, backup)
//!     .up(&UpOptions::default())?;
//! println!("backed up as {:?}", report.backup.map(|copy| copy.name));
//! # Ok(())
//! # }
//! ```
//!
//! A server with many replicas starts with [`startup::AutoMigrator`]: one migrates and the others
//! wait for it, or all of them wait for a job of the deployment, or each refuses to start when it
//! is behind. Everything here blocks; an asynchronous program calls it on a blocking thread
//! (`spawn_blocking`).
//!
//! Each way to use the library has a program of its own in the folder `examples/`.
//!
//! # Errors
//!
//! Each room has one error type, and [`Error`] is the sum of them. The text is a fragment that
//! fits after "failed to" or "error:", the cause is its `source`, and `hint()` says what may help,
//! as a command that can be pasted where there is one. A [`migration::RunError`] that comes after
//! something was run carries the [`migration::RunReport`] of it. No error, event or row holds a
//! password.
//!
//! # Features
//!
//! | feature | what it does |
//! |---|---|
//! | `sqlite`, `postgres` | the engines; at least one is needed |
//! | `bundled` | compiles `SQLite` and libpq (with TLS) in, instead of using the system's |
//! | `cli` | what only the program needs; a library goes without: `default-features = false` |
//!
//! All are on by default.
//!
//! # The map of the house
//!
//! | room | what is in it |
//! |---|---|
//! | [`version`], [`checksum`], [`environment`], [`event`] | words: values without a database |
//! | [`shell`] | commands to paste: what a hint names is quoted here |
//! | [`file_kind`] | what stands in the place of a file, where that is something else |
//! | [`clock`], [`cancellation`] | what the caller lends: the time, and a way to stop |
//! | [`sql`] | SQL as text: tokens, statements, positions, checksums |
//! | [`backend`] | the two engines behind one trait; nothing else knows which it is |
//! | [`history`] | what was done to a database |
//! | `operation` | what every verb goes through: the lock, the session, the environment |
//! | [`migration`] | files, plan, runner, and the [`Migrator`] on top |
//! | [`seed`] | data files, plan, runner, and the [`Seeder`] on top |
//! | [`backup`] | copies of a database that can be trusted |
//! | [`lint`] | what is wrong with a migration before it runs |
//! | [`startup`] | migrating when a program starts |
//!
//! The arrows between them: `startup → migration → operation → history → backend → {sql, event,
//! file_kind} → shell → {version, checksum, environment, clock, cancellation}`, and never back;
//! `seed`, `backup` and `lint` stand beside `migration`, of which `seed` asks what is pending, and whose
//! files `lint` looks at.
//! [`Error`] alone, the sum of the areas' errors, knows them all.

pub mod backend;
pub mod backup;
pub mod cancellation;
pub mod checksum;
pub mod clock;
pub mod environment;
mod error;
pub mod event;
pub mod file_kind;
pub mod history;
pub mod lint;
pub mod migration;
mod operation;
pub mod seed;
pub mod shell;
pub mod sql;
pub mod startup;
pub mod version;

pub use backend::address::DatabaseAddress;
pub use backend::scratch::Scratch;
// The files of `tests/support` name one another from the root of whichever crate has them.
#[cfg(test)]
use backend::support;
pub use backend::{Absent, Access, Database};
pub use backup::Backups;
pub use environment::Environment;
pub use error::Error;
pub use migration::{Migration, MigrationSet, Migrator, RustMigration, UpOptions};
pub use seed::{SeedOptions, SeedSet, Seeder};
pub use version::{Target, UpTarget, Version};
