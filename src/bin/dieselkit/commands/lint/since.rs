//! What differs from a revision, as git has it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dieselkit::backend::tool::{self, Invocation, Patience};

use crate::error::{CommandError, Silent};
use crate::interrupt;

/// How long git may take: a large repository on a slow disk.
const LIMIT: Duration = Duration::from_mins(1);

/// Returns the files below a folder that differ from a revision, and those that git does not know
/// yet, each with the folder before it.
pub(super) fn changed(folder: &Path, revision: &str) -> Result<Vec<PathBuf>, CommandError> {
    let git = Git {
        folder,
        revision,
        patience: Patience::of(LIMIT, interrupt::on_ctrl_c()),
    };
    // Outside of a repository `diff` compares any two files, and explains how.
    let commit = format!("{revision}^{{commit}}");
    git.ask(&["rev-parse", "--verify", "--end-of-options", &commit])?;
    let mut paths = git.ask(&[
        "diff",
        "--name-only",
        "-z",
        "--relative",
        "--diff-filter=d",
        "--end-of-options",
        revision,
        "--",
        ".",
    ])?;
    paths.extend(git.ask(&[
        "ls-files",
        "-z",
        "--others",
        "--exclude-standard",
        "--",
        ".",
    ])?);
    Ok(paths)
}

/// git, asked in a folder about a revision.
struct Git<'a> {
    folder: &'a Path,
    revision: &'a str,
    patience: Patience,
}

impl Git<'_> {
    /// Returns the names that git answers with.
    fn ask(&self, arguments: &[&str]) -> Result<Vec<PathBuf>, CommandError> {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let invocation = Invocation {
            program: "git",
            arguments: &arguments,
            folder: self.folder,
            // What it says is read below.
            variables: &[("LC_ALL", "C")],
            without: &[],
        };
        let answered = tool::run(&invocation, &self.patience);
        let output = answered.map_err(|source| CommandError::Git {
            revision: self.revision.to_owned(),
            folder: self.folder.to_owned(),
            silent: self.silent(&source.to_string()),
            source: Box::new(source.into()),
        })?;
        let names = output.stdout.split(|byte| *byte == 0);
        let names = names.filter(|name| !name.is_empty());
        let path = |name| self.folder.join(&*String::from_utf8_lossy(name));
        Ok(names.map(path).collect())
    }
    /// Returns why it does not answer, by what it said.
    fn silent(&self, said: &str) -> Silent {
        if said.contains("not a git repository") {
            Silent::NoRepository
        } else if tool::is_installed("git", &self.patience) {
            Silent::OfRevision
        } else {
            Silent::NotInstalled
        }
    }
}
