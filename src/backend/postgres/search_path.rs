//! Which schemas a session's `search_path` names, whether they exist or not.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::backend::query::Query;

/// Returns the names, as they are written in SQL.
pub(super) fn names(connection: &mut PgConnection) -> Result<Vec<String>, BackendError> {
    let action = "ask for the `search_path`";
    let query = Query::new("SELECT pg_catalog.current_setting('search_path')");
    let rows = connection.load(&query).during(action)?;
    let path = rows.first().map(|row| row.text(0)).transpose();
    Ok(divided(&path.during(action)?.unwrap_or_default()))
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
