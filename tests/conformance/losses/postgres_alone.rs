//! What a plan takes away on a `PostgreSQL` alone: schemas, row security, locks of others, functions.

use diesel::connection::SimpleConnection;
use dieselkit::event::Certainty;
use dieselkit::{Access, Database, MigrationSet, Migrator, UpOptions};

use super::{lost_by, with_orders};
use crate::scene::{Folder, migrator, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_table_that_is_truncated_takes_all_along,
    tables_of_one_name_in_two_schemas_are_two,
    names_are_followed_through_path_and_schemas,
    rows_that_cannot_be_seen_are_not_taken_for_none,
    a_table_that_others_have_locked_is_not_waited_for,
    what_a_function_does_nobody_can_tell,
    what_inherits_from_a_dropped_table_goes_with_it,
    an_upsert_or_a_merge_behind_a_view_cannot_be_told,
    what_triggers_and_rules_take_away_is_told,
    through_its_parent_a_table_runs_what_is_for_each_row,
];

fn a_table_that_is_truncated_takes_all_along(database: &PostgresDatabase<'static>) {
    with_orders(database);
    database.execute("INSERT INTO others VALUES (NULL), (NULL)");
    let mut lost = lost_by(database, "TRUNCATE users CASCADE;");
    lost.sort();
    let all = ["items 3", "notes 3", "orders 7", "others 2", "users 2"];
    assert_eq!(lost, all.map(|table| format!("1 all {table}")));
    database.execute("DELETE FROM users");
    let lost = lost_by(database, "TRUNCATE users CASCADE;");
    assert!(lost.contains(&"1 all others 2".to_owned()), "{lost:?}");
    // Without the word it fails where there is anything.
    assert_eq!(lost_by(database, "TRUNCATE users;"), ["1 all users 0"]);
    // Only constraints go.
    assert_eq!(
        lost_by(database, "DROP TABLE users CASCADE;"),
        ["1 table users 0"]
    );
}

fn tables_of_one_name_in_two_schemas_are_two(database: &PostgresDatabase<'static>) {
    database.execute("CREATE SCHEMA other");
    database.execute("CREATE TABLE other.t AS SELECT generate_series(1, 30) AS x");
    database.execute("CREATE TABLE t AS SELECT 1 AS x");
    for (sql, lost) in [
        (
            "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS other.t;",
            ["1 table t 1", "1 table other.t 30"],
        ),
        (
            "DROP TABLE other.t; DROP TABLE t;",
            ["1 table other.t 30", "1 table t 1"],
        ),
        (
            "DROP TABLE public.t, other.t;",
            ["1 table t 1", "1 table other.t 30"],
        ),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    let one = "DROP TABLE t; DROP TABLE IF EXISTS public.t;";
    assert_eq!(lost_by(database, one), ["1 table t 1"]);
    let made = "CREATE TEMP TABLE t (x int); DROP TABLE t; DROP TABLE t;";
    assert_eq!(lost_by(database, made), ["1 table t 1"]);
}

fn names_are_followed_through_path_and_schemas(database: &PostgresDatabase<'static>) {
    database.execute("CREATE SCHEMA other");
    database.execute("CREATE TABLE other.t AS SELECT generate_series(1, 30) AS x");
    database.execute("CREATE TABLE t AS SELECT 1 AS x");
    for (sql, lost) in [
        (
            "SET search_path = other, public; DROP TABLE t;",
            &["1 table other.t 30"][..],
        ),
        (
            "SET LOCAL search_path TO 'other'; DROP TABLE t; RESET search_path; DROP TABLE t;",
            &["1 table other.t 30", "1 table t 1"],
        ),
        (
            "SELECT set_config('search_path', 'other', false); DROP TABLE t; DROP TABLE public.t;",
            &["1 unknown DROP TABLE t", "1 table t 1"],
        ),
        (
            "ALTER SCHEMA other RENAME TO o2; DROP TABLE o2.t;",
            &["1 table other.t 30"],
        ),
        (
            "ALTER TABLE other.t RENAME TO u; ALTER TABLE other.u SET SCHEMA public; DROP SCHEMA other CASCADE;",
            &[],
        ),
        (
            "ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA other; DROP SCHEMA other CASCADE;",
            &["1 table t 1", "1 table other.t 30"],
        ),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
}

fn rows_that_cannot_be_seen_are_not_taken_for_none(database: &PostgresDatabase<'static>) {
    let role = database.create_role("owns it");
    database.execute(&format!(
        "CREATE TABLE hidden AS SELECT generate_series(1, 500) AS x;
ALTER TABLE hidden OWNER TO {0};
GRANT CREATE ON SCHEMA public TO {0};
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY nothing ON hidden USING (false)",
        role.name
    ));
    let folder = Folder::new();
    folder.add("1_a", "DROP TABLE hidden;", "");
    let rows = || {
        let address = database.url_as(&role).parse().expect("it is right");
        let opened = Database::open(&address, Access::ReadOnly).expect("it may connect");
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let plan = Migrator::new(opened, set).plan_up(&UpOptions::default());
        let plan = plan.expect("it can be planned");
        plan[0].losses[0].lost.amount().expect("it is known what")
    };
    let unseen = rows();
    assert_eq!((unseen.count, unseen.certainty), (None, Certainty::Unknown));
    database.execute("ANALYZE hidden");
    let guessed = rows();
    let about = (Some(500), Certainty::Estimated);
    assert_eq!((guessed.count, guessed.certainty), about);
}

fn a_table_that_others_have_locked_is_not_waited_for(database: &PostgresDatabase<'static>) {
    database.execute("CREATE TABLE t AS SELECT generate_series(1, 30) AS x");
    database.execute("ANALYZE t");
    let mut client = database.connect();
    let locked = "SET application_name = 'in the way';
SET idle_in_transaction_session_timeout = '2min';
BEGIN; LOCK TABLE t";
    client.batch_execute(locked).expect("nobody else has it");
    let folder = Folder::new();
    folder.add("1_a", "DROP TABLE t;", "");
    let plan = migrator(database, &folder).plan_up(&UpOptions::default());
    client.batch_execute("ROLLBACK").expect("it is still there");
    let plan = plan.expect("it can be planned");
    let loss = &plan[0].losses[0];
    let rows = loss.lost.amount().expect("it is known what");
    assert_eq!(
        (rows.count, rows.certainty),
        (Some(30), Certainty::Estimated)
    );
    let blocked = loss.blocked.as_ref().expect("somebody was in the way");
    let by: Vec<_> = blocked
        .by
        .iter()
        .map(|it| it.application.as_deref())
        .collect();
    assert_eq!(by, [Some("in the way")]);
}

fn what_a_function_does_nobody_can_tell(database: &PostgresDatabase<'static>) {
    for (sql, lost) in [
        ("SELECT wipe();", &["1 unknown SELECT"][..]),
        (
            "ALTER TYPE comp DROP ATTRIBUTE b CASCADE;",
            &["1 unknown ALTER TYPE comp"],
        ),
        ("SELECT setval('a', 7), lower('B');", &[]),
        ("CREATE INDEX i ON t (f(x));", &[]),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
}

fn what_inherits_from_a_dropped_table_goes_with_it(database: &PostgresDatabase<'static>) {
    for statement in [
        "CREATE SCHEMA other",
        "CREATE TABLE other.parent (id int)",
        "CREATE TABLE child (more text) INHERITS (other.parent)",
        "CREATE TABLE grandchild () INHERITS (child, other.parent)",
        "CREATE TABLE divided (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE part PARTITION OF divided FOR VALUES FROM (0) TO (10)",
        "INSERT INTO other.parent VALUES (1), (2)",
        "INSERT INTO child VALUES (3), (4), (5)",
        "INSERT INTO grandchild VALUES (6), (7), (8), (9)",
        "INSERT INTO divided VALUES (1), (2), (3), (4), (5)",
    ] {
        database.execute(statement);
    }
    let parent = "1 table other.parent 2";
    let (child, grandchild) = ("1 table child 3", "1 table grandchild 4");
    for (sql, lost) in [
        (
            "DROP TABLE other.parent CASCADE;",
            &[parent, child, grandchild][..],
        ),
        (
            "DROP TABLE grandchild; DROP TABLE other.parent CASCADE; DROP TABLE IF EXISTS child;",
            &[grandchild, parent, child],
        ),
        (
            "DROP TABLE other.parent, child, grandchild;",
            &[parent, child, grandchild],
        ),
        ("DROP SCHEMA other CASCADE;", &[parent, child, grandchild]),
        ("DELETE FROM other.parent;", &["1 all other.parent 9"]),
        ("DROP TABLE divided;", &["1 table divided 5"]),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    // It is what happens.
    let folder = Folder::new();
    folder.add("1_a", "DROP TABLE other.parent CASCADE;", "");
    up(database, &folder);
    assert!(!database.has_table("grandchild"));
}

fn an_upsert_or_a_merge_behind_a_view_cannot_be_told(database: &PostgresDatabase<'static>) {
    with_orders(database);
    database.execute("CREATE VIEW people AS SELECT id, nick FROM users");
    let upsert = "INSERT INTO people VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET nick = 'x';";
    let lost = ["1 unknown INSERT INTO people"];
    assert_eq!(lost_by(database, upsert), lost);
    let merge = "MERGE INTO people USING (SELECT 1 AS id) AS n ON n.id = people.id
WHEN MATCHED THEN UPDATE SET nick = 'x';";
    assert_eq!(lost_by(database, merge), ["1 unknown MERGE INTO people"]);
    // It is what happens.
    let folder = Folder::new();
    folder.add("1_a", upsert, "");
    up(database, &folder);
    let written = "SELECT count(*) FROM users WHERE nick = 'x'";
    assert_eq!(database.query_i64(written), 1);
}

fn what_triggers_and_rules_take_away_is_told(database: &PostgresDatabase<'static>) {
    with_orders(database);
    for statement in [
        "CREATE VIEW people AS SELECT id, nick FROM users",
        "CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM items; RETURN NEW; END'",
        "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN IF (TG_OP <> ''DELETE'') THEN INSERT INTO others VALUES (NEW.id); END IF; RETURN NEW; END'",
        "CREATE TRIGGER wipes AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION wipe()",
        "CREATE TRIGGER logs AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION log()",
        "CREATE TRIGGER truncated AFTER TRUNCATE ON notes EXECUTE FUNCTION wipe()",
        "CREATE TRIGGER off AFTER UPDATE ON notes EXECUTE FUNCTION wipe()",
        "ALTER TABLE notes DISABLE TRIGGER off",
        "CREATE TRIGGER same BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE keeps AS ON INSERT TO items WHERE NEW.order_id = 7 DO ALSO UPDATE notes SET text = ''",
    ] {
        database.execute(statement);
    }
    for (sql, lost) in [
        (
            "INSERT INTO users VALUES (3, 'x');",
            &["1 deleted by wipes of users"][..],
        ),
        // A plain view hands on what is put into it.
        (
            "INSERT INTO people VALUES (3, 'x');",
            &["1 deleted by wipes of users"],
        ),
        (
            "WITH x AS (SELECT 4 AS id) INSERT INTO users SELECT id, 'x' FROM x;",
            &["1 deleted by wipes of users"],
        ),
        (
            "INSERT INTO items VALUES (1);",
            &["1 overwritten by keeps of items"],
        ),
        ("INSERT INTO orders VALUES (8, 1);", &[]),
        (
            "TRUNCATE notes;",
            &["1 all notes 3", "1 deleted by truncated of notes"],
        ),
        (
            "UPDATE notes SET text = 'x';",
            &["1 overwritten notes.text 3"],
        ),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    database.execute("CREATE TRIGGER further AFTER INSERT ON others EXECUTE FUNCTION wipe()");
    let lost = lost_by(database, "INSERT INTO orders VALUES (8, 1);");
    assert_eq!(lost, ["1 deleted by further of others"]);
    // It is what happens.
    let folder = Folder::new();
    folder.add("1_a", "INSERT INTO people VALUES (3, 'x');", "");
    up(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM items"), 0);
}

/// As the manual of `CREATE TRIGGER` has it of statements that aim at a parent table.
fn through_its_parent_a_table_runs_what_is_for_each_row(database: &PostgresDatabase<'static>) {
    with_orders(database);
    for statement in [
        "CREATE TABLE p (id INT) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE heir () INHERITS (notes)",
        "CREATE VIEW shown AS SELECT * FROM p1",
        "CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM items; RETURN NULL; END'",
        "CREATE TRIGGER once AFTER INSERT ON p1 FOR EACH STATEMENT EXECUTE FUNCTION wipe()",
        "CREATE TRIGGER heirs AFTER DELETE ON heir FOR EACH STATEMENT EXECUTE FUNCTION wipe()",
        "CREATE TRIGGER truncated AFTER TRUNCATE ON p1 EXECUTE FUNCTION wipe()",
        "CREATE RULE instead AS ON INSERT TO p1 DO ALSO DELETE FROM items",
    ] {
        database.execute(statement);
    }
    let of_part = ["1 deleted by instead of p1", "1 deleted by once of p1"];
    for (sql, lost) in [
        ("INSERT INTO p VALUES (1);", &[][..]),
        ("INSERT INTO p1 VALUES (1);", &of_part),
        ("INSERT INTO shown VALUES (1);", &of_part),
        ("DELETE FROM notes;", &["1 all notes 3"]),
        (
            "TRUNCATE p;",
            &["1 all p 0", "1 deleted by truncated of p1"],
        ),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    // It is what happens.
    let items = "SELECT count(*) FROM items";
    let before = database.query_i64(items);
    database.execute("INSERT INTO p VALUES (1)");
    database.execute("DELETE FROM notes");
    assert_eq!(database.query_i64(items), before);
    assert_ne!(before, 0);
    database.execute("CREATE TRIGGER each AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION wipe()");
    let lost = lost_by(database, "INSERT INTO p VALUES (2);");
    assert_eq!(lost, ["1 deleted by each of p1"]);
    database.execute("TRUNCATE p");
    assert_eq!(database.query_i64(items), 0);
}
