//! SQLite.

pub mod dialect;
