//! What a statement that works concurrently names, read from its words.
//!
//! Pure: it knows names as they are written, and none of those that a server chooses.

use super::written::{after_words, qualified, unquoted};
use crate::sql::{Phrase, Script};

/// What a statement does concurrently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Create,
    Reindex,
    Drop,
}

/// What a statement with `CONCURRENTLY` names, as it is written; one that names nothing of it is about
/// the whole database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) work: Work,
    pub(super) index: Option<String>,
    pub(super) table: Option<String>,
    pub(super) schema: Option<String>,
}

/// The bytes that the server keeps of a name: all before `NAMEDATALEN`.
const KEPT: usize = 63;

/// Returns whether a statement does its work beside others: builds, drops, detaches or refreshes
/// something `CONCURRENTLY`, for which it waits until their transactions are over.
pub(in crate::backend::postgres) fn is_concurrent(script: &Script, statement: usize) -> bool {
    let text = script.statement_text(statement).to_ascii_uppercase();
    let verbs = ["CREATE", "DROP", "ALTER", "REFRESH"];
    text.contains("CONCURRENTLY")
        && script.with_phrase(statement, |phrase| {
            let says = |index| phrase.is_word(index, "CONCURRENTLY");
            let has = || (0..phrase.tokens().len()).any(says);
            rebuilt(phrase).is_some() || phrase.is_any_word(0, &verbs) && has()
        })
}

impl Named {
    /// Returns whether what fails of it may leave an index.
    pub(super) fn may_leave(&self) -> bool {
        self.work != Work::Drop
    }

    /// Returns whether it builds anew whatever a table, a schema or the database has.
    pub(super) fn is_of_several(&self) -> bool {
        self.work == Work::Reindex && self.index.is_none()
    }

    /// Returns whether an index of a name is the one that it names.
    pub(super) fn is_kept_as(&self, relation: &str) -> bool {
        let wanted = self.index.as_deref().map(unquoted);
        wanted.is_some_and(|wanted| is_begun(&wanted, relation, relation))
    }

    /// Returns whether an invalid index of the table is what is left of this: of the very name, which
    /// a `REINDEX` mends itself, or with the ending of what a `REINDEX` makes beside it.
    /// <https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>
    pub(super) fn is_left_as(&self, relation: &str) -> bool {
        let is_beside = || {
            let wanted = self.index.as_deref().map(unquoted);
            let left = beside(relation);
            let is_of = |wanted: &str| left.is_some_and(|left| is_begun(wanted, left, relation));
            wanted.as_deref().is_some_and(is_of)
        };
        match self.work {
            Work::Drop => false,
            Work::Create => self.is_kept_as(relation) || is_beside(),
            Work::Reindex if self.is_of_several() => beside(relation).is_some(),
            Work::Reindex => is_beside(),
        }
    }
}

/// Returns the name of the index beside which a `REINDEX` made one, cut off where it had to be.
pub(super) fn beside(relation: &str) -> Option<&str> {
    let name = relation.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let endings = ["_ccnew", "_ccold"];
    endings.iter().find_map(|ending| name.strip_suffix(ending))
}

/// Returns whether a whole relation's name begins with a name, as much of it as had room there.
fn is_begun(name: &str, begin: &str, relation: &str) -> bool {
    let Some(rest) = name.strip_prefix(begin) else {
        return false;
    };
    let has_no_room = |next: char| relation.len() + next.len_utf8() > KEPT;
    !begin.is_empty() && rest.chars().next().is_none_or(has_no_room)
}

/// Returns what a statement names, where it works on indexes concurrently.
pub(super) fn named_by(script: &Script, statement: usize) -> Option<Named> {
    let text = script.statement_text(statement).to_ascii_uppercase();
    let is_concurrent = text.contains("CONCURRENTLY");
    is_concurrent.then(|| script.with_phrase(statement, named))?
}

fn named(statement: Phrase<'_>) -> Option<Named> {
    if statement.is_word(0, "REINDEX") {
        return rebuilt(statement);
    }
    let count = statement.tokens().len();
    let at = (0..count).find(|index| statement.is_word(*index, "CONCURRENTLY"))?;
    let kind = at.checked_sub(1)?;
    let name = after_words(statement, at + 1, &["IF", "NOT", "EXISTS"]);
    let is_index = statement.is_word(kind, "INDEX");
    if statement.is_word(0, "CREATE") && is_index {
        return Some(created(statement, name));
    }
    let is_drop = statement.is_word(0, "DROP") && is_index;
    is_drop.then(|| Named {
        work: Work::Drop,
        index: qualified(statement, name).0,
        table: None,
        schema: None,
    })
}

/// Reads `REINDEX [(options)] kind [CONCURRENTLY] [name]`, where it is concurrent.
fn rebuilt(statement: Phrase<'_>) -> Option<Named> {
    if !statement.is_word(0, "REINDEX") {
        return None;
    }
    let (is_optional, kind) = options(statement);
    let is_said = statement.is_word(kind + 1, "CONCURRENTLY");
    let start = if is_said { kind + 2 } else { kind + 1 };
    let is = |word| statement.is_word(kind, word);
    let name = |is_meant: bool| qualified(statement, start).0.filter(|_| is_meant);
    (is_optional || is_said).then(|| Named {
        work: Work::Reindex,
        index: name(is("INDEX")),
        table: name(is("TABLE")),
        schema: name(is("SCHEMA")),
    })
}

/// Returns whether the options behind the first word of a `REINDEX` say that it is concurrent, the last
/// one if several do, and the place after them.
fn options(statement: Phrase<'_>) -> (bool, usize) {
    let mut is_concurrent = false;
    let mut next = 1;
    if !statement.is_mark(next, "(") {
        return (is_concurrent, next);
    }
    while next < statement.tokens().len() && !statement.is_mark(next, ")") {
        if statement.is_word(next, "CONCURRENTLY") {
            let value = statement.text_at(next + 1).trim_matches('\'');
            let no = ["false", "off", "0"];
            is_concurrent = !no.iter().any(|word| value.eq_ignore_ascii_case(word));
        }
        next += 1;
    }
    (is_concurrent, next + 1)
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
        schema: None,
    }
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
            ("REINDEX (CONCURRENTLY) TABLE t", true),
            ("REINDEX (CONCURRENTLY FALSE) TABLE t", false),
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
                vec!["by_id2", "by_name", "by_name_ccnew", "by_ccnew", "_ccnew"],
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
                "REINDEX (VERBOSE, CONCURRENTLY) SCHEMA s",
                vec!["by_id_ccnew"],
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
        assert!(named.is_left_as(&format!("{}_ccnew1", &long[..56])));
        assert!(!named.is_left_as(&format!("{}_ccnew", &long[..56])));
    }

    #[test]
    fn a_name_is_known_as_the_server_keeps_it() {
        let (long, umlauts) = ("a".repeat(70), "ä".repeat(40));
        for (name, kept) in [
            ("By_Id", "by_id"),
            ("\"By \"\"Id\"", "By \"Id"),
            (&long, &long[..63]),
            // No letter is divided.
            (&umlauts, &umlauts[..62]),
            ("U&\"i\\0061x\"", "iax"),
            ("u&\"i!+01F600x!!\" UESCAPE '!'", "i😀x!"),
            ("U&\"\\D83D\\DE00\\0022\\\\\"", "😀\"\\"),
        ] {
            let text = format!("CREATE INDEX CONCURRENTLY {name} ON {name} (a)");
            let script = Script::parse(&*text, 1, POSTGRES).expect("the text is whole");
            let named = named_by(&script, 0).expect(name);
            assert_eq!(named.index, named.table, "{name}");
            assert!(named.is_kept_as(kept), "{name}: {named:?}");
            let shorter = &kept[..kept.char_indices().next_back().map_or(0, |(at, _)| at)];
            assert!(!named.is_kept_as(shorter), "{name}");
        }
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
            ("REINDEX (CONCURRENTLY, VERBOSE) INDEX i", name("i"), None),
            ("REINDEX (CONCURRENTLY TRUE) TABLE s.t", None, name("s.t")),
            ("REINDEX SCHEMA CONCURRENTLY s", None, None),
            ("REINDEX DATABASE CONCURRENTLY", None, None),
            ("DROP INDEX CONCURRENTLY IF EXISTS s.i", name("s.i"), None),
        ] {
            assert_eq!(read(text), Some((index, table)), "{text}");
        }
        for text in [
            "CREATE INDEX i ON t (a)",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "SELECT concurrently",
            "REINDEX (CONCURRENTLY OFF) INDEX i",
            "REINDEX (VERBOSE) INDEX i",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
