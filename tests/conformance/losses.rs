//! What a plan takes away, counted before it runs.

#[cfg(feature = "postgres")]
mod postgres_alone;
#[cfg(feature = "sqlite")]
mod sqlite_alone;

use dieselkit::event::{Certainty, Event, Loss, Lost, TriggerDeed};
use dieselkit::migration::StepSql;
use dieselkit::{Target, UpOptions};

use crate::scene::{Folder, migrator, rollback, up};
use crate::support::engine::Engine;

on_both_engines![
    a_rollback_counts_rows_and_values,
    a_redo_loses_what_its_way_down_takes,
    what_is_lost_is_what_was_there,
    a_renamed_table_is_found,
    rows_that_are_deleted_are_counted,
    a_rebuilt_table_loses_what_the_new_one_lacks,
    what_a_run_makes_itself_is_no_loss,
    a_reset_counts_every_table,
    values_that_are_overwritten_are_named,
    the_event_and_the_report_tell_of_it,
    what_is_done_already_is_not_counted_again,
    rows_that_are_deleted_take_others_along,
    a_rebuild_is_no_loss_where_every_row_is_copied_as_it_is,
    a_rebuild_that_leaves_rows_out_loses_the_table,
    a_rebuild_that_changes_values_says_so,
    what_was_rebuilt_is_lost_when_it_is_dropped_later,
    a_rebuild_into_another_type_says_so,
    what_a_rebuild_overwrites_is_told_once,
    what_changes_behind_a_view_cannot_be_told,
    what_is_undone_is_no_loss_and_hides_none,
];

/// 10,000 rows, of which every second has a nickname.
const FILL: &str = "INSERT INTO users (id, nickname)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
SELECT i, CASE WHEN i % 2 = 0 THEN 'a' END FROM n";

/// Makes a table of 10,000 rows by two migrations, the later of which adds the half-filled column.
fn filled(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    let drop_column = "ALTER TABLE users DROP COLUMN nickname;";
    folder.add(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        "DROP TABLE IF EXISTS users;",
    );
    folder.add(
        "2_nickname",
        "ALTER TABLE users ADD COLUMN nickname TEXT;",
        drop_column,
    );
    up(database, &folder);
    database.execute(FILL);
    folder
}

/// Returns the losses as a line each: `2 column users.nickname 5000`.
fn shown<'a>(losses: impl IntoIterator<Item = &'a Loss>) -> Vec<String> {
    losses.into_iter().map(line).collect()
}

fn line(loss: &Loss) -> String {
    let what = match &loss.lost {
        Lost::Table { table, .. } => format!("table {table}"),
        Lost::AllRows { table, .. } => format!("all {table}"),
        Lost::SomeRows { table, .. } => format!("some {table}"),
        Lost::Column { table, column, .. } => format!("column {table}.{column}"),
        Lost::SomeValues { table, column, .. } => format!("values {table}.{column}"),
        Lost::Overwritten { table, column, .. } => format!("overwritten {table}.{column}"),
        Lost::SomeOverwritten { table, column, .. } => {
            format!("overwritten in part {table}.{column}")
        }
        Lost::Conversion { table, column, .. } => format!("conversion {table}.{column}"),
        Lost::Triggered {
            table,
            trigger,
            deed,
        } => {
            let done = match deed {
                TriggerDeed::Deletes => "deleted ",
                TriggerDeed::Overwrites => "overwritten ",
                _ => "",
            };
            format!("{done}by {trigger} of {table}")
        }
        Lost::Unknown { statement } => format!("unknown {statement}"),
        other => panic!("{other:?}"),
    };
    let version = loss
        .version
        .as_ref()
        .map_or("-", |version| version.as_str());
    let count = loss.lost.amount().map_or_else(String::new, |amount| {
        assert_eq!(amount.certainty, Certainty::Exact, "{loss:?}");
        format!(" {}", amount.count.expect("it was counted"))
    });
    format!("{version} {what}{count}")
}

fn of(steps: &[StepSql]) -> Vec<String> {
    shown(steps.iter().flat_map(|step| &step.losses))
}

fn of_up(database: &dyn Engine, folder: &Folder) -> Vec<String> {
    let plan = migrator(database, folder).plan_up(&UpOptions::default());
    of(&plan.expect("it can be planned"))
}

fn of_rollback(database: &dyn Engine, folder: &Folder, target: Target) -> Vec<String> {
    let plan = migrator(database, folder).plan_rollback(target);
    of(&plan.expect("it can be planned"))
}

fn values_that_are_overwritten_are_named(database: &dyn Engine) {
    let folder = filled(database);
    folder.add(
        "3_some",
        "UPDATE users AS u SET nickname = 'b' WHERE id > 5;
         UPDATE users SET nickname = 'c' WHERE nickname = 'b' AND id IN (SELECT id FROM users);
         UPDATE users SET nickname = 'x' WHERE id = 7 AND nickname IS NULL;",
        "",
    );
    folder.add(
        "4_all",
        "UPDATE users SET (nickname, id) = (SELECT 'd', users.id WHERE 1 = 1);",
        "",
    );
    folder.add(
        "5_upsert",
        "INSERT INTO users (id, nickname) VALUES (1, 'e')
         ON CONFLICT (id) DO UPDATE SET nickname = coalesce(excluded.nickname, 'f');",
        "",
    );
    folder.add(
        "6_none",
        "UPDATE users SET nickname = 'g' WHERE nickname IS NULL;
         INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO NOTHING;
         ALTER TABLE users ADD COLUMN age INTEGER;
         UPDATE users SET age = 7;
         CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
         INSERT INTO teams VALUES (1, 'a');
         UPDATE teams SET name = 'b';",
        "",
    );
    folder.add(
        "7_either",
        "UPDATE users SET nickname = 'h' WHERE nickname IS NULL OR id = 2;",
        "",
    );
    assert_eq!(
        of_up(database, &folder),
        [
            "3 overwritten in part users.nickname 5000",
            "4 overwritten users.nickname 5000",
            "4 overwritten users.id 10000",
            "5 overwritten in part users.nickname 5000",
            "7 overwritten in part users.nickname 5000",
        ]
    );
}

fn a_rollback_counts_rows_and_values(database: &dyn Engine) {
    let folder = filled(database);
    assert_eq!(
        of_rollback(database, &folder, Target::Steps(2)),
        ["2 column users.nickname 5000", "1 table users 10000"]
    );
    let plan = migrator(database, &folder).plan_rollback(Target::Steps(1));
    let steps = plan.expect("it can be planned");
    let loss = &steps[0].losses[0];
    assert_eq!(loss.line, Some(1));
    let file = loss.file.as_deref().expect("it is of a file");
    assert!(file.ends_with("2_nickname/down.sql"), "{file}");
}

fn a_redo_loses_what_its_way_down_takes(database: &dyn Engine) {
    let folder = filled(database);
    let of_redo = |target| {
        let plan = migrator(database, &folder).plan_redo(target);
        of(&plan.expect("it can be planned"))
    };
    assert_eq!(of_redo(Target::Steps(1)), ["2 column users.nickname 5000"]);
    let all = ["2 column users.nickname 5000", "1 table users 10000"];
    assert_eq!(of_redo(Target::All), all);
    // It is what happens.
    crate::scene::shown(migrator(database, &folder).redo(Target::Steps(1)));
    assert_eq!(database.query_i64("SELECT count(nickname) FROM users"), 0);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 10_000);
}

fn what_is_lost_is_what_was_there(database: &dyn Engine) {
    let folder = filled(database);
    database.execute("DELETE FROM users WHERE id > 9");
    folder.add(
        "3_none",
        "DROP TABLE IF EXISTS nowhere;",
        "DROP TABLE IF EXISTS nowhere;",
    );
    assert_eq!(of_up(database, &folder), [""; 0]);
    up(database, &folder);
    assert_eq!(
        of_rollback(database, &folder, Target::All),
        ["2 column users.nickname 4", "1 table users 9"]
    );
    rollback(database, &folder, Target::All);
    assert!(!database.has_table("users"));
}

fn a_renamed_table_is_found(database: &dyn Engine) {
    let folder = filled(database);
    folder.add(
        "3_people",
        "ALTER TABLE users RENAME TO people;
ALTER TABLE people RENAME COLUMN nickname TO called;
ALTER TABLE people DROP COLUMN called;",
        "",
    );
    assert_eq!(of_up(database, &folder), ["3 column users.nickname 5000"]);
    up(database, &folder);
    folder.add("4_gone", "DROP TABLE \"people\";", "");
    assert_eq!(of_up(database, &folder), ["4 table people 10000"]);
}

fn rows_that_are_deleted_are_counted(database: &dyn Engine) {
    let folder = filled(database);
    folder.add(
        "3_thin",
        "DELETE FROM users WHERE id = 7;
DELETE FROM USERS;",
        "",
    );
    let lost = ["3 some users 10000", "3 all users 10000"];
    assert_eq!(of_up(database, &folder), lost);
}

fn a_rebuilt_table_loses_what_the_new_one_lacks(database: &dyn Engine) {
    let folder = filled(database);
    folder.add(
        "3_rebuild",
        "CREATE TABLE users_new (id INTEGER PRIMARY KEY, CHECK (id > 0));
INSERT INTO users_new SELECT id FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;",
        "",
    );
    assert_eq!(of_up(database, &folder), ["3 column users.nickname 5000"]);
}

fn what_a_run_makes_itself_is_no_loss(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add("1_a", "CREATE TABLE a (id INTEGER);", "DROP TABLE a;");
    folder.add("2_b", "DROP TABLE a;", "CREATE TABLE a (id INTEGER);");
    assert_eq!(of_up(database, &folder), [""; 0]);
}

fn a_reset_counts_every_table(database: &dyn Engine) {
    let folder = filled(database);
    database.execute("CREATE TABLE more (id INTEGER)");
    let losses = migrator(database, &folder).losses_of_reset();
    let losses = losses.expect("it can be read");
    assert_eq!(shown(&losses), ["- table more 0", "- table users 10000"]);
    let report = migrator(database, &folder).reset().expect("it resets");
    assert_eq!(report.losses, losses);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn the_event_and_the_report_tell_of_it(database: &dyn Engine) {
    let folder = filled(database);
    let (sender, told) = std::sync::mpsc::channel();
    let mut migrator = migrator(database, &folder).with_observer(move |event: &Event| {
        if let Event::PlanReady { losses, agreed, .. } = event {
            sender.send((shown(losses), *agreed)).expect("it is read");
        }
    });
    let report = migrator.rollback(Target::Steps(1)).expect("it goes down");
    let lost = ["2 column users.nickname 5000".to_owned()];
    assert_eq!(shown(&report.losses), lost);
    assert_eq!(told.recv().expect("it was told"), (lost.to_vec(), false));
}

fn what_is_done_already_is_not_counted_again(database: &dyn Engine) {
    let folder = filled(database);
    folder.add_statementwise(
        "3_half",
        "CREATE TABLE other (id INTEGER);
DROP TABLE users;
INSERT INTO nowhere VALUES (1);
DROP TABLE other;",
        "",
    );
    assert_eq!(of_up(database, &folder), ["3 table users 10000"]);
    migrator(database, &folder)
        .up(&UpOptions::default())
        .expect_err("there is no such table");
    database.execute("CREATE TABLE nowhere (id INTEGER)");
    database.execute("INSERT INTO other VALUES (1)");
    assert_eq!(of_up(database, &folder), ["3 table other 1"]);
}

/// Makes seven orders of users, one of which is nobody's; they have items, and notes that stay.
fn with_orders(database: &dyn Engine) {
    for statement in [
        "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users ON DELETE CASCADE)",
        "CREATE TABLE items (order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE)",
        "CREATE TABLE notes (user_id INTEGER REFERENCES users ON DELETE SET NULL, text TEXT)",
        "CREATE TABLE others (user_id INTEGER REFERENCES users)",
        "INSERT INTO users VALUES (1, 'ada'), (2, 'bob')",
        "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, NULL)",
        "INSERT INTO items VALUES (1), (2), (3)",
        "INSERT INTO notes VALUES (1, 'a'), (2, 'b'), (NULL, 'c')",
    ] {
        database.execute(statement);
    }
}

/// Returns what is lost by a single migration.
fn lost_by(database: &dyn Engine, sql: &str) -> Vec<String> {
    let folder = Folder::new();
    folder.add("1_a", sql, "");
    of_up(database, &folder)
}

fn rows_that_are_deleted_take_others_along(database: &dyn Engine) {
    with_orders(database);
    let further = [
        "1 some items 3",
        "1 some orders 6",
        "1 values notes.user_id 2",
    ];
    let lost = |sql: &str| {
        let mut lost = lost_by(database, sql);
        let first = lost.remove(0);
        lost.sort();
        (first, lost)
    };
    let some = "1 some users 2".to_owned();
    assert_eq!(
        lost("DELETE FROM users WHERE id = 1;"),
        (some, further.map(str::to_owned).to_vec())
    );
    let all = "1 all users 2".to_owned();
    assert_eq!(
        lost("DELETE FROM users;"),
        (all, further.map(str::to_owned).to_vec())
    );
    // What the run drops anyway is listed as that.
    assert_eq!(
        lost_by(
            database,
            "DROP TABLE items; DROP TABLE orders; DROP TABLE notes; DELETE FROM users;"
        ),
        [
            "1 table items 3",
            "1 table orders 7",
            "1 table notes 3",
            "1 all users 2"
        ]
    );
}

/// Makes the table `t` of four rows, one without a name.
fn with_t(database: &dyn Engine) {
    database.execute("CREATE TABLE t (id INTEGER, name TEXT)");
    database.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, NULL)");
}

/// Returns what is lost by a rebuild of `t` that fills its new self in this way.
fn lost_by_rebuild(database: &dyn Engine, fill: &str) -> Vec<String> {
    lost_by(
        database,
        &format!("{fill} DROP TABLE t; ALTER TABLE n RENAME TO t;"),
    )
}

fn a_rebuild_is_no_loss_where_every_row_is_copied_as_it_is(database: &dyn Engine) {
    with_t(database);
    for fill in [
        "CREATE TABLE n (id INTEGER, name TEXT); INSERT INTO n SELECT * FROM t;",
        "CREATE TABLE n (id INTEGER, name TEXT); INSERT INTO n SELECT id, name FROM t;",
        "CREATE TABLE n (id INTEGER, name TEXT); INSERT INTO n (name, id) SELECT x.name, x.id AS y FROM t AS x ORDER BY x.id DESC;",
        "CREATE TABLE n (id INTEGER, called TEXT, at TEXT); INSERT INTO n (id, called, at) SELECT id, name, 'now' FROM t;",
        "CREATE TABLE n AS SELECT * FROM t;",
        "CREATE TABLE n AS SELECT id, name AS called FROM t;",
        "CREATE TABLE b AS SELECT * FROM t; CREATE TABLE n AS SELECT * FROM b; DROP TABLE b;",
    ] {
        assert_eq!(lost_by_rebuild(database, fill), [""; 0], "{fill}");
    }
}

fn a_rebuild_that_leaves_rows_out_loses_the_table(database: &dyn Engine) {
    with_t(database);
    database.execute("CREATE TABLE other (id INTEGER, name TEXT)");
    let new = "CREATE TABLE n (id INTEGER, name TEXT);";
    for fill in [
        "INSERT INTO n SELECT * FROM t WHERE id > 3;",
        "INSERT INTO n SELECT * FROM t LIMIT 1;",
        "INSERT INTO n SELECT * FROM t ORDER BY id LIMIT 1;",
        "INSERT INTO n SELECT DISTINCT id, name FROM t;",
        "INSERT INTO n SELECT max(id), 'x' FROM t;",
        "INSERT INTO n SELECT id, name FROM t GROUP BY id, name;",
        "INSERT INTO n SELECT t.id, t.name FROM t, other;",
        "INSERT INTO n SELECT t.id, t.name FROM t JOIN other ON true;",
        "INSERT INTO n SELECT * FROM other;",
        "INSERT INTO n SELECT 1, 'a';",
        "INSERT INTO n SELECT * FROM t; DELETE FROM n WHERE id > 3;",
        "INSERT INTO n SELECT * FROM t; DELETE FROM n;",
        "INSERT INTO n VALUES (1, 'a');",
        "",
    ] {
        let fill = format!("{new} {fill}");
        assert_eq!(lost_by_rebuild(database, &fill), ["1 table t 4"], "{fill}");
    }
    let ignoring = database.either(
        "INSERT OR IGNORE INTO n SELECT * FROM t;",
        "INSERT INTO n SELECT * FROM t ON CONFLICT DO NOTHING;",
    );
    let replacing = database.either("REPLACE INTO n SELECT * FROM t;", ignoring);
    for leaving_out in [ignoring, replacing] {
        let fill = format!("{new} {leaving_out}");
        assert_eq!(lost_by_rebuild(database, &fill), ["1 table t 4"]);
    }
}

fn a_rebuild_that_changes_values_says_so(database: &dyn Engine) {
    with_t(database);
    let new = "CREATE TABLE n (id INTEGER, name TEXT); INSERT INTO n SELECT";
    for (columns, lost) in [
        ("id, NULL", "1 column t.name 3"),
        ("id, upper(name)", "1 conversion t.name 3"),
        ("id, CAST(name AS TEXT)", "1 conversion t.name 3"),
    ] {
        let fill = format!("{new} {columns} FROM t;");
        assert_eq!(lost_by_rebuild(database, &fill), [lost], "{fill}");
    }
}

fn what_was_rebuilt_is_lost_when_it_is_dropped_later(database: &dyn Engine) {
    with_t(database);
    let folder = Folder::new();
    folder.add(
        "1_a",
        "CREATE TABLE n (id INTEGER, called TEXT);
INSERT INTO n (id, called) SELECT id, name FROM t;
DROP TABLE t;
ALTER TABLE n RENAME TO t;",
        "",
    );
    folder.add("2_b", "ALTER TABLE t DROP COLUMN called;", "");
    folder.add("3_c", "DROP TABLE t;", "");
    let lost = ["2 column t.name 3", "3 table t 4"];
    assert_eq!(of_up(database, &folder), lost);
}

fn a_rebuild_into_another_type_says_so(database: &dyn Engine) {
    with_t(database);
    let converted = &["1 conversion t.name 3"][..];
    for (columns, fill, lost) in [
        (
            "id INTEGER, name INTEGER",
            "SELECT id, name FROM t",
            converted,
        ),
        ("id INTEGER, name REAL", "SELECT * FROM t", converted),
        (
            "called INTEGER, id TEXT",
            "(id, called) SELECT id, name FROM t",
            converted,
        ),
        ("id BIGINT, name VARCHAR", "SELECT * FROM t", &[]),
        (
            "id TEXT, name TEXT NOT NULL, old INTEGER",
            "SELECT id, name, 1 FROM t",
            &[],
        ),
        // As text it is kept.
        (
            "id INTEGER, name INTEGER, old TEXT",
            "SELECT id, name, name FROM t",
            &[],
        ),
    ] {
        let new = format!("CREATE TABLE n ({columns}); INSERT INTO n {fill};");
        assert_eq!(lost_by_rebuild(database, &new), lost, "{new}");
    }
}

fn what_a_rebuild_overwrites_is_told_once(database: &dyn Engine) {
    with_t(database);
    let new = "CREATE TABLE n (id INTEGER, called TEXT); INSERT INTO n SELECT";
    let all = &["1 overwritten t.name 3"][..];
    for (rest, lost) in [
        ("* FROM t; UPDATE n SET called = 'x';", all),
        ("id, name FROM t; UPDATE n SET called = 'x';", all),
        (
            "id, name FROM t; UPDATE n SET called = 'x' WHERE id = 1;",
            &["1 overwritten in part t.name 3"],
        ),
        (
            "* FROM t; UPDATE n SET called = 'x' WHERE called IS NULL;",
            &[],
        ),
        (
            "id, upper(name) FROM t; UPDATE n SET called = 'x';",
            &["1 conversion t.name 3"],
        ),
        (
            "id, 'x' FROM t; UPDATE t SET name = 'y';",
            &["1 column t.name 3"],
        ),
    ] {
        let fill = format!("{new} {rest}");
        assert_eq!(lost_by_rebuild(database, &fill), lost, "{fill}");
    }
    let later = "DROP TABLE t; ALTER TABLE n RENAME TO t; UPDATE t SET called = 'x';";
    assert_eq!(
        lost_by(database, &format!("{new} id, name FROM t; {later}")),
        all
    );
}

fn what_changes_behind_a_view_cannot_be_told(database: &dyn Engine) {
    with_orders(database);
    database.execute("CREATE VIEW people AS SELECT id, nick FROM users");
    let has_triggers = database.either("sqlite", "postgres") == "sqlite";
    if has_triggers {
        for trigger in [
            "CREATE TRIGGER u INSTEAD OF UPDATE ON people BEGIN
               UPDATE users SET nick = new.nick WHERE id = old.id; END",
            "CREATE TRIGGER d INSTEAD OF DELETE ON people BEGIN
               DELETE FROM users WHERE id = old.id; END",
        ] {
            database.execute(trigger);
        }
    }
    for (sql, lost) in [
        (
            "UPDATE people SET id = id, nick = 'x';",
            &["1 unknown UPDATE people"][..],
        ),
        (
            "DELETE FROM people;",
            &[
                "1 all people 2",
                "1 unknown DELETE FROM people",
                "1 deleted by d of people",
            ],
        ),
        (
            "DELETE FROM people WHERE id = 1;",
            &[
                "1 some people 2",
                "1 unknown DELETE FROM people",
                "1 deleted by d of people",
            ],
        ),
        // One that the run makes itself, also in the place of a table.
        (
            "CREATE VIEW fresh AS SELECT * FROM users; UPDATE fresh SET nick = 'x';",
            &["1 unknown UPDATE fresh"],
        ),
        (
            "ALTER TABLE users RENAME TO u2; CREATE VIEW users AS SELECT * FROM u2;
             DELETE FROM users WHERE id = 1;",
            &["1 unknown DELETE FROM users"],
        ),
    ] {
        // Only one of the engines has the triggers.
        let triggered = |line: &&&str| line.contains(" by ");
        let lost = lost.iter().filter(|line| has_triggers || !triggered(line));
        let lost: Vec<_> = lost.copied().collect();
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    // It is what happens.
    let folder = Folder::new();
    folder.add(
        "1_a",
        "UPDATE people SET nick = 'x'; DELETE FROM people WHERE id = 1;",
        "",
    );
    up(database, &folder);
    assert_eq!(
        database.query_i64("SELECT count(*) FROM users WHERE nick = 'x'"),
        1
    );
    assert!(database.query_i64("SELECT count(*) FROM orders") < 7);
}

fn what_is_undone_is_no_loss_and_hides_none(database: &dyn Engine) {
    with_t(database);
    let undone = "SAVEPOINT a; ALTER TABLE t RENAME TO x; ROLLBACK TO SAVEPOINT a;";
    assert_eq!(lost_by(database, undone), [""; 0]);
    let dropped = format!("{undone} DROP TABLE t;");
    assert_eq!(lost_by(database, &dropped), ["1 table t 4"]);
    let kept = "SAVEPOINT a; DROP TABLE t; ROLLBACK TO a; RELEASE a;";
    assert_eq!(lost_by(database, kept), [""; 0]);
    let folder = Folder::new();
    let by_hand = "BEGIN; ALTER TABLE t RENAME TO x; ROLLBACK; DROP TABLE t;";
    folder.add_statementwise("1_a", by_hand, "");
    assert_eq!(of_up(database, &folder), ["1 table t 4"]);
}
