//! Lends Diesel's `MigrationHarness` a body to run, so that the body and the row that Diesel
//! keeps of it are committed together or not at all.

use std::fmt;
use std::marker::PhantomData;

use diesel::connection::{BoxableConnection, Connection};
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationVersion, Result};
use diesel_migrations::MigrationHarness;

use super::Backend;
use crate::event::Direction;
use crate::version::Version;

/// An error that crosses Diesel's harness and is recognised on the other side.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What is run, as the harness needs to know it.
pub(crate) trait HarnessBody {
    /// Returns the version that Diesel records.
    fn version(&self) -> &Version;

    /// Returns the full name.
    fn name(&self) -> &str;

    /// Returns whether the harness opens a transaction around the body and its row.
    fn run_in_transaction(&self) -> bool;

    /// Runs the body, in whichever direction it was made for.
    fn run(&self, backend: &mut dyn Backend) -> std::result::Result<(), BoxError>;
}

/// Runs a body through the harness of a connection.
pub(super) fn run<C>(
    connection: &mut C,
    body: &dyn HarnessBody,
    direction: Direction,
) -> std::result::Result<(), BoxError>
where
    C: Backend + Connection + MigrationHarness<C::Backend> + 'static,
{
    let migration = Lent::<C> {
        body,
        name: Name(body),
        metadata: Metadata(body.run_in_transaction()),
        connection: PhantomData,
    };
    match direction {
        Direction::Up => connection.run_migration(&migration)?,
        Direction::Down => connection.revert_migration(&migration)?,
    };
    Ok(())
}

struct Lent<'a, C> {
    body: &'a dyn HarnessBody,
    name: Name<'a>,
    metadata: Metadata,
    connection: PhantomData<fn(C)>,
}

impl<C> Lent<'_, C>
where
    C: Backend + Connection + 'static,
{
    fn run_on(&self, connection: &mut dyn BoxableConnection<C::Backend>) -> Result<()> {
        let connection = connection
            .downcast_mut::<C>()
            .expect("the harness hands over the connection that it was called on");
        self.body.run(connection)
    }
}

impl<C> Migration<C::Backend> for Lent<'_, C>
where
    C: Backend + Connection + 'static,
{
    fn run(&self, connection: &mut dyn BoxableConnection<C::Backend>) -> Result<()> {
        self.run_on(connection)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<C::Backend>) -> Result<()> {
        self.run_on(connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.metadata
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

struct Name<'a>(&'a dyn HarnessBody);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl MigrationName for Name<'_> {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.0.version().as_str())
    }
}

struct Metadata(bool);

impl MigrationMetadata for Metadata {
    fn run_in_transaction(&self) -> bool {
        self.0
    }
}
