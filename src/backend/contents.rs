//! What the tables of a database hold, kept beside them and compared later, row by row, inside the
//! database: memory does not grow with the tables.
//!
//! It knows no seed: who changed what is for whoever asks to know.

use std::time::Duration;

use super::Backend;
use super::error::DatabaseError;
use super::query::{Query, Row};
use super::rows::TableShape;

/// How many keys of changed rows are named.
const KEYS_NAMED: usize = 5;
/// How much of a key is shown, in characters.
const KEY_SHOWN: usize = 80;

/// A table whose contents can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentTable {
    /// As people call it: with a schema where it is not the one that needs none.
    pub(crate) name: String,
    /// A query that returns for each row `k`, its primary key as text, and `h`, a text that is
    /// another where anything in the row is.
    pub(crate) rows: String,
    /// Whether it has a primary key; `k` is the same for all rows where it has none.
    pub(crate) keyed: bool,
}

/// A sequence and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SequenceValue {
    /// Quoted and qualified.
    pub(crate) name: String,
    pub(crate) last: i64,
    /// Whether `last` was given out.
    pub(crate) called: bool,
}

/// What an engine knows of its tables' contents; a supertrait of [`Backend`].
pub(crate) trait ContentsBackend {
    /// Returns every table that may hold anything but this tool's and Diesel's own bookkeeping.
    fn content_tables(&mut self) -> Result<Vec<ContentTable>, DatabaseError>;

    /// Returns how many rows the engine believes to be in a table, or values that are not null in one
    /// of its columns, counting nothing; `None` where it has no idea.
    fn estimate(
        &mut self,
        table: &TableShape,
        column: Option<&str>,
    ) -> Result<Option<i64>, DatabaseError>;

    /// Keeps other sessions from writing until the end of the transaction that is open.
    fn keep_writers_out(&mut self) -> Result<(), DatabaseError>;

    /// Makes the temporary table that contents are kept in, `(stage, place, k, h)`, and returns its
    /// name.
    fn create_contents(&mut self) -> Result<String, DatabaseError>;

    /// Returns for each table something that is the same as long as nobody writes to it in the
    /// transaction that is open; `None` where that cannot be known.
    fn write_marks(
        &mut self,
        tables: &[ContentTable],
    ) -> Result<Vec<Option<String>>, DatabaseError>;

    /// Makes moments that the open transaction has written look older than those that it writes
    /// from now on, where its clock stands still; else returns how long to wait for that.
    fn age_moments(&mut self) -> Result<Duration, DatabaseError>;

    /// Returns whether there may be constraints that wait for the commit without being told to.
    fn may_wait(&mut self) -> Result<bool, DatabaseError>;

    /// Checks what is otherwise only checked at the commit, which does not come here.
    fn check_deferred(&mut self) -> Result<(), DatabaseError>;

    /// Returns where the sequences stand, which no rollback moves back.
    fn sequence_values(&mut self) -> Result<Vec<SequenceValue>, DatabaseError>;

    /// Puts those back that have moved.
    fn put_sequences_back(&mut self, found: &[SequenceValue]) -> Result<(), DatabaseError>;
}

/// In what a table's contents differ from those that were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    /// The first few keys of changed rows, in order; none of a table without a primary key.
    pub(crate) keys: Vec<String>,
}

impl Difference {
    /// Returns whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.inserted + self.updated + self.deleted == 0
    }
}

/// What is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The contents at the beginning.
    First,
    /// Those after the last change that was found.
    Last,
}

impl Stage {
    fn number(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Last => 1,
        }
    }
}

/// The contents of all tables at one moment, kept in a temporary table.
#[derive(Debug)]
pub(crate) struct Contents {
    table: String,
    tables: Vec<ContentTable>,
    marks: Vec<Option<String>>,
    /// For each table what its contents are compared with next.
    stages: Vec<Stage>,
}

impl Contents {
    /// Keeps what all tables hold now, until the transaction that is open ends.
    pub(crate) fn keep(backend: &mut dyn Backend) -> Result<Self, DatabaseError> {
        let tables = backend.content_tables()?;
        let mut contents = Self {
            table: backend.create_contents()?,
            marks: Vec::new(),
            stages: vec![Stage::First; tables.len()],
            tables,
        };
        for place in 0..contents.tables.len() {
            contents.copy(backend, Stage::First, place)?;
        }
        contents.marks = backend.write_marks(&contents.tables)?;
        Ok(contents)
    }

    /// Returns how many tables there are.
    pub(crate) fn len(&self) -> usize {
        self.tables.len()
    }

    /// Returns what people call a table.
    pub(crate) fn name(&self, place: usize) -> &str {
        &self.tables[place].name
    }

    /// Returns the tables whose contents are not what they were when this was asked last.
    pub(crate) fn changed(
        &mut self,
        backend: &mut dyn Backend,
    ) -> Result<Vec<usize>, DatabaseError> {
        let marks = backend.write_marks(&self.tables)?;
        let mut changed = Vec::new();
        for (place, mark) in marks.iter().enumerate() {
            let written = mark.is_none() || *mark != self.marks[place];
            if written && self.differs(backend, place)? {
                self.copy(backend, Stage::Last, place)?;
                self.stages[place] = Stage::Last;
                changed.push(place);
            }
        }
        // Copying writes as well, where the engine counts for all tables at once.
        self.marks = backend.write_marks(&self.tables)?;
        Ok(changed)
    }

    /// Returns in what a table's contents differ from those at the beginning.
    pub(crate) fn difference(
        &self,
        backend: &mut dyn Backend,
        place: usize,
    ) -> Result<Difference, DatabaseError> {
        let delta = self.delta(Stage::First, place);
        let keyed = self.tables[place].keyed;
        // Without a key nothing says which row became which.
        let same = if keyed {
            "CASE WHEN came < gone THEN came ELSE gone END"
        } else {
            "0"
        };
        let sum = |what: &str| format!("CAST(coalesce(sum({what}), 0) AS bigint)");
        let counts = Query::new(format!(
            "SELECT {}, {}, {} FROM ({delta}) AS delta",
            sum(&format!("came - {same}")),
            sum(same),
            sum(&format!("gone - {same}")),
        ));
        let rows = backend.load(&counts.once())?;
        let row = rows
            .first()
            .cloned()
            .unwrap_or_else(|| Row::new(Vec::new()));
        let count = |column| Ok::<_, DatabaseError>(row.integer(column)?.unsigned_abs());
        Ok(Difference {
            inserted: count(0)?,
            updated: count(1)?,
            deleted: count(2)?,
            keys: if keyed {
                keys(backend, &delta)?
            } else {
                Vec::new()
            },
        })
    }

    fn differs(&self, backend: &mut dyn Backend, place: usize) -> Result<bool, DatabaseError> {
        let delta = self.delta(self.stages[place], place);
        let any = Query::new(format!("SELECT 1 FROM ({delta}) AS delta LIMIT 1"));
        Ok(!backend.load(&any.once())?.is_empty())
    }

    fn copy(
        &self,
        backend: &mut dyn Backend,
        stage: Stage,
        place: usize,
    ) -> Result<(), DatabaseError> {
        let (table, stage) = (&self.table, stage.number());
        backend.batch_execute(&format!(
            "DELETE FROM {table} WHERE stage = {stage} AND place = {place};
INSERT INTO {table} (stage, place, k, h) SELECT {stage}, {place}, k, h FROM ({}) AS now",
            self.tables[place].rows
        ))
    }

    /// Returns the query of what came and what went, per key: rows are compared as multisets.
    fn delta(&self, stage: Stage, place: usize) -> String {
        format!(
            "SELECT k,
  CAST(sum(CASE WHEN n > 0 THEN n ELSE 0 END) AS bigint) AS came,
  CAST(sum(CASE WHEN n < 0 THEN -n ELSE 0 END) AS bigint) AS gone
FROM (
  SELECT k, h, sum(n) AS n
  FROM (
    SELECT k, h, -1 AS n FROM {} WHERE stage = {} AND place = {place}
    UNION ALL
    SELECT k, h, 1 FROM ({}) AS now
  ) AS both_times
  GROUP BY k, h
  HAVING sum(n) <> 0
) AS changed
GROUP BY k",
            self.table,
            stage.number(),
            self.tables[place].rows
        )
    }
}

fn keys(backend: &mut dyn Backend, delta: &str) -> Result<Vec<String>, DatabaseError> {
    let query = format!("SELECT k FROM ({delta}) AS delta ORDER BY k LIMIT {KEYS_NAMED}");
    let rows = backend.load(&Query::new(query).once())?;
    let shown = |row: &Row| Ok(shortened(&row.text(0)?));
    rows.iter().map(shown).collect()
}

fn shortened(key: &str) -> String {
    match key.char_indices().nth(KEY_SHOWN) {
        None => key.to_owned(),
        Some((end, _)) => format!("{}…", &key[..end]),
    }
}
