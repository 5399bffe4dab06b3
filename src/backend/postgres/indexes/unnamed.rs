//! Whose an invalid index is where its statement says no name: the server chooses one, and another one
//! as long as the first is taken.

use diesel::pg::PgConnection;

use super::invalid_of;
use super::named::{Work, named_by};
use super::written::{after_words, qualified, unquoted};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::{Earlier, Leftovers};
use crate::backend::query::Query;
use crate::backend::rows::TableName;
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
            let mut twins = twins(table, &first.table).into_iter();
            let found = twins.find_map(|twin| {
                let anew = script.with_phrase(statement, |phrase| Anew::of(phrase, twin));
                same(connection, &first.table, &anew).ok()
            });
            // Where none can be built, nothing is known to be the same.
            found.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let indexes = found.into_iter().map(|found| found.index);
    let (own, others) = indexes.partition(|name| earlier.names(name) || same.contains(name));
    Ok(Leftovers { own, others })
}

/// Returns the tables, quoted, on which an index may be built anew: one of the same name that is gone
/// with the session, and, for whom the database lets make no such tables, one in the schema where the
/// index is made anyway.
fn twins(written: &str, table: &str) -> [String; 2] {
    let beside = TableName {
        name: BESIDE.to_owned(),
        ..TableName::parse(table)
    };
    let temporary = TableName {
        schema: Some("pg_temp".to_owned()),
        name: unquoted(written),
    };
    [temporary, beside].map(|twin| twin.quoted())
}

/// The name of a table that is never committed.
const BESIDE: &str = "__dieselkit_twin";

/// The same index on an empty table of the same columns, which nobody else sees.
#[derive(Debug, PartialEq, Eq)]
struct Anew {
    table: String,
    index: String,
}

impl Anew {
    fn of(statement: Phrase<'_>, table: String) -> Self {
        let count = statement.tokens().len();
        let find = |word| (0..count).find(|index| statement.is_word(*index, word));
        let concurrently = find("CONCURRENTLY").unwrap_or(count);
        let start = after_words(statement, find("ON").unwrap_or(count), &["ON", "ONLY"]);
        let end = qualified(statement, start).1;
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
fn same(
    connection: &mut PgConnection,
    table: &str,
    anew: &Anew,
) -> Result<Vec<String>, DatabaseError> {
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
    same
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;

    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;
    use crate::backend::support::engine::Engine as _;
    use crate::backend::support::postgres::PostgresDatabase;

    #[test]
    fn the_same_index_is_built_where_nobody_sees_it() {
        for (text, table, anew) in [
            (
                "CREATE UNIQUE INDEX CONCURRENTLY ON ONLY app.\"A \"\"b\" USING btree (id) -- why\n WHERE id > 1;",
                "\"pg_temp\".\"A \"\"b\"",
                "CREATE UNIQUE INDEX ON ONLY \"pg_temp\".\"A \"\"b\" USING btree ( id ) WHERE id > 1 ;",
            ),
            (
                "create index concurrently on Notes (lower(text || 'a, b'))",
                "\"pg_temp\".\"notes\"",
                "create index on \"pg_temp\".\"notes\" ( lower ( text || 'a, b' ) )",
            ),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            let named = named_by(&script, 0).and_then(|named| named.table);
            let named = named.expect("it names a table");
            let [twin, _] = twins(&named, "public.a");
            let built = script.with_phrase(0, |phrase| Anew::of(phrase, twin));
            assert_eq!(built.table, table);
            assert_eq!(built.index.replace('\n', " "), anew);
        }
    }

    #[test]
    fn what_was_left_is_known_to_whom_no_temporary_table_is_let_make() {
        let database = PostgresDatabase::create();
        let mut connection =
            PgConnection::establish(&database.url()).expect("the suite's server is up");
        let role = format!("\"{}_owner\"", database.name());
        let name = database.name();
        for statement in [
            format!("CREATE ROLE {role}"),
            format!("REVOKE TEMPORARY ON DATABASE \"{name}\" FROM PUBLIC"),
            format!("CREATE SCHEMA \"App.x\" AUTHORIZATION {role}"),
            format!("SET ROLE {role}"),
            "CREATE TABLE \"App.x\".a (id INTEGER)".to_owned(),
            "INSERT INTO \"App.x\".a VALUES (1), (1)".to_owned(),
        ] {
            connection.batch_execute(&statement).expect(&statement);
        }
        let build = "CREATE UNIQUE INDEX CONCURRENTLY ON \"App.x\".a (id)";
        for broken in [
            build,
            "CREATE UNIQUE INDEX CONCURRENTLY other ON \"App.x\".a (id)",
        ] {
            connection.batch_execute(broken).expect_err("there are two");
        }
        let script = Script::parse(build, 1, POSTGRES).expect("it is whole");
        let left = unnamed(&mut connection, &script, 0, &Earlier::CutOff).expect("it is asked");
        let dropped = format!("RESET ROLE; DROP SCHEMA \"App.x\" CASCADE; DROP ROLE {role}");
        connection.batch_execute(&dropped).expect("it is ours");
        assert_eq!(left.own, ["\"App.x\".a_id_idx"]);
        assert_eq!(left.others, ["\"App.x\".other"]);
    }
}
