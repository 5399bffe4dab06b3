//! Scenarios that are written once and hold on both engines, one module a topic.
//!
//! Each runs as two tests, `sqlite::NAME` and `postgres::NAME`; the one whose backend is not
//! compiled in is left out.

#[path = "../support/mod.rs"]
mod support;

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

mod plain_diesel;
