//! Child processes: the one room in which other programs are started.

// A file is copied by no other program.
#[cfg(feature = "postgres")]
mod pipe;
#[cfg(feature = "postgres")]
mod running;

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(feature = "postgres")]
pub(super) use running::{Ended, Input, Running};

use super::error::BackendError;
use crate::cancellation::Cancellation;

/// A program and what it is given.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// The program.
    pub program: &'a str,
    /// Its arguments, which every user of the machine can read: no password goes there.
    pub arguments: &'a [&'a OsStr],
    /// The folder in which it works.
    pub folder: &'a Path,
    /// What is added to its environment.
    pub variables: &'a [(&'a str, &'a str)],
    /// What is taken out of its environment.
    pub without: &'a [&'a str],
}

impl Invocation<'_> {
    fn command(&self) -> Command {
        let mut command = command(self.program);
        command
            .args(self.arguments)
            .current_dir(self.folder)
            .envs(self.variables.iter().copied())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped());
        for name in self.without {
            command.env_remove(name);
        }
        command
    }

    fn failure(&self, message: String) -> BackendError {
        BackendError::Tool {
            program: self.program.to_owned(),
            message,
        }
    }
}

/// How long a program is waited for.
#[derive(Debug, Clone)]
pub struct Patience {
    limit: Duration,
    until: Instant,
    cancellation: Cancellation,
}

impl Patience {
    /// Returns the patience that ends in so long from now, or when the request to stop is made.
    pub fn of(limit: Duration, cancellation: Cancellation) -> Self {
        Self {
            limit,
            until: Instant::now() + limit,
            cancellation,
        }
    }

    /// Returns why it has ended, if it has.
    fn end(&self) -> Option<String> {
        if self.cancellation.is_cancelled() {
            return Some("it was interrupted".to_owned());
        }
        let took_too_long = || format!("it was ended after {} s", self.limit.as_secs_f32());
        (Instant::now() >= self.until).then(took_too_long)
    }
}

/// What a program left when it ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
}

/// How often it is looked whether a program has ended.
const INTERVAL: Duration = Duration::from_millis(10);

/// Runs a program and waits for it; where the patience ends before, the program is killed with all
/// that it started.
///
/// # Errors
/// `BackendError::Tool` where it cannot be started, ends with a failure or is killed; the message
/// of a failure is the last line that it wrote to standard error.
pub fn run(invocation: &Invocation<'_>, patience: &Patience) -> Result<ToolOutput, BackendError> {
    let child = invocation.command().spawn();
    let child = child.map_err(|error| invocation.failure(error.to_string()))?;
    let ended = wait(child, patience).map_err(|message| invocation.failure(message))?;
    if ended.status.success() {
        return Ok(ToolOutput {
            stdout: ended.stdout,
        });
    }
    let text = String::from_utf8_lossy(&ended.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    Err(invocation.failure(last.unwrap_or("it failed and said nothing").to_owned()))
}

/// Returns whether a program can be started at all.
pub fn is_installed(program: &str, patience: &Patience) -> bool {
    let mut command = command(program);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // It was started, whatever becomes of it.
    command.spawn().is_ok_and(|child| {
        let _ = wait(child, patience);
        true
    })
}

/// Returns a program that reads nothing, and whose children can be killed with it.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one room that starts programs"
)]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// How a program ended, and all that it wrote.
struct Finished {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Waits for a program and for the ends of its pipes, which its children may keep open.
fn wait(mut child: Child, patience: &Patience) -> Result<Finished, String> {
    let stdout = read_aside(child.stdout.take());
    let stderr = read_aside(child.stderr.take());
    let (mut written, mut complained) = (None, None);
    loop {
        let status = child.try_wait().map_err(|error| error.to_string())?;
        written = written.or_else(|| stdout.try_recv().ok());
        complained = complained.or_else(|| stderr.try_recv().ok());
        match (status, written.take(), complained.take()) {
            (Some(status), Some(stdout), Some(stderr)) => {
                return Ok(Finished {
                    status,
                    stdout,
                    stderr,
                });
            }
            (_, stdout, stderr) => (written, complained) = (stdout, stderr),
        }
        if let Some(reason) = patience.end() {
            kill(&mut child);
            return Err(reason);
        }
        thread::sleep(INTERVAL);
    }
}

/// Reads a pipe to its end, without keeping anybody waiting.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a failure is all there is.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        // Nobody may wait any more.
        let _ = sender.send(bytes);
    });
    receiver
}

/// Kills a program with its group, by the shell: the library's code is safe, and the standard
/// library signals a single process.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    {
        let line = format!("kill -KILL -{}", child.id());
        let _ = command("sh")
            .args(["-c", &line])
            .stderr(Stdio::null())
            .status();
    }
    // It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(line: &str, limit: Duration) -> Result<ToolOutput, BackendError> {
        let arguments = [OsStr::new("-c"), OsStr::new(line)];
        let invocation = Invocation {
            program: "sh",
            arguments: &arguments,
            folder: Path::new("/"),
            variables: &[("WORD", "hello")],
            without: &[],
        };
        run(&invocation, &Patience::of(limit, Cancellation::default()))
    }

    #[test]
    fn what_a_program_writes_is_returned() {
        let output = shell("echo $WORD", Duration::from_secs(20)).expect("it ends well");
        assert_eq!(output.stdout, b"hello\n");
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().expect("there is room");
        let late = folder.path().join("late");
        let begun = Instant::now();
        let line = format!("(sleep 2; touch {}) & wait; sleep 60", late.display());
        let error = shell(&line, Duration::from_millis(500)).expect_err("it hangs");
        assert_eq!(
            error.to_string(),
            "failed to run `sh`: it was ended after 0.5 s"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        thread::sleep(Duration::from_secs(2));
        assert!(!late.exists(), "a child lives on");
    }

    #[test]
    fn a_child_that_keeps_the_pipe_open_is_waited_for_no_longer() {
        let error = shell("sleep 60 &", Duration::from_millis(500)).expect_err("it hangs");
        assert_eq!(
            error.to_string(),
            "failed to run `sh`: it was ended after 0.5 s"
        );
    }
}
