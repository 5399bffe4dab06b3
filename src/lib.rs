//! dieselkit
pub mod backend;
pub mod checksum;
pub mod environment;
pub mod sql;
