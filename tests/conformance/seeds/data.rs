//! Rows of data files, and what is right afterwards.

use std::fmt::Write as _;

use super::{ran, seed};
use crate::scene::Folder;
use crate::support::engine::Engine;

on_both_engines![
    the_next_id_follows_the_largest,
    a_sequence_that_is_ahead_stays_ahead,
    rows_that_refer_to_each_other_load_in_any_order,
    one_changed_row_of_a_thousand_is_one_update,
    every_format_reads_to_the_same_rows,
    modes_differ_in_what_they_leave,
];

/// A table whose ids the database gives, in several ways and spellings.
fn tables_of_ids(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE serials (id INTEGER PRIMARY KEY, word TEXT);
         CREATE TABLE identities (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
         CREATE TABLE \"MixedCase\" (\"Id\" INTEGER PRIMARY KEY, word TEXT);",
        "CREATE TABLE serials (id SERIAL PRIMARY KEY, word TEXT);
         CREATE TABLE identities (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word TEXT);
         CREATE TABLE \"MixedCase\" (\"Id\" SERIAL PRIMARY KEY, word TEXT);",
    ));
}

const OF_IDS: [(&str, &str); 3] = [("serials", "id"), ("identities", "id"), ("MixedCase", "Id")];

fn the_next_id_follows_the_largest(database: &dyn Engine) {
    tables_of_ids(database);
    let folder = Folder::new();
    for (index, (table, id)) in OF_IDS.into_iter().enumerate() {
        folder.write(
            &format!("development/{index}_{table}.csv"),
            &format!("{id},word\n5,five\n7,seven\n"),
        );
    }
    folder.write(
        "development/5_by_sql.sql",
        "INSERT INTO serials (id, word) VALUES (20, 'twenty') ON CONFLICT (id) DO NOTHING;",
    );
    for _ in 0..2 {
        seed(database, &folder);
        seed_again(database, &folder);
    }
    for (table, id) in OF_IDS {
        database.execute(&format!("INSERT INTO \"{table}\" (word) VALUES ('next')"));
        let next = database.query_i64(&format!(
            "SELECT \"{id}\" FROM \"{table}\" WHERE word = 'next'"
        ));
        assert_eq!(next, if table == "serials" { 21 } else { 8 }, "{table}");
    }
}

/// Seeds everything once more, changed or not.
fn seed_again(database: &dyn Engine, folder: &Folder) {
    super::seed_with(
        database,
        folder,
        &dieselkit::seed::SeedOptions::default().force(),
    );
}

fn a_sequence_that_is_ahead_stays_ahead(database: &dyn Engine) {
    tables_of_ids(database);
    let ahead = database.either(
        "INSERT INTO identities (id, word) VALUES (100, 'x'); DELETE FROM identities;",
        "SELECT setval('identities_id_seq', 100)",
    );
    database.execute(ahead);
    let folder = Folder::new();
    folder.write("development/1_identities.csv", "id,word\n5,five\n");
    seed(database, &folder);
    database.execute("INSERT INTO identities (word) VALUES ('next')");
    let next = database.query_i64("SELECT id FROM identities WHERE word = 'next'");
    assert_eq!(next, 101);
}

fn rows_that_refer_to_each_other_load_in_any_order(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id), name TEXT);",
    );
    let folder = Folder::new();
    folder.write(
        "development/1_staff.csv",
        "id,boss,name\n1,2,Ana\n2,3,Bo\n3,,Cy\n",
    );
    seed(database, &folder);
    folder.write(
        "development/1_staff.csv",
        "id,boss,name\n1,4,Ana\n2,3,Bo\n3,,Cy\n4,5,Di\n5,,Ed\n",
    );
    let report = seed(database, &folder);
    let counts = report.done[0].rows.expect("a data file counts");
    assert_eq!(
        (counts.inserted, counts.updated, counts.unchanged),
        (2, 1, 2)
    );
}

fn one_changed_row_of_a_thousand_is_one_update(database: &dyn Engine) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT, n INTEGER);");
    let rows = |changed: &str| {
        let mut text = "id,word,n\n".to_owned();
        for id in 1..=1000 {
            let word = if id == 500 { changed } else { "same" };
            let _ = writeln!(text, "{id},{word},");
        }
        text
    };
    let folder = Folder::new();
    folder.write("development/1_words.csv", &rows("before"));
    let first = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!(
        (first.inserted, first.updated, first.unchanged),
        (1000, 0, 0)
    );
    folder.write("development/1_words.csv", &rows("after"));
    let second = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!(
        (second.inserted, second.updated, second.unchanged),
        (0, 1, 999)
    );
    assert_eq!(
        database.query_text("SELECT word FROM words WHERE id = 500"),
        "after"
    );
}

fn every_format_reads_to_the_same_rows(database: &dyn Engine) {
    let folder = Folder::new();
    let tables = ["a", "b", "c"];
    for table in tables {
        database.execute(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, word TEXT, truth BOOLEAN, n REAL);"
        ));
    }
    folder.write(
        "development/1_a.csv",
        "\u{feff}id,word,truth,n\r\n1,\"quoted \"\"word\"\"\nof two lines\",true,1.5\r\n2,,false,\r\n3,\"\",true,-2\r\n",
    );
    folder.write(
        "development/2_b.jsonl",
        "{\"id\": 1, \"word\": \"quoted \\\"word\\\"\\nof two lines\", \"truth\": true, \"n\": 1.5}\n{\"id\": 2, \"word\": null, \"truth\": false, \"n\": null}\n{\"id\": 3, \"word\": \"\", \"truth\": true, \"n\": -2}\n",
    );
    folder.write(
        "development/3_c.json",
        "[{\"id\": 1, \"word\": \"quoted \\\"word\\\"\\nof two lines\", \"truth\": true, \"n\": 1.5},\n{\"id\": 2, \"word\": null, \"truth\": false, \"n\": null}, {\"id\": 3, \"word\": \"\", \"truth\": true, \"n\": -2}]",
    );
    assert_eq!(ran(&seed(database, &folder)).len(), 3);
    let rows = |table: &str| {
        database.query_column(&format!(
            "SELECT id || '|' || coalesce(word, 'NULL') || '|' || CAST(CAST(truth AS INTEGER) AS TEXT) || '|' || coalesce(CAST(CAST(n * 10 AS INTEGER) AS TEXT), 'NULL') FROM {table} ORDER BY id"
        ))
    };
    assert_eq!(
        rows("a"),
        [
            "1|quoted \"word\"\nof two lines|1|15",
            "2|NULL|0|NULL",
            "3||1|-20"
        ]
    );
    assert_eq!(rows("b"), rows("a"));
    assert_eq!(rows("c"), rows("a"));
}

fn modes_differ_in_what_they_leave(database: &dyn Engine) {
    for (mode, left, counts) in [
        (
            "upsert",
            ["1 new", "2 new", "3 old"].as_slice(),
            (1, 1, 0, 0),
        ),
        ("insert_missing", &["1 old", "2 new", "3 old"], (1, 0, 0, 1)),
        ("replace", &["1 new", "2 new"], (1, 1, 1, 0)),
    ] {
        let table = format!("words_{mode}");
        database.execute(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO {table} VALUES (1, 'old'), (3, 'old');"
        ));
        let folder = Folder::new();
        folder.write(
            &format!("development/1_{table}.csv"),
            "id,word\n1,new\n2,new\n",
        );
        folder.write(
            &format!("development/1_{table}.toml"),
            &format!("mode = '{mode}'\n"),
        );
        let rows = seed(database, &folder).done[0].rows.expect("counted");
        assert_eq!(
            (rows.inserted, rows.updated, rows.deleted, rows.unchanged),
            counts,
            "{mode}"
        );
        let found = database.query_column(&format!(
            "SELECT id || ' ' || word FROM {table} ORDER BY id"
        ));
        assert_eq!(found, left, "{mode}");
    }
}
