//! What is counted in a copy.

use diesel::sql_types::Text;
use diesel::sqlite::{SqliteAggregateFunction, SqliteConnection};
use sha2::{Digest as _, Sha256};

use crate::backend::Backend;
use crate::backend::dump::{Hashing, SequenceFact, TableFact};
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::sqlite::contents::{joined, value};
use crate::backend::tables::quote_identifier;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Hashes texts, whatever their order.
    #[aggregate]
    fn dieselkit_contents(text: Text) -> Text;
}

/// The sum of the texts' hashes: a sum does not care for the order of what is added, and no two
/// texts take each other out.
#[derive(Debug, Default)]
struct Contents(u128);

impl SqliteAggregateFunction<String> for Contents {
    type Output = String;

    fn step(&mut self, text: String) {
        let digest = Sha256::digest(text.as_bytes());
        let (head, _) = digest.split_at(size_of::<u128>());
        let number = head
            .iter()
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        self.0 = self.0.wrapping_add(number);
    }

    fn finalize(aggregator: Option<Self>) -> String {
        format!("{:032x}", aggregator.unwrap_or_default().0)
    }
}

/// A table of a copy.
pub(super) struct Table {
    name: String,
    columns: Vec<String>,
}

/// Returns the tables, by name.
pub(super) fn tables(connection: &mut SqliteConnection) -> Result<Vec<Table>, DatabaseError> {
    let columns = connection.load(&Query::new(include_str!("../sql/dump_columns.sql")))?;
    columns
        .chunk_by(|one, other| one.text(0) == other.text(0))
        .map(|columns| {
            Ok(Table {
                name: columns[0].text(0)?,
                columns: columns
                    .iter()
                    .map(|column| column.text(1))
                    .collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

/// Lets a connection hash contents.
pub(super) fn teach_hashing(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    let registered = dieselkit_contents_utils::register_impl::<Contents, _>(connection);
    registered.map_err(DatabaseError::from)
}

/// Counts the rows of a table.
pub(super) fn table(
    connection: &mut SqliteConnection,
    table: &Table,
    hashing: Hashing,
) -> Result<TableFact, DatabaseError> {
    let hash = match hashing {
        Hashing::Skipped => "NULL".to_owned(),
        Hashing::Contents => {
            let values: Vec<String> = table.columns.iter().map(|name| value(name)).collect();
            format!("dieselkit_contents({})", joined(&values))
        }
    };
    let name = quote_identifier(&table.name);
    let query = Query::new(format!("SELECT count(*), {hash} FROM main.{name}"));
    let rows = connection.load(&query)?;
    let row = rows
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    Ok(TableFact {
        name,
        rows: u64::try_from(row.integer(0)?).unwrap_or_default(),
        content_hash: row.optional_text(1)?,
    })
}

/// Returns where `AUTOINCREMENT` stands: the last number that was given out.
pub(super) fn sequences(
    connection: &mut SqliteConnection,
) -> Result<Vec<SequenceFact>, DatabaseError> {
    let there = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'";
    if connection.load(&Query::new(there))?.is_empty() {
        return Ok(Vec::new());
    }
    // A program may have written anything into it.
    let query = "SELECT name, CAST(seq AS INTEGER) FROM main.sqlite_sequence WHERE name IS NOT NULL ORDER BY name";
    let rows = connection.load(&Query::new(query))?;
    let fact = |row: &Row| {
        Ok(SequenceFact {
            name: quote_identifier(&row.text(0)?),
            last_value: row.optional_integer(1)?.unwrap_or_default(),
            is_called: true,
        })
    };
    rows.iter().map(fact).collect()
}
