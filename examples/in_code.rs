//! Keeps its migrations in code, for a program or a library with a table or two.
//!
//! ```sh
//! cargo run --example in_code [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use dieselkit::migration::{RunReport, SourceError};
use dieselkit::{
    Absent, Database, DatabaseAddress, Migration, MigrationSet, Migrator, Target, UpOptions,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let (up, down) = there_and_back(&std::env::args().nth(1).unwrap_or(default))?;
    println!("applied {}, rolled back {}", up.done.len(), down.done.len());
    Ok(())
}

/// The migrations; like files, they are never changed once they are applied anywhere.
fn migrations() -> Result<MigrationSet, SourceError> {
    MigrationSet::from_list([
        Migration::from_sql(
            "001_create_notes",
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL);",
            Some("DROP TABLE notes;"),
        ),
        Migration::from_sql(
            "002_index_notes",
            "CREATE INDEX notes_body ON notes (body);",
            Some("DROP INDEX notes_body;"),
        ),
    ])
}

/// Applies all, and takes the last one back.
pub(crate) fn there_and_back(url: &str) -> Result<(RunReport, RunReport), dieselkit::Error> {
    let address: DatabaseAddress = url.parse()?;
    let database = Database::connect(&address, Absent::CreateFile)?;
    let mut migrator = Migrator::new(database, migrations()?);
    let up = migrator.up(&UpOptions::default())?;
    let down = migrator.rollback(Target::Steps(1))?;
    Ok((up, down))
}
