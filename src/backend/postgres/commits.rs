//! Statements that commit a part of their work before they are through.
//!
//! Outside of a transaction such a statement that fails has not left everything as it was.

use super::detach;
use crate::sql::{Phrase, Script};

/// Returns whether a statement may commit by itself: a block or a procedure that does so, and what works
/// through one table, index or partition after another.
pub(super) fn commits_itself(script: &Script, statement: usize) -> bool {
    script.with_phrase(statement, |phrase| {
        let is_block = phrase.is_word(0, "DO");
        let text = script.statement_text(statement);
        let says_commit = || text.to_ascii_uppercase().contains("COMMIT");
        // What a procedure does stands elsewhere.
        is_block && says_commit()
            || phrase.is_any_word(0, &["CALL", "VACUUM"])
            || goes_through_several(phrase)
            || detach::is_detaching(phrase)
    })
}

/// Returns whether a statement builds anew more than one index, or all tables that are clustered.
fn goes_through_several(statement: Phrase<'_>) -> bool {
    let words = 0..statement.tokens().len();
    let has = |word| words.clone().any(|index| statement.is_word(index, word));
    if statement.is_word(0, "CLUSTER") {
        return words.len() <= 2;
    }
    let is_of_several = has("SCHEMA") || has("DATABASE") || has("SYSTEM") || has("TABLE");
    statement.is_word(0, "REINDEX") && is_of_several && (has("CONCURRENTLY") || !has("TABLE"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    #[test]
    fn what_commits_is_known_by_its_words() {
        for (text, commits) in [
            ("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$", true),
            ("DO $$ BEGIN UPDATE t SET a = 1; END $$", false),
            ("CALL fill()", true),
            ("VACUUM t", true),
            ("ALTER TABLE p DETACH PARTITION p_1 CONCURRENTLY", true),
            ("REINDEX TABLE CONCURRENTLY t", true),
            ("REINDEX SCHEMA s", true),
            ("REINDEX INDEX CONCURRENTLY i", false),
            ("REINDEX TABLE t", false),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", false),
            ("CLUSTER;", true),
            ("CLUSTER t USING i", false),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            assert_eq!(commits_itself(&script, 0), commits, "{text}");
        }
    }
}
