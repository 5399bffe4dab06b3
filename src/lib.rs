//! dieselkit
pub mod sql;
