//! What a file is by its first bytes, where somebody names one: what is no dump of the engine is refused
//! before anything is made, with what makes one of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::pour::{ARCHIVE, GZIP};
use super::{RestoreBackupError, tar};
use crate::backend::address::Engine;
use crate::shell::command;

/// How much of a file is looked at, in bytes: the first block of a tar file.
const LOOKED_AT: u64 = 512;
/// What every file of `SQLite` begins with (<https://www.sqlite.org/fileformat.html>, 1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";
/// What a plain dump of `pg_dump` begins with, as `pg_dumpall` does.
const SQL: &[u8] = b"--\n-- PostgreSQL database ";
/// Where a tar file says that it is one, and by what (POSIX.1-1988, ustar).
const TAR: (usize, &[u8]) = (257, b"ustar");
/// The file of a folder of `pg_dump` that says what is in the others; the first one in a tar file of it.
pub(super) const CONTENTS: &str = "toc.dat";

/// What packs files, what its files begin with, and the command that unpacks one.
const PACKED: &[(&str, &[u8], &str)] = &[
    ("zip", b"PK\x03\x04", "unzip {}"),
    ("zstd", b"\x28\xb5\x2f\xfd", "zstd --decompress {}"),
    ("xz", b"\xfd7zXZ\0", "xz --decompress --keep {}"),
    ("bzip2", b"BZh", "bzip2 --decompress --keep {}"),
    ("lz4", b"\x04\x22\x4d\x18", "lz4 --decompress {}"),
];

/// What is wrong with a file, and what may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKind {
    /// What the file is, to follow "is".
    pub what: String,
    /// What makes something of it that can be restored, or names another.
    pub cure: String,
}

/// Returns whether an archive of `pg_dump` begins so, a packed one or a tar file.
pub(super) fn is_archive(start: &[u8]) -> bool {
    start.starts_with(ARCHIVE) || is_tar(start)
}

fn is_tar(start: &[u8]) -> bool {
    let (place, word) = TAR;
    start.starts_with(CONTENTS.as_bytes())
        && start
            .get(place..)
            .is_some_and(|rest| rest.starts_with(word))
}

/// Returns the first bytes of a file.
pub(super) fn start_of(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.take(LOOKED_AT).read_to_end(&mut start)?;
    Ok(start)
}

/// Refuses what an engine cannot be filled from. What is neither a file nor a folder may be read once,
/// and not here; what cannot be read is told of by who restores it.
pub(super) fn refuse_other_kind(path: &Path, engine: Engine) -> Result<(), RestoreBackupError> {
    let other = if path.is_dir() {
        of_folder(path, engine)
    } else if path.is_file() {
        let start = File::open(path).and_then(start_of);
        start.ok().and_then(|start| of_file(path, &start, engine))
    } else {
        None
    };
    refused(path, other)
}

/// Refuses a file for what it is, where it is something else.
pub(super) fn refused(path: &Path, other: Option<OtherKind>) -> Result<(), RestoreBackupError> {
    match other {
        None => Ok(()),
        Some(kind) => Err(RestoreBackupError::OtherKind {
            path: path.to_owned(),
            kind,
        }),
    }
}

/// Refuses what comes out of a pipe, by its first bytes.
pub(super) fn refuse_start(
    path: &Path,
    start: &[u8],
    engine: Engine,
) -> Result<(), RestoreBackupError> {
    let other = match engine {
        Engine::Postgres if is_archive(start) => Some(OtherKind {
            what: "an archive of `pg_dump` in a pipe, and `pg_restore` reads one more than once"
                .to_owned(),
            cure: "write it into a file, and restore that: `dieselkit restore ARCHIVE`".to_owned(),
        }),
        // What gzip packed is looked at where it is unpacked.
        _ if start.starts_with(GZIP) => None,
        _ => of_file(path, start, engine),
    };
    refused(path, other)
}

/// Refuses a tar file that is not whole. What cannot be read is told of by who restores it.
pub(super) fn refuse_cut_off(path: &Path) -> Result<(), RestoreBackupError> {
    let file = path.is_file().then(|| File::open(path).ok()).flatten();
    let fault = file.and_then(|mut file| {
        let start = start_of(&mut file).ok()?;
        is_tar(&start).then(|| tar::fault(&mut file).ok().flatten())?
    });
    match fault {
        None => Ok(()),
        Some(fault) => Err(RestoreBackupError::CutOff {
            path: path.to_owned(),
            fault: fault.told(),
        }),
    }
}

fn of_folder(path: &Path, engine: Engine) -> Option<OtherKind> {
    let is_dump = path.join(CONTENTS).is_file();
    match engine {
        Engine::Postgres if is_dump => None,
        Engine::Postgres => Some(OtherKind {
            what: format!(
                "a folder without `{CONTENTS}`, which `pg_dump --format=directory` makes in its own"
            ),
            cure: command("ls -l {}", &[&path]),
        }),
        _ if is_dump => Some(of_postgres(path)),
        _ => Some(OtherKind {
            what: "a folder, and no database file".to_owned(),
            cure: command("ls -l {}", &[&path]),
        }),
    }
}

fn of_file(path: &Path, start: &[u8], engine: Engine) -> Option<OtherKind> {
    if start.is_empty() {
        return Some(empty());
    }
    let mut packed = PACKED.iter();
    if let Some((by, _, unpack)) = packed.find(|(_, magic, _)| start.starts_with(magic)) {
        return Some(OtherKind {
            what: format!("packed by {by}"),
            cure: format!("unpack it first: {}", command(unpack, &[&path])),
        });
    }
    if start.starts_with(GZIP) {
        let inner = File::open(path).and_then(|file| start_of(MultiGzDecoder::new(file)));
        // What is broken is told of with how far it was read.
        return of_inner(path, &inner.ok()?, engine);
    }
    of_plain(path, start, engine)
}

/// Returns what is wrong with what gzip packed: an archive has to be a file of its own.
fn of_inner(path: &Path, start: &[u8], engine: Engine) -> Option<OtherKind> {
    if engine == Engine::Postgres && is_archive(start) {
        return Some(OtherKind {
            what: "an archive of `pg_dump`, packed by gzip".to_owned(),
            cure: format!("unpack it first: {}", command("gunzip --keep {}", &[&path])),
        });
    }
    of_plain(path, start, engine)
}

fn of_plain(path: &Path, start: &[u8], engine: Engine) -> Option<OtherKind> {
    let is_sqlite = start.starts_with(SQLITE);
    match engine {
        _ if start.is_empty() => Some(empty()),
        Engine::Postgres if is_sqlite => Some(OtherKind {
            what: "a database file of SQLite, and this is a PostgreSQL database".to_owned(),
            cure: format!(
                "name a SQLite database: {}",
                command("dieselkit restore {} --database-url sqlite:PATH", &[&path])
            ),
        }),
        Engine::Postgres if !is_archive(start) && is_no_script(start) => Some(OtherKind {
            what: "neither SQL nor an archive of `pg_dump`".to_owned(),
            cure: "`dieselkit backup list`".to_owned(),
        }),
        Engine::Postgres => None,
        _ if is_sqlite => None,
        _ if is_archive(start) || start.starts_with(SQL) => Some(of_postgres(path)),
        _ => Some(OtherKind {
            what: "no database file of SQLite".to_owned(),
            cure: "`dieselkit backup list`".to_owned(),
        }),
    }
}

/// Returns whether nothing that begins so is SQL: JSON, or bytes that are no text, or one of two bytes
/// a letter.
fn is_no_script(start: &[u8]) -> bool {
    start.contains(&0) || matches!(start.trim_ascii_start(), [b'{' | b'[', ..])
}

fn of_postgres(path: &Path) -> OtherKind {
    OtherKind {
        what: "a dump of PostgreSQL, and this is a SQLite database".to_owned(),
        cure: format!(
            "name a PostgreSQL database: {}",
            command(
                "dieselkit restore {} --database-url postgres://USER@SERVER:5432/DATABASE",
                &[&path]
            )
        ),
    }
}

fn empty() -> OtherKind {
    OtherKind {
        what: "empty".to_owned(),
        cure: "see which backups are whole, and take another: `dieselkit backup verify all`"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is said of a file of these bytes.
    fn said(bytes: &[u8], engine: Engine) -> Option<String> {
        let other = of_file(Path::new("a b"), bytes, engine)?;
        Some(format!("{}; {}", other.what, other.cure))
    }

    fn tar() -> Vec<u8> {
        let mut block = vec![0; 512];
        block[..CONTENTS.len()].copy_from_slice(CONTENTS.as_bytes());
        block[257..262].copy_from_slice(b"ustar");
        block
    }

    #[test]
    fn what_an_engine_is_filled_from_is_let_through() {
        for bytes in [
            &b"PGDMP\x01"[..],
            &tar(),
            b"--\n-- PostgreSQL database dump\n",
            b"SELECT 1;",
        ] {
            assert_eq!(said(bytes, Engine::Postgres), None);
        }
        assert_eq!(said(SQLITE, Engine::Sqlite), None);
        assert!(is_archive(&tar()) && is_archive(ARCHIVE));
        assert!(!is_archive(b"toc.dat, and no tar file"));
    }

    #[test]
    fn what_it_cannot_be_filled_from_is_named_with_what_helps() {
        let both = [Engine::Postgres, Engine::Sqlite];
        let mut lines = Vec::new();
        for (name, bytes) in [
            ("empty", &b""[..]),
            ("zip", b"PK\x03\x04more"),
            ("zstd", b"\x28\xb5\x2f\xfdmore"),
            ("SQLite", SQLITE),
            ("dump", b"--\n-- PostgreSQL database dump\n"),
            ("archive", b"PGDMP"),
            ("JSON", b" {\"a\": 1}"),
            ("UTF-16", b"\xff\xfe-\0-\0"),
            ("text", b"Dear Ada"),
        ] {
            for engine in both {
                let said = said(bytes, engine).unwrap_or_else(|| "is taken".to_owned());
                lines.push(format!("{name} for {engine}: {said}"));
            }
        }
        insta::assert_snapshot!(lines.join("\n"), @r"
        empty for PostgreSQL: empty; see which backups are whole, and take another: `dieselkit backup verify all`
        empty for SQLite: empty; see which backups are whole, and take another: `dieselkit backup verify all`
        zip for PostgreSQL: packed by zip; unpack it first: `unzip 'a b'`
        zip for SQLite: packed by zip; unpack it first: `unzip 'a b'`
        zstd for PostgreSQL: packed by zstd; unpack it first: `zstd --decompress 'a b'`
        zstd for SQLite: packed by zstd; unpack it first: `zstd --decompress 'a b'`
        SQLite for PostgreSQL: a database file of SQLite, and this is a PostgreSQL database; name a SQLite database: `dieselkit restore 'a b' --database-url sqlite:PATH`
        SQLite for SQLite: is taken
        dump for PostgreSQL: is taken
        dump for SQLite: a dump of PostgreSQL, and this is a SQLite database; name a PostgreSQL database: `dieselkit restore 'a b' --database-url postgres://USER@SERVER:5432/DATABASE`
        archive for PostgreSQL: is taken
        archive for SQLite: a dump of PostgreSQL, and this is a SQLite database; name a PostgreSQL database: `dieselkit restore 'a b' --database-url postgres://USER@SERVER:5432/DATABASE`
        JSON for PostgreSQL: neither SQL nor an archive of `pg_dump`; `dieselkit backup list`
        JSON for SQLite: no database file of SQLite; `dieselkit backup list`
        UTF-16 for PostgreSQL: neither SQL nor an archive of `pg_dump`; `dieselkit backup list`
        UTF-16 for SQLite: no database file of SQLite; `dieselkit backup list`
        text for PostgreSQL: is taken
        text for SQLite: no database file of SQLite; `dieselkit backup list`
        ");
    }
}
