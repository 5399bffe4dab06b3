//! What an old plain dump says of the database that it was made of, before anything else.
//!
//! Pure.

use super::{BEGINNING, Headless, entry_length, identifier, is_setting, statement_length};

/// Returns the beginning of a dump without what it says of the database that it was made of, where that
/// is all that it says of it: `pg_dump` until version 10 writes its comment and its security labels
/// without `--create`, too, before anything else.
pub(in super::super) fn without_remark(piece: &[u8]) -> Option<Headless> {
    if !piece.starts_with(BEGINNING) {
        return None;
    }
    let (mut text, mut name, mut rest) = (Vec::new(), None, piece);
    while let Some(length) = entry_length(rest) {
        let (entry, after) = rest.split_at(length);
        let is_of_psql = entry.starts_with(b"\\");
        if let Some(named) = remarked(entry) {
            name = Some(named.to_owned());
            text.extend(entry.iter().filter(|byte| **byte == b'\n'));
        } else if entry == b"\n" || entry.starts_with(b"--") || is_of_psql || is_setting(entry) {
            text.extend_from_slice(entry);
        } else {
            break;
        }
        rest = after;
    }
    text.extend_from_slice(rest);
    name.map(|name| Headless { text, name })
}

/// Returns the database that a statement is a remark on.
fn remarked(statement: &[u8]) -> Option<&[u8]> {
    if statement_length(statement) != Some(statement.len()) {
        return None;
    }
    let rest = if let Some(rest) = statement.strip_prefix(b"SECURITY LABEL FOR ") {
        let (_, rest) = identifier(rest)?;
        rest.strip_prefix(b" ON DATABASE ")?
    } else {
        statement.strip_prefix(b"COMMENT ON DATABASE ")?
    };
    let (name, rest) = identifier(rest)?;
    rest.starts_with(b" IS ").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `pg_dump` 10 writes it, of a database with a comment of two lines.
    const REMARKED: &str = r#"--
-- PostgreSQL database dump
--

-- Dumped from database version 10.23
-- Dumped by pg_dump version 10.23

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: DATABASE "my shop"; Type: COMMENT; Schema: -; Owner: ada
--

COMMENT ON DATABASE "my shop" IS 'it''s;
two';


SECURITY LABEL FOR a ON DATABASE "my shop" IS 'b';
--
-- Name: a; Type: TABLE; Schema: public; Owner: ada
--

CREATE TABLE public.a (t text);
COMMENT ON DATABASE "my shop" IS 'later';
"#;

    #[test]
    fn what_an_old_dump_says_of_its_database_is_left_out() {
        let head = without_remark(REMARKED.as_bytes()).expect("it has one");
        assert_eq!(head.name, br#""my shop""#);
        let first = "COMMENT ON DATABASE \"my shop\" IS 'it''s;\ntwo';";
        let second = "SECURITY LABEL FOR a ON DATABASE \"my shop\" IS 'b';";
        let expected = REMARKED.replace(first, "\n").replace(second, "");
        assert_eq!(String::from_utf8_lossy(&head.text), expected);
    }

    #[test]
    fn what_is_no_remark_at_the_beginning_is_left_as_it_is() {
        let at = REMARKED.find("COMMENT").expect("it has one");
        for dump in [
            REMARKED.replace("-- PostgreSQL database dump\n", ""),
            REMARKED[..at].to_owned(),
            REMARKED[..at + 60].to_owned(),
            REMARKED.replacen("COMMENT", "DROP TABLE a;\nCOMMENT", 1),
            REMARKED.replacen("two';", "two'; DROP TABLE a;", 1),
        ] {
            assert!(without_remark(dump.as_bytes()).is_none(), "{dump}");
        }
    }
}
