//! An error as it is told.

use std::fmt::Write as _;

use dieselkit::migration::RunReport;
use dieselkit::seed::SeedReport;

use crate::exit::Exit;
use crate::report;

/// What came before an error.
#[derive(Debug, Clone)]
pub(crate) enum Partial {
    /// Nothing was done.
    Nothing,
    /// A run did this, and then failed or was interrupted.
    Run(RunReport),
    /// A seeding did this, and then failed or was interrupted.
    Seeds(SeedReport),
    /// This was done, and shows in what failed as well.
    Did(report::Answer),
    /// This was found out all the same.
    Found(report::Answer),
}

/// An error as it is told.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hint: Option<String>,
    pub(crate) exit: Exit,
    pub(crate) partial: Partial,
}

impl Failure {
    /// Returns the error for a terminal: `error:`, `caused by:`, `hint:`.
    pub(crate) fn text(&self) -> String {
        use report::style::{CAUSE, ERROR, HINT};
        let mut text = format!("{ERROR}error:{ERROR:#} {}\n", indented(&self.message, 7));
        for cause in &self.causes {
            let _ = writeln!(text, "  {CAUSE}caused by:{CAUSE:#} {}", indented(cause, 13));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{HINT}hint:{HINT:#} {}", indented(hint, 6));
        }
        text
    }
}

/// Puts the further lines of a text below its first.
fn indented(text: &str, width: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{:width$}", ""))
}
