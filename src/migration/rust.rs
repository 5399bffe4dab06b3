//! Migrations written in Rust, in the same history as those written in SQL.
//!
//! What the function does nobody knows; here is only how it is called.

use std::any::Any;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use diesel::connection::Connection;

use super::model::{Body, Migration, Settings};
use crate::sql::{Checksum, checksum_raw};
use crate::version::Version;

/// What a function of a migration returns.
pub type RustResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

type ErasedFn = dyn Fn(&mut dyn Any) -> RustResult + Send + Sync;

/// A function, and the checksum that stands for it.
#[derive(Clone)]
pub(crate) struct RustBody {
    pub(crate) checksum: Checksum,
    function: Arc<ErasedFn>,
}

impl fmt::Debug for RustBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RustBody")
            .field("checksum", &self.checksum)
            .finish_non_exhaustive()
    }
}

impl RustBody {
    /// Calls the function with the connection, which must be of the type that it was made for.
    pub(crate) fn call(&self, connection: &mut dyn Any) -> RustResult {
        (self.function)(connection)
    }
}

/// A migration whose ways up and down are functions.
///
/// A function cannot be hashed: its revision is declared. Change it whenever the function does
/// something else, and an applied migration shows as modified.
///
/// ```
/// use diesel::prelude::*;
/// use dieselkit::RustMigration;
///
/// # #[cfg(feature = "sqlite")]
/// let migration = RustMigration::new("2026-02-01-120000_hash_emails", "1", |db: &mut SqliteConnection| {
///     diesel::sql_query("UPDATE users SET email = lower(email)").execute(db)?;
///     Ok(())
/// });
/// ```
#[derive(Debug)]
pub struct RustMigration {
    name: String,
    up: RustBody,
    down: Option<RustBody>,
    settings: Settings,
}

impl RustMigration {
    /// Makes a migration of a name, a declared revision and a way up.
    pub fn new<C, F>(name: &str, revision: &str, up: F) -> Self
    where
        C: Connection + 'static,
        F: Fn(&mut C) -> RustResult + Send + Sync + 'static,
    {
        Self {
            name: name.to_owned(),
            up: body(name, revision, up),
            down: None,
            settings: Settings::default(),
        }
    }

    /// Adds a way down.
    #[must_use]
    pub fn with_down<C, F>(mut self, down: F) -> Self
    where
        C: Connection + 'static,
        F: Fn(&mut C) -> RustResult + Send + Sync + 'static,
    {
        self.down = Some(body(&self.name, "down", down));
        self
    }

    /// Lets it run outside of a transaction; it is then one statement to the history, and has to
    /// bear being run again after a crash.
    #[must_use]
    pub fn without_transaction(mut self) -> Self {
        self.settings.run_in_transaction = false;
        self
    }
}

impl From<RustMigration> for Migration {
    fn from(rust: RustMigration) -> Self {
        Self {
            version: Version::from_name(&rust.name),
            origin: PathBuf::from(&rust.name),
            name: rust.name,
            up: Body::Rust(rust.up),
            down: rust.down.map(Body::Rust),
            settings: rust.settings,
            settings_error: None,
        }
    }
}

fn body<C, F>(name: &str, revision: &str, function: F) -> RustBody
where
    C: Connection + 'static,
    F: Fn(&mut C) -> RustResult + Send + Sync + 'static,
{
    let erased = move |connection: &mut dyn Any| match connection.downcast_mut::<C>() {
        Some(connection) => function(connection),
        None => Err(format!(
            "it was written for a `{}` and the database is reached by another type",
            std::any::type_name::<C>()
        )
        .into()),
    };
    RustBody {
        checksum: checksum_raw(format!("rust:{name}:{revision}").as_bytes()),
        function: Arc::new(erased),
    }
}
