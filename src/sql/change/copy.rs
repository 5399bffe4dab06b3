//! Reads whether a query takes every row of a table, and what it takes of each.
//!
//! Only what is plainly that counts: one table, no condition, nothing that joins, groups or stops
//! short, and no function that may make one row of many.

use super::{Change, Copied, RowCopy, Value};
use crate::sql::name::Name;
use crate::sql::script::Script;
use crate::sql::token::TokenKind;
use crate::sql::words::Words;

/// Functions that make one value of others in the same row, or of none.
const OF_ONE_VALUE: &[&str] = &[
    "ABS",
    "BTRIM",
    "CAST",
    "CLOCK_TIMESTAMP",
    "COALESCE",
    "CONCAT",
    "DATE",
    "DATETIME",
    "GEN_RANDOM_UUID",
    "HEX",
    "IFNULL",
    "JULIANDAY",
    "LENGTH",
    "LOWER",
    "LTRIM",
    "NEXTVAL",
    "NOW",
    "NULLIF",
    "RANDOM",
    "RANDOMBLOB",
    "REPLACE",
    "ROUND",
    "RTRIM",
    "STRFTIME",
    "SUBSTR",
    "SUBSTRING",
    "TO_CHAR",
    "TO_DATE",
    "TO_NUMBER",
    "TO_TIMESTAMP",
    "TRIM",
    "TRUNC",
    "UNIXEPOCH",
    "UPPER",
];

/// What stands before a bracket inside of a value and is no function.
const NO_FUNCTIONS: &[&str] = &[
    "AND",
    "AS",
    "CASE",
    "CHAR",
    "CHARACTER",
    "DECIMAL",
    "ELSE",
    "EXISTS",
    "IN",
    "NOT",
    "NUMERIC",
    "OR",
    "THEN",
    "VARCHAR",
    "VARYING",
    "WHEN",
];

/// What a query selects.
enum Selected {
    /// All columns.
    All,
    One(Value),
}

/// Whether rows are left out, or others go, where two of them have one key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LeavingOut {
    Nothing,
    Doubles,
}

/// Where rows are put.
struct Into {
    table: Name,
    /// The columns that it names.
    columns: Option<Vec<String>>,
    leaving_out: LeavingOut,
}

/// Reads an `INSERT` from behind its first word.
pub(super) fn inserted(words: &mut Words<'_>) -> Option<Change> {
    let into = into(words)?;
    if !words.has_ahead("SELECT") {
        return None;
    }
    let copy = copy(words, into.columns.as_deref());
    Some(Change::Fill {
        table: into.table,
        copy: copy.filter(|_| into.leaving_out == LeavingOut::Nothing),
    })
}

/// Reads an `INSERT` from behind its first word up to what it puts in.
fn into(words: &mut Words<'_>) -> Option<Into> {
    let replaces = words.at(0).is("REPLACE");
    let leaves_out = replaces || words.eat("OR") && words.is_any(&["IGNORE", "REPLACE"]);
    words.eat_all_of(&["REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK", "INTO"]);
    let table = words.name()?;
    if words.eat("AS") {
        words.identifier()?;
    }
    let columns = words.is_mark("(").then(|| words.columns());
    let columns: Option<Vec<_>> = columns.map(|columns| columns.into_iter().flatten().collect());
    words.eat_all_of(&["OVERRIDING", "SYSTEM", "USER", "VALUE"]);
    Some(Into {
        table,
        columns,
        leaving_out: if leaves_out {
            LeavingOut::Doubles
        } else {
            LeavingOut::Nothing
        },
    })
}

impl Script {
    /// Returns the table all of whose rows the statement at `index` puts into another, as far as its words
    /// prove it; a condition that is always true leaves none out.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn takes_all_rows_of(&self, index: usize) -> Option<Name> {
        const ALWAYS: &[&str] = &["TRUE", "1"];
        let dialect = self.dialect();
        self.with_phrase(index, |phrase| {
            let words = Words::new(phrase, dialect);
            let mut query = if words.is("INSERT") {
                let mut words = words.at(1);
                let into = into(&mut words)?;
                (into.leaving_out == LeavingOut::Nothing).then_some(words)?
            } else {
                let query = words.behind(&["AS", "SELECT"])?;
                query.at(query.index() - 1)
            };
            let copy = selected(&mut query, None)?;
            if query.eat("WHERE") && !query.eat_any(ALWAYS) {
                return None;
            }
            (query.is("RETURNING") || is_over(&mut query)).then_some(copy.from)
        })
    }
}

/// Reads what fills a table that a statement makes.
pub(super) fn filled(
    words: &Words<'_>,
    table: &Name,
    columns: &[(String, String)],
) -> Option<Change> {
    let mut query = words.behind(&["AS", "SELECT"])?;
    query = query.at(query.index() - 1);
    let table = table.clone();
    let columns: Vec<_> = columns.iter().map(|(name, _)| name.clone()).collect();
    let copy = copy(&mut query, Some(&columns));
    Some(Change::Fill { table, copy })
}

/// Reads a query that is a copy of a table, whose columns have these names there.
fn copy(words: &mut Words<'_>, columns: Option<&[String]>) -> Option<RowCopy> {
    let copy = selected(words, columns)?;
    is_over(words).then_some(copy)
}

/// Reads a query of one table up to where it may say which rows.
fn selected(words: &mut Words<'_>, columns: Option<&[String]>) -> Option<RowCopy> {
    if !words.eat("SELECT") || words.is_any(&["ALL", "DISTINCT"]) {
        return None;
    }
    let copied = copied(words, columns)?;
    if !words.eat("FROM") || words.is("ONLY") {
        return None;
    }
    let from = words.name()?;
    words.eat("AS");
    if !words.is_any(&["ORDER", "WITH"]) {
        // What it is called inside of the query.
        let _ = called(words);
    }
    Some(RowCopy { from, copied })
}

/// Returns another name that stands here, and is no word of the language that goes on.
fn called(words: &mut Words<'_>) -> Option<String> {
    let next = words.at(words.index() + 1);
    let is_last = next.is_done() || next.is_any(&["ORDER", "RETURNING", "WHERE", "WITH"]);
    is_last.then(|| words.identifier())?
}

/// Returns whether nothing comes that could leave rows out.
fn is_over(words: &mut Words<'_>) -> bool {
    const LEAVING_OUT: &[&str] = &[
        "CONFLICT",
        "EXCEPT",
        "FETCH",
        "INTERSECT",
        "LIMIT",
        "OFFSET",
        "SKIP",
        "UNION",
    ];
    if words.eat("WITH") && !words.eat("DATA") {
        return false;
    }
    let sorts = words.eat("ORDER");
    let leaves_out = LEAVING_OUT.iter().any(|word| words.has_ahead(word));
    words.is_done() || sorts && !leaves_out
}

/// Reads the values of a query, up to its `FROM`.
fn copied(words: &mut Words<'_>, columns: Option<&[String]>) -> Option<Copied> {
    let mut values = Vec::new();
    let mut is_everything = false;
    loop {
        let end = end_of_value(words)?;
        let to = columns.and_then(|columns| columns.get(values.len()).cloned());
        match value(words, end, to)? {
            Selected::All => is_everything = true,
            Selected::One(value) => values.push(value),
        }
        *words = words.at(end);
        if !words.eat_mark(",") {
            break;
        }
    }
    Some(if is_everything {
        Copied::Everything
    } else {
        Copied::Values(values)
    })
}

/// Returns where the value ends that begins here: at a comma, or at the `FROM`.
fn end_of_value(words: &Words<'_>) -> Option<usize> {
    let statement = words.phrase();
    let mut depth = 0_usize;
    for index in words.index()..statement.tokens().len() {
        match statement.text_at(index) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            "," if depth == 0 => return Some(index),
            _ if depth == 0 && statement.is_word(index, "FROM") => return Some(index),
            _ => {}
        }
    }
    None
}

/// Reads a value up to its end, which becomes a column of that name, where one is said.
fn value(words: &Words<'_>, end: usize, to: Option<String>) -> Option<Selected> {
    if is_all(words, end) {
        return Some(Selected::All);
    }
    let mut plain = words.clone();
    if !plain.is_text()
        && let Some(name) = plain.name()
    {
        let is_called = plain.eat("AS") || plain.index() + 1 == end;
        let alias = is_called.then(|| plain.identifier()).flatten();
        if plain.index() == end {
            let (from, to) = (name.name, to.or(alias));
            return Some(Selected::One(Value::Column { from, to }));
        }
    }
    let computed = computed(words.clone(), end)?;
    Some(Selected::One(match filled_up(words, end) {
        Some((from, alias)) => Value::Column {
            from,
            to: to.or(alias),
        },
        None => Value::Computed(computed),
    }))
}

/// Returns the column whose values stay as they are, with others in the place of NULL, and what it is
/// called then: `COALESCE(email, '') AS email`.
fn filled_up(words: &Words<'_>, end: usize) -> Option<(String, Option<String>)> {
    let mut behind = words.clone();
    if !behind.eat_any(&["COALESCE", "IFNULL"]) {
        return None;
    }
    let mut words = behind.clone();
    behind.skip_parentheses();
    if !words.eat_mark("(") || words.is_text() {
        return None;
    }
    let column = words.name()?;
    if !words.is_mark(",") {
        return None;
    }
    let is_called = behind.eat("AS") || behind.index() + 1 == end;
    let alias = is_called.then(|| behind.identifier()).flatten();
    (behind.index() == end).then_some((column.name, alias))
}

/// Returns whether all columns stand here, of whichever table.
fn is_all(words: &Words<'_>, end: usize) -> bool {
    let first = words.index();
    let is_star = |index| words.at(index).text() == "*";
    let is_qualified = first + 3 == end && words.at(first + 1).is_mark(".");
    first + 1 == end && is_star(first) || is_qualified && is_star(first + 2)
}

/// Returns the names in a value, unless a function in it may make one row of many, or many of one.
fn computed(mut words: Words<'_>, end: usize) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while words.index() < end {
        let is_called = words.at(words.index() + 1).is_mark("(")
            && matches!(
                words.kind(),
                Some(TokenKind::Word | TokenKind::QuotedIdentifier)
            );
        let is_known = words.is_any(OF_ONE_VALUE) || words.is_any(NO_FUNCTIONS);
        if is_called && !is_known {
            return None;
        }
        match words.mentioned() {
            Some(name) => names.push(name),
            None => words.skip(),
        }
    }
    Some(names)
}
