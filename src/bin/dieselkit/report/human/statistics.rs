//! The database's size, its tables and the server's version.

use dieselkit::backend::Statistics;

use super::{column, counted, size};
use crate::report::table::{Form, lay_out};

pub(super) fn statistics_text(statistics: &Statistics) -> String {
    let mut text = format!(
        "{}, {} in {}\n",
        statistics.server_version,
        size(statistics.database_bytes),
        counted(statistics.tables.len(), "table")
    );
    if statistics.tables.is_empty() {
        return text;
    }
    let columns = vec![column("table", 0), column("rows", 0), column("size", 0)];
    let rows: Vec<Vec<String>> = statistics
        .tables
        .iter()
        .map(|table| {
            vec![
                table.name.clone(),
                table
                    .rows
                    .map_or_else(|| "?".to_owned(), |rows| rows.to_string()),
                table.bytes.map_or_else(|| "?".to_owned(), size),
            ]
        })
        .collect();
    text.push('\n');
    text += &lay_out(&[Form { columns, rows }]).0;
    text
}
