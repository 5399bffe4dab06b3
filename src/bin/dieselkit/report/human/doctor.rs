//! What a look at everything found, a line each.

use std::fmt::Write;

use serde::Serialize;

use super::counted;
use crate::report::style::{BAD, DIM, GOOD, HINT, WAITING, styled};

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checked {
    /// What it was: one word, the same in each run.
    pub(crate) check: &'static str,
    pub(crate) verdict: Verdict,
    /// How it is: a fragment.
    pub(crate) message: String,
    /// What cures it, with commands that can be pasted.
    pub(crate) cure: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// Wrong, or about to be.
    Problem,
}

/// Returns all that was looked at, and how many problems there are.
pub(crate) fn doctor_text(checked: &[Checked]) -> String {
    let width = checked.iter().map(|it| it.check.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Checked {
        check,
        verdict,
        message,
        cure,
    } in checked
    {
        let word = match verdict {
            Verdict::Good => styled(GOOD, "good   "),
            Verdict::Note => styled(WAITING, "note   "),
            Verdict::Problem => styled(BAD, "problem"),
        };
        let _ = writeln!(text, "{word}  {check:width$}  {message}");
        if let Some(cure) = cure {
            let blank = " ".repeat("problem".len() + 2 + width + 2);
            let _ = writeln!(text, "{blank}{} {cure}", styled(HINT, "hint:"));
        }
    }
    let problems = checked.iter().filter(|it| it.verdict == Verdict::Problem);
    let result = match problems.count() {
        0 => styled(GOOD, "no problems"),
        many => styled(BAD, &counted(many, "problem")),
    };
    let _ = writeln!(
        text,
        "{} {}: {result}",
        styled(DIM, "looked at"),
        counted(checked.len(), "thing")
    );
    text
}
