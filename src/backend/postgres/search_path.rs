//! Which schemas a session's `search_path` names, and why none of them can be used.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;

/// What is being done when the path is asked for.
const ACTION: &str = "ask for the `search_path`";

/// Returns why no schema of the path can be used: none exists, or the first that does is none that
/// this role may use, which the server passes over in silence.
pub(super) fn unusable(connection: &mut PgConnection) -> Result<BackendError, BackendError> {
    let query = Query::new("SELECT pg_catalog.current_setting('search_path')");
    let rows = connection.load(&query).during(ACTION)?;
    let path = rows.first().map(|row| row.text(0)).transpose();
    let search_path = divided(&path.during(ACTION)?.unwrap_or_default());
    for name in &search_path {
        if exists(connection, name)? {
            let denied = format!("permission denied for schema {name}");
            return Ok(BackendError::MayNotRead {
                action: "look for the tables of the history",
                right: format!("USAGE ON SCHEMA {name}"),
                source: DatabaseError::from_message(denied),
            });
        }
    }
    Ok(BackendError::NoSchema { search_path })
}

fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, BackendError> {
    let query = Query::new(
        "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_namespace WHERE nspname = CASE ? WHEN '$user' THEN current_user ELSE ? END",
    );
    let name = unquoted(name);
    let rows = connection
        .load(&query.bind(name.as_str()).bind(name.as_str()))
        .during(ACTION)?;
    Ok(!rows.is_empty())
}

/// Returns the name that is meant by one in SQL.
fn unquoted(name: &str) -> String {
    let quoted = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    quoted.map_or_else(|| name.to_lowercase(), |name| name.replace("\"\"", "\""))
}

/// Divides a path at its commas, those inside of quotes left out; the empty name is none.
fn divided(path: &str) -> Vec<String> {
    let mut quoted = false;
    let names = path.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    names
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "\"\"")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_divided_at_its_commas() {
        for (path, names) in [
            ("", vec![]),
            ("\"\"", vec![]),
            ("app", vec!["app"]),
            ("\"$user\", public", vec!["\"$user\"", "public"]),
            ("\"a,b \"\",\" ,c", vec!["\"a,b \"\",\"", "c"]),
        ] {
            assert_eq!(divided(path), names, "{path}");
        }
    }
}
