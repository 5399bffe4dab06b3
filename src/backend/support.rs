//! The databases of the suite, for the tests that stand beside the code.
//!
//! They are those of `tests/support`, and know the library not at all.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the test crates use the rest, so no `expect` would hold"
)]

#[path = "../../tests/support/engine.rs"]
pub(crate) mod engine;
#[cfg(feature = "postgres")]
#[path = "../../tests/support/postgres/mod.rs"]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
#[path = "../../tests/support/sqlite.rs"]
pub(crate) mod sqlite;

/// Makes two tests of each scenario, a function of this module that takes `&dyn Engine`.
macro_rules! on_both_engines {
    ($($scenario:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test]
            fn $scenario() {
                super::$scenario(&$crate::backend::support::sqlite::SqliteDatabase::create());
            })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test]
            fn $scenario() {
                super::$scenario(&$crate::backend::support::postgres::PostgresDatabase::create());
            })+
        }
    };
}
pub(crate) use on_both_engines;
