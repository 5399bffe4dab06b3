//! What a statement that works concurrently names, read from its words.
//!
//! Pure: it knows names as they are written, and none of those that a server chooses.

use crate::sql::{Phrase, Script, TokenKind};

/// What a statement does concurrently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Create,
    Reindex,
    Drop,
}

/// What a statement with `CONCURRENTLY` names, as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) work: Work,
    pub(super) index: Option<String>,
    pub(super) table: Option<String>,
}

/// Returns whether a statement does its work beside others: builds, drops, detaches or refreshes
/// something `CONCURRENTLY`, for which it waits until their transactions are over.
pub(in crate::backend::postgres) fn is_concurrent(script: &Script, statement: usize) -> bool {
    let text = script.statement_text(statement).to_ascii_uppercase();
    let verbs = ["CREATE", "REINDEX", "DROP", "ALTER", "REFRESH"];
    text.contains("CONCURRENTLY")
        && script.with_phrase(statement, |phrase| {
            let says = |index| phrase.is_word(index, "CONCURRENTLY");
            phrase.is_any_word(0, &verbs) && (0..phrase.tokens().len()).any(says)
        })
}

impl Named {
    /// Returns whether what fails of it may leave an index.
    pub(super) fn may_leave(&self) -> bool {
        self.work != Work::Drop
    }

    /// Returns whether an invalid index of the table is what is left of this: of the very name, which
    /// a `REINDEX` mends itself, or with the ending of what a `REINDEX` makes beside it.
    /// <https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>
    pub(super) fn is_left_as(&self, relation: &str) -> bool {
        let beside = ["_ccnew", "_ccold"].iter().find_map(|ending| {
            let name = relation.trim_end_matches(|letter: char| letter.is_ascii_digit());
            name.strip_suffix(ending)
        });
        let wanted = self.index.as_deref().map(unquoted);
        match (self.work, wanted) {
            (Work::Drop, _) | (Work::Create, None) => false,
            (Work::Create, Some(wanted)) => relation == wanted || is_begun(&wanted, beside),
            (Work::Reindex, Some(wanted)) => is_begun(&wanted, beside),
            (Work::Reindex, None) => beside.is_some(),
        }
    }
}

/// Returns whether a name is, or begins with, what is left of it where that was too long.
fn is_begun(name: &str, left: Option<&str>) -> bool {
    left.is_some_and(|left| !left.is_empty() && name.starts_with(left))
}

/// Returns the last part of a name as the catalog has it.
pub(super) fn unquoted(name: &str) -> String {
    let mut part = String::new();
    let mut is_quoted = false;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                part.push('"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => part.clear(),
            letter if is_quoted => part.push(letter),
            letter => part.push(letter.to_ascii_lowercase()),
        }
    }
    part
}

/// Returns what a statement names, where it works on indexes concurrently.
pub(super) fn named_by(script: &Script, statement: usize) -> Option<Named> {
    let text = script.statement_text(statement).to_ascii_uppercase();
    let is_concurrent = text.contains("CONCURRENTLY");
    is_concurrent.then(|| script.with_phrase(statement, named))?
}

fn named(statement: Phrase<'_>) -> Option<Named> {
    let count = statement.tokens().len();
    let at = (0..count).find(|index| statement.is_word(*index, "CONCURRENTLY"))?;
    let kind = at.checked_sub(1)?;
    let name = after_words(statement, at + 1, &["IF", "NOT", "EXISTS"]);
    let is_index = statement.is_word(kind, "INDEX");
    if statement.is_word(0, "CREATE") && is_index {
        return Some(created(statement, name));
    }
    let name = qualified(statement, name).0;
    let of = |work, index, table| Some(Named { work, index, table });
    match (statement.is_word(0, "REINDEX"), is_index) {
        (true, true) => of(Work::Reindex, name, None),
        (true, false) if statement.is_word(kind, "TABLE") => of(Work::Reindex, None, name),
        (false, true) if statement.is_word(0, "DROP") => of(Work::Drop, name, None),
        _ => None,
    }
}

/// Reads `[name] ON [ONLY] table`.
fn created(statement: Phrase<'_>, start: usize) -> Named {
    let (index, next) = if statement.is_word(start, "ON") {
        (None, start)
    } else {
        qualified(statement, start)
    };
    let table = after_words(statement, next, &["ON", "ONLY"]);
    Named {
        work: Work::Create,
        index,
        table: qualified(statement, table).0,
    }
}

/// Returns the place after whichever of some words stand at a place.
pub(in crate::backend::postgres) fn after_words(
    statement: Phrase<'_>,
    start: usize,
    words: &[&str],
) -> usize {
    let mut next = start;
    while statement.is_any_word(next, words) {
        next += 1;
    }
    next
}

/// Returns the name at a place, with what stands before its dots, and the place after it.
pub(in crate::backend::postgres) fn qualified(
    statement: Phrase<'_>,
    start: usize,
) -> (Option<String>, usize) {
    let is_name = |index| {
        matches!(
            statement.kind_at(index),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier)
        )
    };
    if !is_name(start) {
        return (None, start);
    }
    let mut name = statement.text_at(start).to_owned();
    let mut next = start + 1;
    while statement.is_mark(next, ".") && is_name(next + 1) {
        name = format!("{name}.{}", statement.text_at(next + 1));
        next += 2;
    }
    (Some(name), next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    fn read(text: &str) -> Option<(Option<String>, Option<String>)> {
        let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
        let named = script.with_phrase(0, named)?;
        Some((named.index, named.table))
    }

    #[test]
    fn what_waits_for_all_others_is_known_by_its_words() {
        for (text, waits) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", true),
            ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", true),
            ("drop index concurrently if exists i", true),
            ("ALTER TABLE t DETACH PARTITION t_1 CONCURRENTLY", true),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", true),
            ("CREATE INDEX i ON t (a)", false),
            ("SELECT concurrently FROM t", false),
            ("CREATE TABLE t (a text DEFAULT 'CONCURRENTLY')", false),
            ("CREATE INDEX \"CONCURRENTLY\" ON t (a)", false),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            assert_eq!(is_concurrent(&script, 0), waits, "{text}");
        }
    }

    #[test]
    fn what_is_left_is_known_by_its_name() {
        let long = "a".repeat(63);
        for (text, left, others) in [
            (
                "CREATE INDEX CONCURRENTLY by_id ON t (a)",
                vec!["by_id", "by_id_ccnew", "by_id_ccnew12", "by_id_ccold"],
                vec!["by_id2", "by_name", "by_name_ccnew", "_ccnew"],
            ),
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS \"By \"\"Id\" ON t (a)",
                vec!["By \"Id", "By \"Id_ccnew"],
                vec!["by \"id", "By Id"],
            ),
            (
                "REINDEX INDEX CONCURRENTLY s.by_id",
                vec!["by_id_ccnew"],
                vec!["by_id", "by_name_ccnew"],
            ),
            (
                "REINDEX TABLE CONCURRENTLY t",
                vec!["by_id_ccnew", "by_id_ccold1"],
                vec!["by_id"],
            ),
            (
                "CREATE INDEX CONCURRENTLY ON t (a)",
                vec![],
                vec!["t_a_idx"],
            ),
            (
                "DROP INDEX CONCURRENTLY by_id",
                vec![],
                vec!["by_id", "by_id_ccnew"],
            ),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            let named = named_by(&script, 0).expect(text);
            let is_left = |name: &&str| named.is_left_as(name);
            assert!(left.iter().all(is_left), "{text}");
            assert!(!others.iter().any(is_left), "{text}");
        }
        // The ending takes its room from the name.
        let text = format!("REINDEX INDEX CONCURRENTLY {long}");
        let script = Script::parse(&*text, 1, POSTGRES).expect("the text is whole");
        let named = named_by(&script, 0).expect("it is concurrent");
        assert!(named.is_left_as(&format!("{}_ccnew", &long[..57])));
    }

    #[test]
    fn what_is_built_concurrently_is_known_by_its_words() {
        let name = |name: &str| Some(name.to_owned());
        for (text, index, table) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", name("i"), name("t")),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON ONLY s.\"T\" USING btree (a);",
                name("\"I\""),
                name("s.\"T\""),
            ),
            ("CREATE INDEX CONCURRENTLY ON t (a)", None, name("t")),
            (
                "REINDEX (VERBOSE) TABLE CONCURRENTLY s.t",
                None,
                name("s.t"),
            ),
            ("REINDEX INDEX CONCURRENTLY i", name("i"), None),
            ("DROP INDEX CONCURRENTLY IF EXISTS s.i", name("s.i"), None),
        ] {
            assert_eq!(read(text), Some((index, table)), "{text}");
        }
        for text in [
            "CREATE INDEX i ON t (a)",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "SELECT concurrently",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
