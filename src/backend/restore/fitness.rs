//! Whether a backup can be restored where it is to go, before anything is made there.
//!
//! Values alone: whoever asks the server and the disk is the engine.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// What a backup needs of the server and the disk that it is restored on, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The roles that own something in it or were granted something.
    pub roles: Vec<String>,
    /// The extensions, without their versions.
    pub extensions: Vec<String>,
    /// The engine that it was made of, as it calls itself: `PostgreSQL 15.14`.
    pub engine_version: Option<String>,
    /// The room that it takes, in bytes; indexes are not counted.
    pub bytes: Option<u64>,
}

impl Needs {
    /// Returns the major version of the server that it was made of.
    #[cfg(any(feature = "postgres", test))]
    pub(in crate::backend) fn major(&self) -> Option<u32> {
        let (_, version) = self.engine_version.as_deref()?.split_once(' ')?;
        let digits = version.split(|letter: char| !letter.is_ascii_digit());
        digits.into_iter().next()?.parse().ok()
    }
}

/// How much room there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Room {
    /// What the backup takes at least, in bytes, where that is known.
    pub needed_bytes: Option<u64>,
    /// What is free, in bytes, where that can be looked at from here.
    pub free_bytes: Option<u64>,
    /// The folder whose file system it is.
    pub folder: Option<PathBuf>,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lack {
    /// The server does not have these roles.
    Roles {
        /// Their names.
        roles: Vec<String>,
    },
    /// The server does not have these extensions installed.
    Extensions {
        /// Their names.
        extensions: Vec<String>,
        /// The server's major version.
        major: u32,
    },
    /// The server is older than the one that the backup was made of.
    OlderServer {
        /// The one that it was made of.
        made_of: String,
        /// The one that it is to go to.
        server: String,
    },
    /// There is too little room.
    Room {
        /// What it takes at least, in bytes.
        needed_bytes: u64,
        /// What is free, in bytes.
        free_bytes: u64,
        /// The folder whose file system it is.
        folder: PathBuf,
    },
    /// There is no such folder for the new file.
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// Nothing can be made in the folder of the new file.
    ClosedFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// Who is to make the new database may make none.
    MayNotCreate {
        /// Who it is.
        user: String,
    },
    /// Who is to give another name to a database does not own it.
    NotOwned {
        /// The database.
        database: String,
        /// Who it is.
        user: String,
    },
    /// The role that is to restore is not there.
    NoSuchRole {
        /// Its name.
        role: String,
    },
    /// Who logs in may not act as the role that is to restore.
    NotAMember {
        /// The role.
        role: String,
        /// Who logs in.
        user: String,
    },
}

impl Lack {
    /// Returns whether somebody may know better: it is not certain that it fails.
    pub fn may_be_passed_over(&self) -> bool {
        matches!(self, Self::OlderServer { .. } | Self::Room { .. })
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roles { roles } => write!(formatter, "{} missing", named("role", roles)),
            Self::Extensions { extensions, .. } => write!(
                formatter,
                "{} not installed on the server",
                named("extension", extensions)
            ),
            Self::OlderServer { made_of, server } => write!(
                formatter,
                "the server is {server}, older than {made_of}, of which the backup was made"
            ),
            Self::Room {
                needed_bytes,
                free_bytes,
                folder,
            } => write!(
                formatter,
                "it takes {} at least, and `{}` has {} free",
                size(*needed_bytes, u64::div_ceil),
                folder.display(),
                size(*free_bytes, |bytes, unit| bytes / unit)
            ),
            Self::NoFolder { folder } => {
                write!(formatter, "there is no folder `{}`", folder.display())
            }
            Self::ClosedFolder { folder } => write!(
                formatter,
                "nothing can be made in the folder `{}`",
                folder.display()
            ),
            Self::MayNotCreate { user } => {
                write!(formatter, "`{user}` may not create databases")
            }
            Self::NotOwned { database, user } => write!(
                formatter,
                "`{user}` does not own the database `{database}`, and cannot give it another name"
            ),
            Self::NoSuchRole { role } => {
                write!(formatter, "there is no role `{role}` to restore as")
            }
            Self::NotAMember { role, user } => write!(
                formatter,
                "`{user}` is no member of the role `{role}`, so that it cannot restore as that"
            ),
        }
    }
}

/// Returns several names with their verb.
fn named(word: &str, names: &[String]) -> String {
    let quoted = names.join("`, `");
    match names {
        [_] => format!("the {word} `{quoted}` is"),
        _ => format!("the {word}s `{quoted}` are"),
    }
}

/// The bytes of a KiB and of a MiB.
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// Up to how many of a unit are told in a smaller one, so that nobody takes few for none.
const FEW: u64 = 10;

/// Returns a size in the unit that shows it, which rounds it in its own way.
fn size(bytes: u64, round: impl Fn(u64, u64) -> u64) -> String {
    if bytes < FEW * KIB {
        format!("{bytes} bytes")
    } else if bytes < FEW * MIB {
        format!("{} KiB", round(bytes, KIB))
    } else {
        format!("{} MiB", round(bytes, MIB))
    }
}

/// Whether a backup can be restored where it is to go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fitness {
    /// What stands in the way.
    pub lacks: Vec<Lack>,
    /// How much room there is.
    pub room: Room,
    /// The engine that it goes to, as it calls itself, where it is a server.
    pub server: Option<String>,
    /// The command that runs SQL on the server, where it is one; without a password.
    #[serde(skip)]
    pub psql: Option<String>,
}

impl Fitness {
    /// Notes how much room there is, and that it is too little where it is.
    pub(in crate::backend) fn with_room(mut self, room: Room) -> Self {
        if let (Some(needed_bytes), Some(free_bytes), Some(folder)) =
            (room.needed_bytes, room.free_bytes, &room.folder)
            && free_bytes < needed_bytes
        {
            self.lacks.push(Lack::Room {
                needed_bytes,
                free_bytes,
                folder: folder.clone(),
            });
        }
        self.room = room;
        self
    }
}

/// Returns how much is free in the file system of a folder, in bytes, for whoever asks.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &std::path::Path) -> Option<u64> {
    None
}

/// Returns whether a file can be made in a folder, by whoever asks.
#[cfg(all(unix, feature = "sqlite"))]
pub(in crate::backend) fn may_write_into(folder: &std::path::Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(all(not(unix), feature = "sqlite"))]
pub(in crate::backend) fn may_write_into(_: &std::path::Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn little_room_is_told_from_none() {
        let told = |needed_bytes: u64, free_bytes: u64| {
            let folder = "/srv".into();
            let lack = super::Lack::Room {
                needed_bytes,
                free_bytes,
                folder,
            };
            lack.to_string()
        };
        assert_eq!(
            told(900_000, 20_500),
            "it takes 879 KiB at least, and `/srv` has 20 KiB free"
        );
        assert_eq!(
            told(30_000_000, 10_000),
            "it takes 29 MiB at least, and `/srv` has 10000 bytes free"
        );
    }

    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        for (version, major) in [
            (Some("PostgreSQL 15.14 (Debian 15.14-0+deb12u1)"), Some(15)),
            (Some("PostgreSQL 18beta1"), Some(18)),
            (Some("nonsense"), None),
            (None, None),
        ] {
            let needs = Needs {
                engine_version: version.map(str::to_owned),
                ..Needs::default()
            };
            assert_eq!(needs.major(), major, "{version:?}");
        }
    }

    #[test]
    fn room_that_is_unknown_stands_in_nobodys_way() {
        let room = |needed_bytes, free_bytes| Room {
            needed_bytes,
            free_bytes,
            folder: Some("/var".into()),
        };
        for (needed, free, lacks) in [
            (Some(2), Some(1), 1),
            (Some(2), Some(2), 0),
            (None, Some(0), 0),
            (Some(2), None, 0),
        ] {
            let found = Fitness::default().with_room(room(needed, free));
            assert_eq!(found.lacks.len(), lacks, "{needed:?} of {free:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_free_is_asked_of_the_system() {
        assert!(free_bytes(std::path::Path::new("/")).is_some());
        assert_eq!(free_bytes(std::path::Path::new("/no such folder")), None);
    }
}
