//! Child processes: the one room in which other programs are started.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::BackendError;

/// What a program left when it ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
}

/// Runs a program in a folder, with some variables added to its environment, and waits for it.
///
/// A password goes into the variables, never into the arguments, which every user of the machine
/// can read.
///
/// # Errors
/// `BackendError::Tool` where it cannot be started or ends with a failure; the message is the last
/// line that it wrote to standard error.
pub fn run(
    program: &str,
    arguments: &[&OsStr],
    folder: &Path,
    variables: &[(&str, &str)],
) -> Result<ToolOutput, BackendError> {
    let failure = |message: String| BackendError::Tool {
        program: program.to_owned(),
        message,
    };
    let output = command(program)
        .args(arguments)
        .current_dir(folder)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failure(error.to_string()))?;
    if output.status.success() {
        return Ok(ToolOutput {
            stdout: output.stdout,
        });
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    Err(failure(
        last.unwrap_or("it failed and said nothing").to_owned(),
    ))
}

/// Returns whether a program can be started at all.
pub fn is_installed(program: &str) -> bool {
    command(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one room that starts programs"
)]
fn command(program: &str) -> Command {
    Command::new(program)
}
