//! SQLite: what differs from the other backend, and nothing else.

pub mod address;
pub mod dialect;
