//! A set of migrations as plain Diesel's own harness runs it, which keeps no history.
//!
//! Knows nothing of this tool's runner, nor of its tables.

use std::fmt;

use diesel::backend::Backend as DieselBackend;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration as DieselMigration, MigrationMetadata, MigrationName, MigrationSource,
    MigrationVersion, Result as DieselResult,
};

use super::model::{Body, Migration};
use super::set::MigrationSet;
use crate::version::Version;

impl<DB: DieselBackend + 'static> MigrationSource<DB> for MigrationSet {
    fn migrations(&self) -> DieselResult<Vec<Box<dyn DieselMigration<DB>>>> {
        Ok(self
            .migrations()
            .iter()
            .map(|migration| Box::new(ForDiesel::new(migration)) as Box<dyn DieselMigration<DB>>)
            .collect())
    }
}

/// A migration as plain Diesel runs it: the whole text at once, without a row of the history.
struct ForDiesel {
    migration: Migration,
    name: Name,
    metadata: Metadata,
}

impl ForDiesel {
    fn new(migration: &Migration) -> Self {
        Self {
            name: Name {
                full: migration.name.clone(),
                version: migration.version.clone(),
            },
            metadata: Metadata {
                run_in_transaction: migration.settings.run_in_transaction,
            },
            migration: migration.clone(),
        }
    }
}

impl<DB: DieselBackend + 'static> DieselMigration<DB> for ForDiesel {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> DieselResult<()> {
        run_plainly(&self.migration.up, connection)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> DieselResult<()> {
        match &self.migration.down {
            Some(down) => run_plainly(down, connection),
            None => Err(format!("migration `{}` has no way down", self.migration.name).into()),
        }
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.metadata
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

fn run_plainly<DB: DieselBackend + 'static>(
    body: &Body,
    connection: &mut dyn BoxableConnection<DB>,
) -> DieselResult<()> {
    match body {
        Body::Sql(text) => Ok(connection.batch_execute(&text.text)?),
        Body::Rust(body) => body.call(connection.as_any_mut()),
    }
}

struct Name {
    full: String,
    version: Version,
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.full)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.version.as_str())
    }
}

struct Metadata {
    run_in_transaction: bool,
}

impl MigrationMetadata for Metadata {
    fn run_in_transaction(&self) -> bool {
        self.run_in_transaction
    }
}
