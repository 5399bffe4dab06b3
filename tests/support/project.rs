//! A project as a user would lay it out, and the program run in it.
//!
//! Knows the program as a user does: arguments, environment, files, output and exit code.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::engine::Engine;

/// A folder with a project's files, removed when dropped.
///
/// ```ignore
/// let project = Project::new()
///     .migration("2026-01-01-000000_users", "CREATE TABLE users (id INT);", "DROP TABLE users;")
///     .on(&database);
/// project.run(["up"]).succeeds();
/// ```
pub(crate) struct Project {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Project {
    /// Makes a folder with an empty `migrations/` in it.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("dieselkit-project-")
            .tempdir()
            .expect("the system's folder for temporary files is writable");
        std::fs::create_dir(folder.path().join("migrations")).expect("the folder is new");
        Self {
            folder,
            environment: Vec::new(),
        }
    }

    /// Adds a migration in Diesel's layout: a folder with `up.sql` and `down.sql`.
    pub(crate) fn migration(self, name: &str, up: &str, down: &str) -> Self {
        self.irreversible(name, up)
            .file(&format!("migrations/{name}/down.sql"), down)
    }

    /// Adds a migration that has only an `up.sql`.
    pub(crate) fn irreversible(self, name: &str, up: &str) -> Self {
        self.file(&format!("migrations/{name}/up.sql"), up)
    }

    /// Gives a migration a `metadata.toml`.
    pub(crate) fn metadata(self, name: &str, content: &str) -> Self {
        self.file(&format!("migrations/{name}/metadata.toml"), content)
    }

    /// Writes `dieselkit.toml`.
    pub(crate) fn config(self, content: &str) -> Self {
        self.file("dieselkit.toml", content)
    }

    /// Writes a file; the path is relative to the project.
    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.write(path, content);
        self
    }

    /// Sets an environment variable for every run.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Names the database of every run, as `DATABASE_URL`.
    pub(crate) fn on(self, database: &dyn Engine) -> Self {
        self.env("DATABASE_URL", &database.url())
    }

    /// Writes or replaces a file between two runs.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        let parent = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(parent).expect("the project's folder is ours");
        std::fs::write(path, content).expect("the project's folder is ours");
    }

    /// Reads a file that the program wrote.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path))
            .unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
    }

    /// Removes a file or folder between two runs.
    pub(crate) fn remove(&self, path: &str) {
        let path = self.path(path);
        let result = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        result.unwrap_or_else(|error| panic!("cannot remove {}: {error}", path.display()));
    }

    /// Returns the absolute path of something in the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Returns the folder of the migrations.
    pub(crate) fn migrations(&self) -> PathBuf {
        self.path("migrations")
    }

    /// Runs the program to its end, without a terminal and with an empty standard input.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        let output = self
            .command(arguments)
            .output()
            .expect("the program starts");
        Output::from_process(output, self.folder.path())
    }

    /// Runs a line in a shell that finds the program as `dieselkit`, as one that was pasted.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests start the program as a user would"
    )]
    pub(crate) fn shell(&self, line: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_dieselkit"));
        let folder = program.parent().expect("it lies in a folder");
        let template = self.command([""; 0]);
        let variables = template.get_envs();
        let output = Command::new("sh")
            .args(["-c", &format!("PATH={}:$PATH; {line}", folder.display())])
            .current_dir(self.folder.path())
            .env_clear()
            .envs(variables.filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null())
            .output();
        Output::from_process(output.expect("every system has sh"), self.folder.path())
    }

    /// Returns the command instead of running it, for tests that feed, signal or outnumber it.
    ///
    /// Nothing of the developer's own environment leaks in but `PATH`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests start the program as a user would"
    )]
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dieselkit"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // Neither ~/.pgpass nor another file of the developer's home.
            .env("HOME", self.folder.path())
            .env("USER", "tester")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }
}

/// What one run of the program left behind.
#[derive(Debug)]
pub(crate) struct Output {
    /// Standard output as text.
    pub(crate) stdout: String,
    /// Standard error as text.
    pub(crate) stderr: String,
    /// The exit code, none where a signal ended the run.
    pub(crate) code: Option<i32>,
    project: PathBuf,
}

impl Output {
    /// Reads the output of a command that the test ran by itself.
    pub(crate) fn from_process(output: std::process::Output, project: &Path) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code(),
            project: project.to_owned(),
        }
    }

    /// Checks the exit code, and shows all output where it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Checks that the run was done without complaint.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// Returns standard output as JSON, which has to be exactly one document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "stdout is not one JSON document ({error})\n--- stdout\n{}\n--- stderr\n{}",
                self.stdout, self.stderr
            )
        })
    }

    /// Returns both streams for a snapshot, with the project's folder as `[project]`.
    pub(crate) fn snapshot(&self) -> String {
        let code = self
            .code
            .map_or("signal".to_owned(), |code| code.to_string());
        let (stdout, stderr) = (&self.stdout, &self.stderr);
        format!("exit code: {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
            .replace(&self.project.display().to_string(), "[project]")
    }
}
