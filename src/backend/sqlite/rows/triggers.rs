//! Reads the triggers of a table, or of a view, of `SQLite` from the statements that they were made with.

use diesel::sqlite::SqliteConnection;

use super::shape::MAIN;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{TableName, Trigger};
use crate::backend::sqlite::dialect::SQLITE;
use crate::backend::tables::quote_identifier;
use crate::sql::effect::Verb;
use crate::sql::{Phrase, Token};

/// Reads those that run where rows are written in a way. Nothing is truncated here.
pub(super) fn read(
    connection: &mut SqliteConnection,
    table: &TableName,
    verb: Verb,
) -> Result<Vec<Trigger>, DatabaseError> {
    let schema = table.schema.as_deref().unwrap_or(MAIN);
    let attached = Query::new("SELECT 1 FROM pragma_database_list WHERE name = ? COLLATE NOCASE");
    if connection.load(&attached.bind(schema))?.is_empty() {
        return Ok(Vec::new());
    }
    let query = Query::new(format!(
        "SELECT tbl_name, name, sql FROM {}.sqlite_schema
WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY name",
        quote_identifier(schema)
    ));
    let mut triggers = Vec::new();
    for row in connection.load(&query.bind(table.name.as_str()))? {
        let made_with = row.text(2)?;
        if let Some(body) = body(&made_with, verb) {
            triggers.push(Trigger {
                table: TableName {
                    schema: table.schema.clone(),
                    name: row.text(0)?,
                },
                name: row.text(1)?,
                body: Some(body.to_owned()),
            });
        }
    }
    Ok(triggers)
}

/// Returns the body of a trigger that runs where rows are written in a way. Neither its name nor that of
/// its table is a word of the language without quotes, but for those that may be a name, of which none is
/// looked for here. <https://www.sqlite.org/lang_createtrigger.html>
fn body(made_with: &str, verb: Verb) -> Option<&str> {
    let mut tokens = SQLITE.lex(made_with);
    tokens.retain(Token::is_significant);
    let statement = Phrase::new(made_with, &tokens);
    let begin = (0..tokens.len()).find(|index| statement.is_word(*index, "BEGIN"))?;
    let word = match verb {
        Verb::Insert => "INSERT",
        Verb::Update => "UPDATE",
        Verb::Delete => "DELETE",
        Verb::Truncate => return None,
    };
    let on = (0..begin).find(|index| statement.is_word(*index, "ON"))?;
    let runs = (0..on).any(|index| statement.is_word(index, word));
    runs.then(|| &made_with[tokens[begin].span.start..])
}
