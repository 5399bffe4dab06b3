//! What the programs of the page write, each to a row and with a value that nobody else has written,
//! and what they read of it.
//!
//! Knows of SQL only how the page writes it: `UPDATE table SET column = value WHERE key = 7;`.

use diesel::PgConnection;

use super::chapter::Change;
use crate::support::engine::column;

/// A change of one column of one row.
#[derive(Debug)]
pub(super) struct Write {
    /// The statement.
    pub(super) sql: String,
    /// The table that it is of.
    pub(super) table: String,
    /// What finds the row.
    pub(super) key: String,
    column: String,
    /// What it writes; `None`: what was there makes a part of it.
    value: Option<String>,
}

/// What a release reads of a row: columns and values, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer(Vec<(String, String)>);

/// Returns the writes of a release, each with a value of its own.
pub(super) fn updates(change: &Change, release: u8, id: i64, mark: &str) -> Vec<Write> {
    let statements = change.program(release).iter();
    let updates = statements.filter(|text| text.starts_with("UPDATE "));
    let written = updates.map(|text| {
        let (head, change) = text.split_once(" SET ").expect("it sets something");
        let (change, row) = change.split_once(" WHERE ").expect("it is of a row");
        let (key, _) = row.split_once(" = ").expect("it is of a row");
        let (column, value) = change.split_once(" = ").expect("it sets a column");
        let own = value.starts_with('\'').then(|| format!("{column} {mark}"));
        let sql = match &own {
            Some(own) => text.replace(value, &format!("'{own}'")),
            None => text.clone(),
        };
        Write {
            table: head["UPDATE ".len()..].to_owned(),
            key: key.to_owned(),
            sql: of_row(&sql, id),
            column: column.to_owned(),
            value: own,
        }
    });
    written.collect()
}

/// Returns the statements that make rows, and the table that each makes one of.
pub(super) fn inserts(change: &Change, release: u8) -> Vec<(&str, &str)> {
    let statements = change.program(release).iter();
    let inserts = statements.filter_map(|text| {
        let (_, table) = text.split_once("INSERT INTO ")?;
        let (table, _) = table.split_once(' ')?;
        Some((text.trim_end_matches(';'), table))
    });
    inserts.collect()
}

/// Has a statement of the page speak of another row.
fn of_row(statement: &str, id: i64) -> String {
    let (text, _) = statement.rsplit_once(" = ").expect("it is of a row");
    format!("{text} = {id}")
}

impl Answer {
    /// Asks all that a release reads.
    pub(super) fn of(connection: &mut PgConnection, change: &Change, release: u8, id: i64) -> Self {
        let statements = change.program(release).iter();
        let mut answer = Vec::new();
        for text in statements.filter(|text| text.starts_with("SELECT ")) {
            let (columns, _) = text["SELECT ".len()..]
                .split_once(" FROM ")
                .expect("it reads a table");
            let columns: Vec<&str> = columns.split(", ").collect();
            let names: Vec<String> = (0..columns.len()).map(|n| format!("c{n}")).collect();
            let rows: Vec<String> = (0..columns.len())
                .map(|n| format!("({n}, c{n}::text)"))
                .collect();
            let query = format!(
                "SELECT coalesce(value, 'NULL')
                 FROM (SELECT) AS one LEFT JOIN ({}) AS found ({}) ON true
                 CROSS JOIN LATERAL (VALUES {}) AS cells (n, value) ORDER BY n",
                of_row(text, id),
                names.join(", "),
                rows.join(", ")
            );
            let values = column!(connection, &query);
            let plain = columns.iter().map(|it| it.rsplit('.').next().unwrap_or(it));
            answer.extend(plain.map(str::to_owned).zip(values));
        }
        Self(answer)
    }

    /// Returns whether another release reads as many values.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
    }

    /// Returns the values without the names, which differ between releases.
    pub(super) fn values(&self) -> Vec<&str> {
        self.0.iter().map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the value of a column.
    fn value(&self, column: &str) -> &str {
        let cell = self.0.iter().find(|(name, _)| name == column);
        &cell.unwrap_or_else(|| panic!("nobody reads `{column}`")).1
    }

    /// Proves that what was written is there.
    #[track_caller]
    pub(super) fn has(&self, write: &Write) {
        if let Some(value) = &write.value {
            assert_eq!(self.value(&write.column), value, "{}", write.sql);
        }
    }

    /// Proves that what was written is there, and that nothing else has become different.
    #[track_caller]
    pub(super) fn differs_by(&self, before: &Self, write: &Write) {
        self.has(write);
        let others = |answer: &Self| {
            let cells = answer.0.iter().filter(|(name, _)| *name != write.column);
            cells.cloned().collect::<Vec<_>>()
        };
        assert_eq!(others(self), others(before), "{}", write.sql);
        assert_ne!(self, before, "{}", write.sql);
    }
}
