//! What a migration does to others, measured: its strongest lock on a table, and what it does to all
//! rows while it has that.
//!
//! Nothing is timed: the history says which lock a transaction held; what it read and wrote,
//! PostgreSQL counts for it; what works in portions tells its locks with each of them; and what else
//! runs without a transaction is looked at while it waits for somebody who has written.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::chapter::{Change, Step, Told};
use crate::scene::{Folder, done, up};
use crate::support::engine::{Engine, column};
use crate::support::postgres::PostgresDatabase;

/// From so many rows on it is all of a table: the shop has so many of each.
const ALL: &str = "3000";

/// What the tables were before; and what the session has done to them by the time of the step's first
/// change of the schema, since a plan counts rows, and by the time when the history is told of it, both
/// in its own transaction. They are called like this tool's own tables, so that nothing counts them
/// as the user's.
const MEASURES: &str = "
    CREATE TABLE __diesel_before (name TEXT, file OID);
    CREATE TABLE __diesel_measured (at_end BOOL, name TEXT, read BIGINT, written BIGINT, file OID);
    CREATE FUNCTION measure(at_end BOOL) RETURNS VOID LANGUAGE sql AS $$
        INSERT INTO __diesel_measured
        SELECT $1, relname, seq_tup_read + coalesce(idx_tup_fetch, 0), n_tup_upd + n_tup_del,
            pg_relation_filenode(relid)
        FROM pg_stat_xact_user_tables;
    $$;
    CREATE FUNCTION measure_begin() RETURNS EVENT_TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM __diesel_measured) THEN PERFORM measure(false); END IF;
    END
    $$;
    CREATE FUNCTION measure_end() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM measure(true);
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER measure_end AFTER INSERT ON __dieselkit_history
    FOR EACH ROW EXECUTE FUNCTION measure_end();
    CREATE TABLE __diesel_held (mode TEXT);
    CREATE FUNCTION measure_portion() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        IF current_query() LIKE '%LOOP%' THEN
            INSERT INTO __diesel_held
            SELECT DISTINCT l.mode FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
            WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation'
            AND c.relkind = 'r' AND c.relname NOT LIKE '\\_\\_%' AND l.relation >= 16384;
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE EVENT TRIGGER measure_begin ON ddl_command_start EXECUTE FUNCTION measure_begin();";

/// A database with the tables of a change.
pub(super) fn database(change: &Change) -> PostgresDatabase<'static> {
    let database = PostgresDatabase::create();
    database.execute(change.shop());
    // Makes the history.
    up(&database, &Folder::new());
    database.execute(MEASURES);
    database
}

/// Writes the files of a step.
pub(super) fn write(folder: &Folder, step: &Step) {
    for (file, text) in &step.files {
        folder.write(&format!("{}/{file}", step.name), text);
    }
}

/// Applies a step, which has to be the next one, and returns what it does to others.
pub(super) fn apply(database: &PostgresDatabase<'_>, folder: &Folder, step: &Step) -> Told {
    write(folder, step);
    if step.is_statementwise() {
        let lock = match step.portions("up.sql") {
            Some(_) => lock_of_portions(database, folder),
            None => lock_of_statements(database, folder),
        };
        let waits = "nobody".to_owned();
        return Told { lock, waits };
    }
    database.execute(
        "DELETE FROM __diesel_before; DELETE FROM __diesel_measured;
         INSERT INTO __diesel_before SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE relkind = 'r';",
    );
    let applied = up(database, folder);
    assert_eq!(done(&applied).len(), 1, "{}", step.name);
    told(database)
}

/// Returns what the last attempt did.
fn told(database: &PostgresDatabase<'_>) -> Told {
    let lock = database.query_text(
        "SELECT coalesce(lock_mode, 'none') FROM __dieselkit_history ORDER BY id DESC LIMIT 1",
    );
    let names = |condition: &str| {
        let names = database.query_column(&format!(
            "SELECT '`' || b.name || '`'
             FROM __diesel_before AS b
             JOIN __diesel_measured AS m USING (name)
             LEFT JOIN __diesel_measured AS f ON f.name = b.name AND NOT f.at_end
             WHERE m.at_end AND {condition} ORDER BY b.name"
        ));
        (!names.is_empty()).then(|| {
            let are = if names.len() == 1 { "is" } else { "are" };
            format!("{} {are}", names.join(" and "))
        })
    };
    let who = match lock.as_str() {
        "ACCESS EXCLUSIVE" => "readers and writers",
        "EXCLUSIVE" | "SHARE ROW EXCLUSIVE" | "SHARE" => "writers",
        _ if names(&format!("m.written >= {ALL}")).is_some() => {
            let waits = "writers of the same rows, to its end".to_owned();
            return Told { lock, waits };
        }
        _ => {
            let waits = "nobody".to_owned();
            return Told { lock, waits };
        }
    };
    let rewritten = names("m.file <> b.file").map(|names| format!("{names} rewritten"));
    let read = || {
        names(&format!("m.read - coalesce(f.read, 0) >= {ALL}"))
            .map(|names| format!("{names} read"))
    };
    let waits = match rewritten.or_else(read) {
        Some(what) => format!("{who}, while {what}"),
        None => format!("{who}, for a moment"),
    };
    Told { lock, waits }
}

/// Applies a step that works in portions, and returns the strongest lock on a table that it has at the
/// end of any statement.
fn lock_of_portions(database: &PostgresDatabase<'_>, folder: &Folder) -> String {
    let tables = super::portions::tables(database);
    for table in &tables {
        database.execute(&format!(
            "CREATE TRIGGER measure_portion AFTER INSERT OR UPDATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION measure_portion()"
        ));
    }
    assert_eq!(done(&up(database, folder)).len(), 1);
    for table in &tables {
        database.execute(&format!("DROP TRIGGER measure_portion ON {table}"));
    }
    let held = database.query_column("SELECT DISTINCT mode FROM __diesel_held");
    assert!(!held.is_empty(), "it has written nothing");
    strongest(&held)
}

/// Applies another step without a transaction while somebody has written, whom it waits for, and
/// returns the strongest lock on a table that it has meanwhile: none, where it does not wait.
fn lock_of_statements(database: &PostgresDatabase<'_>, folder: &Folder) -> String {
    let mut keeper = database.connect();
    let keep = "BEGIN; UPDATE customers SET id = id WHERE id = 2500;
        UPDATE orders SET id = id WHERE id = 2500;";
    keeper.batch_execute(keep).expect("the rows are there");
    thread::scope(|scope| {
        let applied = scope.spawn(|| up(database, folder));
        let since = Instant::now();
        let locks = loop {
            // Of whoever waits for the one that asks.
            let held = column!(
                &mut keeper,
                "SELECT l.mode FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
                 WHERE pg_backend_pid() = ANY (pg_blocking_pids(l.pid)) AND l.granted AND l.locktype = 'relation'
                 AND c.relkind = 'r' AND c.relname NOT LIKE '\\_\\_%' AND l.relation >= 16384
                 GROUP BY 1"
            );
            if !held.is_empty() || applied.is_finished() {
                break held;
            }
            assert!(since.elapsed() < Duration::from_mins(2), "it never waits");
            thread::sleep(Duration::from_millis(5));
        };
        keeper.batch_execute("COMMIT").expect("nothing failed");
        let applied = applied.join().expect("it went well");
        assert_eq!(done(&applied).len(), 1);
        strongest(&locks)
    })
}

/// The locks that a step without a transaction may hold, the strongest first.
const STRENGTHS: [(&str, &str); 8] = [
    ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
    ("ExclusiveLock", "EXCLUSIVE"),
    ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
    ("ShareLock", "SHARE"),
    ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
    ("RowExclusiveLock", "ROW EXCLUSIVE"),
    ("RowShareLock", "ROW SHARE"),
    ("AccessShareLock", "ACCESS SHARE"),
];

fn strongest(modes: &[String]) -> String {
    let held = STRENGTHS
        .iter()
        .find(|(mode, _)| modes.iter().any(|held| held == mode));
    held.map_or("none", |(_, name)| name).to_owned()
}
