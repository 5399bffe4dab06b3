//! The colours, which `anstream` leaves out where nobody would see them.

use anstyle::{AnsiColor, Style};

/// The word before an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// The words before a cause.
pub(crate) const CAUSE: Style = Style::new().bold();
/// The word before a hint.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// The word before a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Something that is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Something that waits.
pub(crate) const WAITING: Style = AnsiColor::Yellow.on_default();
/// Something that is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// Something beside the matter.
pub(crate) const DIM: Style = Style::new().dimmed();
/// The heads of columns.
pub(crate) const HEAD: Style = Style::new().bold();

/// Returns a warning as a line.
pub(crate) fn warning(text: &str) -> String {
    format!("{WARNING}warning:{WARNING:#} {text}\n")
}

/// Returns a note as a line.
pub(crate) fn note(text: &str) -> String {
    format!("{HINT}note:{HINT:#} {text}\n")
}

/// Returns a hint as a line.
pub(crate) fn hint(text: &str) -> String {
    format!("{HINT}hint:{HINT:#} {text}\n")
}

/// Returns a text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
