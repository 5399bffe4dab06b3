//! Names of database files that stand beside another.
//!
//! Pure.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::backend::address::FILE_ENDINGS;
use crate::backend::restore::is_moment;

/// Returns the path of `<name>_<what>.<ending>` beside a file: with the file's own ending where a bare
/// path that has it is an address, and else with the shortest of those behind the whole name.
pub(super) fn beside(file: &Path, what: &str) -> PathBuf {
    let name = file.file_name().unwrap_or_default();
    let (mut new, ending) = match divided(name) {
        Some((stem, ending)) => (OsStr::new(stem).to_owned(), ending),
        None => (name.to_owned(), FILE_ENDINGS[0]),
    };
    new.push(format!("_{what}{ending}"));
    file.with_file_name(new)
}

/// Returns what the name of a file begins with that stands beside another: what [`beside`] makes of it,
/// and what was made of it before names had the ending at their end.
pub(super) fn beginnings(name: &OsStr, what: &str) -> Vec<String> {
    let stem = divided(name).map(|(stem, _)| stem);
    let names = stem.into_iter().chain(name.to_str());
    names.map(|name| format!("{name}_{what}")).collect()
}

/// Returns the moment in the name of a file that stands beside another, in either spelling.
pub(super) fn moment<'a>(found: &'a str, name: &OsStr, what: &str) -> Option<&'a str> {
    beginnings(name, what).iter().find_map(|begins| {
        let end = found.strip_prefix(begins.as_str())?;
        let (time, _) = end.split_once('.').unwrap_or((end, ""));
        let is_new = Path::new(found) == beside(Path::new(name), &format!("{what}{time}"));
        let is_old = name
            .to_str()
            .is_some_and(|name| found == format!("{name}_{what}{time}"));
        (is_moment(time) && (is_new || is_old)).then_some(time)
    })
}

/// Returns a name and the ending by which it is an address.
fn divided(name: &OsStr) -> Option<(&str, &str)> {
    let name = name.to_str()?;
    let lower = name.to_ascii_lowercase();
    let ending = FILE_ENDINGS
        .iter()
        .find(|ending| lower.ends_with(*ending))?;
    let (stem, ending) = name.split_at(name.len() - ending.len());
    (!stem.is_empty()).then_some((stem, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_is_an_address_by_itself() {
        for (name, wanted) in [
            ("data/shop.db", "data/shop_before_1.db"),
            ("shop.SQLite3", "shop_before_1.SQLite3"),
            ("a.b.sqlite", "a.b_before_1.sqlite"),
            ("shop", "shop_before_1.db"),
            ("shop.data", "shop.data_before_1.db"),
            (".db", ".db_before_1.db"),
            ("größe.db", "größe_before_1.db"),
        ] {
            let made = beside(Path::new(name), "before_1");
            assert_eq!(made, Path::new(wanted));
            let made = made.file_name().expect("it has one");
            let made = made.to_str().expect("it is UTF-8");
            let name = Path::new(name).file_name().expect("it has one");
            let mut known = beginnings(name, "before_").into_iter();
            assert!(
                known.any(|beginning| made.starts_with(&beginning)),
                "{made}"
            );
        }
        let both = beginnings(OsStr::new("shop.db"), "before_");
        assert_eq!(both, ["shop_before_", "shop.db_before_"]);
    }

    #[test]
    fn a_moment_is_found_in_either_spelling_and_in_nothing_else() {
        let time = "20260131T101500Z";
        for (name, found) in [
            ("shop.db", format!("shop_before_{time}.db")),
            ("shop.db", format!("shop.db_before_{time}")),
            ("shop", format!("shop_before_{time}.db")),
            ("shop", format!("shop_before_{time}")),
        ] {
            assert_eq!(moment(&found, OsStr::new(name), "before_"), Some(time));
        }
        for (name, found) in [
            ("shop.db", format!("shop_before_{time}")),
            ("shop.db", format!("shop_before_{time}.db-wal")),
            ("shop.db", format!("shop.db_before_{time}.db")),
            ("shop.db", format!("shop_restored_{time}.db")),
            ("shop.db", format!("workshop_before_{time}.db")),
            ("shop.db", "shop_before_1.db".to_owned()),
        ] {
            assert_eq!(moment(&found, OsStr::new(name), "before_"), None, "{found}");
        }
    }
}
