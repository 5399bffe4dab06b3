//! What every test crate shares: databases of both engines, and projects as a user would lay them.
//!
//! Knows the program only from outside, through its binary, and the library not at all.
#![allow(
    dead_code,
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
