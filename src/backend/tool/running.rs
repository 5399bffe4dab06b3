//! A program that works while we do: what it writes is read as it comes.
//!
//! It never outlives us by our own doing: whoever drops it, or asks the run to end, ends it with all
//! that it started.

use std::io::Read;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{INTERVAL, Invocation, kill, pipe};
use crate::backend::error::BackendError;
use crate::cancellation::Cancellation;

/// How often it is looked whether the run is asked to end.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);
/// How long the rest of what a program complained of is waited for after its end: a child of its
/// own may keep the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How much of what a program complains of is kept, in bytes: its end.
const COMPLAINTS_KEPT: usize = 64 * 1024;

/// What a program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) enum Input {
    /// Nothing.
    Nothing,
    /// What is written to it.
    Piped,
}

/// A program at work.
pub(in crate::backend) struct Running {
    child: Arc<Mutex<Child>>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    complaints: Receiver<Vec<u8>>,
}

/// How a program ended.
#[derive(Debug)]
pub(in crate::backend) struct Ended {
    pub(in crate::backend) status: ExitStatus,
    /// What it wrote to standard error.
    pub(in crate::backend) complaints: String,
}

impl Running {
    /// Starts a program.
    pub(in crate::backend) fn start(
        invocation: &Invocation<'_>,
        input: Input,
        cancellation: &Cancellation,
    ) -> Result<Self, BackendError> {
        let mut command = invocation.command();
        if input == Input::Piped {
            command.stdin(Stdio::piped());
        }
        let started = command.spawn();
        let mut child = started.map_err(|error| invocation.failure(error.to_string()))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        if let Some(stdout) = &stdout {
            pipe::widen(stdout);
        }
        if let Some(stdin) = &stdin {
            pipe::widen(stdin);
        }
        let complaints = read_last(child.stderr.take());
        let child = Arc::new(Mutex::new(child));
        watch(&child, cancellation.clone());
        Ok(Self {
            child,
            stdin,
            stdout,
            complaints,
        })
    }

    /// Returns the pipe of what it writes, once.
    pub(in crate::backend) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Returns the pipe of what it reads, once.
    pub(in crate::backend) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// Returns whether it has ended.
    pub(in crate::backend) fn has_ended(&self) -> bool {
        !matches!(locked(&self.child).try_wait(), Ok(None))
    }

    /// Waits until it ends by itself, or is ended because the run is asked to end.
    pub(in crate::backend) fn finish(mut self) -> std::io::Result<Ended> {
        // Nobody writes to it or reads from it any more.
        drop((self.stdin.take(), self.stdout.take()));
        let status = loop {
            if let Some(status) = locked(&self.child).try_wait()? {
                break status;
            }
            thread::sleep(INTERVAL);
        };
        let complaints = self.complaints.recv_timeout(LAST_WORDS).unwrap_or_default();
        Ok(Ended {
            status,
            complaints: String::from_utf8_lossy(&complaints).into_owned(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut locked(&self.child));
    }
}

/// Ends a program that has not ended yet; the number of one that has may be another's by now.
fn end(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        kill(child);
    }
}

fn locked(child: &Mutex<Child>) -> std::sync::MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the program as soon as the run is asked to end; forgets it when it has ended or is dropped.
fn watch(child: &Arc<Mutex<Child>>, cancellation: Cancellation) {
    let child = Arc::downgrade(child);
    thread::spawn(move || {
        while let Some(child) = child.upgrade() {
            let mut child = locked(&child);
            if cancellation.is_cancelled() {
                end(&mut child);
            }
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            drop(child);
            thread::sleep(WATCH_INTERVAL);
        }
    });
}

/// Reads a pipe to its end aside, and keeps the last of it.
fn read_last(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut piece = [0; 4096];
        let mut pipe = pipe;
        while let Some(Ok(read @ 1..)) = pipe.as_mut().map(|pipe| pipe.read(&mut piece)) {
            kept.extend_from_slice(&piece[..read]);
            kept.drain(..kept.len().saturating_sub(COMPLAINTS_KEPT));
        }
        // Nobody may wait any more.
        let _ = sender.send(kept);
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;
    use std::time::Instant;

    use super::*;

    fn shell(line: &str, cancellation: &Cancellation) -> Running {
        let arguments = [OsStr::new("-c"), OsStr::new(line)];
        let invocation = Invocation {
            program: "sh",
            arguments: &arguments,
            folder: Path::new("/"),
            variables: &[("KEPT", "kept")],
            without: &["HOME"],
        };
        Running::start(&invocation, Input::Nothing, cancellation).expect("there is a shell")
    }

    fn read(running: &mut Running) -> String {
        let mut text = String::new();
        let mut stdout = running.take_stdout().expect("it is the first");
        stdout.read_to_string(&mut text).expect("it is text");
        text
    }

    #[test]
    fn what_it_writes_and_how_it_ends_is_known() {
        let line = "echo $KEPT ${HOME:+home}; echo wrong >&2; exit 3";
        let mut running = shell(line, &Cancellation::default());
        assert_eq!(read(&mut running), "kept\n");
        let ended = running.finish().expect("it is ours");
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.complaints, "wrong\n");
    }

    #[test]
    fn the_last_complaints_are_kept() {
        let line = "i=0; while [ $i -lt 20000 ]; do echo $i >&2; i=$((i+1)); done; echo last >&2";
        let ended = shell(line, &Cancellation::default()).finish();
        let complaints = ended.expect("it is ours").complaints;
        assert!(complaints.ends_with("19999\nlast\n"));
        assert_eq!(complaints.len(), COMPLAINTS_KEPT);
    }

    #[test]
    fn whoever_is_dropped_ends_with_its_children() {
        let folder = tempfile::tempdir().expect("there is room");
        let late = folder.path().join("late");
        let line = format!(
            "(/bin/sleep 1; /bin/echo > {0}) & (/bin/sleep 1; /bin/echo > {0}) | /bin/cat",
            late.display()
        );
        let running = shell(&line, &Cancellation::default());
        thread::sleep(Duration::from_millis(200));
        drop(running);
        thread::sleep(Duration::from_millis(1500));
        assert!(!late.exists(), "a child lives on");
    }

    #[test]
    fn a_request_to_end_ends_it_while_somebody_reads() {
        let cancellation = Cancellation::default();
        let mut running = shell("/bin/sleep 60", &cancellation);
        let begun = Instant::now();
        let asked = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            cancellation.cancel();
        });
        assert_eq!(read(&mut running), "");
        let ended = running.finish().expect("it is ours");
        assert!(!ended.status.success());
        assert!(begun.elapsed() < Duration::from_secs(10));
        asked.join().expect("it does not panic");
    }
}
