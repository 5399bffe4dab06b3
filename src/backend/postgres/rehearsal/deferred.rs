//! What an open transaction puts off to its commit, checked before that.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::postgres::run::find_in_run;
use crate::backend::query::Query;
use crate::sql::Script;

/// Whose constraints are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of tables that were written to: nothing else can be waiting.
    Written,
    /// All: somebody may have said of all what is to become of them.
    All,
}

/// Checks what waits, and lets what comes be put off as it is at the beginning of a transaction.
///
/// Each constraint is named: what is said of all holds for those, too, that are made later.
pub(super) fn fire(
    connection: &mut PgConnection,
    ran: Option<&Script>,
) -> Result<(), DatabaseError> {
    let whose = if ran.is_none_or(says_when) {
        Whose::All
    } else {
        Whose::Written
    };
    let mut named = constraints(connection, whose)?;
    while let Some(all) = &named.all {
        connection.batch_execute(&format!("SET CONSTRAINTS {all} IMMEDIATE"))?;
        // What a check does itself may have put off something else.
        let more = constraints(connection, whose)?;
        if more.all == named.all {
            break;
        }
        named = more;
    }
    named.deferred.map_or(Ok(()), |deferred| {
        connection.batch_execute(&format!("SET CONSTRAINTS {deferred} DEFERRED"))
    })
}

/// Names of constraints, one behind the other.
struct Named {
    all: Option<String>,
    /// Those that are put off unless somebody says otherwise.
    deferred: Option<String>,
}

fn constraints(connection: &mut PgConnection, whose: Whose) -> Result<Named, DatabaseError> {
    let those = match whose {
        Whose::Written => include_str!("../sql/deferrable_written.sql"),
        Whose::All => "",
    };
    let query = include_str!("../sql/deferrable.sql").replace("{whose}", those);
    let rows = connection.load(&Query::new(query).once())?;
    let text = |column| {
        rows.first()
            .map_or(Ok(None), |row| row.optional_text(column))
    };
    Ok(Named {
        all: text(0)?,
        deferred: text(1)?,
    })
}

/// Returns whether a script says when constraints are checked.
/// <https://www.postgresql.org/docs/current/sql-set-constraints.html>
fn says_when(script: &Script) -> bool {
    let mut statements = 0..script.statements().len();
    statements.any(|index| {
        let found = find_in_run(script, index, |phrase| {
            let says = phrase.is_word(0, "SET") && phrase.is_word(1, "CONSTRAINTS");
            says.then_some(())
        });
        found.is_some()
    })
}
