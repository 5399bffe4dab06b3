//! What a rehearsal leaves out, since it would stay, or cannot be run beside the other steps.

use dieselkit::migration::{
    LeftOut, RehearsalOptions, RehearsalReport, TransactionMode, WayDownVerdict,
};
use dieselkit::{Access, MigrationSet, Migrator, UpOptions};

use super::{Database, everything, rehearse, rehearse_with, run, with_users};
use crate::rehearsal::on_copy;
use crate::scene::{Folder, shown, up, version};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_all_databases_share_is_left_alone_on_a_copy,
    a_way_down_that_would_reach_outside_is_left_out,
    a_sequence_stays_where_it_is,
    what_this_user_may_not_use_is_in_nobodys_way,
    a_value_that_is_not_committed_is_not_used,
    who_says_what_its_transaction_is_like_is_left_out,
    what_is_dropped_and_made_anew_is_not_needed,
    what_closes_a_table_of_others_when_it_is_dropped_is_needed,
    what_goes_with_its_own_migration_is_not_needed,
];

fn left_out(report: &RehearsalReport) -> Vec<(&str, LeftOut)> {
    let left_out = report.left_out.iter();
    left_out
        .map(|it| (it.version.as_str(), it.why.clone()))
        .collect()
}

fn outside(statement: &str) -> LeftOut {
    LeftOut::OutsideOfTheDatabase {
        statement: statement.to_owned(),
    }
}

fn not_rolled_back() -> LeftOut {
    LeftOut::NotRolledBack {
        statement: "setval".to_owned(),
    }
}

fn needs(what: &str, of: &str) -> LeftOut {
    LeftOut::Needs {
        what: what.to_owned(),
        of: version(of),
    }
}

fn versions(report: &RehearsalReport) -> Vec<&str> {
    report.steps.iter().map(|it| it.version.as_str()).collect()
}

/// Returns the name of a role that nobody has, and a folder of which two migrations change what all
/// databases share.
fn with_role(database: &Database) -> (String, Folder) {
    let folder = with_users(database);
    let own = database
        .query_column("SELECT current_database()::text")
        .remove(0);
    let role = format!("{own}_reader");
    folder.add("1_role", &format!("CREATE ROLE {role};"), "SELECT 1;");
    let grant = format!("GRANT SELECT ON users TO {role};");
    folder.add("2_grant", &grant, "SELECT 1;");
    let sets = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 4096', '{own}'); END $$;"
    );
    folder.add("3_set", &sets, "SELECT 1;");
    folder.add("4_own", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    (role, folder)
}

fn shared(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT r.rolname::text FROM pg_roles AS r
         WHERE starts_with(r.rolname, current_database() || '_')
         UNION ALL
         SELECT s.setconfig::text FROM pg_db_role_setting AS s
         JOIN pg_database AS d ON d.oid = s.setdatabase WHERE d.datname = current_database()",
    )
}

fn what_all_databases_share_is_left_alone_on_a_copy(database: &Database) {
    let (role, folder) = with_role(database);
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    assert_eq!(shared(database), [""; 0]);
    assert_eq!(
        left_out(&report),
        [
            ("1", outside("CREATE ROLE")),
            ("2", needs(&role, "1")),
            ("3", outside("ALTER DATABASE"))
        ]
    );
    assert_eq!(versions(&report), ["4"]);
    // A rollback takes it back.
    let report = rehearse(database, &folder);
    assert_eq!(shared(database), [""; 0]);
    assert_eq!(left_out(&report), []);
    // This it does not.
    folder.add(
        "5_file",
        "COPY users TO PROGRAM 'cat > /dev/null';",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    assert_eq!(left_out(&report), [("5", outside("COPY … PROGRAM"))]);
}

fn a_way_down_that_would_reach_outside_is_left_out(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_a",
        "ALTER TABLE users ADD a INTEGER;",
        "ALTER TABLE users DROP a;",
    );
    folder.add(
        "2_b",
        "ALTER TABLE users ADD b INTEGER;",
        "ALTER TABLE users DROP b; DROP ROLE IF EXISTS nobody_of_that_name;",
    );
    let options = RehearsalOptions::from(UpOptions::default()).with_rollback();
    let report = shown(on_copy(database, &folder, options));
    let verdicts: Vec<_> = report.ways_down.iter().map(|way| &way.verdict).collect();
    let why = outside("DROP ROLE");
    assert_eq!(
        verdicts,
        [&WayDownVerdict::LeftOut { why }, &WayDownVerdict::NotRun]
    );
    assert_eq!(versions(&report), ["1", "2"]);
}

fn a_sequence_stays_where_it_is(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE TABLE notes (id SERIAL PRIMARY KEY, note TEXT);
         INSERT INTO notes (note) SELECT 'x' FROM generate_series(1, 5);",
    );
    let moves = "DELETE FROM notes; SELECT setval('notes_id_seq', 1, false);";
    folder.add("1_moves", moves, "SELECT 1;");
    folder.add(
        "2_block",
        "DO $$ BEGIN PERFORM setval('notes_id_seq', 1); END $$;",
        "SELECT 1;",
    );
    folder.add(
        "3_restarts",
        "DELETE FROM notes; ALTER SEQUENCE notes_id_seq RESTART; INSERT INTO notes DEFAULT VALUES;",
        "SELECT 1;",
    );
    folder.add(
        "4_empties",
        "TRUNCATE notes RESTART IDENTITY; INSERT INTO notes DEFAULT VALUES;",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    assert_eq!(
        left_out(&report),
        [("1", not_rolled_back()), ("2", not_rolled_back())]
    );
    assert_eq!(versions(&report), ["3", "4"]);
    let last = "SELECT last_value FROM notes_id_seq";
    assert_eq!(database.query_i64(last), 5);
    database.execute("INSERT INTO notes DEFAULT VALUES");
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    assert_eq!((left_out(&report), report.steps.len()), (vec![], 4));
    assert_eq!(database.query_i64(last), 6);
}

fn what_this_user_may_not_use_is_in_nobodys_way(database: &Database) {
    let role = database.create_role("secret");
    let folder = Folder::new();
    database.execute(&format!(
        "GRANT CREATE, USAGE ON SCHEMA public TO {};
         CREATE SCHEMA billing;
         CREATE TABLE billing.bills (id INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED);",
        role.name
    ));
    let mut other = database.connect();
    run(
        &mut other,
        "CREATE TEMPORARY TABLE kept (id INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)",
    );
    folder.add(
        "1_a",
        "CREATE TABLE seats (id INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED);
         CREATE TEMPORARY TABLE aside (id INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO seats VALUES (1); INSERT INTO aside VALUES (1);",
        "SELECT 1;",
    );
    folder.add(
        "2_b",
        "ALTER TABLE seats ADD a INTEGER; ALTER TABLE aside ADD a INTEGER;",
        "SELECT 1;",
    );
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let address = database.url_as(&role).parse().expect("it is an address");
    let opened = dieselkit::Database::open(&address, Access::ReadWrite).expect("it may log in");
    let report = shown(Migrator::new(opened, set).rehearse(UpOptions::default()));
    assert_eq!(versions(&report), ["1", "2"]);
}

fn a_value_that_is_not_committed_is_not_used(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE TYPE mood AS ENUM ('glad'); CREATE TABLE days (id INTEGER, mood mood, word TEXT);",
    );
    folder.add("1_value", "ALTER TYPE mood ADD VALUE 'calm';", "SELECT 1;");
    folder.add(
        "2_word",
        "INSERT INTO days (word) VALUES ('calm');",
        "SELECT 1;",
    );
    folder.add(
        "3_use",
        "INSERT INTO days (mood) VALUES ('calm'); CREATE TABLE weeks (id INTEGER);",
        "SELECT 1;",
    );
    folder.add("4_needs", "INSERT INTO weeks VALUES (1);", "SELECT 1;");
    folder.add("5_own", "ALTER TABLE days ADD a INTEGER;", "SELECT 1;");
    let before = everything(database);
    let report = rehearse(database, &folder);
    assert_eq!(everything(database), before);
    assert_eq!(
        left_out(&report),
        [("3", needs("calm", "1")), ("4", needs("weeks", "3"))]
    );
    assert_eq!(versions(&report), ["1", "2", "5"]);
    // It fails in a run as well.
    let own = Folder::new();
    own.add(
        "1_both",
        "ALTER TYPE mood ADD VALUE 'wild'; INSERT INTO days (mood) VALUES ('wild');",
        "SELECT 1;",
    );
    let ran = super::migrator(database, &own).rehearse(UpOptions::default());
    let (_, report) = super::failed(ran);
    assert_eq!(report.failures[0].sqlstate.as_deref(), Some("55P04"));
    up(database, &folder);
}

fn who_says_what_its_transaction_is_like_is_left_out(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add(
        "2_serial",
        "SET LOCAL work_mem = '8MB'; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
         UPDATE users SET name = 'x';",
        "SELECT 1;",
    );
    folder.add("3_b", "ALTER TABLE users ADD b INTEGER;", "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(left_out(&report), [("2", LeftOut::OwnTransaction)]);
    assert_eq!(versions(&report), ["1", "3"]);
    up(database, &folder);
}

fn what_is_dropped_and_made_anew_is_not_needed(database: &Database) {
    let folder = with_users(database);
    database.execute("CREATE SEQUENCE numbers; CREATE SCHEMA shop; CREATE TABLE y (id INTEGER)");
    let made = "CREATE TEMP TABLE x AS SELECT 1 AS id; CREATE TABLE shop.y (id INTEGER);";
    let moves = format!("{made} SELECT setval('numbers', 3);");
    folder.add("1_moves", &moves, "SELECT 1;");
    folder.add(
        "2_needs",
        "INSERT INTO orders (id) SELECT id FROM x;",
        "SELECT 1;",
    );
    let too_late = "INSERT INTO orders (id) SELECT id FROM x; DROP TABLE IF EXISTS x;";
    folder.add("3_too_late", too_late, "SELECT 1;");
    // Which of them it would be, nobody asks any more.
    let again = "CREATE TEMP TABLE x AS SELECT 2 AS id; INSERT INTO orders (id) SELECT id FROM x;";
    let anew = format!("DROP TABLE IF EXISTS pg_temp.x; {again}");
    folder.add("4_anew", &anew, "SELECT 1;");
    let uses = "INSERT INTO orders (id) SELECT id FROM x;";
    folder.add("5_uses", uses, "SELECT 1;");
    let anew = format!("DROP TABLE IF EXISTS X; {again}");
    folder.add("6_anew", &anew, "SELECT 1;");
    let other = "DROP TABLE IF EXISTS public.y; INSERT INTO orders (id) SELECT id FROM shop.y;";
    folder.add("7_other", other, "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(
        left_out(&report),
        [
            ("1", not_rolled_back()),
            ("2", needs("x", "1")),
            ("3", needs("x", "1")),
            ("7", needs("shop.y", "1")),
        ]
    );
    assert_eq!(versions(&report), ["4", "5", "6"]);
}

fn what_goes_with_its_own_migration_is_not_needed(database: &Database) {
    let folder = with_users(database);
    database.execute("CREATE SEQUENCE numbers");
    let moves = "CREATE TEMP TABLE x AS SELECT 1 AS id;
        CREATE TEMP TABLE y ON COMMIT DROP AS SELECT 1 AS id;
        CREATE TABLE kept (id INTEGER);
        SELECT setval('numbers', 3);";
    folder.add("1_moves", &format!("{moves} DROP TABLE x;"), "SELECT 1;");
    for (name, table) in [("2_x", "x"), ("3_y", "y"), ("4_kept", "kept")] {
        let makes = format!("CREATE TEMP TABLE {table} AS SELECT 1 AS id;");
        folder.add(name, &makes, "SELECT 1;");
    }
    let report = rehearse(database, &folder);
    assert_eq!(
        left_out(&report),
        [("1", not_rolled_back()), ("4", needs("kept", "1"))]
    );
    assert_eq!(versions(&report), ["2", "3"]);
    let in_one = UpOptions::default().in_transactions(TransactionMode::Batch);
    let report = rehearse_with(database, &folder, in_one);
    assert_eq!(versions(&report), ["2"]);
}

/// What a migration without a transaction makes, what the next one does, and what it needs for that.
const DROPPED: [(&str, &str, Option<&str>); 10] = [
    (
        "CREATE TABLE x (id INTEGER); ALTER TABLE x ADD a INTEGER; INSERT INTO x VALUES (1);",
        "DROP TABLE IF EXISTS x; CREATE TABLE x (id INTEGER, a INTEGER);",
        None,
    ),
    (
        "CREATE INDEX CONCURRENTLY users_n ON users (name);",
        "DROP INDEX IF EXISTS users_n; CREATE INDEX users_n ON users (name, id);",
        Some("users_n"),
    ),
    (
        "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing();",
        "DROP TRIGGER IF EXISTS t ON users;",
        Some("t"),
    ),
    (
        "CREATE VIEW v AS SELECT id FROM users;",
        "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT name FROM users;",
        Some("v"),
    ),
    (
        "CREATE TABLE x (id INTEGER REFERENCES users (id));",
        "DROP TABLE IF EXISTS x;",
        Some("x"),
    ),
    (
        "CREATE TABLE x (id INTEGER); ALTER TABLE x ADD FOREIGN KEY (id) REFERENCES users (id);",
        "DROP TABLE IF EXISTS x;",
        Some("x"),
    ),
    (
        "CREATE TABLE x () INHERITS (users);",
        "DROP TABLE IF EXISTS x;",
        Some("x"),
    ),
    (
        "CREATE TABLE x (id INTEGER PRIMARY KEY);
         ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES x (id);",
        "DROP TABLE IF EXISTS x CASCADE;",
        Some("x"),
    ),
    (
        "CREATE TABLE x PARTITION OF whole FOR VALUES FROM (0) TO (10);",
        "DROP TABLE IF EXISTS x;",
        Some("x"),
    ),
    (
        "CREATE TABLE x (id INTEGER);",
        "DO $$ BEGIN IF false THEN DROP TABLE IF EXISTS x; END IF; END $$;
         INSERT INTO orders (id) SELECT id FROM x;",
        Some("x"),
    ),
];

fn what_closes_a_table_of_others_when_it_is_dropped_is_needed(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE FUNCTION nothing() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TABLE whole (id INTEGER) PARTITION BY RANGE (id);",
    );
    for (made, next, needed) in DROPPED {
        folder.add_statementwise("1_makes", made, "SELECT 1;");
        folder.add("2_next", next, "SELECT 1;");
        let report = rehearse(database, &folder);
        let mut expected = vec![("1", LeftOut::NotInTransaction)];
        expected.extend(needed.map(|what| ("2", needs(what, "1"))));
        assert_eq!(left_out(&report), expected, "{made} {next}");
    }
}
