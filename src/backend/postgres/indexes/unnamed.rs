//! Whose an invalid index is where its statement says no name: the server chooses one, and another one
//! as long as the first is taken.

use diesel::pg::PgConnection;

use super::invalid_of;
use super::named::{Work, named_by};
use super::same::same;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::{Earlier, Leftovers};
use crate::sql::Script;

/// Returns what an earlier attempt at a statement without a name has left, and what others have.
pub(in crate::backend::postgres) fn unnamed(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    earlier: &Earlier,
) -> Result<Leftovers, DatabaseError> {
    let named = named_by(script, statement)
        .filter(|named| named.work == Work::Create && named.index.is_none());
    let Some(named) = named else {
        return Ok(Leftovers::default());
    };
    let found = invalid_of(connection, &named)?;
    let same = match (earlier, found.first()) {
        (Earlier::CutOff, Some(first)) => same(connection, script, statement, &first.table),
        _ => Vec::new(),
    };
    let same: Vec<String> = same.into_iter().map(|same| same.index).collect();
    let indexes = found.into_iter().map(|found| found.index);
    let (own, others) = indexes.partition(|name| earlier.names(name) || same.contains(name));
    Ok(Leftovers { own, others })
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;

    use super::*;
    use crate::backend::Backend as _;
    use crate::backend::postgres::dialect::POSTGRES;
    use crate::backend::support::engine::Engine as _;
    use crate::backend::support::postgres::PostgresDatabase;

    #[test]
    fn what_was_left_is_known_to_whom_no_temporary_table_is_let_make() {
        let database = PostgresDatabase::create();
        let mut connection =
            PgConnection::establish(&database.url()).expect("the suite's server is up");
        let role = format!("\"{}_owner\"", database.name());
        let name = database.name();
        for statement in [
            format!("CREATE ROLE {role}"),
            format!("REVOKE TEMPORARY ON DATABASE \"{name}\" FROM PUBLIC"),
            format!("CREATE SCHEMA \"App.x\" AUTHORIZATION {role}"),
            format!("SET ROLE {role}"),
            "CREATE TABLE \"App.x\".a (id INTEGER)".to_owned(),
            "INSERT INTO \"App.x\".a VALUES (1), (1)".to_owned(),
        ] {
            connection.batch_execute(&statement).expect(&statement);
        }
        let build = "CREATE UNIQUE INDEX CONCURRENTLY ON \"App.x\".a (id)";
        for broken in [
            build,
            "CREATE UNIQUE INDEX CONCURRENTLY other ON \"App.x\".a (id)",
        ] {
            connection.batch_execute(broken).expect_err("there are two");
        }
        let script = Script::parse(build, 1, POSTGRES).expect("it is whole");
        let left = unnamed(&mut connection, &script, 0, &Earlier::CutOff).expect("it is asked");
        let dropped = format!("RESET ROLE; DROP SCHEMA \"App.x\" CASCADE; DROP ROLE {role}");
        connection.batch_execute(&dropped).expect("it is ours");
        assert_eq!(left.own, ["\"App.x\".a_id_idx"]);
        assert_eq!(left.others, ["\"App.x\".other"]);
    }
}
