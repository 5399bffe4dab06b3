//! Makes the files of a new migration.
//!
//! Their text is known to `template`, and how they are read back to `source`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{NaiveDateTime, TimeDelta};

use super::error::{MAX_FILE_NAME_BYTES, ScaffoldError, SourceError};
use super::set::MigrationSet;
use super::template;
use crate::file_kind::{DeadLink, OtherThanFolder};
use crate::version::Version;

/// How a new migration is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbering {
    /// By the time of its making, to the second, in UTC, as Diesel does.
    #[default]
    Timestamp,
    /// By the next free number, in three digits.
    Sequential,
}

/// In which files a new migration is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// Diesel's folder.
    #[default]
    Folder,
    /// One file with both ways.
    SingleFile,
}

/// What a new migration is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewMigration {
    /// Its name, which is made `snake_case`.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How it is numbered.
    pub numbering: Numbering,
    /// In which files it is kept.
    pub layout: Layout,
    /// Whether it runs outside of a transaction.
    pub without_transaction: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scaffolded {
    /// Its version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// The folder, or the single file.
    pub path: PathBuf,
    /// Every file.
    pub files: Vec<PathBuf>,
}

/// Makes the files of a new migration in a folder, which is made where it is absent.
///
/// # Errors
/// `ScaffoldError`; a file that exists is never overwritten, and of a migration that could not be
/// written whole nothing remains.
pub fn scaffold(
    folder: &Path,
    wanted: &NewMigration,
    now: NaiveDateTime,
) -> Result<Scaffolded, ScaffoldError> {
    let words = snake_case(&wanted.name).ok_or_else(|| ScaffoldError::UnusableName {
        name: wanted.name.clone(),
    })?;
    if let Some(place) = SourceError::of_place(folder) {
        return Err(place.into());
    }
    let claim = Claim::on(folder).map_err(|source| ScaffoldError::Write {
        path: folder.to_owned(),
        source,
    })?;
    let mut moment = now;
    let made = loop {
        match make(folder, wanted, &words, moment) {
            // Another program took the number meanwhile.
            Err(ScaffoldError::Write { source, .. })
                if source.kind() == ErrorKind::AlreadyExists && moment < now + PATIENCE =>
            {
                moment += TimeDelta::seconds(1);
            }
            made => break made,
        }
    };
    drop(claim);
    made
}

/// The folder while its numbers are looked at and one of them is taken: two migrations of one number
/// and different names would meet at no file. The system frees it with the process.
pub(crate) struct Claim {
    _folder: Option<fs::File>,
}

impl Claim {
    /// Makes the folder where it is absent, and waits for whoever has it.
    pub(crate) fn on(folder: &Path) -> std::io::Result<Self> {
        if let Some(link) = DeadLink::at(folder) {
            return Err(std::io::Error::new(ErrorKind::NotFound, link.told(folder)));
        }
        // To open a pipe is to wait for its other end.
        if let Some(found) = OtherThanFolder::at(folder) {
            let told = found.told(folder);
            return Err(std::io::Error::new(ErrorKind::NotADirectory, told));
        }
        if !folder.exists() {
            fs::create_dir_all(folder)?;
        }
        // Not every system opens a folder, nor every file system locks one.
        let opened = fs::File::open(folder).ok();
        Ok(Self {
            _folder: opened.filter(|folder| folder.lock().is_ok()),
        })
    }
}

/// How far a number by the time of its making may lie ahead of that time.
const PATIENCE: TimeDelta = TimeDelta::minutes(1);

/// Makes the files under the first number that is free from a moment on.
fn make(
    folder: &Path,
    wanted: &NewMigration,
    words: &str,
    moment: NaiveDateTime,
) -> Result<Scaffolded, ScaffoldError> {
    let set = match MigrationSet::scan(folder) {
        Err(SourceError::NoFolder { .. }) => MigrationSet::default(),
        scanned => scanned?,
    };
    let number = match wanted.numbering {
        Numbering::Timestamp => free_timestamp(&set, moment),
        Numbering::Sequential => next_number(folder, &set)?,
    };
    let name = format!("{number}_{words}");
    let file_name = match wanted.layout {
        Layout::Folder => name.clone(),
        Layout::SingleFile => format!("{name}.sql"),
    };
    if file_name.len() > MAX_FILE_NAME_BYTES {
        return Err(ScaffoldError::NameTooLong { name: file_name });
    }
    let path = folder.join(file_name);
    let files = contents(&path, wanted);
    write_all(folder, &files)?;
    Ok(Scaffolded {
        version: Version::from_name(&name),
        name,
        path,
        files: files.into_iter().map(|(path, _)| path).collect(),
    })
}

/// Makes a name of whatever letters and digits there are: `AddPhone to users` gives
/// `add_phone_to_users`, and `HTTPServer` gives `http_server`.
pub(crate) fn snake_case(name: &str) -> Option<String> {
    let mut words = String::new();
    let mut before = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_capitals = letters.peek().is_some_and(|next| next.is_lowercase());
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before: char| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && ends_capitals)
            });
        if (starts_word || !letter.is_alphanumeric()) && !words.ends_with('_') && !words.is_empty()
        {
            words.push('_');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    let words = words.trim_end_matches('_').to_owned();
    (!words.is_empty()).then_some(words)
}

/// Returns the first second from now on that no migration has for its version.
fn free_timestamp(set: &MigrationSet, now: NaiveDateTime) -> String {
    let seconds = (0..).map(|seconds| now + TimeDelta::seconds(seconds));
    seconds
        .map(|moment| moment.format("%Y-%m-%d-%H%M%S").to_string())
        .find(|number| set.get(&Version::from_name(number)).is_none())
        .expect("a folder has fewer migrations than there are seconds")
}

/// Returns the number after the largest of three digits.
fn next_number(folder: &Path, set: &MigrationSet) -> Result<String, ScaffoldError> {
    let used = set
        .migrations()
        .iter()
        .filter(|migration| migration.version().as_str().len() == 3)
        .filter_map(|migration| migration.version().as_str().parse::<u32>().ok());
    let next = used.max().map_or(1, |newest| newest + 1);
    if next > 999 {
        return Err(ScaffoldError::NumbersUsedUp {
            folder: folder.to_owned(),
        });
    }
    let number = format!("{next:03}");
    match newest_above(set, &Version::from_name(&number)) {
        Some(newest) => Err(ScaffoldError::OutOfOrder { number, newest }),
        None => Ok(number),
    }
}

/// Returns the newest migration, where it is newer than a version that is to be given.
fn newest_above(set: &MigrationSet, version: &Version) -> Option<String> {
    let newest = set
        .migrations()
        .iter()
        .max_by_key(|migration| migration.version())?;
    (newest.version() > version).then(|| newest.name().to_owned())
}

/// Returns the files of a new migration, each with its text.
fn contents(path: &Path, wanted: &NewMigration) -> Vec<(PathBuf, String)> {
    let mut up = wanted
        .description
        .as_deref()
        .map(as_comment)
        .unwrap_or_default();
    up.push_str(template::UP);
    if wanted.without_transaction {
        up.push_str(template::NO_TRANSACTION);
    }
    match wanted.layout {
        Layout::Folder => {
            let mut files = vec![
                (path.join("up.sql"), up),
                (path.join("down.sql"), template::DOWN.to_owned()),
            ];
            if wanted.without_transaction {
                let metadata = "run_in_transaction = false\n".to_owned();
                files.push((path.join("metadata.toml"), metadata));
            }
            files
        }
        Layout::SingleFile => {
            let option = if wanted.without_transaction {
                " transaction:false"
            } else {
                ""
            };
            let down = template::down_section();
            let text = format!("-- migrate:up{option}\n{up}\n-- migrate:down\n{down}");
            vec![(path.to_owned(), text)]
        }
    }
}

/// What ends a line for one reader or another. <https://www.unicode.org/reports/tr14/#BK>
const LINE_ENDS: [char; 7] = [
    '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// Returns a description as a comment, of one line for one of the description's: `PostgreSQL` ends a
/// comment at a carriage return, too, and a line that reads like the marker of a section is quoted.
fn as_comment(description: &str) -> String {
    let description = description.replace("\r\n", "\n");
    let lines = description.split(LINE_ENDS).map(str::trim_end);
    let commented = lines.map(|line| match line.trim_start_matches([' ', '\t', '-']) {
        "" => "--\n".to_owned(),
        text if text.starts_with("migrate:") => format!("-- `{text}`\n"),
        _ => format!("-- {line}\n"),
    });
    commented.collect::<String>() + "--\n"
}

fn write_all(folder: &Path, files: &[(PathBuf, String)]) -> Result<(), ScaffoldError> {
    for (index, (path, text)) in files.iter().enumerate() {
        if let Err(source) = write_new(path, text) {
            undo(folder, &files[..index]);
            remove_empty_parent(folder, path);
            return Err(ScaffoldError::Write {
                path: path.clone(),
                source,
            });
        }
    }
    Ok(())
}

/// Writes a file that is not there yet, whole or not at all.
pub(crate) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::File::create_new(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // Half of a file is none; one that was there before was not opened.
        let _ = fs::remove_file(path);
    })
}

/// Removes what was written of a migration that is not whole; it would be one without a way down.
fn undo(folder: &Path, written: &[(PathBuf, String)]) {
    for (path, _) in written {
        let _ = fs::remove_file(path);
        remove_empty_parent(folder, path);
    }
}

/// Removes the migration's own folder where nothing is in it, which the system sees to.
fn remove_empty_parent(folder: &Path, path: &Path) {
    if let Some(parent) = path.parent().filter(|parent| *parent != folder) {
        let _ = fs::remove_dir(parent);
    }
}

#[cfg(test)]
mod tests;
