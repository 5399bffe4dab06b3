//! Scenarios that are written once and hold on both engines, one module a topic.
//!
//! Each runs as two tests, `sqlite::NAME` and `postgres::NAME`; the one whose backend is not
//! compiled in is left out.

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

/// Makes a test of each scenario of a module that is about one engine alone; they are functions
/// that take its database.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! on_one_engine {
    ($database:ty: $($scenario:ident),+ $(,)?) => {
        mod alone {
            use super::*;

            $(#[test]
            fn $scenario() {
                super::$scenario(&<$database>::create());
            })+
        }
    };
}

mod adoption;
mod auto_migrator;
mod check;
mod environment;
mod errors;
#[cfg(feature = "sqlite")]
mod foreign_keys;
mod goto_and_redo;
mod history_rows;
mod in_code;
mod interrupting;
mod killed;
mod lock;
#[cfg(feature = "postgres")]
mod lock_url;
mod losses;
mod modes;
mod order;
mod plain_diesel;
mod pool;
#[cfg(feature = "postgres")]
mod pooler;
#[cfg(feature = "postgres")]
mod postgres_chained;
#[cfg(feature = "postgres")]
mod postgres_errors;
#[cfg(feature = "postgres")]
mod postgres_indexes;
#[cfg(feature = "postgres")]
mod postgres_language;
#[cfg(feature = "postgres")]
mod postgres_limits;
#[cfg(feature = "postgres")]
mod postgres_locks;
#[cfg(feature = "postgres")]
mod postgres_own_transaction;
#[cfg(feature = "postgres")]
mod postgres_privileges;
#[cfg(feature = "postgres")]
mod postgres_privileges_foreseen;
#[cfg(feature = "postgres")]
mod postgres_rehearsal;
#[cfg(feature = "postgres")]
mod postgres_reset;
#[cfg(feature = "postgres")]
mod postgres_roles;
#[cfg(feature = "postgres")]
mod postgres_session;
#[cfg(feature = "postgres")]
mod postgres_syntax;
#[cfg(feature = "postgres")]
mod postgres_waiting;
mod reading;
mod rehearsal;
mod reset;
mod rollback;
mod rust_migrations;
mod safety_copy;
mod scene;
mod seeds;
#[cfg(feature = "postgres")]
mod server_gone;
mod session;
mod settling;
mod sources;
#[cfg(feature = "sqlite")]
mod sqlite_busy;
#[cfg(feature = "sqlite")]
mod sqlite_files;
#[cfg(feature = "sqlite")]
mod sqlite_rehearsal;
#[cfg(feature = "sqlite")]
mod sqlite_session;
mod statementwise;
mod statementwise_down;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod zero_downtime;
