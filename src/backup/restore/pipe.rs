//! A pipe that a backup is read from: its writer is waited for, but not for ever, and whoever asks the
//! restore to end is heard meanwhile.
//!
//! It must not know what comes out of it. Opened as a file it would keep the whole process until
//! somebody opens the other end.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

use crate::cancellation::Cancellation;

/// How long one look takes, in milliseconds: as long as an end that was asked for may wait.
const LOOK_MS: u32 = 50;
/// How many looks a pipe has for its first writer.
const LOOKS: u32 = PATIENCE_S * 1000 / LOOK_MS;
/// The same in seconds.
pub(super) const PATIENCE_S: u32 = 30;

/// The end of a pipe that is read.
pub(super) struct Pipe<'a> {
    file: File,
    cancellation: &'a Cancellation,
    /// How many looks are left for a first writer; none once there was one.
    looks: Option<u32>,
}

/// Returns whether a path leads to a pipe.
pub(super) fn is_pipe(path: &Path) -> bool {
    let found = std::fs::metadata(path);
    found.is_ok_and(|found| found.file_type().is_fifo())
}

impl<'a> Pipe<'a> {
    /// Opens it, whether anybody writes to it or not.
    pub(super) fn open(path: &Path, cancellation: &'a Cancellation) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty())?.into();
        // One without a name, as a shell makes it, has had its writer before.
        let is_named = path.canonicalize().is_ok();
        Ok(Self {
            file,
            cancellation,
            looks: is_named.then_some(LOOKS),
        })
    }

    /// Waits until there is something to read, or nobody left to write it, and at most for one look.
    fn look(&self) -> io::Result<()> {
        let look = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(LOOK_MS) * 1_000_000,
        };
        match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&look)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.cancellation.is_cancelled() {
                return Err(io::Error::other("interrupted"));
            }
            match (self.file.read(buffer), self.looks) {
                // Without a writer it has an end at once.
                (Ok(0), Some(0)) => {
                    let nobody = format!("nobody has written to it for {PATIENCE_S} s");
                    return Err(io::Error::new(ErrorKind::TimedOut, nobody));
                }
                (Ok(0), Some(looks)) => self.looks = Some(looks - 1),
                (Err(error), _) if error.kind() == ErrorKind::WouldBlock => self.looks = None,
                (Err(error), _) if error.kind() == ErrorKind::Interrupted => {}
                (read, _) => {
                    self.looks = None;
                    return read;
                }
            }
            self.look()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Makes a pipe in a folder.
    fn made(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("pipe");
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).expect("the folder is ours");
        path
    }

    #[test]
    fn what_is_written_is_read_to_its_end() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = made(folder.path());
        assert!(is_pipe(&path) && !is_pipe(folder.path()));
        let cancellation = Cancellation::default();
        let mut pipe = Pipe::open(&path, &cancellation).expect("it is there");
        let writer = thread::spawn(move || {
            let mut writer = OpenOptions::new()
                .write(true)
                .open(path)
                .expect("it is there");
            thread::sleep(Duration::from_millis(200));
            for _ in 0..3 {
                writer
                    .write_all(&vec![b'x'; 100_000])
                    .expect("somebody reads");
                thread::sleep(Duration::from_millis(100));
            }
        });
        let mut text = Vec::new();
        pipe.read_to_end(&mut text).expect("it has an end");
        assert_eq!(text.len(), 300_000);
        writer.join().expect("it has ended");
    }

    #[test]
    fn what_nobody_writes_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = made(folder.path());
        let cancellation = Cancellation::default();
        let mut pipe = Pipe::open(&path, &cancellation).expect("it is there");
        pipe.looks = Some(3);
        let ended = pipe.read(&mut [0; 10]);
        let kind = ended.map_err(|error| error.kind());
        assert_eq!(kind, Err(ErrorKind::TimedOut));
    }

    #[test]
    fn whoever_asks_for_the_end_is_heard() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = made(folder.path());
        let cancellation = Cancellation::default();
        let mut pipe = Pipe::open(&path, &cancellation).expect("it is there");
        thread::scope(|scope| {
            let ended = scope.spawn(move || pipe.read(&mut [0; 10]).map_err(|error| error.kind()));
            cancellation.cancel();
            let ended = ended.join().expect("it has ended");
            assert_eq!(ended, Err(ErrorKind::Other));
        });
    }
}
