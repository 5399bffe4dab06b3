//! The messages that the documents quote are those of today: each stands in a snapshot of what the
//! program or the library says.
//!
//! It must not know any message. What an example says otherwise than a snapshot (names, numbers,
//! paths, the words of a database) is taken out of both.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The documents that show what the program prints.
const DOCUMENTS: [&str; 2] = ["MIGRATIONS.md", "README.md"];

/// Where the snapshots lie.
const SNAPSHOTS: [&str; 2] = ["src", "tests"];

/// What begins a message, in a document and in most snapshots. A cause is often in the words of a
/// database, which no snapshot has to know.
const PREFIXES: [&str; 5] = ["error: ", "hint: ", "warning: ", "finding: ", "note: "];

/// What a message ends in that only an example knows.
const OPEN_ENDS: [&str; 3] = ["held by ", "(looked at ", "in use by others: "];

/// The flags that a hint repeats as they were typed.
const REPEATED: [&str; 5] = [
    "--env",
    "--database-url",
    "--config",
    "--migrations",
    "--yes",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns every snapshot below a folder.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is the repository's");
    let paths = entries.map(|entry| entry.expect("it is readable").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return snapshots(&path);
            }
            let is_snapshot = path.extension().is_some_and(|ending| ending == "snap");
            Vec::from_iter(is_snapshot.then_some(path))
        })
        .collect()
}

/// Returns a line's message, without what says what kind of message it is.
fn message(line: &str) -> &str {
    let line = line.trim();
    let prefix = PREFIXES.iter().find(|prefix| line.starts_with(**prefix));
    prefix.map_or(line, |prefix| &line[prefix.len()..])
}

/// Returns what a message says of every name and number.
fn shape(message: &str) -> String {
    let cut = OPEN_ENDS
        .iter()
        .find_map(|end| Some(message.split_once(end)?.0));
    let pieces = cut.unwrap_or(message).split('`').enumerate();
    let shapes = pieces.map(|(index, piece)| match index % 2 {
        0 => words(piece),
        _ => format!("`{}`", quoted(piece)),
    });
    shapes.collect()
}

/// Returns prose without its paths, numbers, and names.
fn words(prose: &str) -> String {
    let word = |word: &str| {
        if word.contains('/') {
            "PATH".to_owned()
        } else if word.chars().any(|letter| letter.is_ascii_digit()) {
            "NUMBER".to_owned()
        } else {
            word.to_owned()
        }
    };
    prose.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Returns a command with its flags, and of anything else that it is something.
fn quoted(text: &str) -> String {
    let mut words = text.split(' ');
    match words.next() {
        Some(program @ ("dieselkit" | "mv" | "mkdir" | "echo")) => {
            let mut said = vec![program];
            said.extend(words.next());
            if said.ends_with(&["db"]) {
                said.extend(words.next());
            }
            said.extend(words.filter(|word| word.starts_with("--") && !REPEATED.contains(word)));
            words_of_command(&said)
        }
        Some(keyword) if keyword.starts_with("--") => keyword.to_owned(),
        _ => "NAME".to_owned(),
    }
}

fn words_of_command(said: &[&str]) -> String {
    match said {
        // The rest is about files.
        [program @ ("mv" | "mkdir" | "echo"), ..] => (*program).to_owned(),
        said => said.join(" "),
    }
}

/// Returns the messages that stand in the code blocks of a document, with their lines.
fn quotations(document: &str) -> Vec<(usize, String)> {
    let mut in_block = false;
    let mut found = Vec::new();
    for (index, line) in document.lines().enumerate() {
        if line.trim().starts_with("```") {
            in_block = !in_block;
        }
        let line = line.trim();
        if in_block && PREFIXES.iter().any(|prefix| line.starts_with(prefix)) {
            found.push((index + 1, message(line).to_owned()));
        }
    }
    found
}

/// Returns what today's messages say.
fn said_today() -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for path in SNAPSHOTS
        .iter()
        .flat_map(|folder| snapshots(&root().join(folder)))
    {
        said.extend(read(&path).lines().map(|line| shape(message(line))));
    }
    said
}

#[test]
fn every_message_that_a_document_quotes_is_one_of_todays() {
    let said = said_today();
    let mut stale = Vec::new();
    let mut count = 0;
    for document in DOCUMENTS {
        for (line, quotation) in quotations(&read(&root().join(document))) {
            count += 1;
            if !said.contains(&shape(&quotation)) {
                stale.push(format!("{document}:{line}: {quotation}"));
            }
        }
    }
    assert!(count > 30, "the quotations were not found: {count}");
    assert!(stale.is_empty(), "said nowhere:\n{}", stale.join("\n"));
}

#[test]
fn a_message_that_changed_is_found_and_its_names_are_not_looked_at() {
    let today = "migration `003_add_users` is pending and older than `004`, the newest applied one";
    for (quoted, is_same) in [
        (
            "migration `7_x` is pending and older than `8`, the newest applied one",
            true,
        ),
        (
            "migration `7_x` is pending and older than `8`, which is applied",
            false,
        ),
        (
            "migration 7_x is pending and older than `8`, the newest applied one",
            false,
        ),
    ] {
        assert_eq!(shape(quoted) == shape(today), is_same, "{quoted}");
    }
    let today = "wait, or `dieselkit up --lock-wait 10m`";
    assert_eq!(
        shape("wait, or `dieselkit up --lock-wait 60s`"),
        shape(today)
    );
    for stale in [
        "wait, or `dieselkit up`",
        "wait, or dieselkit up --lock-wait 10m",
    ] {
        assert_ne!(shape(stale), shape(today));
    }
}
