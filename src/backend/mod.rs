//! The databases, and everything in which PostgreSQL and SQLite differ.
//!
//! `postgres/` and `sqlite/` mirror each other file for file. No other module of
//! the crate may match on the backend or ask which cargo features are on.

pub mod address;
mod address_error;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod redact;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("dieselkit needs at least one of the features `postgres` and `sqlite`");
