//! Which file of the folder is what, by its name.
//!
//! Pure. It must not know whether a file is there, nor what is in it.

use std::path::{Component, Path};

use crate::backup::BackupId;

/// What a manifest's name adds to the backup's.
pub(super) const MANIFEST: &str = ".json";
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

/// Returns what a file is.
pub(super) fn kind(name: &str) -> Kind {
    if name == LOCK {
        return Kind::Own;
    }
    if name.starts_with(SCRATCH) {
        return Kind::Leftover;
    }
    let partial = name.find(PARTIAL).map(|end| &name[..end]);
    let begun = partial
        .or(name.strip_suffix(REMOVING))
        .or(name.strip_suffix(MAKING));
    if let Some(begun) = begun {
        return match BackupId::parse(begun) {
            Some(_) => Kind::Leftover,
            None => Kind::Foreign,
        };
    }
    match name.strip_suffix(MANIFEST).and_then(BackupId::parse) {
        Some(id) => Kind::Manifest(id),
        None => Kind::Foreign,
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
        .and_then(|first| first.strip_prefix(id.as_str()))
        .is_some_and(|rest| rest.starts_with('.'));
    plain && own && first.is_some_and(|first| kind(first) == Kind::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

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
                "shop_20261121T030000Z_003.sql.gz.partial-4711",
                Kind::Leftover,
            ),
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
}
