//! Indexes that are built while others write, and what is left of one that could not be.
//!
//! A failed `CREATE INDEX CONCURRENTLY` leaves an index that nothing uses, that every write still
//! pays for, and that `IF NOT EXISTS` takes for made
//! (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>).

use diesel::pg::PgConnection;

use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::{Backend, Built};
use crate::sql::{Phrase, Script, TokenKind};

/// Of a table, all of them or the one of a name; without a table the index itself, and what a
/// failed `REINDEX` has left beside it.
const INVALID: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND CASE
  WHEN ? IS NULL THEN
    i.indexrelid = pg_catalog.to_regclass(?)
    OR (c.relname LIKE '%\\_ccnew%' AND i.indrelid = (
      SELECT whole.indrelid FROM pg_catalog.pg_index AS whole
      WHERE whole.indexrelid = pg_catalog.to_regclass(?)
    ))
  ELSE
    i.indrelid = pg_catalog.to_regclass(?)
    AND (? IS NULL OR c.relname = (pg_catalog.parse_ident(?))[1])
END
ORDER BY 1";

/// What a statement with `CONCURRENTLY` names, as it is written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    index: Option<String>,
    table: Option<String>,
}

/// Returns the invalid indexes that are there after a statement because of it, or that it has taken
/// for made.
pub(super) fn invalid(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    built: Built,
) -> Result<Vec<String>, DatabaseError> {
    let text = script.statement_text(statement).to_ascii_uppercase();
    if !text.contains("CONCURRENTLY") {
        return Ok(Vec::new());
    }
    let Some(named) = script.with_phrase(statement, named) else {
        return Ok(Vec::new());
    };
    if built == Built::Done && (named.index.is_none() || named.table.is_none()) {
        return Ok(Vec::new());
    }
    let Named { index, table } = named;
    let query = Query::new(INVALID)
        .bind(table.clone())
        .bind(index.clone())
        .bind(index.clone())
        .bind(table)
        .bind(index.clone())
        .bind(index);
    let rows = connection.load(&query.once())?;
    rows.iter().map(|row| row.text(0)).collect()
}

fn named(statement: Phrase<'_>) -> Option<Named> {
    let count = statement.tokens().len();
    let at = (0..count).find(|index| statement.is_word(*index, "CONCURRENTLY"))?;
    let kind = at.checked_sub(1)?;
    let name = after_words(statement, at + 1, &["IF", "NOT", "EXISTS"]);
    if statement.is_word(0, "CREATE") && statement.is_word(kind, "INDEX") {
        return Some(created(statement, name));
    }
    let (name, _) = qualified(statement, name);
    let is_table = statement.is_word(0, "REINDEX") && statement.is_word(kind, "TABLE");
    let is_index = statement.is_any_word(0, &["REINDEX", "DROP"]);
    if is_table {
        Some(Named {
            index: None,
            table: name,
        })
    } else {
        (is_index && statement.is_word(kind, "INDEX")).then_some(Named {
            index: name,
            table: None,
        })
    }
}

/// Reads `[name] ON [ONLY] table`.
fn created(statement: Phrase<'_>, start: usize) -> Named {
    let (index, next) = if statement.is_word(start, "ON") {
        (None, start)
    } else {
        qualified(statement, start)
    };
    let table = after_words(statement, next, &["ON", "ONLY"]);
    Named {
        index,
        table: qualified(statement, table).0,
    }
}

/// Returns the place after whichever of some words stand at a place.
fn after_words(statement: Phrase<'_>, start: usize, words: &[&str]) -> usize {
    let mut next = start;
    while statement.is_any_word(next, words) {
        next += 1;
    }
    next
}

/// Returns the name at a place, with what stands before its dots, and the place after it.
fn qualified(statement: Phrase<'_>, start: usize) -> (Option<String>, usize) {
    let is_name = |index| {
        matches!(
            statement.kind_at(index),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier)
        )
    };
    if !is_name(start) {
        return (None, start);
    }
    let mut name = statement.text_at(start).to_owned();
    let mut next = start + 1;
    while statement.is_mark(next, ".") && is_name(next + 1) {
        name = format!("{name}.{}", statement.text_at(next + 1));
        next += 2;
    }
    (Some(name), next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    fn read(text: &str) -> Option<(Option<String>, Option<String>)> {
        let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
        let named = script.with_phrase(0, named)?;
        Some((named.index, named.table))
    }

    #[test]
    fn what_is_built_concurrently_is_known_by_its_words() {
        let name = |name: &str| Some(name.to_owned());
        for (text, index, table) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", name("i"), name("t")),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON ONLY s.\"T\" USING btree (a);",
                name("\"I\""),
                name("s.\"T\""),
            ),
            ("CREATE INDEX CONCURRENTLY ON t (a)", None, name("t")),
            (
                "REINDEX (VERBOSE) TABLE CONCURRENTLY s.t",
                None,
                name("s.t"),
            ),
            ("REINDEX INDEX CONCURRENTLY i", name("i"), None),
            ("DROP INDEX CONCURRENTLY IF EXISTS s.i", name("s.i"), None),
        ] {
            assert_eq!(read(text), Some((index, table)), "{text}");
        }
        for text in [
            "CREATE INDEX i ON t (a)",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "SELECT concurrently",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
