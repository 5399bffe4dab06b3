//! Temporary tables that a commit drops or empties, known by the words that make them: the server keeps
//! that to itself.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::postgres::run::find_in_run;
use crate::backend::query::Query;
use crate::backend::rehearsal::{AtCommit, Temporary};
use crate::backend::tables::quote_identifier;
use crate::sql::{Phrase, Script};

/// Returns those that a statement makes, or a block that it runs.
pub(super) fn of_statement(script: &Script, index: usize) -> Vec<Temporary> {
    let mut found = Vec::new();
    let nothing: Option<()> = find_in_run(script, index, |phrase| {
        found.extend(made(phrase, script));
        None
    });
    debug_assert!(nothing.is_none(), "it goes through all");
    found
}

/// <https://www.postgresql.org/docs/current/sql-createtable.html>
fn made(phrase: Phrase<'_>, script: &Script) -> Option<Temporary> {
    let mut places = 0..phrase.tokens().len();
    let on = places
        .find(|place| phrase.is_word(*place, "ON") && phrase.is_word(*place + 1, "COMMIT"))?;
    let at_commit = match () {
        () if phrase.is_word(on + 2, "DROP") => AtCommit::Drop,
        () if phrase.is_word(on + 2, "DELETE") => AtCommit::Empty,
        () => return None,
    };
    let table = (1..4).find(|place| phrase.is_word(*place, "TABLE"))?;
    if !phrase.is_word(0, "CREATE") {
        return None;
    }
    let mut name = table + 1;
    if phrase.is_word(name, "IF") {
        name += 3;
    }
    if phrase.is_mark(name + 1, ".") {
        name += 2;
    }
    Some(Temporary {
        name: script.dialect().identifier(phrase.text_at(name)),
        at_commit,
    })
}

/// Does what a commit would, as far as they are there.
pub(super) fn end(connection: &mut PgConnection, all: &[Temporary]) -> Result<(), DatabaseError> {
    for temporary in all {
        let name = format!("pg_temp.{}", quote_identifier(&temporary.name));
        let query = Query::new("SELECT pg_catalog.to_regclass(?) IS NOT NULL").bind(name.as_str());
        let rows = connection.load(&query.once())?;
        if rows.first().map_or(Ok(false), |row| row.boolean(0))? {
            connection.batch_execute(&match temporary.at_commit {
                AtCommit::Drop => format!("DROP TABLE {name} CASCADE"),
                AtCommit::Empty => format!("TRUNCATE {name}"),
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    fn made(sql: &str) -> Vec<(String, AtCommit)> {
        let script = Script::parse(sql, 1, POSTGRES).expect("it is SQL");
        let made = of_statement(&script, 0).into_iter();
        made.map(|it| (it.name, it.at_commit)).collect()
    }

    #[test]
    fn what_a_commit_drops_or_empties_is_known() {
        for (sql, name, at_commit) in [
            (
                "CREATE TEMP TABLE Rows (id INT) ON COMMIT DROP",
                "rows",
                AtCommit::Drop,
            ),
            (
                "CREATE LOCAL TEMPORARY TABLE IF NOT EXISTS \"Rows\" ON COMMIT DELETE ROWS AS SELECT 1",
                "Rows",
                AtCommit::Empty,
            ),
            (
                "CREATE TABLE pg_temp.rows (id INT) ON COMMIT DROP",
                "rows",
                AtCommit::Drop,
            ),
            (
                "DO $$ BEGIN EXECUTE 'CREATE TEMP TABLE rows ON COMMIT DROP AS SELECT 1'; END $$",
                "rows",
                AtCommit::Drop,
            ),
        ] {
            assert_eq!(made(sql), [(name.to_owned(), at_commit)], "{sql}");
        }
        let both = "DO $$ BEGIN CREATE TEMP TABLE a (id INT) ON COMMIT DROP;
            CREATE TEMP TABLE b (id INT) ON COMMIT DROP; END $$";
        assert_eq!(made(both).len(), 2);
    }

    #[test]
    fn what_stays_is_none() {
        for sql in [
            "CREATE TEMP TABLE rows (id INT)",
            "CREATE TEMP TABLE rows (id INT) ON COMMIT PRESERVE ROWS",
            "CREATE TABLE a (id INT REFERENCES b ON DELETE CASCADE)",
        ] {
            assert_eq!(made(sql), [], "{sql}");
        }
    }
}
