//! Whose an invalid index is where its statement says no name: the server chooses one, and another one
//! as long as the first is taken.

use diesel::pg::PgConnection;

use super::invalid_of;
use super::named::{Work, after_words, named_by, qualified, unquoted};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::{Earlier, Leftovers};
use crate::backend::query::Query;
use crate::sql::{Phrase, Script};

/// Returns what an earlier attempt at a statement without a name has left, and what others have.
pub(in crate::backend::postgres) fn unnamed(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    earlier: &Earlier,
) -> Result<Leftovers, DatabaseError> {
    let named = named_by(script, statement)
        .filter(|named| named.work == Work::Create && named.index.is_none());
    let Some(named) = named else {
        return Ok(Leftovers::default());
    };
    let found = invalid_of(connection, &named)?;
    let same = match (earlier, found.first(), &named.table) {
        (Earlier::CutOff, Some(first), Some(table)) => {
            let anew = script.with_phrase(statement, |phrase| Anew::of(phrase, table));
            same(connection, &first.table, &anew)
        }
        _ => Vec::new(),
    };
    let indexes = found.into_iter().map(|found| found.index);
    let (own, others) = indexes.partition(|name| earlier.names(name) || same.contains(name));
    Ok(Leftovers { own, others })
}

/// The same index on an empty table of the same name and columns, which nobody else sees.
#[derive(Debug, PartialEq, Eq)]
struct Anew {
    table: String,
    index: String,
}

impl Anew {
    fn of(statement: Phrase<'_>, table: &str) -> Self {
        let count = statement.tokens().len();
        let find = |word| (0..count).find(|index| statement.is_word(*index, word));
        let concurrently = find("CONCURRENTLY").unwrap_or(count);
        let start = after_words(statement, find("ON").unwrap_or(count), &["ON", "ONLY"]);
        let end = qualified(statement, start).1;
        let table = format!("pg_temp.\"{}\"", unquoted(table).replace('"', "\"\""));
        let texts = |from: usize, to: usize| (from..to).map(|index| statement.text_at(index));
        // Two literals that follow each other are one only where a line ends between them.
        let words: Vec<&str> = texts(0, concurrently)
            .chain(texts(concurrently + 1, start))
            .chain([table.as_str()])
            .chain(texts(end, count))
            .collect();
        Self {
            index: words.join("\n"),
            table,
        }
    }
}

/// Returns the invalid indexes of a table, by its qualified name, that say the same as one that is
/// built anew, which is rolled back: beside that one the table's own name means another.
/// Where it cannot be, nothing is known to be the same.
fn same(connection: &mut PgConnection, table: &str, anew: &Anew) -> Vec<String> {
    let mut ask = || {
        connection.begin()?;
        connection.batch_execute(&format!("CREATE TABLE {} (LIKE {table})", anew.table))?;
        connection.batch_execute(&anew.index)?;
        let query = Query::new(include_str!("../sql/same_indexes.sql"))
            .bind(anew.table.as_str())
            .bind(table);
        let rows = connection.load(&query.once())?;
        rows.iter().map(|row| row.text(0)).collect()
    };
    let same: Result<Vec<String>, DatabaseError> = ask();
    // Outside of a transaction this fails, and does nothing.
    let _ = connection.rollback();
    same.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    #[test]
    fn the_same_index_is_built_where_nobody_sees_it() {
        for (text, table, anew) in [
            (
                "CREATE UNIQUE INDEX CONCURRENTLY ON ONLY app.\"A \"\"b\" USING btree (id) -- why\n WHERE id > 1;",
                "pg_temp.\"A \"\"b\"",
                "CREATE UNIQUE INDEX ON ONLY pg_temp.\"A \"\"b\" USING btree ( id ) WHERE id > 1 ;",
            ),
            (
                "create index concurrently on Notes (lower(text || 'a, b'))",
                "pg_temp.\"notes\"",
                "create index on pg_temp.\"notes\" ( lower ( text || 'a, b' ) )",
            ),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            let named = named_by(&script, 0).and_then(|named| named.table);
            let named = named.expect("it names a table");
            let built = script.with_phrase(0, |phrase| Anew::of(phrase, &named));
            assert_eq!(built.table, table);
            assert_eq!(built.index.replace('\n', " "), anew);
        }
    }
}
