//! What the backup of a part takes for granted: the schemas of its tables, or that those it makes are
//! not there.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::dump::{DatabaseFacts, Scope};
use crate::backend::error::{BackendError, During};
use crate::backend::postgres::dump::selection;

/// The schema that every new database has.
const PUBLIC: &str = "public";

/// Lets a new database have those schemas that a dump of picked schemas or tables does not make, and
/// none that it does: where tables are picked it makes none, and where `public` is picked, that too.
pub(super) fn make_ready(
    connection: &mut PgConnection,
    scope: &Scope,
    facts: &DatabaseFacts,
) -> Result<(), BackendError> {
    let action = "make the schemas of the backup's tables";
    if !scope.tables.is_empty() {
        for schema in schemas(facts) {
            let statement = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
            connection.batch_execute(&statement).during(action)?;
        }
    }
    if selection::picks_schema(connection, scope, PUBLIC).during(action)? {
        connection
            .batch_execute("DROP SCHEMA public")
            .during(action)?;
    }
    Ok(())
}

/// Returns the schemas of tables and sequences, quoted as these are.
fn schemas(facts: &DatabaseFacts) -> BTreeSet<String> {
    let tables = facts.tables.iter().map(|table| &table.name);
    let sequences = facts.sequences.iter().map(|sequence| &sequence.name);
    tables.chain(sequences).map(|name| schema(name)).collect()
}

/// Returns the schema of a qualified name. A quote in quotes is written twice, so that it closes and
/// opens.
fn schema(name: &str) -> String {
    let mut is_quoted = false;
    let end = name.find(|letter| {
        is_quoted ^= letter == '"';
        letter == '.' && !is_quoted
    });
    name[..end.unwrap_or_default()].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_ends_at_the_first_dot_outside_of_quotes() {
        for (name, expected) in [
            ("public.a", "public"),
            ("\"s x\".\"T\"", "\"s x\""),
            ("\"a.b\"\".c\".\"d.e\"", "\"a.b\"\".c\""),
        ] {
            assert_eq!(schema(name), expected);
        }
    }
}
