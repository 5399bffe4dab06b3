//! Indexes that are built while others write, and what is left of one that could not be.
//!
//! A failed `CREATE INDEX CONCURRENTLY` leaves an index that nothing uses, that every write still
//! pays for, and that `IF NOT EXISTS` takes for made
//! (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>).

mod unnamed;

use diesel::pg::PgConnection;

use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::{Backend, Built};
use crate::event::Needless;
use crate::sql::{Phrase, Script, TokenKind};
pub(super) use unnamed::unnamed;

/// Of a table, all of them or the one of a name; without a table the index itself, and what a
/// failed `REINDEX` has left beside it. The index of a partitioned table that waits for its parts is
/// invalid by design.
const INVALID: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND CASE
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

/// Whether a table has pages, and whether it was made by a transaction from a number on: a row of its
/// columns that nothing changes is as old as it is.
const NEEDLESS: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.age(a.xmin) <= pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) - ?,
  pg_catalog.pg_relation_size(c.oid) = 0
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = -1
WHERE c.oid = pg_catalog.to_regclass(?)";

/// What a statement does concurrently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Create,
    Reindex,
    Drop,
}

/// What a statement with `CONCURRENTLY` names, as it is written.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    work: Work,
    index: Option<String>,
    table: Option<String>,
}

/// Returns whether a statement does its work beside others: builds, drops, detaches or refreshes
/// something `CONCURRENTLY`, for which it waits until their transactions are over.
pub(super) fn is_concurrent(script: &Script, statement: usize) -> bool {
    let text = script.statement_text(statement).to_ascii_uppercase();
    let verbs = ["CREATE", "REINDEX", "DROP", "ALTER", "REFRESH"];
    text.contains("CONCURRENTLY")
        && script.with_phrase(statement, |phrase| {
            let says = |index| phrase.is_word(index, "CONCURRENTLY");
            phrase.is_any_word(0, &verbs) && (0..phrase.tokens().len()).any(says)
        })
}

/// Returns the invalid indexes that are there after a statement because of it, or that it has taken
/// for made.
pub(super) fn invalid(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    built: Built,
) -> Result<Vec<String>, DatabaseError> {
    let Some(named) = named_by(script, statement) else {
        return Ok(Vec::new());
    };
    let is_asked = match (built, named.work) {
        (Built::Failed, _) => true,
        (Built::Done, Work::Create | Work::Reindex) => named.index.is_some(),
        (Built::Done, Work::Drop) => false,
    };
    if !is_asked {
        return Ok(Vec::new());
    }
    let Named { index, table, .. } = named;
    // What a failed `REINDEX` makes beside its index is none of the next one's that is done.
    let beside = index.clone().filter(|_| built == Built::Failed);
    let query = Query::new(INVALID)
        .bind(table.clone())
        .bind(index.clone())
        .bind(beside)
        .bind(table)
        .bind(index.clone())
        .bind(index);
    let rows = connection.load(&query.once())?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Drops what earlier attempts have left of the index that a statement builds: under its name, or under
/// one of those that are known to be its `own`; returns the names. The drop itself stops no one.
pub(super) fn clear_way(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    own: &[String],
) -> Result<Vec<String>, DatabaseError> {
    let Some(named) = named_by(script, statement).filter(Named::may_leave) else {
        return Ok(Vec::new());
    };
    let found = in_the_way(connection, &named, own)?;
    let Some(first) = found.first() else {
        return Ok(Vec::new());
    };
    connection.begin()?;
    let indexes = match nobodys(connection, &named, own, &first.table) {
        Ok(indexes) => connection.commit().map(|()| indexes)?,
        Err(error) => {
            // The first error is the one worth telling.
            let _ = connection.rollback();
            return Err(error);
        }
    };
    for index in &indexes {
        connection.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
    }
    Ok(indexes)
}

/// Returns the indexes that nobody is building, in a transaction: whoever builds one holds a lock on
/// the table that this one waits for, gives it back as soon as the index is marked as valid, and
/// commits that only then.
fn nobodys(
    connection: &mut PgConnection,
    named: &Named,
    own: &[String],
    table: &str,
) -> Result<Vec<String>, DatabaseError> {
    let lock = format!("LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE");
    connection.batch_execute(&lock)?;
    let is_changing = |found: Vec<Invalid>| found.iter().any(|index| index.is_changing);
    while is_changing(in_the_way(connection, named, own)?) {
        connection.batch_execute("SELECT pg_catalog.pg_sleep(0.02)")?;
    }
    // What was committed in between is seen by a further look alone.
    let left = in_the_way(connection, named, own)?;
    Ok(left.into_iter().map(|found| found.index).collect())
}

/// An index that cannot be used.
struct Invalid {
    /// Its name as the catalog has it.
    name: String,
    /// Its name, qualified and quoted.
    index: String,
    /// The table's, likewise.
    table: String,
    /// Whether somebody is changing its row of the catalog.
    is_changing: bool,
}

/// Returns the invalid indexes that are in a statement's way.
fn in_the_way(
    connection: &mut PgConnection,
    named: &Named,
    own: &[String],
) -> Result<Vec<Invalid>, DatabaseError> {
    let mut found = invalid_of(connection, named)?;
    found.retain(|found| named.is_left_as(&found.name) || own.contains(&found.index));
    Ok(found)
}

/// Returns the invalid indexes of the table that a statement names, or whose index it names.
fn invalid_of(connection: &mut PgConnection, named: &Named) -> Result<Vec<Invalid>, DatabaseError> {
    // An index is looked for on the table that is named, and by its own name where none is.
    let index = named.index.clone().filter(|_| named.table.is_none());
    let query = Query::new(include_str!("sql/invalid_indexes.sql"))
        .bind(named.table.clone())
        .bind(index);
    let rows = connection.load(&query.once())?;
    let read = |row: &Row| {
        Ok(Invalid {
            name: row.text(0)?,
            index: row.text(1)?,
            table: row.text(2)?,
            is_changing: row.boolean(3)?,
        })
    };
    rows.iter().map(read).collect()
}

impl Named {
    fn may_leave(&self) -> bool {
        self.work != Work::Drop
    }

    /// Returns whether an invalid index of the table is what is left of this: of the very name, which
    /// a `REINDEX` mends itself, or with the ending of what a `REINDEX` makes beside it.
    /// <https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>
    fn is_left_as(&self, relation: &str) -> bool {
        let beside = ["_ccnew", "_ccold"].iter().find_map(|ending| {
            let name = relation.trim_end_matches(|letter: char| letter.is_ascii_digit());
            name.strip_suffix(ending)
        });
        let wanted = self.index.as_deref().map(unquoted);
        match (self.work, wanted) {
            (Work::Drop, _) | (Work::Create, None) => false,
            (Work::Create, Some(wanted)) => relation == wanted || is_begun(&wanted, beside),
            (Work::Reindex, Some(wanted)) => is_begun(&wanted, beside),
            (Work::Reindex, None) => beside.is_some(),
        }
    }
}

/// Returns whether a name is, or begins with, what is left of it where that was too long.
fn is_begun(name: &str, left: Option<&str>) -> bool {
    left.is_some_and(|left| !left.is_empty() && name.starts_with(left))
}

/// Returns the last part of a name as the catalog has it.
fn unquoted(name: &str) -> String {
    let mut part = String::new();
    let mut is_quoted = false;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                part.push('"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => part.clear(),
            letter if is_quoted => part.push(letter),
            letter => part.push(letter.to_ascii_lowercase()),
        }
    }
    part
}

/// Returns why what a statement builds concurrently could be built at once, with the table: nobody
/// waits for one that is empty, or that nobody else has seen. `first` is the number of the first
/// transaction that could begin after the run had its lock.
pub(super) fn needless(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    first: i64,
) -> Result<Option<(String, Needless)>, DatabaseError> {
    let named = named_by(script, statement).filter(|named| named.work == Work::Create);
    let Some(table) = named.and_then(|named| named.table) else {
        return Ok(None);
    };
    let query = Query::new(NEEDLESS).bind(first).bind(table);
    let rows = connection.load(&query.once())?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let why = match (row.boolean(1)?, row.boolean(2)?) {
        (true, _) => Needless::MadeInThisRun,
        (false, true) => Needless::Empty,
        (false, false) => return Ok(None),
    };
    Ok(Some((row.text(0)?, why)))
}

fn named_by(script: &Script, statement: usize) -> Option<Named> {
    let text = script.statement_text(statement).to_ascii_uppercase();
    let is_concurrent = text.contains("CONCURRENTLY");
    is_concurrent.then(|| script.with_phrase(statement, named))?
}

fn named(statement: Phrase<'_>) -> Option<Named> {
    let count = statement.tokens().len();
    let at = (0..count).find(|index| statement.is_word(*index, "CONCURRENTLY"))?;
    let kind = at.checked_sub(1)?;
    let name = after_words(statement, at + 1, &["IF", "NOT", "EXISTS"]);
    let is_index = statement.is_word(kind, "INDEX");
    if statement.is_word(0, "CREATE") && is_index {
        return Some(created(statement, name));
    }
    let name = qualified(statement, name).0;
    let of = |work, index, table| Some(Named { work, index, table });
    match (statement.is_word(0, "REINDEX"), is_index) {
        (true, true) => of(Work::Reindex, name, None),
        (true, false) if statement.is_word(kind, "TABLE") => of(Work::Reindex, None, name),
        (false, true) if statement.is_word(0, "DROP") => of(Work::Drop, name, None),
        _ => None,
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
        work: Work::Create,
        index,
        table: qualified(statement, table).0,
    }
}

/// Returns the place after whichever of some words stand at a place.
pub(super) fn after_words(statement: Phrase<'_>, start: usize, words: &[&str]) -> usize {
    let mut next = start;
    while statement.is_any_word(next, words) {
        next += 1;
    }
    next
}

/// Returns the name at a place, with what stands before its dots, and the place after it.
pub(super) fn qualified(statement: Phrase<'_>, start: usize) -> (Option<String>, usize) {
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
    fn what_waits_for_all_others_is_known_by_its_words() {
        for (text, waits) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", true),
            ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", true),
            ("drop index concurrently if exists i", true),
            ("ALTER TABLE t DETACH PARTITION t_1 CONCURRENTLY", true),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", true),
            ("CREATE INDEX i ON t (a)", false),
            ("SELECT concurrently FROM t", false),
            ("CREATE TABLE t (a text DEFAULT 'CONCURRENTLY')", false),
            ("CREATE INDEX \"CONCURRENTLY\" ON t (a)", false),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            assert_eq!(is_concurrent(&script, 0), waits, "{text}");
        }
    }

    #[test]
    fn what_is_left_is_known_by_its_name() {
        let long = "a".repeat(63);
        for (text, left, others) in [
            (
                "CREATE INDEX CONCURRENTLY by_id ON t (a)",
                vec!["by_id", "by_id_ccnew", "by_id_ccnew12", "by_id_ccold"],
                vec!["by_id2", "by_name", "by_name_ccnew", "_ccnew"],
            ),
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS \"By \"\"Id\" ON t (a)",
                vec!["By \"Id", "By \"Id_ccnew"],
                vec!["by \"id", "By Id"],
            ),
            (
                "REINDEX INDEX CONCURRENTLY s.by_id",
                vec!["by_id_ccnew"],
                vec!["by_id", "by_name_ccnew"],
            ),
            (
                "REINDEX TABLE CONCURRENTLY t",
                vec!["by_id_ccnew", "by_id_ccold1"],
                vec!["by_id"],
            ),
            (
                "CREATE INDEX CONCURRENTLY ON t (a)",
                vec![],
                vec!["t_a_idx"],
            ),
            (
                "DROP INDEX CONCURRENTLY by_id",
                vec![],
                vec!["by_id", "by_id_ccnew"],
            ),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            let named = named_by(&script, 0).expect(text);
            let is_left = |name: &&str| named.is_left_as(name);
            assert!(left.iter().all(is_left), "{text}");
            assert!(!others.iter().any(is_left), "{text}");
        }
        // The ending takes its room from the name.
        let text = format!("REINDEX INDEX CONCURRENTLY {long}");
        let script = Script::parse(&*text, 1, POSTGRES).expect("the text is whole");
        let named = named_by(&script, 0).expect("it is concurrent");
        assert!(named.is_left_as(&format!("{}_ccnew", &long[..57])));
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
