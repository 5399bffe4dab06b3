//! Queries with bound values, and their rows, the same for both engines.
//!
//! It exists because the tables of this tool are addressed by a schema that is only known at run
//! time, which `diesel::table!` cannot express. It knows no table and no engine: the engines' own
//! folders say how a value is bound and read.

use chrono::NaiveDateTime;
use diesel::query_builder::{Query as DieselQuery, QueryId};
use diesel::sql_types::Untyped;

use super::error::DatabaseError;

/// A value bound to a query; `None` is a typed NULL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bind {
    /// `TEXT`.
    Text(Option<String>),
    /// `BIGINT`.
    Integer(Option<i64>),
    /// `BOOLEAN`.
    Boolean(Option<bool>),
    /// `TIMESTAMP`, in UTC.
    Timestamp(Option<NaiveDateTime>),
}

impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Bind {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Bind {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Bind {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Bind {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Bind {
    fn from(value: bool) -> Self {
        Self::Boolean(Some(value))
    }
}

impl From<NaiveDateTime> for Bind {
    fn from(value: NaiveDateTime) -> Self {
        Self::Timestamp(Some(value))
    }
}

impl From<Option<NaiveDateTime>> for Bind {
    fn from(value: Option<NaiveDateTime>) -> Self {
        Self::Timestamp(value)
    }
}

/// A statement with a `?` for each bound value. Where any other `?` stands in it, as in a name, it
/// stands behind those.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    sql: String,
    binds: Vec<Bind>,
    reuse: Reuse,
}

/// Whether the engine may keep a query prepared for its next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// It may, which saves time.
    Kept,
    /// It may not: what is kept under a name stays in a server's process, where a pooler's next
    /// client meets it.
    Once,
}

impl Query {
    /// Makes a query of SQL text without values.
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            binds: Vec::new(),
            reuse: Reuse::Kept,
        }
    }

    /// Lets nothing be kept of the query.
    pub(crate) fn once(mut self) -> Self {
        self.reuse = Reuse::Once;
        self
    }

    /// Returns whether the engine may keep it prepared.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "only a server has poolers before it")
    )]
    pub(crate) fn reuse(&self) -> Reuse {
        self.reuse
    }

    /// Binds the next value.
    pub(crate) fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        self
    }

    /// Adds another query's text and values behind this one's.
    pub(crate) fn then(mut self, tail: &Self) -> Self {
        self.sql.push(' ');
        self.sql.push_str(&tail.sql);
        self.binds.extend(tail.binds.iter().cloned());
        self
    }

    /// Returns the text between the values, each followed by its value; the last has none.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, Option<&Bind>)> {
        self.sql
            .splitn(self.binds.len() + 1, '?')
            .zip(self.binds.iter().map(Some).chain(std::iter::repeat(None)))
    }
}

// The SQL text itself is the key of the prepared statement's cache.
impl QueryId for Query {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl DieselQuery for Query {
    type SqlType = Untyped;
}

/// A value read from the database.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "SQLite gives numbers and texts alone")
)]
pub(crate) enum Value {
    /// NULL.
    Null,
    /// Any text.
    Text(String),
    /// Any whole number.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
    /// A moment in UTC.
    Timestamp(NaiveDateTime),
}

/// One row of a result: its values, in the order of the query's columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row(Vec<Value>);

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    fn value(&self, column: usize) -> Result<&Value, DatabaseError> {
        self.0
            .get(column)
            .ok_or_else(|| DatabaseError::unreadable(column, "a value"))
    }

    /// Returns a text, or `None` for NULL.
    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<String>, DatabaseError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            _ => Err(DatabaseError::unreadable(column, "a text")),
        }
    }

    /// Returns a text.
    pub(crate) fn text(&self, column: usize) -> Result<String, DatabaseError> {
        self.optional_text(column)?
            .ok_or_else(|| DatabaseError::unreadable(column, "a text"))
    }

    /// Returns a whole number, or `None` for NULL.
    pub(crate) fn optional_integer(&self, column: usize) -> Result<Option<i64>, DatabaseError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(*number)),
            _ => Err(DatabaseError::unreadable(column, "a whole number")),
        }
    }

    /// Returns a whole number.
    pub(crate) fn integer(&self, column: usize) -> Result<i64, DatabaseError> {
        self.optional_integer(column)?
            .ok_or_else(|| DatabaseError::unreadable(column, "a whole number"))
    }

    /// Returns a truth value; SQLite keeps them as numbers.
    pub(crate) fn boolean(&self, column: usize) -> Result<bool, DatabaseError> {
        match self.value(column)? {
            Value::Boolean(truth) => Ok(*truth),
            Value::Integer(number) => Ok(*number != 0),
            _ => Err(DatabaseError::unreadable(column, "a truth value")),
        }
    }

    /// Returns a moment, or `None` for NULL; SQLite keeps them as text.
    pub(crate) fn optional_timestamp(
        &self,
        column: usize,
    ) -> Result<Option<NaiveDateTime>, DatabaseError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Timestamp(moment) => Ok(Some(*moment)),
            Value::Text(text) => parse_timestamp(text)
                .map(Some)
                .ok_or_else(|| DatabaseError::unreadable(column, "a timestamp")),
            _ => Err(DatabaseError::unreadable(column, "a timestamp")),
        }
    }

    /// Returns a moment.
    pub(crate) fn timestamp(&self, column: usize) -> Result<NaiveDateTime, DatabaseError> {
        self.optional_timestamp(column)?
            .ok_or_else(|| DatabaseError::unreadable(column, "a timestamp"))
    }
}

/// Reads a timestamp as SQLite's `CURRENT_TIMESTAMP` and Diesel write it.
fn parse_timestamp(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}
