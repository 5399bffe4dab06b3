//! What every test crate shares: databases of both engines, and projects as a user would lay them.
//!
//! Knows the program only from outside, through its binary, and the library not at all.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test crate uses its own part, so no `expect` would hold in all of them"
)]

pub(crate) mod engine;
#[cfg(feature = "postgres")]
pub(crate) mod pgbouncer;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "cli")]
pub(crate) mod project;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(all(feature = "cli", feature = "postgres"))]
mod stand_in;

/// Returns the names of what is in a folder, hidden ones too, in order; none where there is no folder.
pub(crate) fn names_in(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.expect("it is readable").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Makes two tests of each scenario, a function of this module that takes `&dyn Engine`.
///
/// One that is left off the list is dead code, which the lints refuse.
macro_rules! on_both_engines {
    ($($scenario:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test]
            fn $scenario() {
                super::$scenario(&$crate::support::sqlite::SqliteDatabase::create());
            })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test]
            fn $scenario() {
                super::$scenario(&$crate::support::postgres::PostgresDatabase::create());
            })+
        }
    };
}
