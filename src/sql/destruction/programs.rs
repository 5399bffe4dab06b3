//! Whether a statement runs a program on the server's machine, which may do anything.

use crate::sql::token::Phrase;

/// Returns whether a `COPY` reads from a program, or writes to one.
/// <https://www.postgresql.org/docs/current/sql-copy.html>
pub(crate) fn runs_program(statement: Phrase<'_>) -> bool {
    let mut depth = 0_usize;
    let runs = |index| {
        statement.is_any_word(index, &["FROM", "TO"]) && statement.is_word(index + 1, "PROGRAM")
    };
    statement.is_word(0, "COPY")
        && (0..statement.tokens().len()).any(|index| {
            match statement.text_at(index) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            // A table of the name may stand in a query.
            depth == 0 && runs(index)
        })
}
