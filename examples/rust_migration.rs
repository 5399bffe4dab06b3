//! Writes one migration in Rust, where SQL alone would not do, in the same history as the others.
//!
//! ```sh
//! cargo run --example rust_migration [URL]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use diesel::prelude::*;
use dieselkit::migration::{RustResult, SourceError};
use dieselkit::{
    Absent, Database, DatabaseAddress, Migration, MigrationSet, Migrator, RustMigration, UpOptions,
};

use schema::articles;

mod schema {
    diesel::table! {
        articles (id) {
            id -> Integer,
            title -> Text,
            slug -> Text,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let default = format!("sqlite:{}", folder.path().join("app.db").display());
    let url = std::env::args().nth(1).unwrap_or(default);
    let address: DatabaseAddress = url.parse()?;
    let database = Database::connect(&address, Absent::CreateFile)?;
    let mut migrator = Migrator::new(database, migrations()?);
    for step in migrator.up(&UpOptions::default())?.done {
        println!("applied {}", step.name);
    }
    Ok(())
}

/// Two migrations of SQL and one of Rust.
pub(crate) fn migrations() -> Result<MigrationSet, SourceError> {
    MigrationSet::from_list([
        Migration::from_sql(
            "001_create_articles",
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
             INSERT INTO articles (id, title) VALUES (1, 'Why Rust?'), (2, 'On Memory');",
            Some("DROP TABLE articles;"),
        ),
        Migration::from_sql(
            "002_add_slug",
            "ALTER TABLE articles ADD COLUMN slug TEXT NOT NULL DEFAULT '';",
            Some("ALTER TABLE articles DROP COLUMN slug;"),
        ),
    ])?
    // A function cannot be hashed: "1" is its revision. Change it whenever the function does
    // something else, and databases where it is applied show it as modified.
    .with([RustMigration::new("003_fill_slugs", "1", fill_slugs).with_down(empty_slugs)])
}

/// Runs inside the migration's transaction: an error takes everything back.
fn fill_slugs(connection: &mut SqliteConnection) -> RustResult {
    let titles: Vec<(i32, String)> = articles::table
        .select((articles::id, articles::title))
        .load(connection)?;
    for (id, title) in titles {
        diesel::update(articles::table.find(id))
            .set(articles::slug.eq(slug(&title)))
            .execute(connection)?;
    }
    Ok(())
}

fn empty_slugs(connection: &mut SqliteConnection) -> RustResult {
    diesel::update(articles::table)
        .set(articles::slug.eq(""))
        .execute(connection)?;
    Ok(())
}

/// Returns a title as it stands in an address: `Why Rust?` gives `why-rust`.
fn slug(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}
