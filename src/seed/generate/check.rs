//! What a CHECK asks of single columns, and of two that are compared, as far as that is sure.
//!
//! Pure. `expression` reads the SQL; here its conditions that must all hold are taken apart. What
//! is not understood is left out: the database judges every row anyway.

mod expression;
mod node;
mod operand;

use expression::parse;
use node::Node;

use crate::sql::Dialect;

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Equal,
    Other,
    AtLeast,
    More,
}

impl Comparison {
    /// Returns how the second compares with the first.
    fn turned(self) -> Self {
        match self {
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::AtLeast => Self::AtMost,
            Self::More => Self::Less,
            same => same,
        }
    }

    /// Returns whether two values that stand so to each other fulfil it.
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::Other => ordering.is_ne(),
            Self::AtLeast => ordering.is_ge(),
            Self::More => ordering.is_gt(),
        }
    }
}

/// How letters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// A condition that has to hold of a row, NULL always fulfilling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// A column's value compares so with this one.
    Limit(String, Comparison, String),
    /// The number of a text's characters does.
    Length(String, Comparison, i64),
    /// The value is one of these.
    OneOf(String, Vec<String>),
    /// The value is none of these.
    NoneOf(String, Vec<String>),
    /// Two columns' values compare so.
    Pair(String, Comparison, String),
    /// The letters are written so.
    Letters(String, Case),
    /// There is a value.
    Present(String),
}

/// Returns the conditions of a CHECK that are sure.
pub(super) fn conditions(text: &str, dialect: &dyn Dialect) -> Vec<Condition> {
    let mut found = Vec::new();
    if let Some(node) = parse(text, dialect) {
        collect(&node, &mut found);
    }
    found
}

fn collect(node: &Node, found: &mut Vec<Condition>) {
    match node {
        Node::And(parts) => parts.iter().for_each(|part| collect(part, found)),
        Node::Or(parts) => found.extend(either(parts)),
        other => found.extend(single(other)),
    }
}

/// Reads alternatives: `a IS NULL OR …`, or several values for one column.
fn either(parts: &[Node]) -> Vec<Condition> {
    let is_null = |part: &&Node| matches!(part, Node::IsNull(_));
    let rest: Vec<&Node> = parts.iter().filter(|part| !is_null(part)).collect();
    if let [only] = rest.as_slice() {
        let mut found = Vec::new();
        collect(only, &mut found);
        let is_about_null = |column: &str| {
            let mut nulls = parts.iter().filter(is_null);
            nulls.all(|part| matches!(part, Node::IsNull(of) if of.column() == Some(column)))
        };
        let all = found
            .iter()
            .all(|condition| is_about_null(condition.column()));
        return if all { found } else { Vec::new() };
    }
    let mut values = Vec::new();
    let mut column: Option<String> = None;
    for part in rest {
        let (of, some) = match single(part) {
            Some(Condition::OneOf(of, some)) => (of, some),
            Some(Condition::Limit(of, Comparison::Equal, value)) => (of, vec![value]),
            _ => return Vec::new(),
        };
        if column.as_ref().is_some_and(|column| *column != of) {
            return Vec::new();
        }
        column = Some(of);
        values.extend(some);
    }
    let one_of = column.map(|column| Condition::OneOf(column, values));
    one_of.into_iter().collect()
}

/// Reads a condition that is not made of others.
fn single(node: &Node) -> Option<Condition> {
    match node {
        Node::Compare(left, comparison, right) => compare(left, *comparison, right),
        Node::In(of, values) => Some(Condition::OneOf(of.column()?.to_owned(), literals(values)?)),
        Node::Not(inner) => match &**inner {
            Node::In(of, values) => Some(Condition::NoneOf(
                of.column()?.to_owned(),
                literals(values)?,
            )),
            Node::IsNull(of) => Some(Condition::Present(of.column()?.to_owned())),
            _ => None,
        },
        _ => None,
    }
}

fn compare(left: &Node, comparison: Comparison, right: &Node) -> Option<Condition> {
    if left.literal().is_some() {
        return match right.literal() {
            Some(_) => None,
            None => compare(right, comparison.turned(), left),
        };
    }
    if let Some(column) = left.column() {
        if let Some(literal) = right.literal() {
            return Some(limit(column, comparison, literal));
        }
        if let Some(other) = right.column() {
            return Some(Condition::Pair(
                column.to_owned(),
                comparison,
                other.to_owned(),
            ));
        }
        let case = right.letters_of(column)?;
        let equal = comparison == Comparison::Equal;
        return equal.then(|| Condition::Letters(column.to_owned(), case));
    }
    if let Some(column) = left.measured() {
        let count = right.literal()?.parse().ok()?;
        return Some(Condition::Length(column.to_owned(), comparison, count));
    }
    // The other way round: `lower(a) = a`.
    let column = right.column()?;
    let case = left.letters_of(column)?;
    let equal = comparison == Comparison::Equal;
    equal.then(|| Condition::Letters(column.to_owned(), case))
}

fn limit(column: &str, comparison: Comparison, literal: &str) -> Condition {
    let (column, literal) = (column.to_owned(), literal.to_owned());
    match comparison {
        Comparison::Equal => Condition::OneOf(column, vec![literal]),
        Comparison::Other => Condition::NoneOf(column, vec![literal]),
        comparison => Condition::Limit(column, comparison, literal),
    }
}

fn literals(values: &[Node]) -> Option<Vec<String>> {
    let texts = values.iter().map(|value| value.literal());
    texts.map(|text| text.map(str::to_owned)).collect()
}

impl Condition {
    /// Returns the column that it is about, of two the first.
    pub(super) fn column(&self) -> &str {
        match self {
            Self::Limit(column, ..)
            | Self::Length(column, ..)
            | Self::OneOf(column, _)
            | Self::NoneOf(column, _)
            | Self::Pair(column, ..)
            | Self::Letters(column, _)
            | Self::Present(column) => column,
        }
    }
}

#[cfg(test)]
mod tests;
