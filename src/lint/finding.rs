//! One thing that was found, and what mends it.

use serde::Serialize;

use crate::backend::lint::{Level, Mend};
use crate::migration::Place;
use crate::sql::Span;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// The migration's full name, where the file belongs to one.
    pub migration: Option<String>,
    /// Where it begins.
    pub place: Place,
    /// The line in which it ends, 1-based.
    pub end_line: usize,
    /// The column behind its end, 1-based, in characters.
    pub end_column: usize,
    /// What is the matter.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// What `--fix` would do, in a few words.
    pub fix: Option<Fix>,
}

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// What it replaces, in bytes from the first line on, and the text that stands there instead.
    #[serde(skip)]
    edits: Vec<(Span, String)>,
    /// The line of the file from which bytes are counted, 1-based.
    #[serde(skip)]
    first_line: usize,
}

impl Fix {
    /// Makes the fix of a text that begins at this line of its file (1-based).
    pub(super) fn of(mend: Mend, first_line: usize) -> Self {
        let edits = mend.edits.into_iter();
        Self {
            title: mend.title,
            edits: edits.map(|edit| (edit.span, edit.text)).collect(),
            first_line,
        }
    }

    /// Returns what it replaces in the text of the file, in order.
    pub(super) fn edits(&self, file: &str) -> Vec<(Span, &str)> {
        let lines = file.split_inclusive('\n').take(self.first_line - 1);
        let base: usize = lines.map(str::len).sum();
        let edits = self.edits.iter().map(|(span, text)| {
            let span = Span {
                start: base + span.start,
                end: base + span.end,
            };
            (span, text.as_str())
        });
        let mut edits: Vec<_> = edits.collect();
        edits.sort_by_key(|(span, _)| span.start);
        edits
    }
}
