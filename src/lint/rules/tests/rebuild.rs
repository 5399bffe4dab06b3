//! What `missing-alter` says to write instead, written and run on SQLite as it says; and which changes
//! the library knows.

use super::support::engine::Engine as _;
use super::support::sqlite::SqliteDatabase;
use crate::UpOptions;
use crate::backend::address::Engine;
use crate::backend::{Absent, Database};
use crate::lint::{Facts, Linter, Options, Report, Subject, Together};
use crate::migration::{MigrationSet, Migrator};

const BEFORE: &str = "CREATE TABLE teams (id INTEGER PRIMARY KEY);
INSERT INTO teams VALUES (1);
CREATE TABLE \"renamed users\" (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams (id), age TEXT);
CREATE INDEX of_team ON \"renamed users\" (team);
INSERT INTO \"renamed users\" VALUES (1, 1, '7');
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES \"renamed users\" (id) ON DELETE CASCADE);
CREATE INDEX of_author ON posts (author);
INSERT INTO posts VALUES (1, 1);";

/// A folder with these migrations, each with its settings.
fn folder(migrations: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for (name, up, settings) in migrations {
        let of_it = folder.path().join(name);
        std::fs::create_dir(&of_it).expect("it is not there yet");
        std::fs::write(of_it.join("up.sql"), up).expect("there is room");
        std::fs::write(of_it.join("metadata.toml"), settings).expect("there is room");
    }
    folder
}

/// Lints the last migration of a folder, before it is applied.
fn lint(set: &MigrationSet, facts: Facts) -> Report {
    let linter = Linter::new(Engine::Sqlite, Options::default()).expect("it is compiled in");
    let last = set.migrations().last().expect("there is one");
    let linter = linter.knowing(set).with_facts(facts);
    linter.lint(&[Subject::from(last)], Together::OneRun)
}

fn migrator(database: &SqliteDatabase, set: MigrationSet) -> Migrator {
    let address = database.url().parse().expect("it is the suite's own");
    let connection = Database::connect(&address, Absent::CreateFile).expect("it is there");
    Migrator::new(connection, set)
}

/// Returns what stands between backticks in a text, in order.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn what_is_to_be_written_instead_runs_and_keeps_all_rows() {
    let irreversible = "irreversible = \"it is a test\"\n";
    let usual = format!("run_in_transaction = true\n{irreversible}");
    let missing = "ALTER TABLE \"renamed users\" ALTER COLUMN age TYPE INTEGER;";
    let asked = folder(&[("001_before", BEFORE, &usual), ("002_it", missing, &usual)]);
    let set = MigrationSet::scan(asked.path()).expect("it can be read");
    let report = lint(&set, Facts::default());
    let help = report.findings.first().and_then(|it| it.help.clone());
    let help = help.expect("a table is to be made anew");
    let said = quoted(&help);
    let settings = said.iter().filter(|said| said.contains(" = "));
    let settings = settings.fold(irreversible.to_owned(), |all, line| {
        format!("{all}{line}\n")
    });
    let new = "\"renamed users_new\"";
    let statements: Vec<String> = said
        .iter()
        .filter(|said| said.ends_with(';'))
        .map(|said| {
            said.replace(
                " … SELECT … FROM",
                " SELECT id, team, CAST(age AS INTEGER) FROM",
            )
        })
        .collect();
    assert_eq!(statements.len(), 3, "{help}");
    let up = format!(
        "CREATE TABLE {new} (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams (id), age INTEGER);\n{}\nCREATE INDEX of_team ON \"renamed users\" (team);",
        statements.join("\n"),
    );
    let written = folder(&[("001_before", BEFORE, &usual), ("002_it", &up, &settings)]);
    let set = MigrationSet::scan(written.path()).expect("it can be read");
    let report = lint(&set, Facts::default());
    // That a text is no number, the user is to know.
    let findings = report.findings.iter();
    let found: Vec<&str> = findings.map(|finding| finding.rule.as_str()).collect();
    assert_eq!(found, ["drops-data"], "{:?}", report.findings);
    let database = SqliteDatabase::create();
    let ran = migrator(&database, set).up(&UpOptions::default());
    ran.expect("it is as it was said to be");
    for count in [
        "SELECT count(*) FROM \"renamed users\" WHERE typeof(age) = 'integer'",
        "SELECT count(*) FROM posts",
    ] {
        assert_eq!(database.query_i64(count), 1, "{count}");
    }
}

#[test]
fn the_version_of_the_library_says_which_changes_there_are() {
    const TABLE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT, CONSTRAINT young CHECK (age <> 'x'));";
    let settings = "run_in_transaction = true\n";
    let mut found = Vec::new();
    for up in [
        "ALTER TABLE users ALTER COLUMN age SET NOT NULL;",
        "ALTER TABLE users ALTER age DROP NOT NULL;",
        "ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17);",
        "ALTER TABLE users ADD CHECK (age > 17);",
        "ALTER TABLE users DROP CONSTRAINT young;",
        "ALTER TABLE users ALTER COLUMN age DROP DEFAULT;",
        "ALTER TABLE users ADD UNIQUE (age);",
    ] {
        let written = folder(&[("001_it", up, settings)]);
        let set = MigrationSet::scan(written.path()).expect("it can be read");
        let database = SqliteDatabase::create();
        database.execute(TABLE);
        let mut migrator = migrator(&database, set.clone());
        let facts = Facts::of(&migrator.statistics().expect("it can be asked"));
        let mut findings = lint(&set, facts).findings.into_iter();
        let is_found = findings.any(|finding| finding.rule == "missing-alter");
        let is_refused = migrator.up(&UpOptions::default()).is_err();
        assert_eq!(is_found, is_refused, "{up}");
        found.push(is_found);
    }
    assert!(found[5] && found[6]);
}
