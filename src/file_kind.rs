//! What stands in the place of a file, where that is something else.
//!
//! Nothing is opened: whoever opens a pipe waits for its other end, and `SQLite` takes a device
//! for an empty database.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use crate::shell::command;

/// How many links one path may lead through, as on Linux.
/// <https://man7.org/linux/man-pages/man7/path_resolution.7.html>
const MOST_LINKS: usize = 40;

/// What stands in the place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherThanFile {
    /// A folder.
    Folder,
    /// A pipe that has a name.
    Pipe,
    /// A socket.
    Socket,
    /// A device, or what else a system has.
    Device,
    /// A link to what does not exist.
    DeadLink(DeadLink),
}

/// A link that leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLink {
    /// What does not exist, behind the last of the links; none where they lead in a circle.
    pub target: Option<PathBuf>,
}

impl OtherThanFile {
    /// Returns what stands at a path, or behind the links there, in the place of a file; `None` for
    /// a file, for nothing, and for what cannot be looked at.
    pub fn at(path: &Path) -> Option<Self> {
        match std::fs::metadata(path).map(|found| found.file_type()) {
            Err(_) => DeadLink::at(path).map(Self::DeadLink),
            Ok(kind) if kind.is_file() => None,
            Ok(kind) if kind.is_dir() => Some(Self::Folder),
            Ok(kind) => Some(special(kind)),
        }
    }

    /// Returns what it is, in two words or a few.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::DeadLink(_) => "a link that leads nowhere",
        }
    }

    /// Returns what is wrong with a path where a file should be.
    pub fn told(&self, path: &Path) -> String {
        match self {
            Self::DeadLink(link) => link.told(path),
            other => format!("`{}` is {}, not a file", path.display(), other.what()),
        }
    }

    /// Returns what may help where a file should be.
    pub fn hint(&self, path: &Path) -> String {
        match self {
            Self::DeadLink(link) => {
                format!("put the file where it leads, or {}", link.removal(path))
            }
            _ => format!(
                "put the file there, or take away what is: {}",
                command("ls -ld {}", &[&path])
            ),
        }
    }
}

/// What stands in the place of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherThanFolder {
    /// A file.
    File,
    /// A pipe, a socket or a device.
    Special(OtherThanFile),
}

impl OtherThanFolder {
    /// Returns what stands at a path, or behind the links there, in the place of a folder; `None`
    /// for a folder, for nothing, for a link that leads nowhere, and for what cannot be looked at.
    pub fn at(path: &Path) -> Option<Self> {
        match OtherThanFile::at(path) {
            Some(OtherThanFile::Folder | OtherThanFile::DeadLink(_)) => None,
            Some(special) => Some(Self::Special(special)),
            None => path.is_file().then_some(Self::File),
        }
    }

    /// Returns what is wrong with a path where a folder should be.
    pub fn told(&self, path: &Path) -> String {
        let what = match self {
            Self::File => "a file",
            Self::Special(special) => special.what(),
        };
        format!("`{}` is {what}, not a folder", path.display())
    }

    /// Returns what may help where a folder should be.
    pub fn hint(&self, path: &Path) -> String {
        let aside = path.with_added_extension("aside");
        format!(
            "put it aside and make the folder: {}",
            command("mv {} {} && mkdir {}", &[&path, &aside, &path])
        )
    }
}

impl DeadLink {
    /// Returns the link at a path, where there is one that leads to nothing.
    pub fn at(path: &Path) -> Option<Self> {
        let mut last = path.to_owned();
        for _ in 0..MOST_LINKS {
            match std::fs::read_link(&last) {
                // A target from the root replaces the folder.
                Ok(target) => last = last.parent().unwrap_or(Path::new("")).join(target),
                Err(_) if last == path || last.exists() => return None,
                Err(_) => return Some(Self { target: Some(last) }),
            }
        }
        Some(Self { target: None })
    }

    /// Returns what is wrong with the link.
    pub fn told(&self, path: &Path) -> String {
        let path = path.display();
        match &self.target {
            Some(target) => format!(
                "`{path}` is a link to `{}`, which does not exist",
                target.display()
            ),
            None => format!("`{path}` is a link that leads back to itself"),
        }
    }

    /// Returns what may help where a folder should be.
    pub fn folder_hint(&self, path: &Path) -> String {
        let removal = self.removal(path);
        match &self.target {
            Some(target) => format!(
                "make the folder that it leads to, {}, or {removal}",
                command("mkdir -p {}", &[target])
            ),
            None => removal,
        }
    }

    /// Returns how the link is removed.
    pub fn removal(&self, path: &Path) -> String {
        format!("remove the link: {}", command("rm {}", &[&path]))
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> OtherThanFile {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_fifo() => OtherThanFile::Pipe,
        kind if kind.is_socket() => OtherThanFile::Socket,
        _ => OtherThanFile::Device,
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> OtherThanFile {
    OtherThanFile::Device
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_is_followed_to_its_end() {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let at = |name: &str| folder.path().join(name);
        let link = |from: &str, to: &str| symlink(to, at(from)).expect("the folder is ours");
        std::fs::write(at("file"), "").expect("the folder is ours");
        std::fs::create_dir(at("sub")).expect("the folder is ours");
        link("to_file", "file");
        link("sub/up", "../to_file");
        link("first", "sub/second");
        link("sub/second", "gone");
        link("circle", "around");
        link("around", "circle");
        for name in ["file", "to_file", "sub/up", "nothing"] {
            assert_eq!(OtherThanFile::at(&at(name)), None, "{name}");
        }
        assert_eq!(OtherThanFile::at(&at("sub")), Some(OtherThanFile::Folder));
        let dead = |target| Some(OtherThanFile::DeadLink(DeadLink { target }));
        assert_eq!(OtherThanFile::at(&at("first")), dead(Some(at("sub/gone"))));
        assert_eq!(OtherThanFile::at(&at("circle")), dead(None));
        assert_eq!(
            OtherThanFile::at(Path::new("/dev/null")),
            Some(OtherThanFile::Device)
        );
        assert_eq!(
            OtherThanFolder::at(&at("to_file")),
            Some(OtherThanFolder::File)
        );
        assert_eq!(
            OtherThanFolder::at(Path::new("/dev/null")),
            Some(OtherThanFolder::Special(OtherThanFile::Device))
        );
        for name in ["sub", "first", "nothing"] {
            assert_eq!(OtherThanFolder::at(&at(name)), None, "{name}");
        }
    }
}
