//! What a statement runs by its words: itself, and what stands in the block of a `DO`.
//!
//! Looks for something that must not be overlooked, and rather finds what is only said than misses what
//! is done: each text in quotes within a block may be run by its `EXECUTE`. Must not know what is looked
//! for, nor the body of a function, which a statement elsewhere calls.

use crate::sql::{Dialect, Phrase, Script, Token, TokenKind};

/// Behind what a statement of a block begins, beside a semicolon.
const BEFORE_STATEMENTS: [&str; 5] = ["BEGIN", "DECLARE", "ELSE", "LOOP", "THEN"];

/// Returns what `find` finds first in what the statement at `index` runs; the words of a statement
/// within a block go on to its semicolon.
///
/// # Panics
///
/// Panics if there is no statement at `index`.
pub(super) fn find_in_run<T>(
    script: &Script,
    index: usize,
    mut find: impl FnMut(Phrase<'_>) -> Option<T>,
) -> Option<T> {
    script.with_phrase(index, |statement| {
        if let Some(found) = find(statement) {
            return Some(found);
        }
        if !statement.is_word(0, "DO") {
            return None;
        }
        in_texts(statement, script.dialect(), &mut find)
    })
}

/// Looks into each text in quotes.
fn in_texts<T>(
    statement: Phrase<'_>,
    dialect: &dyn Dialect,
    find: &mut dyn FnMut(Phrase<'_>) -> Option<T>,
) -> Option<T> {
    let mut places = 0..statement.tokens().len();
    places.find_map(|place| {
        if statement.kind_at(place) != Some(TokenKind::String) {
            return None;
        }
        let text = unquoted(statement.text_at(place))?;
        in_text(&text, dialect, find)
    })
}

/// Looks into each statement of a text, and into what that one may run.
fn in_text<T>(
    text: &str,
    dialect: &dyn Dialect,
    find: &mut dyn FnMut(Phrase<'_>) -> Option<T>,
) -> Option<T> {
    let mut tokens = dialect.lex(text);
    tokens.retain(Token::is_significant);
    let whole = Phrase::new(text, &tokens);
    let begins = |place: usize| {
        place == 0
            || whole.is_mark(place - 1, ";")
            || whole.is_any_word(place - 1, &BEFORE_STATEMENTS)
    };
    for start in (0..tokens.len()).filter(|place| begins(*place)) {
        let length = (start..tokens.len()).position(|place| whole.is_mark(place, ";"));
        let end = length.map_or(tokens.len(), |length| start + length);
        if let Some(found) = find(Phrase::new(text, &tokens[start..end])) {
            return Some(found);
        }
    }
    in_texts(whole, dialect, find)
}

/// Returns what stands between the quotes of a literal of either kind; escapes stay as they are.
fn unquoted(literal: &str) -> Option<String> {
    let tag = literal.split_inclusive('$').take(2).map(str::len).sum();
    if literal.starts_with('$') && literal.len() >= 2 * tag {
        return Some(literal[tag..literal.len() - tag].to_owned());
    }
    let inner = literal.split_once('\'')?.1;
    let inner = inner.strip_suffix('\'').unwrap_or(inner);
    Some(inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    /// Returns the first three words of all that the first statement of a text may run.
    fn runs(text: &str) -> Vec<String> {
        let script = Script::parse(text, 1, POSTGRES).expect("it is one");
        let mut heads = Vec::new();
        let nothing: Option<()> = find_in_run(&script, 0, |phrase| {
            let words: Vec<&str> = (0..3).map(|place| phrase.text_at(place)).collect();
            heads.push(words.join(" ").trim_end().to_owned());
            None
        });
        assert_eq!(nothing, None);
        heads
    }

    #[test]
    fn a_statement_runs_itself_and_what_its_block_says() {
        assert_eq!(runs("DROP TABLE 'a';"), ["DROP TABLE 'a'"]);
        let block = "DO $x$ BEGIN IF a THEN CREATE ROLE b; ELSE EXECUTE format('DROP ROLE %I; SELECT ''c''', d); END IF; END $x$;";
        let heads = runs(block);
        for head in ["CREATE ROLE b", "DROP ROLE %", "SELECT 'c'"] {
            assert!(heads.iter().any(|it| it == head), "{head}: {heads:?}");
        }
        let heads = runs("DO LANGUAGE plpgsql 'BEGIN EXECUTE ''CREATE ROLE b''; END';");
        assert!(heads.iter().any(|it| it == "CREATE ROLE b"), "{heads:?}");
        // A function is called by others, if ever.
        let function =
            "CREATE FUNCTION f() RETURNS VOID LANGUAGE plpgsql AS $$ BEGIN DROP ROLE b; END $$;";
        assert_eq!(runs(function), ["CREATE FUNCTION f"]);
    }

    #[test]
    fn a_word_within_a_statement_begins_none() {
        let heads = runs("DO $$ BEGIN GRANT SELECT ON t TO r WITH GRANT OPTION; END $$;");
        let grants = heads.iter().filter(|head| head.starts_with("GRANT"));
        assert_eq!(grants.collect::<Vec<_>>(), ["GRANT SELECT ON"]);
    }
}
