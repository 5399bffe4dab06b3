//! A place in a file, as an editor opens it.

use std::fmt;

use serde::Serialize;

use super::model::SqlText;
use crate::sql::Script;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was found.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

impl Place {
    /// Returns the place of a byte offset in a script of a file.
    pub(crate) fn in_script(text: &SqlText, script: &Script, offset: usize) -> Self {
        let position = script.position(offset);
        Self {
            file: text.path.display().to_string(),
            line: position.line,
            column: position.column,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
