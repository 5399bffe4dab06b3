//! PostgreSQL: what differs from the other backend, and nothing else.

pub mod address;
mod conninfo;
mod uri;
pub mod dialect;
pub mod syntax;
