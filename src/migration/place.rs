//! A place in a file, as an editor opens it.
//!
//! Pure. How lines and columns are counted is known to `sql` alone.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::model::SqlText;
use crate::sql::{Position, Script};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was found.
    pub file: String,
    /// The line, 1-based.
    pub line: usize,
    /// The column, 1-based, in characters.
    pub column: usize,
}

impl Place {
    /// Makes a place of a file and a position in it.
    pub(crate) fn at(file: &Path, position: Position) -> Self {
        Self {
            file: file.display().to_string(),
            line: position.line,
            column: position.column,
        }
    }

    /// Returns the place of a byte offset in a script of a file.
    pub(crate) fn in_script(text: &SqlText, script: &Script, offset: usize) -> Self {
        Self::at(&text.path, script.position(offset))
    }

    /// Returns the place where the statement at `index` (0-based) of a file's script begins.
    pub(crate) fn of_statement(text: &SqlText, script: &Script, index: usize) -> Self {
        Self::at(&text.path, script.statement_position(index))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}
