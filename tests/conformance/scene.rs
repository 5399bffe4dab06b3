//! What a scenario is made of: a folder of migrations as a user would lay it, a migrator on it, and
//! short ways to ask what came of it.
//!
//! Knows the library from outside only; what is right is for the scenarios to say.

use std::path::{Path, PathBuf};

use dieselkit::migration::{RunError, RunReport, StatusEntry, StatusReport, StepFailure};
use dieselkit::{
    Absent, Access, Database, DatabaseAddress, MigrationSet, Migrator, Target, UpOptions, Version,
};

use crate::support::engine::Engine;

/// A folder of migrations, removed when dropped.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    /// Makes an empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary folders can be made"))
    }

    /// Makes a folder of six migrations, `1_t` to `6_t`, each of which makes a table `t1` to `t6`.
    pub(crate) fn of_six() -> Self {
        let folder = Self::new();
        for number in 1..=6 {
            folder.add_table(number);
        }
        folder
    }

    /// Adds the migration `N_t`, which makes the table `tN`.
    pub(crate) fn add_table(&self, number: u8) {
        self.add(
            &format!("{number}_t"),
            &format!("CREATE TABLE t{number} (id INTEGER);"),
            &format!("DROP TABLE t{number};"),
        );
    }

    /// Adds a migration with both ways.
    pub(crate) fn add(&self, name: &str, up: &str, down: &str) {
        self.write(&format!("{name}/up.sql"), up);
        self.write(&format!("{name}/down.sql"), down);
    }

    /// Adds a migration with both ways that runs outside of a transaction.
    pub(crate) fn add_statementwise(&self, name: &str, up: &str, down: &str) {
        self.add(name, up, down);
        self.write(
            &format!("{name}/metadata.toml"),
            "run_in_transaction = false\n",
        );
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.file(file);
        let parent = path.parent().expect("it is in the folder");
        std::fs::create_dir_all(parent).expect("the folder is ours");
        std::fs::write(path, text).expect("the folder is ours");
    }

    /// Removes a migration, or one file of it.
    pub(crate) fn remove(&self, name: &str) {
        let path = self.file(name);
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        };
        removed.expect("it is there");
    }

    /// Returns the path of a file.
    pub(crate) fn file(&self, file: &str) -> PathBuf {
        self.path().join(file)
    }

    /// Returns the folder's path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Returns the address of a database.
pub(crate) fn address(database: &dyn Engine) -> DatabaseAddress {
    database.url().parse().expect("the support's URL is right")
}

/// Makes the database itself, empty: whoever only reads makes no file.
pub(crate) fn make(database: &dyn Engine) {
    database.execute("SELECT 1");
}

/// Returns a migrator that may write, on what the folder holds now.
pub(crate) fn migrator(database: &dyn Engine, folder: &Folder) -> Migrator {
    migrator_of(database, folder.path())
}

/// Returns a migrator that may write, on what a folder of that path holds now.
pub(crate) fn migrator_of(database: &dyn Engine, folder: &Path) -> Migrator {
    let connected = Database::connect(&address(database), Absent::CreateFile);
    let set = MigrationSet::from_folder(folder).expect("the scenario's migrations are readable");
    Migrator::new(connected.expect("the database is there"), set)
}

/// Returns a migrator that only reads, and that takes a folder with problems too.
pub(crate) fn reader(database: &dyn Engine, folder: &Folder) -> Migrator {
    let opened = Database::open(&address(database), Access::ReadOnly);
    let set = MigrationSet::scan(folder.path()).expect("the folder is there");
    Migrator::new(opened.expect("the database is there"), set)
}

/// Applies everything, which has to go well.
#[track_caller]
pub(crate) fn up(database: &dyn Engine, folder: &Folder) -> RunReport {
    up_with(database, folder, &UpOptions::default())
}

/// Applies as the options say, which has to go well.
#[track_caller]
pub(crate) fn up_with(database: &dyn Engine, folder: &Folder, options: &UpOptions) -> RunReport {
    shown(migrator(database, folder).up(options))
}

/// Rolls back, which has to go well.
#[track_caller]
pub(crate) fn rollback(database: &dyn Engine, folder: &Folder, target: Target) -> RunReport {
    shown(migrator(database, folder).rollback(target))
}

/// Returns the value, or shows the error with its causes.
#[track_caller]
pub(crate) fn shown<T>(result: Result<T, RunError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// Returns an error and its causes as text.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}\ncaused by: {error}");
        cause = error.source();
    }
    text
}

/// Returns the first failure of an `up`, which has to fail, and what was done before it.
#[track_caller]
pub(crate) fn failing_up(
    database: &dyn Engine,
    folder: &Folder,
    options: &UpOptions,
) -> (StepFailure, RunReport) {
    failure(migrator(database, folder).up(options))
}

/// Returns the failure of a run, and its report.
#[track_caller]
pub(crate) fn failure(ran: Result<RunReport, RunError>) -> (StepFailure, RunReport) {
    match ran {
        Err(RunError::Failed { report, source }) => (*source, *report),
        Err(other) => panic!("another error: {}", chain(&other)),
        Ok(report) => panic!("it did not fail: {report:?}"),
    }
}

/// Returns the versions that were done, in order.
pub(crate) fn done(report: &RunReport) -> Vec<&str> {
    let versions = report.done.iter().map(|step| step.version.as_str());
    versions.collect()
}

/// Returns how the migrations stand.
pub(crate) fn status(database: &dyn Engine, folder: &Folder) -> StatusReport {
    shown(reader(database, folder).status())
}

/// Returns how one migration stands.
#[track_caller]
pub(crate) fn entry(database: &dyn Engine, folder: &Folder, version: &str) -> StatusEntry {
    let status = status(database, folder);
    let mut found = status.migrations.iter();
    found
        .find(|entry| entry.version.as_str() == version)
        .unwrap_or_else(|| panic!("`{version}` is not in {status:?}"))
        .clone()
}

/// Returns a version as it would be typed.
pub(crate) fn version(text: &str) -> Version {
    Version::from_name(text)
}

/// Returns the attempts, oldest first, as `VERSION operation STATUS`.
pub(crate) fn attempts(database: &dyn Engine) -> Vec<String> {
    database.query_column(
        "SELECT version || ' ' || operation || ' ' || status FROM __dieselkit_history ORDER BY id",
    )
}

/// Returns the tables that migrations made, sorted.
pub(crate) fn tables(database: &dyn Engine) -> Vec<String> {
    let mut tables = database.tables();
    tables.retain(|name| !name.starts_with("__diesel"));
    tables
}

/// Returns everything that a refused command must not change: tables, versions, attempts.
pub(crate) fn state(database: &dyn Engine) -> (Vec<String>, Vec<String>, Vec<String>) {
    (tables(database), database.applied(), attempts(database))
}
