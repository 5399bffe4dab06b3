//! What is in a file, by its name, and how its contents show that they are whole.
//!
//! Pure: bytes in, findings out.

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backup) enum Encoding {
    /// Compressed by gzip.
    Gzip,
    /// As it is.
    Bare,
}

/// What is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backup) enum Contents {
    /// A script of `pg_dump` or `pg_dumpall`, which ends in a line that says so.
    Script,
    /// An archive of `pg_dump`, or the table of contents of one in a folder.
    Archive,
    /// A database file of `SQLite`.
    Database,
    /// Something that says nothing of itself.
    Any,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backup) struct Kind {
    /// How it is written.
    pub(in crate::backup) encoding: Encoding,
    /// What is in it.
    pub(in crate::backup) contents: Contents,
}

impl Kind {
    /// Returns what a file of a backup is, by its name.
    pub(in crate::backup) fn by_name(file: &str) -> Self {
        let (name, encoding) = match file.strip_suffix(".gz") {
            Some(name) => (name, Encoding::Gzip),
            None => (file, Encoding::Bare),
        };
        let ends = |ending| name.ends_with(ending);
        let contents = match () {
            () if ends(".sql") => Contents::Script,
            () if ends(".sqlite") => Contents::Database,
            () if ends(".dump") || ends("/toc.dat") => Contents::Archive,
            () => Contents::Any,
        };
        Self { encoding, contents }
    }
}

/// How much of the start and of the end is remembered, in bytes: the header of a database file, and
/// the last lines of a script.
const START: usize = 100;
const END: usize = 1024;

/// The lines with which scripts end. Not the whole of them: `pg_dump -v` adds a time before it, and
/// releases since August 2025 `\unrestrict` after it (the notes of `PostgreSQL` 17.6).
const SCRIPT_ENDS: [&str; 2] = [
    "-- PostgreSQL database dump complete",
    "-- PostgreSQL database cluster dump complete",
];
/// What an archive begins with (`PostgreSQL`, `pg_backup_archiver.c`).
const ARCHIVE: &[u8] = b"PGDMP";
/// What a database file begins with (the page "Database File Format" of `SQLite`, 1.3).
const DATABASE: &[u8] = b"SQLite format 3\0";

/// A look at contents as they pass.
#[derive(Debug)]
pub(in crate::backup) struct Look {
    contents: Contents,
    bytes: u64,
    start: Vec<u8>,
    end: Vec<u8>,
}

impl Look {
    pub(in crate::backup) fn at(contents: Contents) -> Self {
        Self {
            contents,
            bytes: 0,
            start: Vec::new(),
            end: Vec::new(),
        }
    }

    /// Looks at what comes next.
    pub(in crate::backup) fn on(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let wanted = (START - self.start.len()).min(bytes.len());
        self.start.extend_from_slice(&bytes[..wanted]);
        let last = &bytes[bytes.len().saturating_sub(END)..];
        let kept = END.saturating_sub(last.len()).min(self.end.len());
        self.end.drain(..self.end.len() - kept);
        self.end.extend_from_slice(last);
    }

    /// Returns how many bytes passed.
    pub(in crate::backup) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns what is wrong, when all has passed.
    pub(in crate::backup) fn findings(&self) -> Vec<String> {
        let finding = match self.contents {
            Contents::Script => script(&self.end),
            Contents::Archive => archive(&self.start),
            Contents::Database => database(&self.start, self.bytes),
            Contents::Any => None,
        };
        finding.into_iter().collect()
    }
}

fn script(end: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(end);
    let mut lines = text
        .lines()
        .rev()
        .filter(|line| !matches!(line.trim_end(), "" | "--"))
        .filter(|line| !line.starts_with("\\unrestrict "));
    let is_whole = lines
        .next()
        .is_some_and(|line| SCRIPT_ENDS.contains(&line.trim_end()));
    (!is_whole).then(|| format!("does not end in `{}`", SCRIPT_ENDS[0]))
}

fn archive(start: &[u8]) -> Option<String> {
    (!start.starts_with(ARCHIVE)).then(|| "does not begin as an archive of `pg_dump`".to_owned())
}

fn database(start: &[u8], bytes: u64) -> Option<String> {
    if !start.starts_with(DATABASE) || start.len() < START {
        return Some("does not begin as a database file of SQLite".to_owned());
    }
    let page_bytes = match u64::from(u16::from_be_bytes([start[16], start[17]])) {
        // 65,536 does not fit in.
        1 => 65_536,
        size if size.is_power_of_two() && size >= 512 => size,
        size => return Some(format!("says that its pages have {size} bytes")),
    };
    let number =
        |at: usize| u32::from_be_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]);
    // Writers before SQLite 3.7 left the number of pages as it was: then these two differ.
    let pages = if number(24) == number(92) {
        u64::from(number(28))
    } else {
        bytes.div_ceil(page_bytes)
    };
    (pages * page_bytes != bytes).then(|| {
        format!("holds {bytes} bytes of a database of {pages} pages of {page_bytes} bytes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(contents: Contents, bytes: &[u8]) -> Vec<String> {
        let mut look = Look::at(contents);
        look.on(bytes);
        // In pieces it is the same.
        let mut slowly = Look::at(contents);
        bytes.chunks(7).for_each(|piece| slowly.on(piece));
        assert_eq!(look.findings(), slowly.findings());
        assert_eq!(slowly.bytes(), bytes.len() as u64);
        look.findings()
    }

    fn script_that_ends(end: &str) -> Vec<String> {
        let rows = "1\tAda\n".repeat(500);
        findings(Contents::Script, format!("{rows}\\.\n\n{end}").as_bytes())
    }

    #[test]
    fn names_say_what_is_in_a_file() {
        let kind = |name: &str| {
            let kind = Kind::by_name(name);
            (kind.encoding, kind.contents)
        };
        let id = "shop_20261121T030000Z_003";
        for (ending, expected) in [
            (".sql.gz", (Encoding::Gzip, Contents::Script)),
            (".globals.sql", (Encoding::Bare, Contents::Script)),
            (".dump", (Encoding::Bare, Contents::Archive)),
            (".dir/toc.dat", (Encoding::Bare, Contents::Archive)),
            (".dir/3401.dat.gz", (Encoding::Gzip, Contents::Any)),
            (".dir/blobs.toc", (Encoding::Bare, Contents::Any)),
            (".sqlite.gz", (Encoding::Gzip, Contents::Database)),
        ] {
            assert_eq!(kind(&format!("{id}{ending}")), expected, "{ending}");
        }
    }

    #[test]
    fn a_whole_script_ends_in_its_marker() {
        for end in [
            "--\n-- PostgreSQL database dump complete\n--\n\n",
            "--\n-- PostgreSQL database dump complete\n--",
            "-- PostgreSQL database dump complete",
            "--\r\n-- PostgreSQL database dump complete\r\n--\r\n\r\n",
            "-- Completed on 2026-11-21 03:00:07 UTC\n\n--\n-- PostgreSQL database dump complete\n--\n\n",
            "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict 0WkKf4AybiQkUTcaXR3NcQ\n\n",
            "--\n-- PostgreSQL database cluster dump complete\n--\n\n",
        ] {
            assert_eq!(script_that_ends(end), [""; 0], "{end}");
        }
    }

    #[test]
    fn a_script_that_breaks_off_has_no_marker() {
        for end in [
            "",
            "--\n",
            "--\n-- PostgreSQL database dump\n--\n",
            "--\n-- PostgreSQL database dump comp",
            "--\n-- PostgreSQL database dump complete\n--\n\nSELECT 1;\n",
            "\\unrestrict 0WkKf4AybiQkUTcaXR3NcQ\n",
            "1\tabout -- PostgreSQL database dump complete\n",
        ] {
            let found = script_that_ends(end);
            assert_eq!(
                found,
                ["does not end in `-- PostgreSQL database dump complete`"],
                "{end}"
            );
        }
        assert_eq!(findings(Contents::Script, b"").len(), 1);
        assert_eq!(findings(Contents::Script, &[0xff; 3000]).len(), 1);
    }

    #[test]
    fn an_archive_begins_with_its_magic() {
        assert_eq!(findings(Contents::Archive, b"PGDMP\x01\x0e"), [""; 0]);
        for bytes in [&b""[..], b"PGDM", b"-- PostgreSQL"] {
            assert_eq!(
                findings(Contents::Archive, bytes),
                ["does not begin as an archive of `pg_dump`"]
            );
        }
    }

    /// A database file of so many pages of 512 bytes, as far as its header says.
    fn pages(number: u8, said: u8) -> Vec<u8> {
        let mut file = vec![0; usize::from(number) * 512];
        file[..16].copy_from_slice(DATABASE);
        file[16..18].copy_from_slice(&[2, 0]);
        file[31] = said;
        (file[27], file[95]) = (9, 9);
        file
    }

    #[test]
    fn a_whole_database_has_as_many_pages_as_it_says() {
        assert_eq!(findings(Contents::Database, &pages(3, 3)), [""; 0]);
        let mut old = pages(3, 0);
        old[95] = 8;
        assert_eq!(findings(Contents::Database, &old), [""; 0]);
    }

    #[test]
    fn a_database_that_breaks_off_is_found() {
        assert_eq!(
            findings(Contents::Database, &pages(3, 4)),
            ["holds 1536 bytes of a database of 4 pages of 512 bytes"]
        );
        let mut old = pages(3, 0);
        old[95] = 8;
        assert_eq!(findings(Contents::Database, &old[..1535]).len(), 1);
        let mut odd = pages(3, 3);
        odd[17] = 1;
        assert_eq!(
            findings(Contents::Database, &odd),
            ["says that its pages have 513 bytes"]
        );
        for bytes in [&b""[..], &pages(1, 1)[..99], &[0; 512]] {
            assert_eq!(
                findings(Contents::Database, bytes),
                ["does not begin as a database file of SQLite"]
            );
        }
    }
}
