//! What errors of the database say that is made of more than one value.

use std::time::Duration;

use crate::backend::examine::Defect;
use crate::event::LockHolder;

/// Names the place where it says more than the name.
pub(super) fn missing_text(name: &str, target: &str) -> String {
    if name == target {
        return format!("database `{name}` does not exist");
    }
    format!("database `{name}` does not exist (looked at `{target}`)")
}

pub(super) fn listed(lacking: &[Defect]) -> String {
    let whats: Vec<&str> = lacking.iter().map(|it| it.what.as_str()).collect();
    whats.join("; ")
}

pub(super) fn no_schema_text(search_path: &[String]) -> String {
    match search_path {
        [] => "the connection's `search_path` names no schema".to_owned(),
        [only] => format!("the schema `{only}` of the connection's `search_path` does not exist"),
        names => format!(
            "no schema of the connection's `search_path` (`{}`) exists",
            names.join("`, `")
        ),
    }
}

pub(super) fn held_text(holder: Option<&LockHolder>, waited: Duration) -> String {
    let holder = holder_text(holder);
    if waited.is_zero() {
        return format!("the migration lock is held by {holder}, and was not waited for");
    }
    format!("the migration lock was not freed within {waited:?}; it is held by {holder}")
}

pub(super) fn backup_text(holder: Option<&LockHolder>, waited: Duration) -> String {
    let holder = holder_text(holder);
    if waited.is_zero() {
        return format!("{holder} makes a backup of the same database, and was not waited for");
    }
    format!("{holder} makes a backup of the same database, and did not finish within {waited:?}")
}

fn holder_text(holder: Option<&LockHolder>) -> String {
    holder.map_or_else(
        || "another process".to_owned(),
        LockHolder::of_migration_lock,
    )
}
