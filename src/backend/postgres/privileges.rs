//! What a `PostgreSQL` user may not do of what is needed, and the statement that grants it.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use serde_json::json;

use super::session;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::examine::{Defect, Named, Need, Sort};
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
    let of = |need: &str, sort: &str, named: &Named| {
        let Named { schema, name } = named;
        json!({"need": need, "sort": sort, "schema": schema, "name": name})
    };
    match need {
        Need::CreateIn(schema) => json!({"need": "CREATE", "sort": "SCHEMA", "schema": schema}),
        Need::CreateBeside(named) => of("BESIDE", "RELATION", named),
        Need::CreateSchema => json!({"need": "CREATE", "sort": "DATABASE"}),
        Need::Own(sort, named) => of("OWN", word(*sort), named),
        Need::Drop(sort, named) => of("DROP", word(*sort), named),
        Need::Maintain(named) => of("MAINTAIN", "RELATION", named),
        Need::Right(right, named) => of(right, "RELATION", named),
    }
}

fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Relation => "RELATION",
        Sort::Type => "TYPE",
        Sort::Routine => "ROUTINE",
        Sort::Schema => "SCHEMA",
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
    let owns = |need: &String| matches!(need.as_str(), "OWN" | "DROP" | "MAINTAIN");
    match kind {
        _ if needs.iter().any(owns) => no_owner(user, kind, object),
        "SCHEMA" => Defect {
            what: format!("{user} may not create tables in the schema {object}"),
            cure: format!("GRANT USAGE, CREATE ON SCHEMA {object} TO {user}"),
        },
        "DATABASE" => Defect {
            what: format!("{user} may not create schemas in the database {object}"),
            cure: format!("GRANT CREATE ON DATABASE {object} TO {user}"),
        },
        _ => {
            let rights = needs.join(", ");
            Defect {
                what: format!("{user} has no right to {rights} on {object}"),
                cure: format!("GRANT {rights} ON {object} TO {user}"),
            }
        }
    }
}
