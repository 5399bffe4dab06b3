//! Whose a backup is: the database's own, that of a copy of it, or another's.
//!
//! What is removed, what is the newest, and what is healthy is decided among the database's own
//! alone. A copy has the identity of what it was made of, so that the name counts as well.

use std::fmt;

use super::{BackupId, Listing, Source};
use crate::backend::Database;
use crate::backend::address::DatabaseAddress;

/// By what the backups of a database are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownBy {
    /// By what it said when it was asked.
    Identity {
        /// The one that it was given, if it was, and the one that it has without: what was made
        /// under either is its own.
        identities: Vec<String>,
        /// Its own name.
        name: String,
    },
    /// By the engine and the name in its address, whoever the user: it could not be asked, as on the
    /// day on which one needs its backups.
    Name,
}

impl KnownBy {
    /// Returns by what the database is known that a backup was made of.
    pub(super) fn of(source: &Source) -> Self {
        Self::Identity {
            identities: vec![source.identity.clone()],
            name: source.name.clone(),
        }
    }
}

/// A database, as its backups see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) address: &'a DatabaseAddress,
    pub(super) known_by: &'a KnownBy,
}

/// Whose a backup is, as a database sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Its own.
    Own,
    /// Of a database with its identity, under another name or in another place.
    Copy,
    /// Of another database with its name.
    Namesake,
    /// Of any other.
    Stranger,
}

/// What is in a folder of the backups of other databases, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Others {
    /// Those of copies of the database: of its identity, under another name or in another place.
    pub copies: Vec<BackupId>,
    /// Those of its name that have another identity: of one that had the name before, perhaps.
    pub namesakes: Vec<BackupId>,
    /// How many others there are.
    pub strangers: usize,
}

impl Others {
    /// Returns how many there are.
    pub fn count(&self) -> usize {
        self.copies.len() + self.namesakes.len() + self.strangers
    }

    /// Returns what shows them: any of them can be restored by its name.
    pub fn hint(&self) -> String {
        "see them all, and name the one that you mean: `dieselkit backup list --all`".to_owned()
    }
}

impl fmt::Display for Others {
    /// Says how many there are, and names the newest of those that may be meant.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count() {
            1 => formatter.write_str("there is 1 backup of another database in the folder")?,
            count => write!(
                formatter,
                "there are {count} backups of other databases in the folder"
            )?,
        }
        let named = [
            named(&self.namesakes, "one with this name"),
            named(&self.copies, "a copy of this one"),
        ];
        let named: Vec<String> = named.into_iter().flatten().collect();
        match named.as_slice() {
            [] => Ok(()),
            named => write!(formatter, " ({})", named.join("; ")),
        }
    }
}

fn named(ids: &[BackupId], of: &str) -> Option<String> {
    let newest = ids.first()?;
    Some(match ids.len() {
        1 => format!("`{newest}` of {of}"),
        count => format!("{count} of {of}, the newest `{newest}`"),
    })
}

impl Subject<'_> {
    fn whose(self, source: &Source) -> Whose {
        let has_name =
            |name: &str| source.name == name && source.engine == self.address.engine().to_string();
        let is_elsewhere = || Database::another_is_at(self.address, &source.target);
        match self.known_by {
            KnownBy::Identity { identities, name } if identities.contains(&source.identity) => {
                if source.name == *name && !is_elsewhere() {
                    Whose::Own
                } else {
                    Whose::Copy
                }
            }
            KnownBy::Identity { name, .. } if has_name(name) => Whose::Namesake,
            KnownBy::Identity { .. } => Whose::Stranger,
            KnownBy::Name if source.target == self.address.to_string() => Whose::Own,
            KnownBy::Name => match self.address.database() {
                Some(name) if has_name(name) && !is_elsewhere() => Whose::Own,
                _ => Whose::Stranger,
            },
        }
    }
}

impl Listing {
    /// Returns the same without the backups of other databases, which are counted.
    #[must_use]
    pub(super) fn of(mut self, subject: &Subject<'_>) -> Self {
        let mut others = Others::default();
        self.backups.retain(|backup| {
            let id = || backup.manifest.id.clone();
            match subject.whose(&backup.manifest.database) {
                Whose::Own => return true,
                Whose::Copy => others.copies.push(id()),
                Whose::Namesake => others.namesakes.push(id()),
                Whose::Stranger => others.strangers += 1,
            }
            false
        });
        Self { others, ..self }
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;
    use crate::backup::examples::{IDENTITY, manifest};

    fn listing(sources: &[(&str, &str, &str, &str)]) -> Listing {
        let backups = sources.iter().map(|(identity, engine, name, target)| {
            let mut manifest = manifest();
            manifest.database = Source {
                identity: (*identity).to_owned(),
                engine: (*engine).to_owned(),
                name: (*name).to_owned(),
                target: (*target).to_owned(),
                ..manifest.database
            };
            crate::backup::Backup {
                manifest,
                damage: Vec::new(),
            }
        });
        Listing {
            backups: backups.collect(),
            ..Listing::default()
        }
    }

    /// Returns how many are its own, and how many are copies', namesakes' and strangers'.
    fn counts(known_by: &KnownBy) -> [usize; 4] {
        let all = listing(&[
            (IDENTITY, "PostgreSQL", "shop", "app@db:5432/shop"),
            (IDENTITY, "PostgreSQL", "shop", "dba@10.0.0.1:5433/shop"),
            ("derived", "PostgreSQL", "shop", "app@db:5432/shop"),
            (IDENTITY, "PostgreSQL", "rehearsal", "app@db:5432/rehearsal"),
            (IDENTITY, "SQLite", "shop", "/srv/shop"),
            ("another", "PostgreSQL", "shop", "app@db:5432/shop"),
            ("another", "PostgreSQL", "other", "app@db:5432/other"),
        ]);
        let address = "postgres://app@db/shop".parse().expect("an address");
        let own = all.of(&Subject {
            address: &address,
            known_by,
        });
        let others = own.others;
        [
            own.backups.len(),
            others.copies.len(),
            others.namesakes.len(),
            others.strangers,
        ]
    }

    #[test]
    fn identity_and_name_make_a_backup_ones_own() {
        let known_by = |identities: &[&str]| KnownBy::Identity {
            identities: identities.iter().map(|&one| one.to_owned()).collect(),
            name: "shop".to_owned(),
        };
        assert_eq!(counts(&known_by(&[IDENTITY])), [3, 1, 2, 1]);
        assert_eq!(counts(&known_by(&[IDENTITY, "derived"])), [4, 1, 1, 1]);
        assert_eq!(counts(&known_by(&["nobody's"])), [0, 0, 4, 3]);
    }

    #[test]
    fn without_an_answer_engine_and_name_do() {
        assert_eq!(counts(&KnownBy::Name), [4, 0, 0, 3]);
    }

    #[test]
    fn others_are_counted_and_named() {
        let id =
            |day: u8| BackupId::parse(&format!("shop_202611{day}T030000Z_003")).expect("a name");
        let shown = [
            Others {
                strangers: 1,
                ..Others::default()
            },
            Others {
                copies: vec![id(21)],
                ..Others::default()
            },
            Others {
                copies: vec![id(21)],
                namesakes: vec![id(20), id(19)],
                strangers: 4,
            },
        ];
        let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
