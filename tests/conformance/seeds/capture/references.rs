//! The rows that captured rows refer to, whatever way their tables refer to each other.

use dieselkit::seed::CaptureOptions;

use super::{EMPTY, anonymize, captured, refused, tables};
use crate::scene::Folder;
use crate::seeds::seed;
use crate::support::engine::Engine;

on_both_engines![
    the_rows_that_others_need_are_taken_along,
    a_limit_takes_the_first_rows_and_what_they_need,
    a_condition_is_read_as_it_was_written,
    keys_of_several_columns_are_followed,
    rows_that_refer_to_rows_of_their_own_table_take_them_along,
    a_circle_of_tables_is_followed_to_its_end,
    a_circle_that_no_seed_could_fill_is_refused,
    a_reference_that_becomes_null_is_not_followed,
];

fn the_rows_that_others_need_are_taken_along(database: &dyn Engine) {
    tables(database);
    let folder = Folder::new();
    let options = CaptureOptions::of(["bookings"]);
    let alone = captured(database, &Folder::new(), &options);
    assert_eq!(alone.len(), 1, "{alone:?}");
    let options = options.filter("id = 1").with_references();
    let files = captured(database, &folder, &options);
    let expected = [
        (
            "010_countries.csv",
            "code,name\nCH,Switzerland\nDE,Germany\n",
        ),
        (
            "020_users.csv",
            "id,email,name,country,boss\n1,ana@corp.test,Ana,CH,\n2,bo@corp.test,Bo,DE,1\n3,cy@corp.test,Cy,,2\n",
        ),
        ("030_bookings.csv", "id,guest,note\n1,cy@corp.test,\"\"\n"),
    ];
    assert_eq!(
        files,
        expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
    );
    database.execute(EMPTY);
    seed(database, &folder);
    assert_eq!(captured(database, &Folder::new(), &options), files);
}

fn a_limit_takes_the_first_rows_and_what_they_need(database: &dyn Engine) {
    tables(database);
    let options = CaptureOptions::of(["bookings", "users"]).limit(1);
    let files = captured(database, &Folder::new(), &options);
    let rows: Vec<_> = files
        .iter()
        .map(|(_, text)| text.lines().count() - 1)
        .collect();
    assert_eq!(rows, [2, 3, 1], "{files:?}");
}

fn a_condition_is_read_as_it_was_written(database: &dyn Engine) {
    tables(database);
    let options = CaptureOptions::of(["users"]).filter("name <> 'What?' OR id = 9 -- or so");
    let files = captured(database, &Folder::new(), &options);
    assert_eq!(files[0].1.lines().count(), 5, "{files:?}");
}

/// Returns the rows of each file, without the first line.
fn rows(files: &[(String, String)]) -> Vec<(&str, Vec<&str>)> {
    let each = files.iter().map(|(name, text)| {
        let table = name.split_once('_').expect("a number").1;
        (
            table.trim_end_matches(".csv"),
            text.lines().skip(1).collect(),
        )
    });
    each.collect()
}

fn keys_of_several_columns_are_followed(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE rooms (house TEXT, number INTEGER, PRIMARY KEY (house, number));
         CREATE TABLE keys (
           house TEXT, number INTEGER, copy INTEGER, kept_with INTEGER, with_house TEXT,
           PRIMARY KEY (house, number, copy),
           FOREIGN KEY (house, number) REFERENCES rooms (house, number),
           FOREIGN KEY (with_house, number, kept_with) REFERENCES keys (house, number, copy)
         );
         INSERT INTO rooms VALUES ('a', 1), ('a', 2), ('b', 1), ('b', 2);
         INSERT INTO keys VALUES ('b', 1, 1, NULL, 'a'), ('a', 1, 7, NULL, NULL), ('b', 1, 2, 1, 'b'),
           ('a', 2, 1, NULL, NULL);",
    );
    let folder = Folder::new();
    let options = CaptureOptions::of(["keys"])
        .filter("copy = 2")
        .with_references();
    let files = captured(database, &folder, &options);
    let expected = [
        ("rooms", vec!["b,1"]),
        ("keys", vec!["b,1,1,,a", "b,1,2,1,b"]),
    ];
    assert_eq!(rows(&files), expected);
    database.execute("DELETE FROM keys; DELETE FROM rooms;");
    seed(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM keys"), 2);
}

fn rows_that_refer_to_rows_of_their_own_table_take_them_along(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE nodes (id INTEGER PRIMARY KEY, above INTEGER REFERENCES nodes (id),
           next INTEGER REFERENCES nodes (id));
         INSERT INTO nodes VALUES (1, NULL, NULL), (2, NULL, NULL), (3, NULL, NULL), (4, NULL, 4);
         UPDATE nodes SET above = 2, next = 3 WHERE id = 1;
         UPDATE nodes SET above = 1 WHERE id = 3;",
    );
    let folder = Folder::new();
    let options = CaptureOptions::of(["nodes"]).limit(1);
    let files = captured(database, &folder, &options);
    assert_eq!(rows(&files), [("nodes", vec!["1,2,3", "2,,", "3,1,"])]);
    database.execute("UPDATE nodes SET above = NULL, next = NULL; DELETE FROM nodes;");
    seed(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM nodes"), 3);
}

/// Teams with a head, who is of a team, which may be another; players of a team's second club.
fn circle(database: &dyn Engine, constraint: &str) {
    let tables = [
        "CREATE TABLE clubs (name TEXT, year INTEGER, PRIMARY KEY (name, year))",
        "CREATE TABLE heads (id INTEGER PRIMARY KEY)",
        "CREATE TABLE teams (name TEXT, sport TEXT, club TEXT, year INTEGER, PRIMARY KEY (name, sport),
           FOREIGN KEY (club, year) REFERENCES clubs (name, year))",
        "CREATE TABLE players (id INTEGER PRIMARY KEY, head INTEGER REFERENCES heads (id))",
        "ALTER TABLE teams ADD COLUMN head INTEGER",
    ];
    database.execute(&tables.join(";\n"));
    // SQLite cannot add a reference of two columns, and PostgreSQL none that is deferrable by itself.
    database.execute(
        &database
            .either(
                "DROP TABLE teams; DROP TABLE heads;
         CREATE TABLE heads (id INTEGER PRIMARY KEY, team TEXT, sport TEXT,
           FOREIGN KEY (team, sport) REFERENCES teams (name, sport));
         CREATE TABLE teams (name TEXT, sport TEXT, club TEXT, year INTEGER, head INTEGER,
           PRIMARY KEY (name, sport),
           FOREIGN KEY (club, year) REFERENCES clubs (name, year),
           FOREIGN KEY (head) REFERENCES heads (id));",
                "ALTER TABLE heads ADD COLUMN team TEXT, ADD COLUMN sport TEXT,
           ADD FOREIGN KEY (team, sport) REFERENCES teams (name, sport);
         ALTER TABLE teams ADD FOREIGN KEY (head) REFERENCES heads (id) CONSTRAINT;",
            )
            .replace("CONSTRAINT", constraint),
    );
    database.execute(
        "INSERT INTO clubs VALUES ('x', 1), ('y', 2), ('z', 3);
         INSERT INTO heads (id) VALUES (1), (2), (3), (4);
         INSERT INTO teams (name, sport, club, year, head) VALUES
           ('a', 'golf', 'x', 1, 2), ('b', 'golf', 'y', 2, 1), ('b', 'chess', NULL, 3, 4),
           ('c', 'chess', 'z', 3, NULL);
         UPDATE heads SET team = 'a', sport = 'golf' WHERE id = 1;
         UPDATE heads SET team = 'b', sport = 'golf' WHERE id = 2;
         UPDATE heads SET team = 'c', sport = 'chess' WHERE id = 3;
         INSERT INTO players VALUES (1, 2), (2, 4), (3, 3);",
    );
}

fn a_circle_of_tables_is_followed_to_its_end(database: &dyn Engine) {
    circle(database, "DEFERRABLE");
    let folder = Folder::new();
    let options = CaptureOptions::of(["players"]).limit(1).with_references();
    let files = captured(database, &folder, &options);
    let found = rows(&files);
    assert_eq!(found[0], ("clubs", vec!["x,1", "y,2"]), "{files:?}");
    assert_eq!(found[3], ("players", vec!["1,2"]));
    let mut between = found[1..3].to_vec();
    between.sort();
    assert_eq!(between[0].0, "heads");
    assert_eq!(between[0].1, ["1,a,golf", "2,b,golf"]);
    assert_eq!(between[1], ("teams", vec!["a,golf,x,1,2", "b,golf,y,2,1"]));
    database.execute(
        "DELETE FROM players; UPDATE teams SET head = NULL; DELETE FROM heads; DELETE FROM teams;
         DELETE FROM clubs;",
    );
    seed(database, &folder);
    assert_eq!(captured(database, &Folder::new(), &options), files);
    // All rows of one of them need no more than those that the others' refer to.
    let options = CaptureOptions::of(["heads"]).with_references();
    assert_eq!(
        captured(database, &Folder::new(), &options)[0].1,
        files[0].1
    );
}

fn a_circle_that_no_seed_could_fill_is_refused(database: &dyn Engine) {
    circle(database, "NOT DEFERRABLE");
    let options = CaptureOptions::of(["heads", "teams"]);
    let folder = Folder::new();
    if database.either("sqlite", "postgres") == "postgres" {
        insta::assert_snapshot!("a_circle", refused(database, &folder, &options));
        // What becomes NULL is a reference all the same, for `seed` too.
        let cut = options.clone().anonymize(anonymize(&["teams.head=null"]));
        refused(database, &folder, &cut);
    }
    // One of the tables by itself is in no circle, where nothing of the other is needed.
    let teams = CaptureOptions::of(["teams"]).with_references();
    let files = captured(
        database,
        &folder,
        &teams.anonymize(anonymize(&["head=null"])),
    );
    let tables: Vec<_> = rows(&files).into_iter().map(|(table, _)| table).collect();
    assert_eq!(tables, ["clubs", "teams"]);
    database.execute(
        "DELETE FROM players; UPDATE teams SET head = NULL; DELETE FROM heads; DELETE FROM teams;",
    );
    seed(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM teams"), 4);
}

fn a_reference_that_becomes_null_is_not_followed(database: &dyn Engine) {
    tables(database);
    let options = CaptureOptions::of(["users"])
        .filter("id = 3")
        .with_references()
        .anonymize(anonymize(&["users.boss=null", "country=null"]));
    let files = captured(database, &Folder::new(), &options);
    assert_eq!(rows(&files), [("users", vec!["3,cy@corp.test,Cy,,"])]);
}
