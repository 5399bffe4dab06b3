//! What a `PostgreSQL` user may not do of what is needed, and the statement that grants it.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use serde_json::json;

use super::session;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::examine::{Defect, Named, Need};
use crate::backend::query::Query;
use crate::backend::tables::quote_identifier;

/// Returns what the user may not do of this; an object that is not there is no lack.
pub(super) fn lacking(
    connection: &mut PgConnection,
    needs: &[Need],
) -> Result<Vec<Defect>, BackendError> {
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    let needs = needs.iter().map(described).collect::<Vec<_>>();
    let query = Query::new(include_str!("sql/privileges.sql"))
        .bind(serde_json::Value::Array(needs).to_string())
        .once();
    let action = "ask for the user's privileges";
    let rows = connection.load(&query).during(action)?;
    let mut lacks: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in rows {
        let read = (|| Ok::<_, DatabaseError>((row.text(0)?, row.text(1)?, row.text(2)?)))();
        let (need, object, kind) = read.during(action)?;
        lacks.entry((kind, object)).or_default().push(need);
    }
    if lacks.is_empty() {
        return Ok(Vec::new());
    }
    let user = quote_identifier(&session::current_user(connection)?);
    let defects = lacks
        .into_iter()
        .map(|((kind, object), needs)| defect(&user, (&kind, &object), &needs));
    Ok(defects.collect())
}

fn described(need: &Need) -> serde_json::Value {
    let of = |need: &str, named: &Named| {
        let schema = named.schema.as_ref().map(|schema| schema.to_lowercase());
        json!({"need": need, "schema": schema, "name": named.name.to_lowercase()})
    };
    match need {
        Need::CreateIn(schema) => {
            let schema = schema.as_ref().map(|schema| schema.to_lowercase());
            json!({"need": "CREATE", "schema": schema})
        }
        Need::CreateSchema => json!({"need": "CREATE SCHEMA"}),
        Need::Own(named) => of("OWN", named),
        Need::Drop(named) => of("DROP", named),
        Need::Right(right, named) => of(right, named),
    }
}

/// Returns that an object is another's.
pub(super) fn no_owner(user: &str, kind: &str, object: &str) -> Defect {
    Defect {
        what: format!("{user} does not own {object}, which only its owner may alter or drop"),
        cure: format!("ALTER {kind} {object} OWNER TO {user}"),
    }
}

/// Returns what is lacking of one object; who owns it may do everything with it.
fn defect(user: &str, (kind, object): (&str, &str), needs: &[String]) -> Defect {
    let owns = |need: &String| matches!(need.as_str(), "OWN" | "DROP");
    match kind {
        "SCHEMA" => Defect {
            what: format!("{user} may not create tables in the schema {object}"),
            cure: format!("GRANT USAGE, CREATE ON SCHEMA {object} TO {user}"),
        },
        "DATABASE" => Defect {
            what: format!("{user} may not create schemas in the database {object}"),
            cure: format!("GRANT CREATE ON DATABASE {object} TO {user}"),
        },
        _ if needs.iter().any(owns) => no_owner(user, kind, object),
        _ => {
            let rights = needs.join(", ");
            Defect {
                what: format!("{user} has no right to {rights} on {object}"),
                cure: format!("GRANT {rights} ON {object} TO {user}"),
            }
        }
    }
}
