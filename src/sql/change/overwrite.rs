//! Reads which columns a statement writes over, and in which rows.

use super::read::Reader;
use super::{Change, ObjectName, Which};

/// What ends a list of assignments.
const ENDS: &[&str] = &["FROM", "LIMIT", "ON", "ORDER", "RETURNING", "WHERE"];

impl Reader<'_> {
    /// Reads an `UPDATE` from behind its first word.
    pub(super) fn updated(&mut self) -> Option<Vec<Change>> {
        let replaces =
            self.phrase.is_word(self.at, "OR") && self.phrase.is_word(self.at + 1, "REPLACE");
        self.passes(&[
            "OR", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK", "ONLY",
        ]);
        let table = self.name()?;
        while !self.takes(&["SET"]) {
            self.phrase.kind_at(self.at)?;
            self.at += 1;
        }
        let overwritten = self.overwritten(&table, Which::Every);
        let thinned = replaces.then_some(Change::Thin(table));
        Some(thinned.into_iter().chain(overwritten).collect())
    }

    /// Reads an `INSERT` or a `REPLACE` from its beginning: which rows of its table it replaces, or
    /// writes over, where they have the key of a new one.
    ///
    /// <https://www.sqlite.org/lang_conflict.html>: "the REPLACE algorithm deletes pre-existing rows".
    pub(super) fn replaced(&mut self) -> (Option<Change>, Vec<Change>) {
        let start = self.at;
        let replaces = self.phrase.is_word(start, "REPLACE")
            || self.phrase.is_word(start + 1, "OR") && self.phrase.is_word(start + 2, "REPLACE");
        self.passes(&[
            "INSERT", "OR", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK", "INTO",
        ]);
        let Some(table) = self.name() else {
            self.at = start;
            return (None, Vec::new());
        };
        let mut overwritten = Vec::new();
        while self.phrase.kind_at(self.at).is_some() {
            if self.takes(&["DO"]) && self.takes(&["UPDATE"]) && self.takes(&["SET"]) {
                overwritten.extend(self.overwritten(&table, Which::Some));
            } else {
                self.at += 1;
            }
        }
        self.at = start;
        (replaces.then_some(Change::Thin(table)), overwritten)
    }

    /// Reads assignments from behind `SET`; nothing of columns that are written where they are null
    /// alone.
    fn overwritten(&mut self, table: &ObjectName, which: Which) -> Option<Change> {
        let mut columns = self.assigned();
        let which = if self
            .phrase
            .is_any_word(self.at, &["FROM", "LIMIT", "ORDER", "WHERE"])
        {
            Which::Some
        } else {
            which
        };
        let empty = self.null_alone();
        columns.retain(|column| !empty.contains(column));
        (!columns.is_empty()).then(|| Change::Overwrite {
            table: table.clone(),
            columns,
            which,
        })
    }

    /// Reads the columns of assignments, up to what follows them.
    fn assigned(&mut self) -> Vec<String> {
        let mut columns = Vec::new();
        loop {
            if self.phrase.is_mark(self.at, "(") {
                columns.extend(self.columns());
            } else {
                columns.extend(self.identifier());
            }
            if !self.passes_assignment() {
                return columns;
            }
        }
    }

    /// Passes all up to the next comma outside of parentheses; false where the list ends before.
    fn passes_assignment(&mut self) -> bool {
        let mut depth = 0_usize;
        while self.phrase.kind_at(self.at).is_some() {
            // `IS DISTINCT FROM` is a part of a value.
            let is_of_value = self.phrase.is_word(self.at - 1, "DISTINCT");
            if depth == 0 && self.phrase.is_any_word(self.at, ENDS) && !is_of_value {
                return false;
            }
            match self.phrase.text_at(self.at) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    self.at += 1;
                    return true;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    /// Returns the columns that a condition ahead, all of whose parts have to hold, wants to be null.
    fn null_alone(&mut self) -> Vec<String> {
        let start = self.at;
        let (mut depth, mut columns) = (0_usize, Vec::new());
        while self.phrase.kind_at(self.at).is_some() {
            match self.phrase.text_at(self.at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                _ if self.phrase.is_any_word(self.at, &["OR", "NOT"]) => {
                    columns.clear();
                    break;
                }
                _ if self.phrase.is_word(self.at + 1, "IS")
                    && self.phrase.is_word(self.at + 2, "NULL") =>
                {
                    columns.extend(self.identifier());
                    self.at -= 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = start;
        columns
    }
}
