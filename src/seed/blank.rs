//! The text of a new seed, and how a file that is still that text is known.
//!
//! Pure. Where the text is written to is for `scaffold` to say.

/// Stands in every file that was made from the template: in a comment, or as a column's name.
const MARKER: &str = "dieselkit:template";

/// Statements.
pub(super) const SQL: &str = include_str!("blank/seed.sql");
/// Comma-separated values.
pub(super) const CSV: &str = include_str!("blank/rows.csv");
/// One JSON object a line.
pub(super) const JSON_LINES: &str = include_str!("blank/rows.jsonl");
/// One JSON array.
pub(super) const JSON: &str = include_str!("blank/rows.json");

/// Returns whether a text that holds no statement is the template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains(MARKER)
}

/// Returns whether the columns of a data file are those of the template.
pub(super) fn names_it(columns: &[String]) -> bool {
    columns.iter().any(|column| column == MARKER)
}
