//! What a `PostgreSQL` user may not do of what is needed, and the statement that grants it.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use serde_json::{Value, json};

use super::session;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::examine::{Defect, Named, Need, RoutineNeed, Sort};
use crate::backend::query::{Query, Row};
use crate::backend::tables::quote_identifier;

/// To make an extension unless it is there.
const LEFT: &str = "CREATE IF NOT EXISTS";

/// Returns what the user may not do of this; an object that is not there is no lack.
pub(super) fn lacking(
    connection: &mut PgConnection,
    needs: &[Need],
) -> Result<Vec<Defect>, BackendError> {
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    let has_extension = needs.iter().any(|need| matches!(need, Need::Extension(_)));
    let needs = needs.iter().map(described).collect::<Vec<_>>();
    let needs = Value::Array(needs).to_string();
    let mut asked = vec![include_str!("sql/privileges.sql")];
    // To learn of extensions the server reads many files.
    asked.extend(has_extension.then_some(include_str!("sql/extensions.sql")));
    let action = "ask for the user's privileges";
    let mut lacks: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for sql in asked {
        let query = Query::new(sql).bind(needs.as_str()).once();
        for row in connection.load(&query).during(action)? {
            if let Some((need, object, kind)) = read_lack(&row).during(action)? {
                lacks.entry((kind, object)).or_default().push(need);
            }
        }
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

/// Reads the need, what it is about, and its kind; none of a routine that is not the one that is meant.
fn read_lack(row: &Row) -> Result<Option<(String, String, String)>, DatabaseError> {
    let lack = (row.text(0)?, row.text(1)?, row.text(2)?);
    let told = row.optional_text(3)?;
    let told = told.and_then(|told| serde_json::from_str::<Value>(&told).ok());
    Ok(told.is_none_or(|told| is_meant(&told)).then_some(lack))
}

/// Returns whether a routine is the one that is meant: without arguments it is the only one of its name,
/// else each of them may be written so.
fn is_meant(told: &Value) -> bool {
    let Some(said) = told["said"].as_array() else {
        return told["candidates"] == 1;
    };
    let are = told["are"].as_array().map_or(&[][..], Vec::as_slice);
    let is_one_of = |forms: &Value, names: &Value| {
        let names = names.as_array().into_iter().flatten();
        let forms = forms.as_array().map_or(&[][..], Vec::as_slice);
        names.into_iter().any(|name| forms.contains(name))
    };
    said.len() == are.len() && said.iter().zip(are).all(|(said, is)| is_one_of(said, is))
}

fn described(need: &Need) -> Value {
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
        Need::Routine(RoutineNeed {
            deed,
            named,
            arguments,
        }) => {
            let mut need = of(deed, "ROUTINE", named);
            need["arguments"] = json!(arguments);
            need
        }
        Need::Extension(extension) => json!({
            "need": if extension.or_existing { LEFT } else { "CREATE" },
            "sort": "EXTENSION",
            "schema": extension.schema,
            "name": extension.name,
            "version": extension.version,
        }),
        Need::MaintainAll(None) => json!({"need": "MAINTAIN", "sort": "DATABASE"}),
        Need::MaintainAll(Some(schema)) => {
            json!({"need": "MAINTAIN", "sort": "SCHEMA", "name": schema})
        }
    }
}

fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Relation => "RELATION",
        Sort::Type => "TYPE",
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
    let name = object.split(" WITH SCHEMA ").next().unwrap_or(object);
    let owns = |need: &String| matches!(need.as_str(), "OWN" | "DROP" | "MAINTAIN" | "REPLACE");
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
        "TRUSTED EXTENSION" => Defect {
            what: format!("{user} may not make the extension {name}"),
            cure: format!("GRANT CREATE ON DATABASE {} TO {user}", needs.concat()),
        },
        "EXTENSION" => {
            let left = needs.iter().all(|need| need == LEFT);
            let then = if left {
                ""
            } else {
                ", and which then says IF NOT EXISTS"
            };
            Defect {
                what: format!(
                    "{user} may not make the extension {name}, which only a superuser may{then}"
                ),
                cure: format!("CREATE EXTENSION {object}"),
            }
        }
        _ => {
            let rights = needs.join(", ");
            Defect {
                what: format!("{user} has no right to {rights} on {object}"),
                cure: format!("GRANT {rights} ON {object} TO {user}"),
            }
        }
    }
}
