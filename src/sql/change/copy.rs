//! Reads whether a query takes every row of a table, and what it takes of each.
//!
//! Only what is plainly that counts: one table, no condition, nothing that joins, groups or stops
//! short, and no function that may make one row of many.

use super::read::Reader;
use super::{Change, Copied, ObjectName, RowCopy, Value};
use crate::sql::token::TokenKind;

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

impl Reader<'_> {
    /// Reads an `INSERT` from behind its first word.
    pub(super) fn inserted(&mut self) -> Option<Change> {
        let start = self.at;
        self.passes(&[
            "OR", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK", "INTO",
        ]);
        let leaves_out =
            (start..self.at).any(|index| self.phrase.is_any_word(index, &["IGNORE", "REPLACE"]));
        let table = self.name()?;
        if self.takes(&["AS"]) {
            self.identifier()?;
        }
        let columns = self.phrase.is_mark(self.at, "(").then(|| self.columns());
        self.passes(&["OVERRIDING", "SYSTEM", "USER", "VALUE"]);
        if !self.has_ahead("SELECT") {
            return None;
        }
        let copy = self.copy(columns.as_deref()).filter(|_| !leaves_out);
        Some(Change::Fill { table, copy })
    }

    /// Reads what fills a table that is made, from behind its columns.
    pub(super) fn filled(
        &mut self,
        table: &ObjectName,
        columns: Option<&[String]>,
    ) -> Option<Change> {
        let end = self.phrase.tokens().len();
        let select = (self.at..end).find(|index| {
            self.phrase.is_word(*index, "AS") && self.phrase.is_word(index + 1, "SELECT")
        })?;
        self.at = select + 1;
        let table = table.clone();
        let copy = self.copy(columns);
        Some(Change::Fill { table, copy })
    }

    /// Reads a query that is a copy of a table, whose columns have these names there.
    fn copy(&mut self, columns: Option<&[String]>) -> Option<RowCopy> {
        if !self.takes(&["SELECT"]) || self.phrase.is_any_word(self.at, &["ALL", "DISTINCT"]) {
            return None;
        }
        let copied = self.copied(columns)?;
        if !self.takes(&["FROM"]) || self.phrase.is_word(self.at, "ONLY") {
            return None;
        }
        let from = self.name()?;
        self.takes(&["AS"]);
        if !self.phrase.is_any_word(self.at, &["ORDER", "WITH"]) {
            // What it is called inside of the query.
            let _ = self.called();
        }
        self.is_over().then_some(RowCopy { from, copied })
    }

    /// Returns another name that stands here, and is no word of the language that goes on.
    fn called(&mut self) -> Option<String> {
        let next = self.at + 1;
        let is_last = next >= self.phrase.tokens().len()
            || self.phrase.is_mark(next, ";")
            || self.phrase.is_any_word(next, &["ORDER", "WITH"]);
        is_last.then(|| self.identifier())?
    }

    /// Returns whether nothing comes that could leave rows out.
    fn is_over(&mut self) -> bool {
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
        if self.takes(&["WITH"]) && !self.takes(&["DATA"]) {
            return false;
        }
        let sorts = self.takes(&["ORDER"]);
        let end = self.phrase.tokens().len();
        let leaves_out = (self.at..end).any(|index| self.phrase.is_any_word(index, LEAVING_OUT));
        let is_end = self.at >= end || self.phrase.is_mark(self.at, ";");
        is_end || sorts && !leaves_out
    }

    /// Reads the values of a query, up to its `FROM`.
    fn copied(&mut self, columns: Option<&[String]>) -> Option<Copied> {
        let mut values = Vec::new();
        let mut is_everything = false;
        loop {
            let end = self.end_of_value()?;
            let to = columns.and_then(|columns| columns.get(values.len()).cloned());
            match self.value(end, to)? {
                Selected::All => is_everything = true,
                Selected::One(value) => values.push(value),
            }
            self.at = end;
            if !self.phrase.is_mark(end, ",") {
                break;
            }
            self.at += 1;
        }
        Some(if is_everything {
            Copied::Everything
        } else {
            Copied::Values(values)
        })
    }

    /// Returns where the value ends that begins here: at a comma, or at the `FROM`.
    fn end_of_value(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for index in self.at..self.phrase.tokens().len() {
            match self.phrase.text_at(index) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.checked_sub(1)?,
                "," if depth == 0 => return Some(index),
                _ if depth == 0 && self.phrase.is_word(index, "FROM") => return Some(index),
                _ => {}
            }
        }
        None
    }

    /// Reads a value up to its end, which becomes a column of that name, where one is said.
    fn value(&mut self, end: usize, to: Option<String>) -> Option<Selected> {
        let start = self.at;
        if self.is_all(end) {
            return Some(Selected::All);
        }
        if let Some(name) = self.name() {
            let alias = if self.takes(&["AS"]) || self.at + 1 == end {
                self.identifier()
            } else {
                None
            };
            if self.at == end {
                let (from, to) = (name.name, to.or(alias));
                return Some(Selected::One(Value::Column { from, to }));
            }
        }
        self.at = start;
        let words = self.words(end)?;
        Some(Selected::One(Value::Computed(words)))
    }

    /// Returns whether all columns stand here, of whichever table.
    fn is_all(&self, end: usize) -> bool {
        let is_star = |index| self.phrase.text_at(index) == "*";
        let is_qualified = self.at + 3 == end && self.phrase.is_mark(self.at + 1, ".");
        self.at + 1 == end && is_star(self.at) || is_qualified && is_star(self.at + 2)
    }

    /// Returns the names in a value, unless a function in it may make one row of many, or many of one.
    fn words(&mut self, end: usize) -> Option<Vec<String>> {
        let mut words = Vec::new();
        while self.at < end {
            let index = self.at;
            let is_name = matches!(
                self.phrase.kind_at(index),
                Some(TokenKind::Word | TokenKind::QuotedIdentifier)
            );
            if !is_name {
                self.at += 1;
                continue;
            }
            let is_called = self.phrase.is_mark(index + 1, "(");
            let is_known = self.phrase.is_any_word(index, OF_ONE_VALUE)
                || self.phrase.is_any_word(index, NO_FUNCTIONS);
            if is_called && !is_known {
                return None;
            }
            words.extend(self.identifier());
        }
        Some(words)
    }
}
