//! Which indexes of a table say the same as one that a statement builds.

use diesel::pg::PgConnection;

use super::named::{Named, named_by};
use super::written::{after_words, qualified, unquoted};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::TableName;
use crate::sql::{Phrase, Script};

/// Lets an index of a temporary table be made in the tablespace in which that of another would be that
/// names none. <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-TEMP-TABLESPACES>
const SAME_TABLESPACE: &str = "SELECT pg_catalog.set_config(
  'temp_tablespaces',
  CASE pg_catalog.current_setting('default_tablespace')
    WHEN '' THEN ''
    ELSE pg_catalog.quote_ident(pg_catalog.current_setting('default_tablespace'))
  END,
  true
)";

/// An index that says the same as a statement that builds one, under a name that it may have got.
pub(super) struct Same {
    /// Its name, qualified and quoted.
    pub(super) index: String,
    /// Whether it can be used.
    pub(super) is_valid: bool,
}

/// Returns the indexes of a table, by its qualified name, that say the same as the one that a statement
/// builds, under the name that it says, or under one that the server may have chosen.
pub(super) fn same(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    table: &str,
) -> Vec<Same> {
    let named = named_by(script, statement);
    let Some((written, named)) = named.and_then(|named| Some((named.table.clone()?, named))) else {
        return Vec::new();
    };
    let mut twins = twins(&written, table).into_iter();
    let found = twins.find_map(|twin| {
        let anew = script.with_phrase(statement, |phrase| Anew::of(phrase, twin));
        built_anew(connection, table, (&anew, &named)).ok()
    });
    // Where none can be built, nothing is known to be the same.
    found.unwrap_or_default()
}

/// Returns those that say the same as one that is built anew, which is rolled back: beside that one the
/// table's own name means another.
fn built_anew(
    connection: &mut PgConnection,
    table: &str,
    (anew, named): (&Anew, &Named),
) -> Result<Vec<Same>, DatabaseError> {
    let mut ask = || {
        connection.begin()?;
        connection.batch_execute(SAME_TABLESPACE)?;
        connection.batch_execute(&format!("CREATE TABLE {} (LIKE {table})", anew.table))?;
        connection.batch_execute(&anew.index)?;
        let query = Query::new(include_str!("../sql/same_indexes.sql"))
            .bind(anew.table.as_str())
            .bind(table);
        let rows = connection.load(&query.once())?;
        let mut found = Vec::new();
        for row in &rows {
            if is_of_its_name(named, row)? {
                let (index, is_valid) = (row.text(1)?, row.boolean(3)?);
                found.push(Same { index, is_valid });
            }
        }
        Ok(found)
    };
    let same: Result<Vec<Same>, DatabaseError> = ask();
    // Outside of a transaction this fails, and does nothing.
    let _ = connection.rollback();
    same
}

fn is_of_its_name(named: &Named, row: &Row) -> Result<bool, DatabaseError> {
    match named.index {
        Some(_) => Ok(named.is_kept_as(&row.text(0)?)),
        None => row.boolean(2),
    }
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
        // Behind its name, which is taken where the twin is in the same schema.
        let on = find("ON").unwrap_or(count);
        let start = after_words(statement, on, &["ON", "ONLY"]);
        let end = qualified(statement, start).1;
        let texts = |from: usize, to: usize| (from..to).map(|index| statement.text_at(index));
        // Two literals that follow each other are one only where a line ends between them.
        let words: Vec<&str> = texts(0, concurrently)
            .chain(texts(on, start))
            .chain([table.as_str()])
            .chain(texts(end, count))
            .collect();
        Self {
            index: words.join("\n"),
            table,
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;

    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;
    use crate::backend::support::engine::Engine as _;
    use crate::backend::support::postgres::PostgresDatabase;

    /// Returns whether the index that is there counts as the one that a statement builds.
    fn is_same(connection: &mut PgConnection, build: &str, there: &str) -> bool {
        connection.batch_execute(there).expect(there);
        let script = Script::parse(build, 1, POSTGRES).expect("the text is whole");
        let found = same(connection, &script, 0, "public.a");
        let dropped = connection.batch_execute("DROP INDEX i");
        dropped.expect("it was made");
        found.iter().any(|same| same.index == "public.i")
    }

    #[test]
    fn an_index_of_other_parameters_is_another() {
        let database = PostgresDatabase::create();
        let mut connection =
            PgConnection::establish(&database.url()).expect("the suite's server is up");
        database.execute("CREATE TABLE a (id INTEGER, words TSVECTOR)");
        let plain = "CREATE INDEX i ON a (id)";
        let full = "CREATE INDEX i ON a (id) WITH (fillfactor = 70, deduplicate_items = off)";
        let short = "CREATE INDEX i ON a USING gist (words tsvector_ops (siglen = 64))";
        for (build, there, same) in [
            (plain, plain, true),
            (plain, full, false),
            (full, plain, false),
            (
                full,
                "CREATE INDEX i ON a (id) WITH (deduplicate_items = off, fillfactor = 70)",
                true,
            ),
            (full, &full.replace("70", "80"), false),
            (short, short, true),
            (short, "CREATE INDEX i ON a USING gist (words)", false),
            (short, &short.replace("64", "128"), false),
        ] {
            let build = build.replace("INDEX", "INDEX CONCURRENTLY");
            assert_eq!(
                is_same(&mut connection, &build, there),
                same,
                "{build} {there}"
            );
        }
    }

    #[test]
    fn an_index_in_another_tablespace_is_another() {
        let database = PostgresDatabase::create();
        let mut connection =
            PgConnection::establish(&database.url()).expect("the suite's server is up");
        let name = format!("{} Fast", database.name());
        let mut run = |statement: &str| connection.batch_execute(statement).expect(statement);
        // Else a tablespace has a folder that the server may write into.
        run("SET allow_in_place_tablespaces = on");
        run(&format!("CREATE TABLESPACE \"{name}\" LOCATION ''"));
        run("CREATE TABLE a (id INTEGER)");
        let usual = format!("SET default_tablespace = '{name}'");
        let plain = "CREATE INDEX i ON a (id)";
        let there = format!("{plain} TABLESPACE \"{name}\"");
        let (build, build_there) = (
            plain.replace("INDEX", "INDEX CONCURRENTLY"),
            there.replace("INDEX", "INDEX CONCURRENTLY"),
        );
        let found = [
            is_same(&mut connection, &build, plain),
            is_same(&mut connection, &build_there, &there),
            is_same(&mut connection, &build, &there),
            is_same(&mut connection, &build_there, plain),
            is_same(&mut connection, &build, &format!("{usual}; {plain}")),
            is_same(&mut connection, &build_there, plain),
        ];
        let mut run = |statement: &str| connection.batch_execute(statement).expect(statement);
        run("RESET default_tablespace");
        run("DROP TABLE a");
        run(&format!("DROP TABLESPACE \"{name}\""));
        assert_eq!(found, [true, true, false, false, true, true]);
    }

    #[test]
    fn the_same_index_is_built_where_nobody_sees_it() {
        for (text, table, anew) in [
            (
                "CREATE UNIQUE INDEX CONCURRENTLY ON ONLY app.\"A \"\"b\" USING btree (id) -- why\n WHERE id > 1;",
                "\"pg_temp\".\"A \"\"b\"",
                "CREATE UNIQUE INDEX ON ONLY \"pg_temp\".\"A \"\"b\" USING btree ( id ) WHERE id > 1 ;",
            ),
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_id ON notes (id)",
                "\"pg_temp\".\"notes\"",
                "CREATE INDEX ON \"pg_temp\".\"notes\" ( id )",
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
}
