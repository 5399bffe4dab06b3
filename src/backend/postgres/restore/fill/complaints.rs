//! What `psql` and `pg_restore` complain of, and whether it is what stands in the backup.
//!
//! Pure. What is not known to speak of the contents speaks of something else: a server that has no
//! room, no role or no tablespace of a name, a program that was killed.

/// The codes of what cannot be read as rows or as SQL, or does not fit together: by their class, or
/// in full. <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const OF_CONTENTS: [&str; 3] = ["22", "23", "42601"];
/// What is of these classes and speaks of the server: a value that a setting of it does not take, and
/// a text that its encoding does not have.
const OF_THE_SERVER: [&str; 2] = ["22023", "22P05"];

/// What psql says of a line that is neither SQL nor a command of its own, as a row is one that stands
/// outside of its table.
const NO_COMMAND: &str = "invalid command \\";
/// Those of its own that an older psql does not know.
const NEWER_COMMANDS: [&str; 2] = ["invalid command \\restrict", "invalid command \\unrestrict"];

/// What `pg_restore` says of an archive that it cannot read, or the server of what is in it: it shows
/// no codes. In other languages than English nothing is known by them.
const WORDS_OF_CONTENTS: [&str; 25] = [
    "could not read from input file",
    "unexpected end of file",
    "input file is too short",
    "does not appear to be a valid archive",
    "did not find magic string in file header",
    "corrupt tar header",
    "perhaps a corrupt TOC",
    "found unexpected block ID",
    "unrecognized data block type",
    "could not uncompress data",
    "could not decompress data",
    "could not find block ID",
    "invalid compression code",
    "syntax error at or near",
    "syntax error at end of input",
    "invalid input syntax for type",
    "invalid byte sequence for encoding",
    "missing data for column",
    "extra data after last expected column",
    "out of range for type",
    "value too long for type",
    "could not create unique index",
    "violates unique constraint",
    "violates foreign key constraint",
    "violates check constraint",
];

/// How psql ends where an error in what it read stopped it, and not one of its own or of the
/// connection. <https://www.postgresql.org/docs/current/app-psql.html>, Exit Status
const STOPPED_BY_AN_ERROR: i32 = 3;

/// Says that errors are shown with their codes.
pub(super) const WITH_CODES: &str = "--set=VERBOSITY=verbose";

/// What a complaint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// What stands in the backup.
    Contents,
    /// Something else, or nobody knows.
    Elsewhere,
}

/// What psql complained of.
pub(super) struct Complaints {
    /// The lines, as psql shows them where it shows no codes, each with the code that it begins with.
    lines: Vec<(String, Option<String>)>,
}

impl Complaints {
    /// Reads what psql wrote with [`WITH_CODES`].
    pub(super) fn of_psql(text: &str) -> Self {
        let lines = text.lines().filter(|line| !is_place_in_the_server(line));
        Self {
            lines: lines.map(without_code).collect(),
        }
    }

    /// Returns them without those of some codes.
    pub(super) fn lines_but(&self, codes: &[&str]) -> Vec<String> {
        let lines = self.lines.iter();
        let left = lines.filter(|(_, code)| {
            let code = code.as_deref();
            code.is_none_or(|code| !codes.contains(&code))
        });
        left.map(|(line, _)| line.clone()).collect()
    }

    /// Returns what stopped it. Who was killed has no exit code.
    pub(super) fn subject(&self, exit_code: Option<i32>) -> Subject {
        let is_known = |(line, code): &(String, Option<String>)| match code {
            Some(code) => is_of_contents(code),
            None => line.contains(NO_COMMAND) && !is_newer(line),
        };
        match exit_code {
            Some(STOPPED_BY_AN_ERROR) if self.lines.iter().any(is_known) => Subject::Contents,
            _ => Subject::Elsewhere,
        }
    }
}

/// Returns whether it is psql that is too old.
fn is_newer(line: &str) -> bool {
    NEWER_COMMANDS.iter().any(|command| line.contains(command))
}

fn is_of_contents(code: &str) -> bool {
    let is_known = OF_CONTENTS.iter().any(|known| code.starts_with(known));
    is_known && !OF_THE_SERVER.contains(&code)
}

/// Returns what stopped `pg_restore`, by its words. Who was killed has no exit code.
pub(super) fn subject_of_archive(exit_code: Option<i32>, complaints: &str) -> Subject {
    let mut words = WORDS_OF_CONTENTS.iter();
    match exit_code {
        Some(_) if words.any(|words| complaints.contains(words)) => Subject::Contents,
        _ => Subject::Elsewhere,
    }
}

/// Takes the code out of `psql:<stdin>:7: ERROR:  42601: syntax error`; what is said of its own last
/// statement psql does not place.
fn without_code(line: &str) -> (String, Option<String>) {
    let found = line.split_once(":  ").and_then(|(before, rest)| {
        let (code, message) = rest.split_once(": ")?;
        let is_code = code.len() == 5
            && code
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let begins = before.starts_with("psql:") || !before.contains([':', ' ']);
        (begins && is_code).then(|| (format!("{before}:  {message}"), Some(code.to_owned())))
    });
    found.unwrap_or_else(|| (line.to_owned(), None))
}

/// Returns whether a line is `LOCATION:  scanner_yyerror, scan.l:1176`, in whatever language.
fn is_place_in_the_server(line: &str) -> bool {
    let Some((name, place)) = line.split_once(":  ") else {
        return false;
    };
    let file_and_line = place
        .split_once(", ")
        .and_then(|(_, at)| at.split_once(':'));
    !name.contains([':', ' '])
        && file_and_line.is_some_and(|(file, line)| {
            let is_source = file
                .rsplit_once('.')
                .is_some_and(|(_, ending)| ["c", "l", "y"].contains(&ending));
            is_source && line.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_places_in_the_server_are_not_shown() {
        let said = "psql:<stdin>:4: NOTICE:  25001: there is already a transaction in progress
LOCATION:  BeginTransactionBlock, xact.c:3823
psql:<stdin>:7: ERROR:  42601: syntax error at or near \"x\"
LINE 1: x
        ^
LOCATION:  scanner_yyerror, scan.l:1176
WARNING:  25P01: there is no transaction in progress
LOCATION:  EndTransactionBlock, xact.c:3932
";
        let complaints = Complaints::of_psql(said);
        assert_eq!(
            complaints.lines_but(&["25001", "25P01"]),
            [
                "psql:<stdin>:7: ERROR:  syntax error at or near \"x\"",
                "LINE 1: x",
                "        ^",
            ]
        );
        assert_eq!(complaints.subject(Some(3)), Subject::Contents);
        for other in [Some(1), Some(2), None] {
            assert_eq!(complaints.subject(other), Subject::Elsewhere, "{other:?}");
        }
    }

    #[test]
    fn only_what_psql_says_of_the_contents_is_the_backups_fault() {
        let subject =
            |line: &str| Complaints::of_psql(&format!("psql:<stdin>:7: {line}")).subject(Some(3));
        for line in [
            "ERROR:  22P02: invalid input syntax for type integer: \"x\"",
            "FEHLER:  22P04: zusätzliche Daten nach letzter erwarteter Spalte",
            "ERROR:  23505: duplicate key value violates unique constraint \"a_pkey\"",
            "ERROR:  42601: syntax error at end of input",
            "error: invalid command \\N",
        ] {
            assert_eq!(subject(line), Subject::Contents, "{line}");
        }
        for line in [
            "ERROR:  22023: invalid value for parameter \"default_tablespace\": \"fast\"",
            "ERROR:  22P05: character with byte sequence 0xe2 0x82 0xac has no equivalent",
            "ERROR:  42704: unrecognized configuration parameter \"transaction_timeout\"",
            "ERROR:  42704: role \"owner\" does not exist",
            "ERROR:  0A000: extension \"postgis\" is not available",
            "ERROR:  53100: could not extend file \"base/1/2\": No space left on device",
            "ERROR:  57014: canceling statement due to user request",
            "error: invalid command \\restrict",
            "ERROR:  something of a program that shows no codes: syntax error",
            "",
        ] {
            assert_eq!(subject(line), Subject::Elsewhere, "{line}");
        }
    }

    #[test]
    fn only_what_pg_restore_says_of_the_contents_is_the_backups_fault() {
        for line in [
            "pg_restore: error: could not read from input file: end of file",
            "pg_restore: error: COPY failed for table \"a\": ERROR:  missing data for column \"b\"",
        ] {
            assert_eq!(
                subject_of_archive(Some(1), line),
                Subject::Contents,
                "{line}"
            );
            assert_eq!(
                subject_of_archive(None, line),
                Subject::Elsewhere,
                "it was killed"
            );
        }
        for line in [
            "pg_restore: error: unsupported version (1.16) in file header",
            "pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter \"transaction_timeout\"",
            "pg_restore: error: connection to server failed: FATAL:  sorry, too many clients already",
            "",
        ] {
            assert_eq!(
                subject_of_archive(Some(1), line),
                Subject::Elsewhere,
                "{line}"
            );
        }
    }
}
