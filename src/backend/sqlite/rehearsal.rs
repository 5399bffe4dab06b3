//! What a `SQLite` connection sees of the statements that it runs: which tables and indexes there are.
//!
//! There are no locks of tables: the lock is the file's, and whoever writes has it until the end of
//! the transaction.

use diesel::sqlite::SqliteConnection;

use super::dialect::SQLITE;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rehearsal::{
    Described, Lasting, Locked, Look, Reach, Reference, RehearsalBackend, Relation, RelationKind,
    Seen, Tells, Temporary,
};
use crate::backend::table_lock::{ExpectedLock, Kin, Waiting};
use crate::sql::effect::{Action, EffectKind};
use crate::sql::{Phrase, Script, TokenKind};

/// Tables, their indexes, and the rest, but for the engine's own and this tool's; an index that a
/// constraint makes belongs to its table.
const RELATIONS: &str = "SELECT name, type, tbl_name FROM main.sqlite_schema
WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
ORDER BY name";

/// Whatever a schema is made of, with the words that made it.
const OBJECTS: &str = "SELECT type || ' ' || name, coalesce(sql, '') FROM main.sqlite_schema
WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
ORDER BY 1";

/// The columns of all tables.
const COLUMNS: &str = "SELECT 'column ' || t.name || '.' || c.name,
  coalesce(c.type, '') || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk || ' ' || c.hidden
FROM main.sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
ORDER BY 1";

impl RehearsalBackend for SqliteConnection {
    fn locks_tables(&self) -> bool {
        false
    }

    /// With a write-ahead log whoever reads goes on. Without it a reader is kept out while the commit
    /// writes, and from the moment when the changed pages are more than the cache holds.
    /// <https://www.sqlite.org/lockingv3.html>, <https://www.sqlite.org/wal.html#concurrency>
    fn closed_by_a_writer(&mut self) -> Result<Waiting, DatabaseError> {
        let rows = self.load(&Query::new("PRAGMA main.journal_mode"))?;
        let mode = rows.first().map(|row| row.text(0)).transpose()?;
        Ok(match mode.as_deref() {
            Some("wal") => Waiting::Writers,
            _ => Waiting::Everybody,
        })
    }

    /// Storage is not told of: the number of a table's first page may change with another table, where
    /// the file is kept small.
    fn look(&mut self, _look: Look<'_>) -> Result<Vec<Seen>, DatabaseError> {
        let rows = self.load(&Query::new(RELATIONS).once())?;
        rows.iter().map(seen).collect()
    }

    fn locked(&mut self) -> Result<Vec<Locked>, DatabaseError> {
        Ok(Vec::new())
    }

    /// What is put off is checked by the commit, which comes.
    fn fire_deferred(&mut self, _ran: Option<&Script>) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn temporaries(&self, _script: &Script, _statement: usize) -> Vec<Temporary> {
        Vec::new()
    }

    fn end_temporaries(&mut self, _all: &[Temporary]) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn expected_locks(&self, _script: &Script, _statement: usize) -> Vec<ExpectedLock> {
        Vec::new()
    }

    fn tells_locks(&self, _script: &Script, _statement: usize) -> Tells {
        Tells::All
    }

    fn references(&mut self, _table: &str) -> Result<Vec<Reference>, DatabaseError> {
        Ok(Vec::new())
    }

    fn kin(&mut self, _table: &str, _kin: Kin) -> Result<Vec<String>, DatabaseError> {
        Ok(Vec::new())
    }

    fn lasting(&self, script: &Script, statement: usize) -> Vec<Lasting> {
        let name = script.with_phrase(statement, other_file);
        let lasting = |name: &str| Lasting {
            reach: Reach::Outside,
            statement: name.to_owned(),
        };
        name.map(lasting).into_iter().collect()
    }

    fn wants_own_transaction(&self, _script: &Script) -> bool {
        false
    }

    fn is_of_uncommitted_value(&self, _error: &DatabaseError) -> bool {
        false
    }

    /// Every row is written anew without the column.
    /// <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>
    fn rewritten_in_place(&self, script: &Script, statement: usize) -> Vec<String> {
        let effects = script.effects(statement).into_iter();
        let dropped = effects.filter_map(|effect| match effect.kind {
            EffectKind::Alter(altered) => match altered.action {
                Action::DropColumn { .. } => Some(altered.table.name),
                _ => None,
            },
            _ => None,
        });
        dropped.collect()
    }

    fn describe(&mut self) -> Result<Vec<Described>, DatabaseError> {
        let described = |row: &Row| {
            Ok(Described {
                what: row.text(0)?,
                like: row.text(1)?,
            })
        };
        let objects = self.load(&Query::new(OBJECTS).once())?;
        let objects = objects.iter().map(described);
        let objects = objects.map(|object: Result<Described, DatabaseError>| {
            let object = object?;
            let like = in_plain_words(&object.like);
            Ok(Described { like, ..object })
        });
        let columns = self.load(&Query::new(COLUMNS).once())?;
        objects.chain(columns.iter().map(described)).collect()
    }
}

/// Returns how a statement is called that opens or writes another file, or may run anything: what an
/// extension does nobody knows.
/// <https://www.sqlite.org/lang_attach.html>, <https://www.sqlite.org/lang_vacuum.html#vacuuminto>
fn other_file(statement: Phrase<'_>) -> Option<&'static str> {
    let mut places = 0..statement.tokens().len();
    if statement.is_word(0, "ATTACH") {
        let of_file = if statement.is_word(1, "DATABASE") {
            2
        } else {
            1
        };
        let in_memory = ["''", "':memory:'"].contains(&statement.text_at(of_file))
            && statement.is_word(of_file + 1, "AS");
        return (!in_memory).then_some("ATTACH");
    }
    if statement.is_word(0, "VACUUM") && places.any(|place| statement.is_word(place, "INTO")) {
        return Some("VACUUM INTO");
    }
    let loads =
        |place| statement.is_word(place, "load_extension") && statement.is_mark(place + 1, "(");
    places.any(loads).then_some("load_extension")
}

fn seen(row: &Row) -> Result<Seen, DatabaseError> {
    let (name, kind, table) = (row.text(0)?, row.text(1)?, row.text(2)?);
    let kind = match kind.as_str() {
        "table" => RelationKind::Table,
        "index" => RelationKind::Index,
        _ => RelationKind::Other,
    };
    Ok(Seen {
        id: name.clone(),
        relation: Some(Relation {
            schema: String::new(),
            shown: name.clone(),
            name,
            kind,
            storage: 0,
            on: (kind == RelationKind::Index).then_some(table),
        }),
        locks: Vec::new(),
    })
}

/// Returns SQL without what means nothing: comments, spaces, the case of words, and the quotes that a
/// table gets when it is renamed.
fn in_plain_words(sql: &str) -> String {
    let tokens = SQLITE.lex(sql);
    let significant = tokens.iter().filter(|token| token.is_significant());
    let words = significant.map(|token| {
        let text = &sql[token.span.range()];
        match token.kind {
            TokenKind::Word | TokenKind::QuotedIdentifier => {
                SQLITE.identifier(text).to_ascii_lowercase()
            }
            _ => text.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_another_file_is_known() {
        let reaches = |sql: &str| {
            let script = Script::parse(sql, 1, SQLITE).expect("it is SQL");
            script.with_phrase(0, other_file)
        };
        assert_eq!(reaches("ATTACH 'other.db' AS o"), Some("ATTACH"));
        assert_eq!(reaches("attach database ? as o"), Some("ATTACH"));
        assert_eq!(reaches("ATTACH '' || 'x' AS o"), Some("ATTACH"));
        assert_eq!(reaches("VACUUM main INTO 'x'"), Some("VACUUM INTO"));
        assert_eq!(
            reaches("SELECT load_extension('x')"),
            Some("load_extension")
        );
        for own in ["ATTACH ':memory:' AS o", "VACUUM", "INSERT INTO a SELECT 1"] {
            assert_eq!(reaches(own), None, "{own}");
        }
    }

    #[test]
    fn what_a_rename_writes_differently_is_the_same() {
        assert_eq!(
            in_plain_words(
                "CREATE TABLE \"users\" (id INTEGER, -- the key\n name TEXT DEFAULT 'A')"
            ),
            in_plain_words("create table users(id integer,name text default 'A')")
        );
        assert_ne!(
            in_plain_words("CREATE TABLE t (a TEXT DEFAULT 'A')"),
            in_plain_words("CREATE TABLE t (a TEXT DEFAULT 'a')")
        );
    }
}
