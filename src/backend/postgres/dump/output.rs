//! What a program writes: that it has begun, and that it has ended well.

use std::io::Read as _;
use std::path::Path;
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::backend::dump::{DumpError, DumpRequest, Format};
use crate::backend::postgres::programs::Program;
use crate::backend::redact::Redactor;
use crate::backend::tool::Running;
use crate::cancellation::Cancellation;

/// How long it is waited for the first bytes before it is looked what is in the way.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// How much is read of a dump to see that it has begun, in bytes.
const FIRST_BYTES: usize = 8192;

/// Waits for the end of a program, which has to be a good one, and returns what it complained of.
pub(super) fn concluded(
    running: Running,
    program: &Program,
    redactor: &Redactor,
    cancellation: &Cancellation,
) -> Result<Vec<String>, DumpError> {
    let path = &program.tool.path;
    let ended = running.finish().map_err(|source| DumpError::File {
        action: "wait for",
        path: path.clone(),
        source,
    })?;
    let complaints = redactor.redact(&ended.complaints).into_owned();
    if ended.status.success() {
        return Ok(complaints.lines().map(str::to_owned).collect());
    }
    if cancellation.is_cancelled() {
        return Err(DumpError::Interrupted);
    }
    Err(DumpError::ToolFailed {
        path: path.clone(),
        status: ended.status.to_string(),
        complaints,
    })
}

/// What a program has written until now.
pub(super) enum Written {
    Nothing,
    /// Something into its folder, if only its end.
    Folder,
    /// Its first bytes, none where these are all, and the pipe of the others.
    Bytes(Vec<u8>, ChildStdout),
}

/// Waits a moment, and returns what has been written.
pub(super) fn look(
    running: &Running,
    first: Option<&Receiver<(Vec<u8>, ChildStdout)>>,
    request: &DumpRequest<'_>,
) -> Result<Written, DumpError> {
    if let (Format::Directory, Some(folder)) = (request.format, request.folder) {
        thread::sleep(LOOK_INTERVAL / 4);
        let begun = running.has_ended() || has_data(folder);
        return Ok(if begun {
            Written::Folder
        } else {
            Written::Nothing
        });
    }
    let received = first.map(|first| first.recv_timeout(LOOK_INTERVAL));
    match received {
        Some(Ok((bytes, rest))) => Ok(Written::Bytes(bytes, rest)),
        Some(Err(RecvTimeoutError::Timeout)) => Ok(Written::Nothing),
        Some(Err(RecvTimeoutError::Disconnected)) | None => Err(DumpError::Interrupted),
    }
}

/// Reads the first bytes aside: none at the end of the pipe.
pub(super) fn read_first(mut stdout: ChildStdout) -> Receiver<(Vec<u8>, ChildStdout)> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; FIRST_BYTES];
        let read = stdout.read(&mut bytes).unwrap_or_default();
        bytes.truncate(read);
        // Nobody may wait any more.
        let _ = sender.send((bytes, stdout));
    });
    receiver
}

/// Returns whether there is anything but the table of contents in a folder.
fn has_data(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name() != "toc.dat")
}
