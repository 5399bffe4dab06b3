//! Reads what a table of `SQLite` asks of its rows from its pragmas, and from the text that it was
//! made with: no pragma tells a CHECK, or of what an index over expressions is made.

use diesel::sqlite::SqliteConnection;

use super::shape::{MAIN, is_strict};
use super::value_type;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{CheckRule, ColumnRule, Filled, TableName, TableRules, TableShape};
use crate::backend::sqlite::dialect::SQLITE;
use crate::backend::tables::quote_identifier;
use crate::sql::{Phrase, Token, TokenKind};

/// Reads a table's rules.
pub(super) fn read(
    connection: &mut SqliteConnection,
    table: &TableShape,
) -> Result<TableRules, DatabaseError> {
    let schema = table.name.schema.as_deref().unwrap_or(MAIN);
    let strict = is_strict(connection, &table.name)?;
    let mut about = |sql: &str| {
        let query = Query::new(sql).bind(table.name.name.as_str()).bind(schema);
        connection.load(&query)
    };
    let columns = about(include_str!("../sql/table_columns.sql"))?;
    let indexed = about(include_str!("../sql/unique_rules.sql"))?;
    let columns: Vec<_> = columns
        .iter()
        .map(|row| column(row, strict))
        .collect::<Result<_, _>>()?;
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut unique = Vec::new();
    for rows in indexed.chunk_by(|one, other| one.integer(0) == other.integer(0)) {
        unique.push(key(connection, schema, rows, &names)?);
    }
    let text = made_with(connection, schema, &table.name.name)?;
    Ok(TableRules {
        checks: checks(&text),
        unique,
        columns,
    })
}

/// Returns what loses or changes rows with those of a table, and by which constraint.
pub(super) fn deletes_further(
    connection: &mut SqliteConnection,
    table: &TableShape,
) -> Result<Vec<String>, DatabaseError> {
    let query = Query::new(include_str!("../sql/deletes_further.sql"))
        .bind(table.name.name.as_str())
        .bind(table.name.name.as_str());
    let found = connection.load(&query)?;
    found.iter().map(|row| row.text(0)).collect()
}

/// Returns whether something that is no table has a name: a view.
pub(super) fn is_view(
    connection: &mut SqliteConnection,
    name: &TableName,
) -> Result<bool, DatabaseError> {
    let query = Query::new(
        "SELECT 1 FROM pragma_table_list WHERE name = ? COLLATE NOCASE
AND schema = coalesce(?, schema) COLLATE NOCASE AND type = 'view'",
    );
    let query = query.bind(name.name.as_str()).bind(name.schema.clone());
    Ok(!connection.load(&query)?.is_empty())
}

fn column(row: &Row, strict: bool) -> Result<ColumnRule, DatabaseError> {
    let is_rowid = row.boolean(5)?;
    Ok(ColumnRule {
        name: row.text(0)?,
        values: value_type::read(&row.text(1)?, strict),
        nullable: !row.boolean(2)? && !is_rowid,
        filled: match () {
            () if row.boolean(4)? => Filled::Computed,
            () if is_rowid => Filled::Counted,
            () if row.boolean(3)? => Filled::Default,
            () => Filled::Nobody,
        },
    })
}

/// Returns the columns of a unique index; where it has expressions, all that its text names.
fn key(
    connection: &mut SqliteConnection,
    schema: &str,
    rows: &[Row],
    columns: &[&str],
) -> Result<Vec<String>, DatabaseError> {
    let plain = rows.iter().map(|row| row.optional_text(1));
    let plain: Option<Vec<String>> = plain.collect::<Result<_, _>>()?;
    if let Some(plain) = plain {
        return Ok(plain);
    }
    let text = made_with(connection, schema, &rows[0].text(2)?)?;
    Ok(named_in(&text, columns))
}

/// Returns the statement that something was made with.
fn made_with(
    connection: &mut SqliteConnection,
    schema: &str,
    name: &str,
) -> Result<String, DatabaseError> {
    let query = Query::new(format!(
        "SELECT sql FROM {}.sqlite_schema WHERE name = ?",
        quote_identifier(schema)
    ));
    let rows = connection.load(&query.bind(name))?;
    let text = rows.first().map(|row| row.optional_text(0)).transpose()?;
    Ok(text.flatten().unwrap_or_default())
}

fn significant(text: &str) -> Vec<Token> {
    let mut tokens = SQLITE.lex(text);
    tokens.retain(Token::is_significant);
    tokens
}

/// Returns which of these columns a `CREATE INDEX` names behind its `ON table (`.
fn named_in(text: &str, columns: &[&str]) -> Vec<String> {
    let tokens = significant(text);
    let phrase = Phrase::new(text, &tokens);
    let begin = (0..tokens.len()).find(|index| phrase.is_mark(*index, "("));
    let places = begin.unwrap_or(tokens.len())..tokens.len();
    let words: Vec<&str> = places.map(|index| bare(phrase, index)).collect();
    let is_named = |column: &&&str| words.iter().any(|word| word.eq_ignore_ascii_case(column));
    let named = columns.iter().filter(is_named);
    named.map(|column| (*column).to_owned()).collect()
}

/// Returns the CHECKs of a `CREATE TABLE`, those of columns as well: all of them stand between its
/// own parentheses and no others.
fn checks(text: &str) -> Vec<CheckRule> {
    let tokens = significant(text);
    let phrase = Phrase::new(text, &tokens);
    let (mut found, mut depth, mut index) = (Vec::new(), 0_usize, 0);
    while index < tokens.len() {
        if depth == 1 && phrase.is_word(index, "CHECK") && phrase.is_mark(index + 1, "(") {
            let end = closing(phrase, index + 1);
            let inner = tokens[index + 1].span.end..tokens[end].span.start;
            let expression = text[inner].trim().to_owned();
            let named = index >= 2 && phrase.is_word(index - 2, "CONSTRAINT");
            found.push(CheckRule {
                name: if named {
                    bare(phrase, index - 1).to_owned()
                } else {
                    expression.clone()
                },
                expression,
                value: None,
            });
            index = end + 1;
            continue;
        }
        if phrase.is_mark(index, "(") {
            depth += 1;
        } else if phrase.is_mark(index, ")") {
            depth = depth.saturating_sub(1);
        }
        index += 1;
    }
    found
}

/// Returns the place of the parenthesis that closes the one at a place; the last place where there
/// is none.
fn closing(phrase: Phrase<'_>, open: usize) -> usize {
    let mut depth = 0_usize;
    for index in open..phrase.tokens().len() {
        if phrase.is_mark(index, "(") {
            depth += 1;
        } else if phrase.is_mark(index, ")") {
            depth -= 1;
            if depth == 0 {
                return index;
            }
        }
    }
    phrase.tokens().len() - 1
}

/// Returns a name without its quotes.
fn bare(phrase: Phrase<'_>, index: usize) -> &str {
    let text = phrase.text_at(index);
    match phrase.kind_at(index) {
        Some(TokenKind::QuotedIdentifier) => &text[1..text.len() - 1],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_found_wherever_a_table_has_them() {
        let text = "CREATE TABLE t (
          id INTEGER PRIMARY KEY, -- CHECK (no)
          a INTEGER DEFAULT (1 + 1) CHECK (a > 0) CONSTRAINT small CHECK (a < (10)),
          \"check\" TEXT, b TEXT CHECK(b IN ('x)', 'y')),
          CONSTRAINT \"both ways\" CHECK (a <> length(b))
        )";
        let found = checks(text);
        let found: Vec<_> = found
            .iter()
            .map(|check| (check.name.as_str(), check.expression.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("a > 0", "a > 0"),
                ("small", "a < (10)"),
                ("b IN ('x)', 'y')", "b IN ('x)', 'y')"),
                ("both ways", "a <> length(b)"),
            ]
        );
    }

    #[test]
    fn the_columns_of_an_index_over_expressions_are_those_that_it_names() {
        let text =
            "CREATE UNIQUE INDEX \"email\" ON t (lower(\"Email\"), tenant) WHERE gone IS NULL";
        let columns = ["id", "Email", "tenant", "gone", "t"];
        assert_eq!(named_in(text, &columns), ["Email", "tenant", "gone"]);
    }
}
