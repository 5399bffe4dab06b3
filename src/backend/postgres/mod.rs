//! PostgreSQL.

pub mod dialect;
pub mod syntax;
