//! What a server tells of itself, of this session, and of others.

use std::time::Duration;

use diesel::pg::PgConnection;

use super::{detach, privileges};
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::examine::{Defect, Examination, IdleTransaction, Need, Way};
use crate::backend::limits::Limit;
use crate::backend::query::{Query, Row};
use crate::backend::tables::Tables;

/// This session: version, how it is encrypted, whether it stays on the machine, and what keeps it
/// from writing. `pg_stat_ssl` knows of every session, and shows a user its own.
const SESSION: &str = "SELECT pg_catalog.current_setting('server_version'), s.version,
  pg_catalog.inet_client_addr() IS NULL
    OR pg_catalog.inet_client_addr() = pg_catalog.inet_server_addr()
    OR pg_catalog.inet_client_addr() <<= '127.0.0.0/8'::pg_catalog.inet,
  pg_catalog.pg_is_in_recovery(),
  pg_catalog.current_setting('default_transaction_read_only') = 'on'
FROM (SELECT 1) AS one
LEFT JOIN pg_catalog.pg_stat_ssl AS s ON s.pid = pg_catalog.pg_backend_pid() AND s.ssl";

/// Those that nobody builds just now; of a partitioned table, those that wait for a partition's.
const INVALID_INDEXES: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
  coalesce(
    (
      SELECT 'what is put aside (TOAST) of ' || whole.oid::pg_catalog.regclass::pg_catalog.text
      FROM pg_catalog.pg_class AS whole
      WHERE whole.reltoastrelid = i.indrelid AND i.indrelid <> 0
    ),
    i.indrelid::pg_catalog.regclass::pg_catalog.text
  ),
  c.relkind = 'I',
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (
    pg_catalog.pg_has_role(c.relowner, 'USAGE') OR pg_catalog.pg_has_role(n.nspowner, 'USAGE')
  )
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND NOT EXISTS (
  SELECT 1 FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid
)
ORDER BY 1";

/// Returns what the user may not do and any run needs that makes something: to make it beside this
/// tool's own tables, and to read and write those.
fn lacking(connection: &mut PgConnection, tables: &Tables) -> Result<Vec<Defect>, DatabaseError> {
    let mut needs = Need::of_tables(tables);
    if tables.have_a_place() {
        needs.push(Need::CreateIn(Some(tables.schema.clone())));
    }
    privileges::lacking(connection, &needs).map_err(|error| match error {
        BackendError::Query { source, .. } => source,
        other => DatabaseError::from_message(other.to_string()),
    })
}

/// Examines the server.
pub(super) fn examine(
    connection: &mut PgConnection,
    tables: &Tables,
    too_long: Limit,
) -> Result<Examination, DatabaseError> {
    let rows = connection.load(&Query::new(SESSION).once())?;
    let session = rows
        .into_iter()
        .next()
        .unwrap_or_else(|| Row::new(Vec::new()));
    let way = match (session.optional_text(1)?, session.boolean(2)?) {
        (Some(protocol), _) => Way::Encrypted(protocol),
        (None, true) => Way::SameMachine,
        (None, false) => Way::Readable,
    };
    let read_only = match (session.boolean(3)?, session.boolean(4)?) {
        (true, _) => Some(Defect {
            what: "it is a standby".to_owned(),
            cure: "name its primary; who that is: `SELECT conninfo FROM pg_stat_wal_receiver;`"
                .to_owned(),
        }),
        (_, true) => Some(Defect {
            what: "`default_transaction_read_only` is on".to_owned(),
            cure: "switch it off where it was switched on: `SELECT source, sourcefile FROM pg_settings WHERE name = 'default_transaction_read_only';`".to_owned(),
        }),
        (false, false) => None,
    };
    let indexes = invalid_indexes(connection)?;
    Ok(Examination {
        server_version: format!("PostgreSQL {}", session.text(0)?),
        way,
        read_only,
        lacking: lacking(connection, tables)?,
        invalid_indexes: indexes.useless,
        undroppable_indexes: indexes.undroppable,
        waiting_indexes: indexes.waiting,
        pending_detaches: detach::pending(connection)?,
        idle: match too_long.duration() {
            Some(too_long) => idle(connection, too_long)?,
            None => Vec::new(),
        },
    })
}

/// The indexes that are not valid.
#[derive(Default)]
struct InvalidIndexes {
    /// Those that serve nobody, and that this user may drop.
    useless: Vec<Defect>,
    /// Those that serve nobody, and that it may not drop.
    undroppable: Vec<Defect>,
    /// Those of partitioned tables that wait for a partition's.
    waiting: Vec<Defect>,
}

fn invalid_indexes(connection: &mut PgConnection) -> Result<InvalidIndexes, DatabaseError> {
    let mut found = InvalidIndexes::default();
    for row in connection.load(&Query::new(INVALID_INDEXES).once())? {
        let (index, table) = (row.text(0)?, row.text(1)?);
        if row.boolean(2)? {
            found.waiting.push(Defect {
                what: format!(
                    "the index {index} of the partitioned table {table} is not valid yet: not every partition has its part of it"
                ),
                cure: format!("ALTER INDEX {index} ATTACH PARTITION INDEX_OF_THE_PARTITION"),
            });
            continue;
        }
        let useless = if row.boolean(3)? {
            &mut found.useless
        } else {
            &mut found.undroppable
        };
        useless.push(Defect {
            what: format!(
                "the index {index} of {table} is invalid: writes pay for it, no query uses it"
            ),
            cure: format!("DROP INDEX CONCURRENTLY {index}"),
        });
    }
    Ok(found)
}

/// Returns the transactions of others that have been open for longer than this, and do nothing now.
fn idle(
    connection: &mut PgConnection,
    too_long: Duration,
) -> Result<Vec<IdleTransaction>, DatabaseError> {
    let too_long_ms = i64::try_from(too_long.as_millis()).unwrap_or(i64::MAX);
    let query = Query::new(include_str!("sql/idle.sql")).bind(too_long_ms);
    let rows = connection.load(&query.once())?;
    let transaction = |row: &Row| {
        Ok(IdleTransaction {
            pid: row.integer(0)?,
            prepared: row.optional_text(5)?,
            user: row.text(1)?,
            application: row.text(2)?,
            open: Duration::from_millis(row.integer(3)?.unsigned_abs()),
            tables: row.text(4)?.lines().map(str::to_owned).collect(),
        })
    };
    rows.iter().map(transaction).collect()
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;

    use super::*;
    use crate::backend::support::engine::Engine as _;
    use crate::backend::support::postgres::{Cluster, PostgresDatabase};

    fn connect(database: &PostgresDatabase) -> PgConnection {
        PgConnection::establish(&database.url()).expect("the suite's server is up")
    }

    #[test]
    fn a_transaction_that_does_nothing_is_told_of_with_what_it_holds() {
        let database = PostgresDatabase::create();
        database.execute("CREATE TABLE held (id INTEGER)");
        let (mut ours, mut other) = (connect(&database), connect(&database));
        let found = |found: Result<Vec<IdleTransaction>, DatabaseError>| found.expect("it tells");
        assert_eq!(found(idle(&mut ours, Duration::ZERO)), []);
        other
            .batch_execute("SET application_name = 'sleeper'; BEGIN; INSERT INTO held VALUES (1)")
            .expect("it is a table");
        let idle_now = found(idle(&mut ours, Duration::ZERO));
        assert_eq!(idle_now.len(), 1, "{idle_now:?}");
        assert_eq!(idle_now[0].application, "sleeper");
        assert_eq!(idle_now[0].tables, ["held"]);
        // It was begun just now.
        assert_eq!(found(idle(&mut ours, Duration::from_hours(1))), []);
    }

    #[test]
    fn a_prepared_transaction_is_told_of_with_what_ends_it() {
        let cluster = Box::leak(Box::new(Cluster::start()));
        let database = cluster.create_database();
        database.execute("CREATE TABLE held (id INTEGER)");
        let (mut ours, mut other) = (connect(&database), connect(&database));
        other
            .batch_execute("BEGIN; INSERT INTO held VALUES (1); PREPARE TRANSACTION 'it''s'")
            .expect("it may be prepared");
        let found = idle(&mut ours, Duration::ZERO).expect("it tells");
        let [prepared] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(prepared.prepared.as_deref(), Some("it's"));
        assert_eq!(prepared.user, "postgres");
        assert_eq!(prepared.tables, ["held"]);
        ours.batch_execute(&prepared.ends()).expect("it ends it");
        assert_eq!(idle(&mut ours, Duration::ZERO).expect("it tells"), []);
    }

    #[test]
    fn an_index_that_serves_nobody_is_told_of_with_its_cure() {
        let database = PostgresDatabase::create();
        database.execute("CREATE TABLE twice (id INTEGER); INSERT INTO twice VALUES (1), (1)");
        let mut connection = connect(&database);
        let build = "CREATE UNIQUE INDEX CONCURRENTLY once ON twice (id)";
        connection.batch_execute(build).expect_err("there are two");
        let tables = connection.find_tables().expect("it can be asked");
        let found = examine(&mut connection, &tables, Limit::OFF).expect("it can be asked");
        assert_eq!(found.way, Way::SameMachine);
        assert_eq!(found.lacking, []);
        let [index] = found.invalid_indexes.as_slice() else {
            panic!("{found:?}");
        };
        connection.batch_execute(&index.cure).expect("it is a cure");
        let left = invalid_indexes(&mut connection)
            .expect("it can be asked")
            .useless;
        assert_eq!(left, []);
    }

    #[test]
    fn an_index_of_long_values_that_serves_nobody_is_told_of_with_their_table() {
        let database = PostgresDatabase::create();
        database.execute("CREATE TABLE notes (text TEXT)");
        let (mut ours, mut other) = (connect(&database), connect(&database));
        let writing = other.batch_execute("BEGIN; INSERT INTO notes VALUES ('a')");
        writing.expect("it writes");
        let limit = ours.batch_execute("SET statement_timeout = '300ms'");
        limit.expect("it is a limit");
        let rebuild = "REINDEX TABLE CONCURRENTLY notes";
        ours.batch_execute(rebuild).expect_err("it waits");
        other.batch_execute("COMMIT").expect("it has written");
        let useless = invalid_indexes(&mut ours).expect("it can be asked").useless;
        let [index] = useless.as_slice() else {
            panic!("{useless:?}");
        };
        let of = "of what is put aside (TOAST) of notes is invalid";
        assert!(index.what.contains(of), "{index:?}");
        ours.batch_execute(&index.cure).expect("it is a cure");
        let left = invalid_indexes(&mut ours).expect("it can be asked").useless;
        assert_eq!(left, []);
        // Whom that schema is closed to may not.
        let role = format!("examined_{}", uuid::Uuid::new_v4().simple());
        let owned = format!("CREATE ROLE {role}; ALTER TABLE notes OWNER TO {role}");
        other.batch_execute(&owned).expect("we may do anything");
        let writing = other.batch_execute("BEGIN; INSERT INTO notes VALUES ('a')");
        writing.expect("it writes");
        ours.batch_execute(rebuild).expect_err("it waits");
        other.batch_execute("COMMIT").expect("it has written");
        let act = format!("SET ROLE {role}");
        ours.batch_execute(&act).expect("we may be anybody");
        let tables = Tables::among("public".to_owned(), &[]);
        let found = examine(&mut ours, &tables, Limit::OFF).expect("it can be asked");
        assert_eq!(found.invalid_indexes, []);
        let [index] = found.undroppable_indexes.as_slice() else {
            panic!("{found:?}");
        };
        ours.batch_execute(&index.cure).expect_err("it may not");
        other.batch_execute(&index.cure).expect("it is a cure");
        database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }

    #[test]
    fn a_partition_that_is_detached_by_half_is_told_of_with_its_cure() {
        let database = PostgresDatabase::create();
        database.execute(
            "CREATE TABLE whole (id INTEGER) PARTITION BY LIST (id);
             CREATE TABLE \"Part\" PARTITION OF whole FOR VALUES IN (1)",
        );
        let (mut ours, mut other) = (connect(&database), connect(&database));
        let reading = other.batch_execute("BEGIN; SELECT * FROM whole");
        reading.expect("it reads");
        let detach = "ALTER TABLE whole DETACH PARTITION \"Part\" CONCURRENTLY";
        let limit = ours.batch_execute("SET statement_timeout = '300ms'");
        limit.expect("it is a limit");
        ours.batch_execute(detach).expect_err("it waits");
        other.batch_execute("COMMIT").expect("it has read");
        let found = detach::pending(&mut ours).expect("it can be asked");
        let [half] = found.as_slice() else {
            panic!("{found:?}");
        };
        ours.batch_execute(&half.cure).expect("it is a cure");
        let left = detach::pending(&mut ours).expect("it can be asked");
        assert_eq!(left, []);
    }

    #[test]
    fn an_index_that_waits_for_a_partition_is_told_of() {
        let database = PostgresDatabase::create();
        database.execute(
            "CREATE TABLE whole (id INTEGER) PARTITION BY LIST (id);
             CREATE TABLE part PARTITION OF whole DEFAULT;
             CREATE INDEX by_id ON ONLY whole (id)",
        );
        let mut connection = connect(&database);
        let InvalidIndexes {
            useless, waiting, ..
        } = invalid_indexes(&mut connection).expect("it can be asked");
        assert_eq!(useless, []);
        let [index] = waiting.as_slice() else {
            panic!("{waiting:?}");
        };
        database.execute("CREATE INDEX by_part ON part (id)");
        let cure = index.cure.replace("INDEX_OF_THE_PARTITION", "by_part");
        connection.batch_execute(&cure).expect("it is a cure");
        let left = invalid_indexes(&mut connection)
            .expect("it can be asked")
            .waiting;
        assert_eq!(left, []);
    }

    #[test]
    fn what_a_user_may_not_do_is_told_of_with_its_cure() {
        let database = PostgresDatabase::create();
        let role = format!("examined_{}", uuid::Uuid::new_v4().simple());
        database.execute(&format!("CREATE ROLE {role}"));
        let mut connection = connect(&database);
        let act = format!("SET ROLE {role}");
        connection.batch_execute(&act).expect("we may be anybody");
        let tables = Tables::among("public".to_owned(), &[]);
        let found = examine(&mut connection, &tables, Limit::OFF).expect("it can be asked");
        let [lacking] = found.lacking.as_slice() else {
            panic!("{found:?}");
        };
        database.execute(&lacking.cure);
        let found = examine(&mut connection, &tables, Limit::OFF).expect("it can be asked");
        assert_eq!(found.lacking, []);
        database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
}
