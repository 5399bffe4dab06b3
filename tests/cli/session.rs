//! A session in a project: commands, one after another, and a snapshot of all that they said.
//!
//! Knows what differs from run to run, and replaces it; nothing of what the program should say.

use std::fmt::Write as _;

use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

/// What differs from run to run, and what stands for it in a snapshot.
const FILTERS: [(&str, &str); 16] = [
    // One of the engines has none.
    (r#""limits": \{[^}]*\}"#, r#""limits": null"#),
    (r"/\S*/dieselkit-sqlite-\w+/test\.db", "[database]"),
    (r"postgres@127\.0\.0\.1:\d+/test_[0-9a-f]+", "[database]"),
    (r"\b(test_[0-9a-f]{32}|test\.db)\b", "[name]"),
    (r#""(sqlite|postgres)"\n"#, "\"[engine]\"\n"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "[time]"),
    (r"(<1 ms|\b\d+(\.\d)? (ms|s)\b)", "[took]"),
    (r#"("\w+_(ms|bytes)"): \d+"#, "$1: 0"),
    (r#""pid": \d+"#, r#""pid": 0"#),
    (r"pid \d+", "pid [pid]"),
    // The engines differ in what a token is.
    (
        r#"("checksum(_raw)?"): "[0-9a-f]{64}""#,
        r#"$1: "[checksum]""#,
    ),
    (
        r"dieselkit \d+\.\d+\.\d+ [^\s,\x22]+",
        "dieselkit [version] [host]",
    ),
    (
        r#""tool_version": "[^"]+""#,
        r#""tool_version": "[version]""#,
    ),
    (
        r"\b20\d\d(-?\d\d){2}-?\d{6}_(?P<name>made\w*)",
        "[now]_$name",
    ),
    // Columns are as wide as what stands in them, durations too.
    (r"(?P<before>\S) {3,}", "$before  "),
];

/// Commands and what they said.
pub(crate) struct Session<'a> {
    project: &'a Project,
    said: String,
}

impl<'a> Session<'a> {
    /// Begins with nothing said.
    pub(crate) fn of(project: &'a Project) -> Self {
        Self {
            project,
            said: String::new(),
        }
    }

    /// Runs a command line, whose words are divided by blanks, and notes what it says.
    pub(crate) fn run(&mut self, line: &str) -> Output {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command whose words may hold blanks.
    pub(crate) fn run_words(&mut self, words: &[&str]) -> Output {
        let output = self.project.run(words);
        let line = words.join(" ");
        let _ = writeln!(self.said, "$ dieselkit {line}\n{}", output.snapshot());
        output
    }

    /// Compares what was said with the snapshot of this name.
    #[track_caller]
    pub(crate) fn matches(self, snapshot: &str) {
        assert_text(snapshot, &self.said);
    }
}

/// Compares a text with the snapshot of this name.
#[track_caller]
pub(crate) fn assert_text(snapshot: &str, text: &str) {
    insta::with_settings!({ filters => FILTERS, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(snapshot, text);
    });
}

/// The versions of [`studio`], oldest first.
pub(crate) const VERSIONS: [&str; 3] = ["20260101000000", "20260102000000", "20260103000000"];

/// Lays out a project of three migrations that both engines take.
pub(crate) fn studio(database: &dyn Engine) -> Project {
    Project::new()
        .migration(
            "2026-01-01-000000_create_users",
            "CREATE TABLE users (id INTEGER PRIMARY KEY);\n",
            "DROP TABLE users;\n",
        )
        .migration(
            "2026-01-02-000000_create_rooms",
            "CREATE TABLE rooms (id INTEGER PRIMARY KEY);\nINSERT INTO rooms VALUES (1);\n",
            "DROP TABLE rooms;\n",
        )
        .migration(
            "2026-01-03-000000_create_bookings",
            "CREATE TABLE bookings (id INTEGER PRIMARY KEY);\n",
            "DROP TABLE bookings;\n",
        )
        .on(database)
}

/// Lays out [`studio`], and applies all of it.
pub(crate) fn studio_applied(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    project
}

/// Returns the file of a migration of [`studio`], or one that was added to it.
pub(crate) fn up_of(name: &str) -> String {
    format!("migrations/{name}/up.sql")
}
