//! The programs of `PostgreSQL`: which are installed, and which one fits a server.
//!
//! What they are asked to do is not known here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::backend::dump::{DumpError, Programs, Tool};
use crate::backend::tool::{self, Invocation, Patience};
use crate::cancellation::Cancellation;

/// The program that reads a database.
pub(super) const PG_DUMP: &str = "pg_dump";
/// The program that reads what belongs to the whole server.
pub(super) const PG_DUMPALL: &str = "pg_dumpall";
/// The program that restores what is SQL.
pub(super) const PSQL: &str = "psql";
/// The program that restores an archive.
pub(super) const PG_RESTORE: &str = "pg_restore";
/// How long a program may take to say its version.
const VERSION_TAKES: Duration = Duration::from_secs(20);

/// Where distributions keep one folder for each version, and how its name begins: Debian's, Red
/// Hat's, and Homebrew's two.
const VERSIONED: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// Debian's program of all names, which runs one of those in the versioned folders.
const WRAPPER: &str = "pg_wrapper";

/// A server, as its programs see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// What it calls itself: `PostgreSQL 15.14`.
    pub(super) version: String,
    pub(super) major: u32,
}

/// A program that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) tool: Tool,
    /// Major and minor version.
    number: (u32, u32),
}

impl Program {
    pub(super) fn major(&self) -> u32 {
        self.number.0
    }
}

/// Returns the newest program of a name that is not older than the server, which it might refuse or
/// misread. Where a `pg_dump` is named, it is that one, or the one beside it.
pub(super) fn find(
    programs: &Programs,
    name: &'static str,
    server: &Server,
) -> Result<Program, DumpError> {
    let named = programs.pg_dump.as_ref();
    let named = named.map(|path| {
        if name == PG_DUMP {
            path.clone()
        } else {
            path.with_file_name(name)
        }
    });
    if let Some(path) = named.filter(|path| name == PG_DUMP || path.exists()) {
        return fitting(vec![asked(&path, name)?], name, server, &[]);
    }
    let folders = folders(programs);
    let found = folders.iter().map(|folder| folder.join(name));
    let found = found.filter(|path| path.is_file() && !is_wrapper(path));
    // One that does not even say its version is passed over.
    let found = found.filter_map(|path| asked(&path, name).ok()).collect();
    fitting(found, name, server, &folders)
}

/// Returns the newest `pg_restore` that reads what a `pg_dump` writes: none reads the archives of a
/// version after its own.
pub(super) fn find_for_archives_of(
    programs: &Programs,
    pg_dump: &Tool,
) -> Result<Program, DumpError> {
    let (major, _) = number(&pg_dump.version).unwrap_or_default();
    let writer = Server {
        version: format!("PostgreSQL {}", pg_dump.version),
        major,
    };
    find(programs, PG_RESTORE, &writer)
}

/// Returns the first of the newest.
fn fitting(
    found: Vec<Program>,
    name: &'static str,
    server: &Server,
    folders: &[PathBuf],
) -> Result<Program, DumpError> {
    let newest = found.into_iter().rev().max_by_key(|program| program.number);
    match newest {
        Some(program) if program.number.0 >= server.major => Ok(program),
        Some(program) => Err(DumpError::ToolTooOld {
            path: program.tool.path,
            version: program.tool.version,
            server: server.version.clone(),
            major: server.major,
        }),
        None => Err(DumpError::ToolMissing {
            program: name,
            server: server.version.clone(),
            major: server.major,
            folders: folders.to_vec(),
        }),
    }
}

/// Returns the folders to look into, each once.
fn folders(programs: &Programs) -> Vec<PathBuf> {
    let versioned = VERSIONED
        .iter()
        .flat_map(|(parent, prefix)| versioned(Path::new(parent), prefix));
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in programs.folders.iter().cloned().chain(versioned) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

fn versioned(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let fits = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(prefix));
    let bins = entries
        .filter(|entry| fits(&entry.file_name()))
        .map(|entry| entry.path().join("bin"));
    let mut bins: Vec<PathBuf> = bins.filter(|path| path.is_dir()).collect();
    bins.sort();
    bins
}

fn is_wrapper(path: &Path) -> bool {
    let file = std::fs::canonicalize(path);
    file.is_ok_and(|file| file.file_name() == Some(OsStr::new(WRAPPER)))
}

/// Asks a program for its version, and whether it is what it should be.
fn asked(path: &Path, name: &'static str) -> Result<Program, DumpError> {
    let unusable = |message: String| DumpError::ToolUnusable {
        program: name,
        path: path.to_owned(),
        message,
    };
    let said = ask(path, "--version").map_err(unusable)?;
    let version = said.trim().strip_prefix(name);
    let version = version.and_then(|rest| rest.trim().strip_prefix("(PostgreSQL)"));
    let known = version.and_then(|text| Some((text.trim().to_owned(), number(text.trim())?)));
    let (version, number) = known.ok_or_else(|| {
        unusable(format!(
            "it calls itself `{}`",
            said.lines().next().unwrap_or_default()
        ))
    })?;
    Ok(Program {
        tool: Tool {
            path: path.to_owned(),
            version,
        },
        number,
    })
}

/// Returns the numbers of a version: `15.14 (Debian …)`, `18beta1`.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(|letter: char| !letter.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = match version.strip_prefix(|letter: char| letter.is_ascii_digit()) {
        Some(_) if version.contains('.') => numbers.next().and_then(|minor| minor.parse().ok()),
        _ => None,
    };
    Some((major, minor.unwrap_or_default()))
}

/// Returns whether a program knows a flag, by its own help.
pub(super) fn knows(program: &Program, flag: &str) -> bool {
    ask(&program.tool.path, "--help").is_ok_and(|help| help.contains(flag))
}

/// Returns whether psql knows a command of its own, by its own help.
pub(super) fn knows_command(psql: &Program, command: &str) -> bool {
    ask(&psql.tool.path, "--help=commands").is_ok_and(|help| help.contains(command))
}

fn ask(path: &Path, flag: &str) -> Result<String, String> {
    let arguments = [OsStr::new(flag)];
    let invocation = Invocation {
        program: path.to_str().ok_or("its path is no text")?,
        arguments: &arguments,
        folder: Path::new("."),
        variables: &[],
        without: &[],
    };
    let patience = Patience::of(VERSION_TAKES, Cancellation::default());
    let output = tool::run(&invocation, &patience).map_err(|error| match error {
        crate::backend::BackendError::Tool { message, .. } => message,
        other => other.to_string(),
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn server(major: u32) -> Server {
        Server {
            version: format!("PostgreSQL {major}.1"),
            major,
        }
    }

    /// Makes a `pg_dump` that says its version, and nothing else.
    fn program(folder: &Path, says: &str) -> PathBuf {
        program_called(PG_DUMP, folder, says)
    }

    fn program_called(name: &str, folder: &Path, says: &str) -> PathBuf {
        std::fs::create_dir_all(folder).expect("the folder is ours");
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).expect("the folder is ours");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))
            .expect("it is ours");
        path
    }

    fn says(version: &str) -> String {
        format!("pg_dump (PostgreSQL) {version}")
    }

    #[test]
    fn the_first_of_the_newest_is_taken() {
        let folder = tempfile::tempdir().expect("there is room");
        let at = |name: &str| folder.path().join(name);
        program(&at("a"), &says("98.1"));
        let newest = program(&at("b"), &says("98.3 (Debian 98.3-1)"));
        program(&at("c"), &says("98.3"));
        program(&at("d"), "something else");
        let programs = Programs {
            pg_dump: None,
            folders: vec![at("a"), at("absent"), at("b"), at("c"), at("d")],
        };
        let found = find(&programs, PG_DUMP, &server(15)).expect("it is there");
        assert_eq!(found.tool.path, newest);
        assert_eq!(found.tool.version, "98.3 (Debian 98.3-1)");
        let refused = find(&programs, PG_DUMP, &server(99));
        assert!(
            matches!(&refused, Err(DumpError::ToolTooOld { path, .. }) if *path == newest),
            "{refused:?}"
        );
    }

    #[test]
    fn where_one_is_named_no_other_is_taken() {
        let folder = tempfile::tempdir().expect("there is room");
        let at = |name: &str| folder.path().join(name);
        program(&at("a"), &says("98.1"));
        let named = |path: PathBuf| Programs {
            pg_dump: Some(path),
            folders: vec![at("a")],
        };
        let old = named(program(&at("b"), &says("9.6.24")));
        let refused = find(&old, PG_DUMP, &server(15));
        assert!(
            matches!(refused, Err(DumpError::ToolTooOld { .. })),
            "{refused:?}"
        );
        for absent in [
            named(at("absent")),
            named(program(&at("c"), "psql (PostgreSQL) 98.1")),
        ] {
            let refused = find(&absent, PG_DUMP, &server(15));
            assert!(
                matches!(refused, Err(DumpError::ToolUnusable { .. })),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn an_archive_is_read_by_a_program_that_is_not_older_than_its_writer() {
        let folder = tempfile::tempdir().expect("there is room");
        let programs = Programs {
            pg_dump: Some(program(folder.path(), &says("98.1"))),
            folders: Vec::new(),
        };
        let writer = find(&programs, PG_DUMP, &server(15)).expect("it is there");
        let reader = |version: &str| {
            let says = format!("pg_restore (PostgreSQL) {version}");
            program_called(PG_RESTORE, folder.path(), &says);
            find_for_archives_of(&programs, &writer.tool)
        };
        let old = reader("97.9");
        assert!(matches!(old, Err(DumpError::ToolTooOld { .. })), "{old:?}");
        assert_eq!(reader("98.0").expect("it is there").number, (98, 0));
    }

    #[test]
    fn a_version_is_two_numbers() {
        for (version, expected) in [
            ("15.14 (Debian 15.14-0+deb12u1)", Some((15, 14))),
            ("18beta1", Some((18, 0))),
            ("19devel", Some((19, 0))),
            ("9.6.24", Some((9, 6))),
            ("x", None),
        ] {
            assert_eq!(number(version), expected, "{version}");
        }
    }
}
