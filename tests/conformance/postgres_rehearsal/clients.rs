//! What a rehearsal says of those who would have waited, held against clients at work: while the same
//! migration stands before its end, each reads or writes, and waits or does not.

use std::thread;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::UpOptions;
use dieselkit::migration::{Hold, RehearsalReport, TableLock, Waiting};

use super::gate::Gate;
use super::{Database, rehearse, run};
use crate::rehearsal::on_copy;
use crate::scene::{Folder, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    who_waits_for_what_is_made_is_who_is_told,
    who_waits_for_what_is_altered_is_who_is_told,
    who_waits_for_what_is_dropped_or_emptied_is_who_is_told,
    who_waits_for_what_is_in_no_transaction_is_who_is_told,
];

const TABLES: &str = "
CREATE TABLE users (id INTEGER CONSTRAINT users_pkey PRIMARY KEY, name TEXT, age INTEGER);
INSERT INTO users SELECT n, 'u' || n, n FROM generate_series(1, 10) AS n;
CREATE INDEX users_age ON users (age);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER CONSTRAINT orders_user REFERENCES users (id),
  note TEXT);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 10) AS n;
ALTER TABLE orders ADD CONSTRAINT orders_note CHECK (note <> '') NOT VALID;
CREATE TABLE notes (id INTEGER, user_id INTEGER);
ALTER TABLE notes ADD CONSTRAINT notes_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
CREATE TABLE par (id INTEGER NOT NULL, at INTEGER NOT NULL, user_id INTEGER REFERENCES users (id))
  PARTITION BY RANGE (at);
CREATE TABLE par1 PARTITION OF par FOR VALUES FROM (0) TO (10);
CREATE TABLE par9 PARTITION OF par DEFAULT;
INSERT INTO par VALUES (1, 1), (2, 50);
CREATE TABLE aside (id INTEGER NOT NULL, at INTEGER NOT NULL CHECK (at >= 20 AND at < 30), user_id INTEGER);
CREATE TABLE base (id INTEGER, note TEXT);
CREATE TABLE kid () INHERITS (base);
INSERT INTO kid VALUES (1, 'x');
CREATE VIEW seen AS SELECT id, name FROM users;
CREATE MATERIALIZED VIEW totals AS SELECT user_id AS id, count(*) AS orders FROM orders GROUP BY 1;
CREATE UNIQUE INDEX totals_id ON totals (id);
CREATE SEQUENCE numbers;
CREATE FUNCTION nothing() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER told BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION nothing();
";

/// What a client says, and the locks that it needs for that.
type Client = (&'static str, &'static [(&'static str, TableLock)]);

const READ: TableLock = TableLock::AccessShare;
const WRITE: TableLock = TableLock::RowExclusive;
/// Of the table to which a new row refers, though it be to nothing in it.
const REFER: TableLock = TableLock::RowShare;

const CLIENTS: [Client; 32] = [
    ("SELECT * FROM users", &[("users", READ)]),
    ("SELECT * FROM seen", &[("users", READ), ("seen", READ)]),
    ("INSERT INTO users VALUES (100, 'new')", &[("users", WRITE)]),
    (
        "UPDATE users SET name = 'other' WHERE id = 1",
        &[("users", WRITE)],
    ),
    (
        "UPDATE seen SET name = 'other' WHERE id = 1",
        &[("users", WRITE), ("seen", WRITE)],
    ),
    ("SELECT * FROM orders WHERE id = 1", &[("orders", READ)]),
    (
        "INSERT INTO orders VALUES (100, NULL, 'new')",
        &[("orders", WRITE), ("users", REFER)],
    ),
    (
        "UPDATE orders SET note = 'other' WHERE id = 1",
        &[("orders", WRITE)],
    ),
    ("DELETE FROM orders WHERE id = 1", &[("orders", WRITE)]),
    (
        "SELECT * FROM orders JOIN users ON users.id = user_id",
        &[("orders", READ), ("users", READ)],
    ),
    ("SELECT * FROM notes", &[("notes", READ)]),
    (
        "INSERT INTO notes VALUES (1)",
        &[("notes", WRITE), ("users", REFER)],
    ),
    ("SELECT * FROM ONLY par", &[("par", READ)]),
    (
        "SELECT * FROM par",
        &[("par", READ), ("par1", READ), ("par9", READ)],
    ),
    (
        "INSERT INTO par VALUES (3, 3)",
        &[("par", WRITE), ("par1", WRITE), ("users", REFER)],
    ),
    (
        "INSERT INTO par VALUES (3, 99)",
        &[("par", WRITE), ("par9", WRITE), ("users", REFER)],
    ),
    (
        "UPDATE par SET id = 5",
        &[("par", WRITE), ("par1", WRITE), ("par9", WRITE)],
    ),
    ("SELECT * FROM par1", &[("par1", READ)]),
    // Which rows may be in a partition its parent says.
    ("UPDATE par1 SET id = 5", &[("par1", WRITE), ("par", READ)]),
    ("SELECT * FROM par9", &[("par9", READ)]),
    ("UPDATE par9 SET id = 5", &[("par9", WRITE), ("par", READ)]),
    ("SELECT * FROM aside", &[("aside", READ)]),
    ("INSERT INTO aside VALUES (1, 20)", &[("aside", WRITE)]),
    ("SELECT * FROM ONLY base", &[("base", READ)]),
    ("SELECT * FROM base", &[("base", READ), ("kid", READ)]),
    ("INSERT INTO base VALUES (1)", &[("base", WRITE)]),
    ("SELECT * FROM kid", &[("kid", READ)]),
    ("INSERT INTO kid VALUES (1)", &[("kid", WRITE)]),
    ("SELECT * FROM totals", &[("totals", READ)]),
    (
        "SELECT * FROM totals JOIN users USING (id)",
        &[("totals", READ), ("users", READ)],
    ),
    ("SELECT last_value FROM numbers", &[("numbers", READ)]),
    ("SELECT nextval('numbers')", &[("numbers", WRITE)]),
];

/// Returns whether a client is among those of whom it is told that they would wait.
fn is_told(report: &RehearsalReport, needs: &[(&str, TableLock)]) -> bool {
    let waits_for = |hold: &Hold, lock| match lock {
        READ => hold.waiting == Waiting::Everybody,
        REFER => hold.index.is_none() && hold.lock >= Some(TableLock::Exclusive),
        _ => hold.waiting >= Waiting::Writers,
    };
    report.holds.iter().any(|hold| {
        let on = hold.on.as_deref().unwrap_or_default();
        let mut needs = needs.iter();
        needs.any(|(table, lock)| {
            on.strip_prefix("public.") == Some(*table) && waits_for(hold, *lock)
        })
    })
}

/// Returns whether a client waits.
fn waits(connection: &mut PgConnection, says: &str) -> bool {
    let tried = connection.batch_execute(&format!("BEGIN; {says};"));
    run(connection, "ROLLBACK");
    match tried {
        Ok(()) => false,
        Err(error) if error.to_string().contains("due to lock timeout") => true,
        Err(error) => panic!("{error}, in: {says}"),
    }
}

/// Returns in what clients and a verdict differ.
fn differing(
    connection: &mut PgConnection,
    clients: &[Client],
    report: &RehearsalReport,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (says, needs) in clients {
        let (is_told, waits) = (is_told(report, needs), waits(connection, says));
        if waits != is_told {
            wrong.push(format!("  {says}: waits {waits}, told {is_told}"));
        }
    }
    wrong
}

/// Returns a connection of somebody who waits for no lock.
fn connect(database: &Database) -> PgConnection {
    let mut connection = database.connect();
    run(&mut connection, "SET lock_timeout = '30ms'");
    connection
}

/// Applies a migration up to its gate, lets clients try, and adds in what they differ from the verdict.
fn try_beside(
    database: &Database,
    folder: &Folder,
    clients: &[Client],
    (statement, report): (&str, &RehearsalReport),
    wrong: &mut Vec<String>,
) {
    assert_eq!(report.unseen, [], "{statement}");
    let mut gate = Gate::shut(database);
    let mut client = connect(database);
    let differing = thread::scope(|scope| {
        let running = scope.spawn(|| up(database, folder));
        gate.wait_for_somebody();
        let differing = differing(&mut client, clients, report);
        gate.open();
        running.join().expect("it goes well");
        differing
    });
    if !differing.is_empty() {
        wrong.push(format!("{statement}:\n{}", differing.join("\n")));
    }
}

fn compare(statements: &[&str]) {
    let mut wrong = Vec::new();
    for statement in statements {
        let database = &PostgresDatabase::create();
        database.execute(TABLES);
        Gate::build(database);
        let folder = Folder::new();
        folder.add("1_it", &format!("{statement};"), "SELECT 1;");
        let report = rehearse(database, &folder);
        let gated = format!("-- dieselkit: lock_timeout = off\n{statement};\nSELECT gate(1);");
        folder.add("1_it", &gated, "SELECT 1;");
        try_beside(
            database,
            &folder,
            &CLIENTS,
            (statement, &report),
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn who_waits_for_what_is_made_is_who_is_told(_database: &Database) {
    compare(&[
        "CREATE INDEX users_name ON users (name)",
        "CREATE UNIQUE INDEX par_id ON par (id, at)",
        "CREATE TRIGGER more BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION nothing()",
        "CREATE TABLE cards (id INTEGER, user_id INTEGER REFERENCES users (id))",
        "CREATE TABLE cards (LIKE users INCLUDING ALL)",
        "CREATE TABLE cards AS SELECT * FROM users",
        "CREATE TABLE par2 PARTITION OF par FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE kid2 () INHERITS (base)",
        "CREATE VIEW seen2 AS SELECT * FROM orders",
        "CREATE OR REPLACE VIEW seen AS SELECT id, upper(name) AS name FROM users",
        "CREATE MATERIALIZED VIEW more AS SELECT * FROM users",
        "CREATE POLICY own ON users USING (true)",
        "CREATE RULE none AS ON DELETE TO users DO INSTEAD NOTHING",
        "CREATE STATISTICS both_of ON name, age FROM users",
        "COMMENT ON TABLE users IS 'x'",
        "GRANT SELECT ON users TO PUBLIC",
        "ANALYZE users",
    ]);
}

fn who_waits_for_what_is_altered_is_who_is_told(_database: &Database) {
    compare(&[
        "ALTER TABLE users ADD COLUMN email TEXT",
        "ALTER TABLE users ADD COLUMN made TIMESTAMPTZ DEFAULT clock_timestamp()",
        "ALTER TABLE users ALTER COLUMN age TYPE BIGINT",
        "ALTER TABLE users ALTER COLUMN age SET STATISTICS 500",
        "ALTER TABLE users SET (fillfactor = 50)",
        "ALTER TABLE users RENAME TO people",
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_note",
        "ALTER TABLE notes VALIDATE CONSTRAINT notes_user",
        "ALTER TABLE notes ADD CONSTRAINT more FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID",
        "ALTER TABLE orders DROP CONSTRAINT orders_user",
        "ALTER TABLE orders DISABLE TRIGGER told",
        "ALTER TABLE par ATTACH PARTITION aside FOR VALUES FROM (20) TO (30)",
        "ALTER TABLE par DETACH PARTITION par1",
        "ALTER TABLE par1 ADD CONSTRAINT more CHECK (at < 10)",
        "ALTER TABLE base ADD COLUMN more INTEGER",
        "ALTER TABLE kid NO INHERIT base",
        "ALTER INDEX users_age SET (fillfactor = 50)",
        "ALTER INDEX users_age RENAME TO users_years",
        "ALTER VIEW seen ALTER COLUMN name SET DEFAULT 'x'",
        "ALTER SEQUENCE numbers INCREMENT BY 2",
    ]);
}

fn who_waits_for_what_is_dropped_or_emptied_is_who_is_told(_database: &Database) {
    compare(&[
        "DROP TABLE notes",
        "DROP TABLE kid",
        "DROP TABLE par1",
        "DROP INDEX users_age",
        "DROP TRIGGER told ON orders",
        "DROP VIEW seen",
        "DROP SEQUENCE numbers",
        "DROP TABLE users CASCADE",
        "TRUNCATE notes",
        "TRUNCATE users CASCADE",
        "TRUNCATE base",
        "REFRESH MATERIALIZED VIEW totals",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
        "REINDEX INDEX users_age",
        "REINDEX TABLE users",
        "CLUSTER users USING users_age",
        "LOCK TABLE users IN SHARE MODE",
        "LOCK TABLE users IN ROW EXCLUSIVE MODE",
        "LOCK TABLE base",
        "LOCK TABLE seen",
    ]);
}

const SLOW: [Client; 2] = [
    ("SELECT * FROM slow", &[("slow", READ)]),
    // The index is not asked for what stays as it is in it.
    (
        "UPDATE slow SET note = 'other' WHERE id = 1",
        &[("slow", WRITE)],
    ),
];

fn who_waits_for_what_is_in_no_transaction_is_who_is_told(_database: &Database) {
    let mut wrong = Vec::new();
    for statement in [
        "REINDEX INDEX slow_gate",
        "REINDEX TABLE slow",
        "REINDEX TABLE CONCURRENTLY slow",
        "VACUUM FULL slow",
        "CLUSTER slow USING slow_id",
        "CREATE INDEX more ON slow (gate(id))",
        "CREATE INDEX CONCURRENTLY more ON slow (gate(id))",
        "ALTER TABLE slow ALTER COLUMN id TYPE BIGINT USING gate(id)",
    ] {
        let database = &PostgresDatabase::create();
        Gate::build(database);
        database.execute(
            "CREATE TABLE slow (id INTEGER, age INTEGER, note TEXT);
             INSERT INTO slow SELECT n, n, 'x' FROM generate_series(1, 10) AS n;
             CREATE INDEX slow_id ON slow (id);
             CREATE INDEX slow_gate ON slow (gate(age));",
        );
        let folder = Folder::new();
        let text = format!("-- dieselkit: lock_timeout = off\n{statement};");
        folder.add_statementwise("1_it", &text, "SELECT 1;");
        let report = shown(on_copy(database, &folder, UpOptions::default()));
        try_beside(database, &folder, &SLOW, (statement, &report), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
