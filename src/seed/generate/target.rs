//! The table that rows are made up for: what it is like, and which are refused.

use super::error::GenerateError;
use crate::backend::Backend;
use crate::backend::error::During;
use crate::backend::rows::{TableName, TableRules, TableShape};
use crate::seed::named::{self, Unfit};
use crate::sql::TokenKind;

/// A table.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) shape: TableShape,
    pub(super) rules: TableRules,
    /// The columns that each CHECK names, in the order of the rules.
    checked: Vec<Vec<String>>,
}

/// Finds the table of a name.
pub(super) fn find(backend: &mut dyn Backend, table: &str) -> Result<Target, GenerateError> {
    let name = TableName::parse(table);
    let shape = named::table(backend, &name)?.map_err(|unfit| refused(&name, unfit))?;
    let rules = backend
        .table_rules(&shape)
        .during("ask what the table asks of its rows")?;
    Ok(Target {
        checked: rules
            .checks
            .iter()
            .map(|check| named_columns(backend, &rules, (&check.expression, check.value.as_ref())))
            .collect(),
        shape,
        rules,
    })
}

fn refused(name: &TableName, unfit: Unfit) -> GenerateError {
    let table = name.to_string();
    match unfit {
        Unfit::Bookkeeping => GenerateError::Bookkeeping { table },
        Unfit::View => GenerateError::View { view: table },
        Unfit::Absent { similar } => GenerateError::NoTable { table, similar },
    }
}

/// Returns the columns that a condition names.
fn named_columns(
    backend: &dyn Backend,
    rules: &TableRules,
    (expression, value): (&str, Option<&String>),
) -> Vec<String> {
    let tokens = backend.dialect().lex(expression).into_iter();
    let names = tokens.filter_map(|token| match token.kind {
        TokenKind::Word => Some(&expression[token.span.range()]),
        TokenKind::QuotedIdentifier => expression[token.span.range()]
            .get(1..)
            .map(|text| &text[..text.len().saturating_sub(1)]),
        _ => None,
    });
    let names: Vec<&str> = names.collect();
    let is_named = |column: &&String| {
        Some(*column) == value || names.iter().any(|name| name.eq_ignore_ascii_case(column))
    };
    let columns = rules.columns.iter().map(|column| &column.name);
    columns.filter(is_named).cloned().collect()
}

impl Target {
    /// Returns the columns of the CHECK that a message names last.
    pub(super) fn columns_of_check(&self, message: &str) -> Vec<String> {
        let checks = self.rules.checks.iter().zip(&self.checked);
        let named = checks.filter(|(check, _)| {
            message.ends_with(&check.name) || message.contains(&format!("\"{}\"", check.name))
        });
        let longest = named.max_by_key(|(check, _)| check.name.len());
        longest
            .map(|(_, columns)| columns.clone())
            .unwrap_or_default()
    }
}
