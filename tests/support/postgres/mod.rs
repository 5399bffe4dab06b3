//! PostgreSQL for the tests: the suite's private cluster, and a database in it for one test.

mod cluster;
mod database;
mod keeper;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

pub(crate) use cluster::Cluster;
pub(crate) use database::{PostgresDatabase, Role};

/// Opens a connection.
fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap_or_else(|error| panic!("cannot connect: {error}"))
}

/// Runs one or more statements on a connection of their own.
fn execute(url: &str, sql: &str) {
    connect(url)
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}
