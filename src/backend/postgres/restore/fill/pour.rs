//! A plain dump on its way to psql: whole, or not at all.

use std::io::{self, Read, Write};

use memchr::memmem;

use super::commands::{Commands, OfPsql};
use super::token;

/// What every plain dump ends in, but for a token of newer versions behind it.
pub(super) const END: &str = "PostgreSQL database dump complete";
/// How far from its end that begins at most, in bytes.
const END_WITHIN: usize = 4096;
/// How much is read at once, in bytes; what a dump sets at its beginning is in the first piece.
const PIECE: usize = 256 * 1024;
/// A setting that `pg_dump` and `pg_restore` 17 and later make, and that servers before do not know.
const NEW_SETTING: &[u8] = b"\nSET transaction_timeout = 0;";
/// What psql goes on in another database by, at the beginning of a line. No row of a `COPY` begins so:
/// a backslash in it is written twice.
const ELSEWHERE: [&[u8]; 2] = [b"\\connect", b"\\c "];
/// What each of them begins with, behind the end of the line before.
const BEGINS_COMMAND: &[u8] = b"\n\\c";
/// How much of a line says whether it is one of those, in bytes.
const HEAD: usize = 80;
/// The major version that knows it first.
pub(super) const KNOWN_SINCE: u32 = 17;

/// Why not all went from one end to the other.
#[derive(Debug)]
pub(super) enum Pouring {
    /// It could not be read.
    Unreadable(io::Error),
    /// It ended, and not as a dump ends.
    NoEnd,
    /// It would go on in another database.
    Elsewhere {
        /// The line.
        number: u64,
        /// What it begins with.
        text: String,
    },
    /// psql would take a command of its own from it.
    Command {
        /// The line, 1-based.
        number: u64,
        /// What it begins with.
        text: String,
    },
    /// It would change something else than the new database.
    Outside {
        /// The line, 1-based.
        number: u64,
        /// What the statement begins with.
        statement: &'static str,
    },
    /// It would end the transaction that it is restored in.
    EndsTransaction {
        /// The line, 1-based.
        number: u64,
        /// What the statement begins with.
        statement: &'static str,
    },
    /// Nobody reads any more.
    Closed,
}

/// Who reads a dump, and what it is kept from.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    /// The server's major version.
    pub(super) major: u32,
    /// What looks for what is not to be passed on.
    pub(super) commands: Commands,
}

/// The line under way.
#[derive(Default)]
struct Line {
    /// How many came before it.
    before: u64,
    /// What it begins with, as far as it was read.
    head: Vec<u8>,
}

impl Line {
    /// Reads on, up to a line that leads to another database.
    fn read(&mut self, piece: &[u8]) -> Result<(), Pouring> {
        let first = memchr::memchr(b'\n', piece);
        let rest = piece.get(..first.unwrap_or(piece.len()));
        let room = HEAD - self.head.len();
        self.head.extend(rest.unwrap_or_default().iter().take(room));
        self.refuse_elsewhere(&self.head, &[])?;
        if first.is_none() {
            return Ok(());
        }
        for place in memmem::find_iter(piece, BEGINS_COMMAND) {
            let (before, line) = piece.split_at(place + 1);
            self.refuse_elsewhere(head_of(line), before)?;
        }
        self.before += lines_in(piece);
        let last = memchr::memrchr(b'\n', piece).map_or(0, |place| place + 1);
        head_of(&piece[last..]).clone_into(&mut self.head);
        Ok(())
    }

    /// Refuses a line by its head, before which so much stands in the piece.
    fn refuse_elsewhere(&self, head: &[u8], before: &[u8]) -> Result<(), Pouring> {
        if !leads_elsewhere(head) {
            return Ok(());
        }
        Err(Pouring::Elsewhere {
            number: self.before + lines_in(before) + 1,
            text: String::from_utf8_lossy(head).trim_end().to_owned(),
        })
    }
}

/// Returns what the first line of a text begins with.
fn head_of(text: &[u8]) -> &[u8] {
    let head = text.get(..HEAD).unwrap_or(text);
    head.split(|byte| *byte == b'\n').next().unwrap_or(head)
}

fn lines_in(text: &[u8]) -> u64 {
    let ends = memchr::memchr_iter(b'\n', text).count();
    u64::try_from(ends).unwrap_or(u64::MAX)
}

/// Returns whether psql would go on in another database by a line that begins so.
pub(super) fn leads_elsewhere(line: &[u8]) -> bool {
    ELSEWHERE.iter().any(|word| line.starts_with(word))
}

/// Reads the next piece; one that is empty is the end.
pub(super) fn piece_of(reader: &mut dyn Read) -> Result<Vec<u8>, Pouring> {
    let mut piece = Vec::with_capacity(PIECE);
    let taken = reader.take(PIECE as u64).read_to_end(&mut piece);
    taken.map_err(Pouring::Unreadable)?;
    Ok(piece)
}

/// Reads the next piece, and the rest of its last line where that may be one that is left out.
fn whole_tokens(reader: &mut dyn Read) -> Result<Vec<u8>, Pouring> {
    let mut piece = piece_of(reader)?;
    while token::is_cut(&piece) {
        let before = piece.len();
        let taken = reader.take(1).read_to_end(&mut piece);
        taken.map_err(Pouring::Unreadable)?;
        if piece.len() == before {
            break;
        }
    }
    Ok(piece)
}

/// Writes all that can be read, and proves that it was a whole dump. psql itself takes the end of
/// its input for the end of whatever it reads, the rows of a table too.
pub(super) fn pour(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    mut receiver: Receiver,
) -> Result<(), Pouring> {
    let mut tail: Vec<u8> = Vec::new();
    let mut first = true;
    let mut line = Line::default();
    loop {
        let mut piece = whole_tokens(reader)?;
        if piece.is_empty() {
            break;
        }
        if receiver.commands.of_psql() == OfPsql::PassedOver {
            line.read(&piece)?;
        }
        receiver.commands.read(&piece)?;
        for line in receiver.commands.left_out() {
            // Each line keeps its number.
            piece[line].fill(b' ');
        }
        tail.extend_from_slice(&piece[piece.len().saturating_sub(END_WITHIN)..]);
        tail.drain(..tail.len().saturating_sub(END_WITHIN));
        if std::mem::take(&mut first) && receiver.major < KNOWN_SINCE {
            leave_out(NEW_SETTING, &mut piece);
        }
        writer.write_all(&piece).map_err(|_| Pouring::Closed)?;
    }
    if !String::from_utf8_lossy(&tail).contains(END) {
        return Err(Pouring::NoEnd);
    }
    receiver.commands.end()?;
    writer.flush().map_err(|_| Pouring::Closed)
}

/// Returns whether a program of one major version says what a server of another does not know.
pub(super) fn is_too_new(program: u32, server: u32) -> bool {
    server < KNOWN_SINCE && program >= KNOWN_SINCE
}

fn leave_out(text: &[u8], piece: &mut Vec<u8>) {
    let place = piece.windows(text.len()).position(|window| window == text);
    if let Some(place) = place {
        piece.drain(place..place + text.len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn poured(text: &str, major: u32) -> (Result<(), Pouring>, String) {
        let mut written = Vec::new();
        let receiver = Receiver {
            major,
            ..Receiver::default()
        };
        let poured = pour(&mut text.as_bytes(), &mut written, receiver);
        (poured, String::from_utf8(written).expect("it is text"))
    }

    #[test]
    fn what_has_no_end_is_not_whole() {
        let whole = format!("SELECT 1;\n--\n-- {END}\n--\n\n\\unrestrict dieselkit\n");
        let (ended, written) = poured(&whole, 15);
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(written, whole);
        let far = format!("-- {END}\n{}", " ".repeat(END_WITHIN));
        for text in ["", "SELECT 1;", &far] {
            let (ended, _) = poured(text, 15);
            assert!(matches!(ended, Err(Pouring::NoEnd)), "{ended:?}");
        }
    }

    #[test]
    fn an_end_across_two_pieces_is_found() {
        let text = format!("{}-- {END}\n", "x".repeat(PIECE - 10));
        let (ended, written) = poured(&text, 15);
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(written.len(), text.len());
    }

    #[test]
    fn a_setting_of_a_newer_version_is_left_out_for_an_older_server() {
        let text =
            format!("SET lock_timeout = 0;\nSET transaction_timeout = 0;\nSELECT 1;\n-- {END}\n");
        assert_eq!(
            poured(&text, 16).1,
            format!("SET lock_timeout = 0;\nSELECT 1;\n-- {END}\n")
        );
        assert_eq!(poured(&text, 17).1, text);
    }

    const ELSEWHERE_AT_LAST: &str =
        "SELECT '\\connect';\n\\\\connect\n\\copy a\n \\connect\n\n\\connect shop\n";

    #[test]
    fn what_leads_to_another_database_is_not_passed_on() {
        let rows = "COPY a FROM stdin;\n\\\\connect\n\\.\n";
        for (text, line) in [
            (format!("\\connect shop\n-- {END}\n"), 1),
            (
                format!("{rows}\\connect -reuse-previous=on shop\n-- {END}\n"),
                4,
            ),
            (
                format!("SELECT 1;\n{}\n\\c shop\n", "x".repeat(PIECE - 15)),
                3,
            ),
        ] {
            let (ended, written) = poured(&text, 15);
            assert!(
                matches!(&ended, Err(Pouring::Elsewhere { number, .. }) if *number == line),
                "{ended:?}"
            );
            assert!(!written.contains("shop"), "{written}");
        }
        let (ended, _) = poured(&format!("{rows}-- {END}\n"), 15);
        assert!(ended.is_ok(), "{ended:?}");
    }

    /// A script with tokens, the second of which stands where a piece ends, and with what looks like one.
    fn with_tokens(before_second: usize) -> String {
        let begun = "--\n\\restrict a1\n\n/*\n\\restrict b\n*/\nCOPY a FROM stdin;\n\\restrict c\n\\.\nSELECT '\n\\restrict d\n';\n\\unrestrict a1\n--";
        let filled = "x".repeat(before_second - begun.len() - 1);
        format!("{begun}{filled}\n\\restrict e2\nSELECT 1;\n-- {END}\n\\unrestrict e2\n")
    }

    #[test]
    fn tokens_are_left_out_where_psql_would_read_them() {
        for before_second in [PIECE - 13, PIECE - 5, PIECE - 1, PIECE, PIECE + 1] {
            let text = with_tokens(before_second);
            let (ended, written) = poured(&text, 17);
            assert!(ended.is_ok(), "{ended:?}");
            let blank = |text: &str, line: &str| {
                text.replace(
                    &format!("\n{line}\n"),
                    &format!("\n{}\n", " ".repeat(line.len())),
                )
            };
            let expected = [
                "\\restrict a1",
                "\\unrestrict a1",
                "\\restrict e2",
                "\\unrestrict e2",
            ];
            let expected = expected.iter().fold(text, |text, line| blank(&text, line));
            assert_eq!(written, expected);
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_pieces_end(place in 0..ELSEWHERE_AT_LAST.len()) {
            let mut line = Line::default();
            let (one, other) = ELSEWHERE_AT_LAST.as_bytes().split_at(place);
            let found = line.read(one).and_then(|()| line.read(other));
            let is_last = matches!(&found, Err(Pouring::Elsewhere { number: 6, .. }));
            prop_assert!(is_last, "{:?}", found);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let ended = pour(&mut Broken, &mut Vec::new(), Receiver::default());
        assert!(matches!(ended, Err(Pouring::Unreadable(_))), "{ended:?}");
    }
}
