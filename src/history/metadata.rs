//! What the database is: its identity, the environment that it belongs to, and the layout of this
//! tool's tables.
//!
//! Reads and writes the marks. Whether one is refused is for the verbs to say.

use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::backend::tables::{METADATA_TABLE, Tables};

/// The layout of the tables that this version writes and reads.
const LAYOUT_VERSION: &str = "1";

/// What the database says about itself; all absent before the first writing command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Metadata {
    /// A UUID, made once: the same database under whatever address.
    pub(crate) identity: Option<String>,
    /// The environment that it was first set up as, or was marked as since.
    pub(crate) environment: Option<String>,
}

/// Reads the metadata; an absent table reads as empty.
pub(crate) fn read_metadata(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Metadata, BackendError> {
    if !tables.has_metadata {
        return Ok(Metadata::default());
    }
    let query = Query::new(format!(
        "SELECT key, value FROM {}",
        tables.qualified(METADATA_TABLE)
    ));
    let rows = backend
        .load(&query)
        .reading("read the database's metadata", backend, tables)?;
    let pairs = rows
        .iter()
        .map(|row| Ok((row.text(0)?, row.text(1)?)))
        .collect::<Result<Vec<_>, DatabaseError>>()
        .during("read the database's metadata")?;
    let value = |wanted: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == wanted)
            .map(|(_, value)| value.clone())
    };
    refuse_newer_layout(value("layout_version").as_deref())?;
    Ok(Metadata {
        identity: value("identity"),
        environment: value("environment"),
    })
}

fn refuse_newer_layout(found: Option<&str>) -> Result<(), BackendError> {
    match found {
        None | Some(LAYOUT_VERSION) => Ok(()),
        Some(other) => Err(BackendError::Query {
            action: "read the database's metadata",
            source: DatabaseError::from_message(format!(
                "its tables have layout {other}, this version of dieselkit knows {LAYOUT_VERSION}: use the version that made them, or a newer one"
            )),
        }),
    }
}

/// Writes what the metadata do not say yet, and overwrites the environment where one is given.
pub(crate) fn record_metadata(
    backend: &mut dyn Backend,
    tables: &Tables,
    metadata: &Metadata,
) -> Result<(), BackendError> {
    put(backend, tables, "layout_version", LAYOUT_VERSION)?;
    if let Some(identity) = &metadata.identity {
        put(backend, tables, "identity", identity)?;
    }
    if let Some(environment) = &metadata.environment {
        put(backend, tables, "environment", environment)?;
    }
    Ok(())
}

fn put(
    backend: &mut dyn Backend,
    tables: &Tables,
    key: &str,
    value: &str,
) -> Result<(), BackendError> {
    let query = Query::new(format!(
        "INSERT INTO {} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        tables.qualified(METADATA_TABLE)
    ));
    backend
        .execute(&query.bind(key).bind(value))
        .map(drop)
        .during("write the database's metadata")
}
