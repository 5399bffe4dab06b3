//! How many rows or values there are, without waiting long for whoever has them locked.

use std::time::Duration;

use crate::backend::limits::{Limit, Limits};
use crate::backend::query::{Query, Row};
use crate::backend::rows::{TableName, TableShape};
use crate::backend::tables::quote_identifier;
use crate::backend::{Backend, DatabaseError};
use crate::event::{Amount, Blocked, Certainty};

/// How many rows of a table are counted; where there are more, the engine's estimate has to do.
const EXACT_UP_TO: u64 = 1_000_000;

/// How long a count waits for a lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long further ones wait, once one of them did in vain: a plan may be about many tables.
const LITTLE_PATIENCE: Duration = Duration::from_millis(100);

/// Who counts.
pub(super) struct Counter<'a> {
    pub(super) backend: &'a mut dyn Backend,
    patience: Duration,
    exact_up_to: u64,
}

/// How many there are, and who kept it from being known.
pub(super) struct Counted {
    pub(super) amount: Amount,
    pub(super) blocked: Option<Blocked>,
}

impl Counted {
    /// Nobody knows how many.
    pub(super) fn unknown(blocked: Option<Blocked>) -> Self {
        let amount = Amount {
            count: None,
            certainty: Certainty::Unknown,
        };
        Self { amount, blocked }
    }

    fn estimated(estimate: Option<i64>, blocked: Option<Blocked>) -> Self {
        let Some(estimate) = estimate else {
            return Self::unknown(blocked);
        };
        let amount = Amount {
            count: Some(estimate.unsigned_abs()),
            certainty: Certainty::Estimated,
        };
        Self { amount, blocked }
    }
}

impl<'a> Counter<'a> {
    pub(super) fn new(backend: &'a mut dyn Backend) -> Self {
        Self {
            backend,
            patience: PATIENCE,
            exact_up_to: EXACT_UP_TO,
        }
    }

    /// Asks something in a transaction of its own, which a server ends where a privilege is lacking,
    /// and waits for no lock for long.
    pub(super) fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut dyn Backend) -> Result<T, DatabaseError>,
    ) -> Result<Result<T, DatabaseError>, DatabaseError> {
        self.backend.begin()?;
        let limits = Limits::default().with_lock_timeout(Limit::of(self.patience));
        let answer = self.backend.limit_transaction(limits);
        let answer = answer.and_then(|()| question(self.backend));
        self.backend.rollback()?;
        if answer.as_ref().is_err_and(is_of_a_lock) {
            self.patience = LITTLE_PATIENCE;
        }
        Ok(answer)
    }

    /// Counts a table's rows, or a column's values that are not null, with those of whatever inherits
    /// from it.
    pub(super) fn amount(
        &mut self,
        shape: &TableShape,
        column: Option<&str>,
    ) -> Result<Counted, DatabaseError> {
        self.amount_in(&shape.name.quoted(), shape, column)
    }

    /// Counts the rows that are a table's own, and go with it.
    pub(super) fn own_rows(&mut self, shape: &TableShape) -> Result<Counted, DatabaseError> {
        let own = format!("{}{}", shape.only, shape.name.quoted());
        self.amount_in(&own, shape, None)
    }

    fn amount_in(
        &mut self,
        rows: &str,
        shape: &TableShape,
        column: Option<&str>,
    ) -> Result<Counted, DatabaseError> {
        if shape.row_security {
            // Whoever may not see the rows may drop them all the same.
            let estimate = self.estimate(shape, column)?;
            return Ok(Counted::estimated(estimate, None));
        }
        let (table, limit) = (&shape.name, self.exact_up_to);
        let counted = self.ask(|backend| counted(backend, rows, column, limit))?;
        let (rows, values) = match counted {
            Ok(counted) => counted,
            Err(error) if is_of_a_lock(&error) => {
                let blocked = self.blocked(table);
                let estimate = self.estimate(shape, column)?;
                return Ok(Counted::estimated(estimate, Some(blocked)));
            }
            Err(_) => return Ok(Counted::unknown(None)),
        };
        if rows <= limit {
            return Ok(exactly(values));
        }
        let estimate = self.estimate(shape, column)?;
        let more_than = || Counted {
            amount: Amount {
                count: Some(values.min(limit)),
                certainty: Certainty::MoreThan,
            },
            blocked: None,
        };
        Ok(match estimate {
            Some(_) => Counted::estimated(estimate, None),
            None => more_than(),
        })
    }

    /// Counts the rows of what is no plain table, but can be read; nothing where it cannot.
    pub(super) fn rows_of_any(
        &mut self,
        name: &TableName,
    ) -> Result<Option<Counted>, DatabaseError> {
        let limit = self.exact_up_to;
        let counted = self.ask(|backend| counted(backend, &name.quoted(), None, limit))?;
        Ok(match counted {
            Ok((rows, _)) if rows <= limit => Some(exactly(rows)),
            Ok(_) => Some(Counted::unknown(None)),
            Err(error) if is_of_a_lock(&error) => {
                let blocked = self.blocked(name);
                Some(Counted::unknown(Some(blocked)))
            }
            Err(_) => None,
        })
    }

    /// Returns who has a table locked; what cannot be learned is not worth an error.
    pub(super) fn blocked(&mut self, table: &TableName) -> Blocked {
        let asked = self.ask(|backend| backend.kept_from_reading(table));
        asked.and_then(|blocked| blocked).unwrap_or_default()
    }

    fn estimate(
        &mut self,
        shape: &TableShape,
        column: Option<&str>,
    ) -> Result<Option<i64>, DatabaseError> {
        let estimate = self.ask(|backend| backend.estimate(shape, column))?;
        // Where the partitions are locked there is none.
        Ok(estimate.ok().flatten())
    }
}

/// Returns whether others' locks were in the way.
pub(super) fn is_of_a_lock(error: &DatabaseError) -> bool {
    error.is_late_for_a_lock() || error.is_locked_out()
}

fn exactly(count: u64) -> Counted {
    Counted {
        amount: Amount {
            count: Some(count),
            certainty: Certainty::Exact,
        },
        blocked: None,
    }
}

/// Counts rows, up to one more than the limit, and those with a value.
fn counted(
    backend: &mut dyn Backend,
    table: &str,
    column: Option<&str>,
    limit: u64,
) -> Result<(u64, u64), DatabaseError> {
    let value = column.map_or_else(|| "1".to_owned(), quote_identifier);
    let limit = limit + 1;
    let rows = backend.load(
        &Query::new(format!(
            "SELECT count(*), count(v) FROM (SELECT {value} AS v FROM {table} LIMIT {limit}) AS counted"
        ))
        .once(),
    )?;
    let row = rows
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    Ok((
        row.integer(0)?.unsigned_abs(),
        row.integer(1)?.unsigned_abs(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Absent, Database};
    use crate::support::engine::Engine;
    use crate::support::on_both_engines;

    on_both_engines![
        up_to_the_limit_it_is_exact_and_beyond_it_is_guessed,
        who_has_no_idea_says_more_than_the_limit,
    ];

    /// A thousand rows, of which every fourth has a nickname.
    const FILL: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT);
        INSERT INTO users (id, nickname)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT i, CASE WHEN i % 4 = 0 THEN 'a' END FROM n;";

    /// Counts the rows of the table, or the values of its column, up to a limit.
    fn amount(engine: &dyn Engine, column: Option<&str>, exact_up_to: u64) -> Amount {
        let address = engine.url().parse().expect("the support's URL is right");
        let mut database = Database::connect(&address, Absent::CreateFile).expect("it is there");
        let backend = database.backend().expect("it is connected");
        let shape = backend.table_shape(&TableName::parse("users"));
        let shape = shape.expect("it can be asked").expect("it is there");
        let mut counter = Counter::new(backend);
        counter.exact_up_to = exact_up_to;
        let amount = counter.amount(&shape, column);
        amount.expect("it can be counted").amount
    }

    fn of(count: u64, certainty: Certainty) -> Amount {
        Amount {
            count: Some(count),
            certainty,
        }
    }

    fn up_to_the_limit_it_is_exact_and_beyond_it_is_guessed(engine: &dyn Engine) {
        engine.execute(FILL);
        engine.execute("ANALYZE");
        assert_eq!(amount(engine, None, 1000), of(1000, Certainty::Exact));
        let values = amount(engine, Some("nickname"), 1000);
        assert_eq!(values, of(250, Certainty::Exact));
        assert_eq!(amount(engine, None, 999), of(1000, Certainty::Estimated));
        // SQLite notes nothing of nulls: of the thousand rows that it looked at so many had a value.
        let guessed = match engine.either("sqlite", "postgres") {
            "sqlite" => Certainty::MoreThan,
            _ => Certainty::Estimated,
        };
        let values = amount(engine, Some("nickname"), 999);
        assert_eq!(values, of(250, guessed));
    }

    fn who_has_no_idea_says_more_than_the_limit(engine: &dyn Engine) {
        engine.execute(FILL);
        let rows = amount(engine, None, 999);
        match engine.either("sqlite", "postgres") {
            "sqlite" => assert_eq!(rows, of(999, Certainty::MoreThan)),
            // Nobody has analyzed it; it guesses by the size of the file.
            _ => assert_ne!(rows.certainty, Certainty::Exact),
        }
    }
}
