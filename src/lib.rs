//! Schema management for Diesel projects on SQLite and PostgreSQL.

pub mod backend;
pub mod checksum;
pub mod sql;
