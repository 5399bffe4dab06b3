//! The head of a plain dump that was made with `--create`: it makes the database that it was made of,
//! and goes on in that one. What follows is wanted in another.
//!
//! Pure. Only what `pg_dump` 15 to 18 write is known (`_printTocEntry` and `_reconnectToDB` in its
//! `pg_backup_archiver.c`, `dumpDatabase` in `pg_dump.c`), line by line; of any other head nothing is
//! left out, and whoever pours refuses the first `\connect` in it.

mod remark;

pub(super) use remark::without_remark;

/// What `pg_dump` begins with.
const BEGINNING: &[u8] = b"--\n-- PostgreSQL database dump\n--\n";
/// What `pg_dump` begins each session with, besides its `SET`s.
const NO_SEARCH_PATH: &[u8] = b"SELECT pg_catalog.set_config('search_path', '', false);\n";
/// The `SET`s that are of one session alone, and not of its beginning.
const OF_OTHERS: [&[u8]; 2] = [b"SET SESSION ", b"SET ROLE "];

/// The beginning of a dump without what it says of its database.
#[derive(Debug)]
pub(super) struct Headless {
    /// The text. What is left out is an empty line, so that each line has its number still.
    pub(super) text: Vec<u8>,
    /// The database's name, as SQL writes it.
    pub(super) name: Vec<u8>,
}

/// Returns the beginning of a dump without what makes its database, and what goes on in it; nothing
/// where that is not all that stands there, or where it does not end in this piece.
pub(super) fn without_database(piece: &[u8]) -> Option<Headless> {
    if !piece.starts_with(BEGINNING) {
        return None;
    }
    let mut head = Head::default();
    let mut rest = piece;
    while let Some(length) = entry_length(rest) {
        let (entry, after) = rest.split_at(length);
        match head.reads(entry) {
            Reading::Kept => head.text.extend_from_slice(entry),
            Reading::LeftOut => {
                let lines = entry.iter().filter(|byte| **byte == b'\n');
                head.text.extend(lines);
            }
            Reading::End => return head.before(rest),
        }
        rest = after;
    }
    None
}

/// What is done with a line of the head, or a statement.
enum Reading {
    Kept,
    LeftOut,
    /// The head ends before it.
    End,
}

/// What was read of a head.
#[derive(Default)]
struct Head<'a> {
    settings: Vec<&'a [u8]>,
    name: Option<&'a [u8]>,
    is_connected: bool,
    text: Vec<u8>,
}

impl<'a> Head<'a> {
    fn before(mut self, rest: &[u8]) -> Option<Headless> {
        let name = self.name.filter(|_| self.is_connected)?;
        self.text.extend_from_slice(rest);
        Some(Headless {
            name: name.to_owned(),
            text: self.text,
        })
    }

    fn reads(&mut self, entry: &'a [u8]) -> Reading {
        match entry {
            b"\n" => Reading::Kept,
            _ if entry.starts_with(b"--") => self.reads_comment(entry),
            _ if entry.starts_with(b"\\") => self.reads_command(entry),
            _ if is_setting(entry) => self.reads_setting(entry),
            _ if self.is_of_database(entry) => Reading::LeftOut,
            _ => Reading::End,
        }
    }

    fn reads_comment(&self, line: &[u8]) -> Reading {
        let others = line.starts_with(b"-- Name: ") && !names_database(line);
        // The end of a dump in which there is nothing else.
        let is_end = line.starts_with(b"-- PostgreSQL database dump complete");
        if others || is_end && self.is_connected {
            return Reading::End;
        }
        Reading::Kept
    }

    /// Reads a command of psql's. What keeps the rest of the script from giving any was begun before,
    /// and is not given up for the new session that there is none of.
    fn reads_command(&mut self, line: &[u8]) -> Reading {
        let guards = line.starts_with(b"\\restrict ") || line.starts_with(b"\\unrestrict ");
        let Some(name) = self.name else {
            return if guards { Reading::Kept } else { Reading::End };
        };
        if connects_to(line, name) {
            self.is_connected = true;
            return Reading::LeftOut;
        }
        match line {
            b"\\encoding SQL_ASCII\n" => Reading::LeftOut,
            _ if guards => Reading::LeftOut,
            _ => Reading::End,
        }
    }

    /// Reads a setting. A new session would begin with those of the first.
    fn reads_setting(&mut self, statement: &'a [u8]) -> Reading {
        if self.name.is_some() && self.settings.contains(&statement) {
            return Reading::LeftOut;
        }
        self.settings.push(statement);
        Reading::Kept
    }

    /// Returns whether a statement is about the database as a whole: the first says which it is.
    fn is_of_database(&mut self, statement: &'a [u8]) -> bool {
        if statement_length(statement) != Some(statement.len()) {
            return false;
        }
        match (self.name, made_by(statement)) {
            (None, Some(name)) => {
                self.name = Some(name);
                true
            }
            (Some(known), Some(name)) => name == known,
            (Some(known), None) => changes(statement, known),
            (None, None) => false,
        }
    }
}

/// Returns how long the first line is, or the statement that begins in it, where that is one of whole
/// lines.
fn entry_length(text: &[u8]) -> Option<usize> {
    let line = text.iter().position(|byte| *byte == b'\n')? + 1;
    let is_statement = !text.starts_with(b"--") && !text.starts_with(b"\\") && line > 1;
    let statement = is_statement.then(|| statement_length(text)).flatten();
    Some(statement.unwrap_or(line))
}

/// Returns how long the first statement is with its line's end, where nothing else is in that line.
fn statement_length(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    let end = text.iter().position(|byte| {
        match (quote, *byte) {
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
        quote.is_none() && *byte == b';'
    })?;
    (text.get(end + 1) == Some(&b'\n')).then_some(end + 2)
}

fn is_setting(statement: &[u8]) -> bool {
    let is_of_others = || OF_OTHERS.iter().any(|start| statement.starts_with(start));
    statement == NO_SEARCH_PATH || statement.starts_with(b"SET ") && !is_of_others()
}

/// Returns whether the remark before an entry says that it is of the database.
fn names_database(line: &[u8]) -> bool {
    let beside = holds(line, b"; Type: COMMENT; ") || holds(line, b"; Type: SECURITY LABEL; ");
    holds(line, b"; Type: DATABASE; ")
        || holds(line, b"; Type: DATABASE PROPERTIES; ")
        || beside && line.starts_with(b"-- Name: DATABASE ")
}

/// Returns the database that a statement makes, or drops for that.
fn made_by(statement: &[u8]) -> Option<&[u8]> {
    for start in [&b"DROP DATABASE IF EXISTS "[..], b"DROP DATABASE "] {
        if let Some(rest) = statement.strip_prefix(start) {
            let (name, rest) = identifier(rest)?;
            return (rest == b";\n").then_some(name);
        }
    }
    let (name, rest) = identifier(statement.strip_prefix(b"CREATE DATABASE ")?)?;
    rest.starts_with(b" WITH TEMPLATE = template0")
        .then_some(name)
}

/// Returns whether a statement changes the database itself, and nothing in it.
fn changes(statement: &[u8], name: &[u8]) -> bool {
    let about = |before: &str, after: &str| [before.as_bytes(), name, after.as_bytes()].concat();
    let starts = |before, after| statement.starts_with(&about(before, after));
    let of_role = statement.starts_with(b"ALTER ROLE ");
    let of_label = statement.starts_with(b"SECURITY LABEL FOR ");
    starts("ALTER DATABASE ", " ")
        || starts("COMMENT ON DATABASE ", " IS ")
        || of_role && holds(statement, &about(" IN DATABASE ", " SET "))
        || of_label && holds(statement, &about(" ON DATABASE ", " IS "))
}

/// Returns whether psql would go on in this database by a line, as `appendPsqlMetaConnect` writes it.
fn connects_to(line: &[u8], name: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"\\connect ") else {
        return false;
    };
    let plain = [name, b"\n"].concat();
    if rest == plain {
        return true;
    }
    let name = String::from_utf8_lossy(name);
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    let name = inner.map_or_else(|| name.to_string(), |inner| inner.replace("\"\"", "\""));
    let value = name.replace('\\', "\\\\").replace('\'', "\\'");
    let settings = format!("dbname='{value}'").replace('"', "\"\"");
    rest == format!("-reuse-previous=on \"{settings}\"\n").as_bytes()
}

/// Returns a name as SQL writes it, and what follows it.
fn identifier(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut is_quoted = false;
    let end = text.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && matches!(byte, b' ' | b';')
    })?;
    (end > 0).then(|| text.split_at(end))
}

fn holds(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `pg_dump` 18 writes it with `--create --clean`.
    const DUMP: &str = r"--
-- PostgreSQL database dump
--

\restrict token

-- Dumped from database version 15.14
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

DROP DATABASE IF EXISTS shop;
--
-- Name: shop; Type: DATABASE; Schema: -; Owner: ada
--

CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';


ALTER DATABASE shop OWNER TO ada;

\unrestrict token
\connect shop
\restrict token

SET statement_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: DATABASE shop; Type: COMMENT; Schema: -; Owner: ada
--

COMMENT ON DATABASE shop IS 'it''s mine;
\connect other
';


--
-- Name: shop; Type: DATABASE PROPERTIES; Schema: -; Owner: ada
--

ALTER DATABASE shop CONNECTION LIMIT = 7;
ALTER ROLE bob IN DATABASE shop SET work_mem TO '1MB';


\unrestrict token
\connect shop
\restrict token

SET statement_timeout = 0;
SET default_tablespace = fast;

--
-- Name: a; Type: TABLE; Schema: public; Owner: ada
--

CREATE TABLE public.a (t text);
ALTER DATABASE shop SET search_path TO a;
\connect shop
";

    fn text(head: &Headless) -> &str {
        std::str::from_utf8(&head.text).expect("it is text")
    }

    #[test]
    fn what_makes_the_database_is_left_out_and_nothing_else() {
        let head = without_database(DUMP.as_bytes()).expect("it is known");
        assert_eq!(head.name, b"shop");
        let left: Vec<&str> = text(&head).lines().collect();
        let all: Vec<&str> = DUMP.lines().collect();
        assert_eq!(left.len(), all.len(), "each line has its number");
        let place = all.iter().position(|line| line.starts_with("CREATE TABLE"));
        let place = place.expect("it has a table");
        assert_eq!(
            left[place..],
            all[place..],
            "what follows the head is as it was"
        );
        let kept: Vec<&str> = left[..place]
            .iter()
            .filter(|line| !line.is_empty() && !line.starts_with("--"))
            .copied()
            .collect();
        let expected = [
            "\\restrict token",
            "SET statement_timeout = 0;",
            "SET transaction_timeout = 0;",
            "SELECT pg_catalog.set_config('search_path', '', false);",
            "SET default_tablespace = fast;",
        ];
        assert_eq!(kept, expected);
    }

    #[test]
    fn an_odd_name_is_known_in_each_of_its_forms() {
        let dump = DUMP
            .replace(
                "\\connect shop",
                r#"\connect -reuse-previous=on "dbname='My \\ ""shop''s""'""#,
            )
            .replace("''s", "\\'s")
            .replace("it\\'s", "it''s")
            .replace("DATABASE shop", r#"DATABASE "My \ ""shop's""""#)
            .replace("EXISTS shop", r#"EXISTS "My \ ""shop's""""#);
        let head = without_database(dump.as_bytes()).expect("it is known");
        assert_eq!(head.name, br#""My \ ""shop's""""#);
    }

    #[test]
    fn what_is_no_such_head_is_left_as_it_is() {
        let without = |part: &str| DUMP.replacen(part, "", 1);
        let instead = |part: &str, other: &str| DUMP.replacen(part, other, 1);
        for (case, dump) in [
            ("empty", String::new()),
            (
                "no dump of pg_dump",
                without("-- PostgreSQL database dump\n"),
            ),
            ("cut off", DUMP[..DUMP.len() / 2].to_owned()),
            (
                "it connects to another",
                instead("\\connect shop", "\\connect other"),
            ),
            (
                "it makes another",
                instead("CREATE DATABASE shop", "CREATE DATABASE other"),
            ),
            (
                "it changes another",
                instead("ALTER DATABASE shop", "ALTER DATABASE other"),
            ),
            (
                "a template of somebody's",
                instead("template0", "template1"),
            ),
            (
                "something before it",
                instead("DROP DATABASE", "DROP TABLE a;\nDROP DATABASE"),
            ),
            (
                "something in its line",
                instead("OWNER TO ada;", "OWNER TO ada; DROP TABLE a;"),
            ),
            (
                "as somebody",
                instead("SET statement", "SET ROLE ada;\nSET statement"),
            ),
            (
                "a command",
                instead("\\connect shop", "\\! ls\n\\connect shop"),
            ),
        ] {
            assert!(without_database(dump.as_bytes()).is_none(), "{case}");
        }
    }

    #[test]
    fn a_second_way_elsewhere_stays_for_who_refuses_it() {
        let dump = DUMP.replacen(
            "\\connect shop\n\\restrict token\n\nSET statement_timeout = 0;\nSET default",
            "\\connect other\nSET default",
            1,
        );
        let head = without_database(dump.as_bytes()).expect("it made one");
        assert!(text(&head).contains("\n\\connect other\n"));
    }
}
