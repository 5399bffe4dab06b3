//! Which schemas a session's `search_path` names, and why none of them can be used.

use diesel::pg::PgConnection;

use super::session::current_user;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During, ReadingLack};
use crate::backend::query::Query;
use crate::backend::tables::quote_identifier;

/// What is being done when the path is asked for.
const ACTION: &str = "ask for the `search_path`";

/// Returns why no schema of the path can be used: none exists, or the first that does is none that
/// this role may use, which the server passes over in silence.
pub(super) fn unusable(connection: &mut PgConnection) -> Result<BackendError, BackendError> {
    let query = Query::new("SELECT pg_catalog.current_setting('search_path')");
    let rows = connection.load(&query).during(ACTION)?;
    let path = rows.first().map(|row| row.text(0)).transpose();
    let mut search_path = Vec::new();
    for name in divided(&path.during(ACTION)?.unwrap_or_default()) {
        let (name, exists) = look_up(connection, &name)?;
        if exists {
            let denied = format!("permission denied for schema {name}");
            let lack = ReadingLack {
                right: format!("USAGE ON SCHEMA {name}"),
                role: Some(quote_identifier(&current_user(connection)?)),
                of_run: Vec::new(),
            };
            return Ok(BackendError::MayNotRead {
                action: "look for the tables of the history",
                lack: Box::new(lack),
                source: DatabaseError::from_message(denied),
            });
        }
        search_path.push(name);
    }
    Ok(BackendError::NoSchema { search_path })
}

/// Returns a name of the path as SQL has it, which is stricter, and whether there is such a schema.
fn look_up(connection: &mut PgConnection, name: &str) -> Result<(String, bool), BackendError> {
    let query = Query::new(
        "SELECT pg_catalog.quote_ident(?), EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = CASE ? WHEN '$user' THEN current_user ELSE ? END)",
    );
    let name = unquoted(name);
    let query = query.bind(name.as_str()).bind(name.as_str());
    let rows = connection.load(&query.bind(name.as_str())).during(ACTION)?;
    let found = rows.first().map(|row| Ok((row.text(0)?, row.boolean(1)?)));
    let found = found.transpose().during(ACTION)?;
    Ok(found.unwrap_or((name, false)))
}

/// Returns the name that is meant by one of the path.
fn unquoted(name: &str) -> String {
    let quoted = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    quoted.map_or_else(
        || name.to_ascii_lowercase(),
        |name| name.replace("\"\"", "\""),
    )
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
