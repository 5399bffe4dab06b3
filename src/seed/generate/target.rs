//! The table that rows are made up for: what it is like, and which are refused.

use super::error::GenerateError;
use crate::backend::Backend;
use crate::backend::error::During;
use crate::backend::rows::{TableName, TableRules, TableShape};
use crate::seed::absent::{self, Absent};
use crate::seed::sidecar::table_name;
use crate::sql::TokenKind;

/// How this tool's tables and Diesel's begin.
const BOOKKEEPING: &str = "__diesel";

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
    let name = table_name(table);
    if name.name.to_ascii_lowercase().starts_with(BOOKKEEPING) {
        return Err(GenerateError::Bookkeeping {
            table: table.to_owned(),
        });
    }
    let shape = backend
        .table_shape(&name)
        .during("ask what the table is like")?;
    let Some(shape) = shape else {
        return Err(absent(backend, &name)?);
    };
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

fn absent(backend: &mut dyn Backend, name: &TableName) -> Result<GenerateError, GenerateError> {
    let named = name.to_string();
    Ok(match absent::look_for(backend, name)? {
        Absent::View => GenerateError::View { view: named },
        Absent::Unknown { similar } => GenerateError::NoTable {
            table: named,
            similar,
        },
    })
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
