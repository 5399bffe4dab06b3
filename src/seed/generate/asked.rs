//! What is asked of each column of a table: its CHECKs taken apart, and what its values are made of.
//!
//! Pure.

use super::check::{Comparison, Condition, conditions};
use super::content::{Conflict, Content};
use super::error::GenerateError;
use super::name::Words;
use crate::backend::rows::{ColumnRule, Filled, TableRules, ValueType};
use crate::sql::Dialect;

/// A CHECK and what of it is sure.
#[derive(Debug, Clone)]
struct Check<'a> {
    name: &'a str,
    conditions: Vec<Condition>,
}

/// A column and what is asked of it.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) rule: &'a ColumnRule,
    pub(super) words: Words,
    /// What its values are made of; `None` where nobody knows a value of its type.
    pub(super) content: Option<Content>,
    pub(super) nullable: bool,
    /// The lists of values that CHECKs allow, and of those that they do not.
    pub(super) lists: Vec<Condition>,
}

/// Two columns whose values compare in a certain way, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) check: String,
    pub(super) left: usize,
    pub(super) comparison: Comparison,
    pub(super) right: usize,
}

/// Reads what is asked of a table's columns, in their order, and of two of them together.
pub(super) fn asked<'a>(
    (table, rules): (&str, &'a TableRules),
    dialect: &dyn Dialect,
) -> Result<(Vec<Asked<'a>>, Vec<Pair>), GenerateError> {
    let checks = read_checks(rules, dialect);
    let table_words = Words::of(table.rsplit('.').next().unwrap_or(table));
    let columns = rules.columns.iter();
    let columns = columns.map(|rule| {
        column(rule, &table_words, &checks).map_err(|check| GenerateError::Unsatisfiable {
            table: table.to_owned(),
            constraint: check.to_owned(),
            columns: vec![rule.name.clone()],
        })
    });
    Ok((columns.collect::<Result<_, _>>()?, pairs(rules, &checks)))
}

/// Reads the CHECKs, with the columns' names as the table writes them.
fn read_checks<'a>(rules: &'a TableRules, dialect: &dyn Dialect) -> Vec<Check<'a>> {
    let checks = rules.checks.iter().map(|check| {
        let value = check.value.as_deref();
        let read = conditions(&check.expression, dialect).into_iter();
        Check {
            name: &check.name,
            conditions: read
                .filter_map(|condition| renamed(condition, value, &rules.columns))
                .collect(),
        }
    });
    checks.collect()
}

/// Returns a condition with the names of the table's own columns; `None` where one is none of them.
fn renamed(condition: Condition, value: Option<&str>, columns: &[ColumnRule]) -> Option<Condition> {
    let own = |name: &str| {
        let name = match value {
            Some(column) if name.eq_ignore_ascii_case("value") => column,
            _ => name,
        };
        let exact = columns.iter().find(|column| column.name == name);
        let alike = || {
            columns
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(name))
        };
        exact.or_else(alike).map(|column| column.name.clone())
    };
    Some(match condition {
        Condition::Limit(of, comparison, limit) => Condition::Limit(own(&of)?, comparison, limit),
        Condition::Length(of, comparison, count) => Condition::Length(own(&of)?, comparison, count),
        Condition::OneOf(of, values) => Condition::OneOf(own(&of)?, values),
        Condition::NoneOf(of, values) => Condition::NoneOf(own(&of)?, values),
        Condition::Pair(of, comparison, other) => {
            Condition::Pair(own(&of)?, comparison, own(&other)?)
        }
        Condition::Letters(of, case) => Condition::Letters(own(&of)?, case),
        Condition::Present(of) => Condition::Present(own(&of)?),
    })
}

fn column<'a>(
    rule: &'a ColumnRule,
    table: &Words,
    checks: &[Check<'a>],
) -> Result<Asked<'a>, &'a str> {
    let own: Vec<(&str, &Condition)> = checks
        .iter()
        .flat_map(|check| {
            check
                .conditions
                .iter()
                .map(|condition| (check.name, condition))
        })
        .filter(|(_, condition)| condition.column() == rule.name)
        .collect();
    let conditions: Vec<&Condition> = own.iter().map(|(_, condition)| *condition).collect();
    let words = Words::of(&rule.name);
    let content = match rule.filled {
        Filled::Computed => Ok(None),
        _ => Content::of(&rule.values, (table, &words), &conditions),
    };
    let is_present = |condition: &&Condition| matches!(condition, Condition::Present(_));
    let is_list =
        |condition: &&&Condition| matches!(condition, Condition::OneOf(..) | Condition::NoneOf(..));
    Ok(Asked {
        rule,
        words,
        content: content.map_err(|Conflict(place)| own[place].0)?,
        nullable: rule.nullable && !conditions.iter().any(is_present),
        lists: conditions
            .iter()
            .filter(is_list)
            .map(|list| (*list).clone())
            .collect(),
    })
}

fn pairs(rules: &TableRules, checks: &[Check<'_>]) -> Vec<Pair> {
    let place = |name: &str| rules.columns.iter().position(|column| column.name == name);
    let mut found = Vec::new();
    for check in checks {
        for condition in &check.conditions {
            if let Condition::Pair(left, comparison, right) = condition
                && let (Some(left), Some(right)) = (place(left), place(right))
            {
                found.push(Pair {
                    check: check.name.to_owned(),
                    left,
                    comparison: *comparison,
                    right,
                });
            }
        }
    }
    found
}

impl Asked<'_> {
    /// Returns whether the column is left to the database unless something needs a value of ours:
    /// a default stands for what most rows have, but not for which of them, when, or for whom.
    pub(super) fn is_left(&self) -> bool {
        match self.rule.filled {
            Filled::Computed | Filled::Counted => true,
            Filled::Nobody => false,
            Filled::Default => match &self.rule.values {
                ValueType::Date | ValueType::Moment { .. } | ValueType::Uuid => false,
                ValueType::Boolean => true,
                _ => !matches!(self.content, Some(Content::Choice(_))),
            },
        }
    }

    /// Returns whether the lists that CHECKs give allow a value.
    pub(super) fn allows(&self, value: &str) -> bool {
        self.lists.iter().all(|list| match list {
            Condition::OneOf(_, values) => values.iter().any(|one| one == value),
            Condition::NoneOf(_, values) => !values.iter().any(|one| one == value),
            _ => true,
        })
    }
}
