//! Migrates over the connection pool that the program has anyway.
//!
//! ```sh
//! cargo run --example pool [SQLITE_FILE]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use diesel::SqliteConnection;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection, R2D2Connection};
use dieselkit::migration::RunReport;
use dieselkit::{Database, MigrationSet, Migrator, UpOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = folder.path().join("app.db").display().to_string();
    let url = std::env::args().nth(1).unwrap_or(default);
    let pool = Pool::new(ConnectionManager::<SqliteConnection>::new(url))?;
    let report = migrate(&pool)?;
    println!("{} migrations applied", report.done.len());

    // The connection is back in the pool, with the settings that it had.
    let mut connection = pool.get()?;
    let users: i64 = diesel::RunQueryDsl::get_result(
        diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM users"),
        &mut connection,
    )?;
    println!("{users} users");
    Ok(())
}

/// Applies what is pending over one connection of the pool, which is given back when this returns.
///
/// A program that knows its database names its connection's type instead of `C`.
pub(crate) fn migrate<C>(pool: &Pool<ConnectionManager<C>>) -> Result<RunReport, dieselkit::Error>
where
    C: R2D2Connection + 'static,
    PooledConnection<ConnectionManager<C>>: Into<Database>,
{
    let migrations = MigrationSet::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    let database = Database::from_pool(pool)?;
    Ok(Migrator::new(database, migrations).up(&UpOptions::default())?)
}
