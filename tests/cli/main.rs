//! The program as a user meets it: arguments in, output and exit code out; one module a topic.
//!
//! What holds on both engines runs as two tests, `sqlite::NAME` and `postgres::NAME`, against one
//! snapshot: the engine must not be seen in the output.
#![cfg(feature = "cli")]

#[path = "../support/mod.rs"]
mod support;

/// Makes two tests of each scenario, a function of this module that takes `&dyn Engine`.
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

mod session;

mod database;
mod disk;
mod extras;
mod hints;
mod json;
#[cfg(feature = "sqlite")]
mod new;
mod password;
mod processes;
mod protected;
mod record;
mod run;
mod schema_file;
#[cfg(feature = "sqlite")]
mod setup;
mod terminal;
#[cfg(feature = "sqlite")]
mod wrong_files;
