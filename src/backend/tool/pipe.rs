//! How much a pipe holds before whoever writes to it waits for whoever reads.

/// How much, in bytes, in place of the 64 KiB that Linux begins with: as much as everybody may ask
/// for (`/proc/sys/fs/pipe-max-size`, pipe(7)). Two programs that pass a database on to each other
/// take turns less often then.
#[cfg(target_os = "linux")]
const BYTES: usize = 1024 * 1024;

/// Lets a pipe hold more, where the system allows that; where not, it works as it is.
#[cfg(target_os = "linux")]
pub(super) fn widen(pipe: &impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, BYTES);
}

/// Elsewhere it is the system that knows.
#[cfg(not(target_os = "linux"))]
pub(super) fn widen<P>(_: &P) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_holds_more_than_it_did() {
        let (_, writer) = std::io::pipe().expect("a pipe");
        let before = rustix::pipe::fcntl_getpipe_size(&writer).expect("a size");
        widen(&writer);
        let after = rustix::pipe::fcntl_getpipe_size(&writer).expect("a size");
        assert!(after > before, "{before} and {after}");
    }
}
