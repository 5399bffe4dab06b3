//! Which file of the folder is what, by its name.
//!
//! Pure. It must not know whether a file is there, nor what is in it.

use std::path::{Component, Path};

use crate::backup::{BackupId, Format};

/// What a manifest's name adds to the backup's.
pub(super) const MANIFEST: &str = ".json";
/// What the name of the file with the server's roles adds.
pub(in crate::backup) const GLOBALS: &str = ".globals.sql.gz";
/// What the name of a file adds that is not whole yet.
pub(super) const PARTIAL: &str = ".partial";
/// What the name of a manifest adds whose files are being removed.
pub(super) const REMOVING: &str = ".json.removing";
/// What the name of a manifest adds whose files are getting their names.
pub(super) const MAKING: &str = ".json.making";
/// What the name of a folder begins with in which an engine makes its copy.
const SCRATCH: &str = ".dieselkit-scratch-";
/// The file that whoever changes the folder locks.
pub(super) const LOCK: &str = ".dieselkit-backups.lock";

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// The manifest of a backup.
    Manifest(BackupId),
    /// What was begun and is not finished: a file that is not whole, what is about to be a backup,
    /// or a removal.
    Leftover,
    /// What the catalog keeps for itself.
    Own,
    /// Anything else, the files of backups among them.
    Foreign,
}

/// What the names of what is written here end in, beside the manifest's.
fn is_written_here(ending: &str) -> bool {
    ending == GLOBALS || ending == MANIFEST || is_of_data(ending)
}

/// What the names of what a database is made of again end in.
fn is_of_data(ending: &str) -> bool {
    let formats = [
        Format::Plain,
        Format::Custom,
        Format::Directory,
        Format::Sqlite,
    ];
    let of_format = |format: &Format| ending.strip_prefix('.') == Some(format.extension());
    formats.iter().any(of_format)
}

/// Returns the backup whose data a file is, by its name.
pub(super) fn data_of(name: &str) -> Option<BackupId> {
    let (id, ending) = BackupId::split(name)?;
    is_of_data(ending).then_some(id)
}

/// Returns what a file is. A name such as `.partial` counts at the very end alone, after an ending
/// that is written here: whatever a database or a migration is called, and whatever somebody else
/// calls a file of his.
pub(super) fn kind(name: &str) -> Kind {
    if name == LOCK {
        return Kind::Own;
    }
    if name.starts_with(SCRATCH) {
        return Kind::Leftover;
    }
    match BackupId::split(name) {
        Some((id, MANIFEST)) => Kind::Manifest(id),
        Some((_, REMOVING | MAKING)) => Kind::Leftover,
        Some((_, ending)) if ending.strip_suffix(PARTIAL).is_some_and(is_written_here) => {
            Kind::Leftover
        }
        _ => Kind::Foreign,
    }
}

/// Returns whether a file that a manifest names is one of its backup: in the manifest's folder, or
/// a folder in it, under the backup's name.
pub(super) fn is_of(file: &str, id: &BackupId) -> bool {
    let mut components = Path::new(file).components();
    let plain = Path::new(file)
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    let first = components
        .next()
        .and_then(|first| first.as_os_str().to_str());
    let own = first
        .and_then(BackupId::split)
        .is_some_and(|(of, _)| of == *id);
    plain && own && first.is_some_and(|first| kind(first) == Kind::Foreign)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::version::Version;

    /// What databases may be called, the words of this file among it.
    const DATABASE: &str = r"(\.partial|\.json|\.removing|\.sql\.gz|_|\.|[a-z]|.){0,8}";
    /// What migrations may be called: the version is what stands before the first underscore.
    const HEAD: &str = r"(\.partial|\.json|\.removing|\.globals|\.|[0-9]|.){0,8}";

    #[test]
    fn names_say_what_a_file_is() {
        let id = BackupId::parse("shop_20261121T030000Z_003").expect("a name");
        let manifest = Kind::Manifest(id);
        for (name, expected) in [
            ("shop_20261121T030000Z_003.json", manifest),
            ("shop_20261121T030000Z_003.sql.gz.partial", Kind::Leftover),
            ("shop_20261121T030000Z_003.dir.partial", Kind::Leftover),
            ("shop_20261121T030000Z_003.json.partial", Kind::Leftover),
            (
                "shop_20261121T030000Z_003.globals.sql.gz.partial",
                Kind::Leftover,
            ),
            ("shop.partial_20261121T030000Z_003.dump", Kind::Foreign),
            (
                "shop.partial_20261121T030000Z_003.dump.partial",
                Kind::Leftover,
            ),
            (
                "shop_20261121T030000Z_003.sql.gz.partial-4711",
                Kind::Foreign,
            ),
            (
                "shop_20261121T030000Z_003.sql.gz.partial.txt",
                Kind::Foreign,
            ),
            ("shop_20261121T030000Z_003.txt.partial", Kind::Foreign),
            ("shop_20261121T030000Z_003.partial", Kind::Foreign),
            ("shop_20261121T030000Z_003.json.removing", Kind::Leftover),
            ("shop_20261121T030000Z_003.json.making", Kind::Leftover),
            (".dieselkit-scratch-a1B2c3", Kind::Leftover),
            (".dieselkit-backups.lock", Kind::Own),
            ("shop_20261121T030000Z_003.sql.gz", Kind::Foreign),
            ("shop.json", Kind::Foreign),
            ("shop.sql.gz.partial", Kind::Foreign),
            ("notes.json.removing", Kind::Foreign),
            ("notes.json.making", Kind::Foreign),
            ("shop-2026-11-21.json", Kind::Foreign),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn the_data_of_a_backup_is_known_by_its_name() {
        let id = BackupId::parse("shop_20261121T030000Z_003");
        for ending in [".sql.gz", ".dump", ".dir", ".sqlite.gz"] {
            let name = format!("shop_20261121T030000Z_003{ending}");
            assert_eq!(data_of(&name), id, "{name}");
        }
        for name in [
            "shop_20261121T030000Z_003.globals.sql.gz",
            "shop_20261121T030000Z_003.json",
            "shop_20261121T030000Z_003.sql.gz.partial",
            "shop.sql.gz",
        ] {
            assert_eq!(data_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_backup_has_files_of_its_own_name_alone() {
        let id = BackupId::parse("shop_20261121T030000Z_003").expect("a name");
        for file in [
            "shop_20261121T030000Z_003.sql.gz",
            "shop_20261121T030000Z_003.globals.sql",
            "shop_20261121T030000Z_003.dir/toc.dat",
        ] {
            assert!(is_of(file, &id), "{file}");
        }
        for file in [
            "",
            "shop_20261121T030000Z_003",
            "shop_20261121T030000Z_003.json",
            "shop_20261121T030000Z_003.sql.gz.partial",
            "shop_20261121T030000Z_003.json.making",
            "shop_20261121T030000Z_0031.sql.gz",
            "shop_20261122T030000Z_003.sql.gz",
            "../shop_20261121T030000Z_003.sql.gz",
            "/shop_20261121T030000Z_003.sql.gz",
            "shop_20261121T030000Z_003.dir/../../x",
            "x/shop_20261121T030000Z_003.sql.gz",
        ] {
            assert!(!is_of(file, &id), "{file}");
        }
    }

    proptest! {
        /// Whatever a database and a migration are called, what is whole is never a leftover, and
        /// what is not whole always is one.
        #[test]
        fn what_is_whole_is_no_leftover(
            database in DATABASE,
            head in HEAD,
            number in proptest::option::of(2_u32..99),
        ) {
            let first = BackupId::new(&database, DateTime::UNIX_EPOCH, Some(&Version::from_name(&head)));
            let id = number.map_or(first.clone(), |number| first.numbered(number));
            for ending in [".sql.gz", ".dump", ".dir", ".sqlite.gz", ".globals.sql.gz"] {
                let name = format!("{id}{ending}");
                prop_assert_eq!(kind(&name), Kind::Foreign, "{}", name);
                prop_assert!(is_of(&name, &id), "{}", name);
                prop_assert_eq!(kind(&format!("{name}.partial")), Kind::Leftover, "{}", name);
                prop_assert_eq!(kind(&format!("{name}.partial.txt")), Kind::Foreign, "{}", name);
            }
            let manifest = format!("{id}.json");
            prop_assert_eq!(kind(&manifest), Kind::Manifest(id));
            for ending in [".partial", ".removing", ".making"] {
                prop_assert_eq!(kind(&format!("{manifest}{ending}")), Kind::Leftover);
            }
        }
    }
}
