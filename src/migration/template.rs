//! The text of a new migration, and how a file that is still that text is known.

/// Stands in every file that was made from the template. A file that has it and holds no statement
/// was never written.
pub(crate) const MARKER: &str = "dieselkit:template";

/// The way up.
pub(crate) const UP: &str = include_str!("template/up.sql");
/// The way down.
pub(crate) const DOWN: &str = include_str!("template/down.sql");
/// What a way up outside of a transaction has to mind.
pub(crate) const NO_TRANSACTION: &str = include_str!("template/no_transaction.sql");

/// Returns whether a text that holds no statement is the template.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains(MARKER)
}
