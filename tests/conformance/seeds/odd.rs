//! Tables, names and files that are not as one thinks of them first.

use dieselkit::event::Event;
use dieselkit::migration::TransactionMode;
use dieselkit::seed::SeedOptions;

use super::{refusal, seed, seed_with, try_seed};
use crate::scene::{Folder, chain};
use crate::support::engine::Engine;

on_both_engines![
    columns_may_be_named_like_anything,
    computed_columns_are_left_to_the_database,
    a_view_is_no_target,
    a_key_without_a_value_is_refused_and_one_in_the_table_is_left,
    a_huge_row_is_taken,
    several_files_fill_one_table,
    a_row_may_be_found_by_another_key_than_the_primary_one,
    texts_that_mean_something_to_a_protocol_are_taken_as_they_are,
    an_sql_seed_may_be_empty_or_begin_with_a_mark,
    a_table_of_many_columns_is_filled,
    a_failure_of_the_last_file_of_a_batch_is_tracked_and_nothing_kept,
    an_empty_file_with_replace_empties_the_table,
    a_file_that_changes_during_the_run_is_refused,
    a_trigger_that_changes_rows_is_left_to_itself,
    settings_hold_for_every_file_of_their_name,
    rows_that_exchange_unique_values_are_updated,
    a_row_may_take_the_unique_value_of_one_that_it_refers_to,
    a_unique_value_that_another_row_keeps_is_still_refused,
    a_table_may_have_a_column_named_like_ours,
];

fn again(database: &dyn Engine, folder: &Folder) {
    let report = seed_with(database, folder, &SeedOptions::default().force());
    for run in report.done {
        let rows = run.rows.unwrap_or_default();
        assert_eq!(
            (rows.inserted, rows.updated, rows.deleted),
            (0, 0, 0),
            "{}",
            run.name
        );
    }
}

fn columns_may_be_named_like_anything(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE \"order\" (\"select\" INTEGER PRIMARY KEY, target TEXT, stage TEXT, \"a?b\" TEXT, \"quo\"\"te\" TEXT, \"Mixed Case\" TEXT, line TEXT);",
    );
    let folder = Folder::new();
    folder.write(
        "development/1_order.csv",
        "select,target,stage,a?b,\"quo\"\"te\",Mixed Case,line\n1,a,b,c,d,e,f\n2,a,b,c,d,e,f\n",
    );
    seed(database, &folder);
    again(database, &folder);
    folder.write(
        "development/1_order.csv",
        "select,target,stage,a?b,\"quo\"\"te\",Mixed Case,line\n1,a,b,c,d,e,f\n2,a,b,C,D,E,F\n3,a,b,c,d,e,f\n",
    );
    let rows = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.inserted, rows.updated, rows.unchanged), (1, 1, 1));
    folder.write("development/2_order.csv", "select,a?b\n3,x\n1\n");
    let refused = refusal(database, &folder);
    assert!(refused.contains("2_order.csv:3:"), "{refused}");
}

fn computed_columns_are_left_to_the_database(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE sums (id INTEGER PRIMARY KEY, a INTEGER, double INTEGER GENERATED ALWAYS AS (a * 2) STORED);",
    );
    let folder = Folder::new();
    folder.write("development/1_sums.csv", "id,a\n1,2\n2,3\n");
    seed(database, &folder);
    again(database, &folder);
    assert_eq!(database.query_i64("SELECT sum(double) FROM sums"), 10);
}

fn a_view_is_no_target(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE words (id INTEGER PRIMARY KEY); CREATE VIEW seen AS SELECT id FROM words;",
    );
    let folder = Folder::new();
    folder.write("development/1_seen.csv", "id\n1\n");
    let refused = refusal(database, &folder);
    assert!(refused.contains("`seen` is a view"), "{refused}");
}

fn a_key_without_a_value_is_refused_and_one_in_the_table_is_left(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE pairs (a INTEGER, b INTEGER, n INTEGER, UNIQUE (a, b));
         INSERT INTO pairs VALUES (1, NULL, 7);",
    );
    let folder = Folder::new();
    folder.write("development/1_pairs.csv", "a,b,n\n1,1,1\n2,1,1\n");
    folder.write("development/1_pairs.toml", "key = ['a', 'b']\n");
    seed(database, &folder);
    again(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM pairs"), 3);
    folder.write("development/1_pairs.csv", "a,b,n\n1,1,1\n2,,1\n");
    let refused = refusal(database, &folder);
    assert!(refused.contains("1_pairs.csv:3:3: column `b`"), "{refused}");
}

fn a_huge_row_is_taken(database: &dyn Engine) {
    database.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY, word TEXT);");
    let folder = Folder::new();
    let huge = "äx".repeat(4 << 20);
    folder.write(
        "development/1_texts.csv",
        &format!("id,word\n1,{huge}\n2,\"{huge}\"\n3,small"),
    );
    seed(database, &folder);
    again(database, &folder);
    assert_eq!(
        database.query_i64("SELECT sum(length(word)) FROM texts"),
        (16 << 20) + 5
    );
}

fn several_files_fill_one_table(database: &dyn Engine) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT);");
    let folder = Folder::new();
    folder.write("common/1_words.csv", "id,word\n1,a\n");
    folder.write("development/1_words.csv", "id,word\n2,b\n");
    folder.write("development/2_words.jsonl", "{\"id\": 3, \"word\": \"c\"}");
    seed(database, &folder);
    again(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 3);
}

fn a_row_may_be_found_by_another_key_than_the_primary_one(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT);",
        "CREATE TABLE users (id SERIAL PRIMARY KEY, email TEXT UNIQUE, name TEXT);",
    ));
    let folder = Folder::new();
    folder.write("development/1_users.csv", "email,name\na@x,Ana\nb@x,Bo\n");
    folder.write("development/1_users.toml", "key = 'email'\n");
    seed(database, &folder);
    again(database, &folder);
    assert_eq!(database.query_i64("SELECT max(id) FROM users"), 2);
}

fn texts_that_mean_something_to_a_protocol_are_taken_as_they_are(database: &dyn Engine) {
    database.execute("CREATE TABLE texts (word TEXT PRIMARY KEY);");
    let folder = Folder::new();
    folder.write(
        "development/1_texts.csv",
        "word\n\\.\n\\N\nNULL\n\"\"\na\\tb\n\"tab\there\"\n' OR 1=1 --\n",
    );
    for _ in 0..2 {
        seed(database, &folder);
        again(database, &folder);
        assert_eq!(database.query_i64("SELECT count(*) FROM texts"), 7);
        let found = database.query_i64(
            "SELECT count(*) FROM texts WHERE word IN ('\\.', '\\N', 'NULL', '', 'a\\tb', '''' || ' OR 1=1 --')",
        );
        assert_eq!(found, 6);
        // Now by the other way, through a temporary table.
        database.execute("DELETE FROM texts WHERE word <> 'NULL'; DELETE FROM __dieselkit_seeds;");
    }
}

fn an_sql_seed_may_be_empty_or_begin_with_a_mark(database: &dyn Engine) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY);");
    let folder = Folder::new();
    folder.write("development/1_nothing.sql", "");
    folder.write("development/2_comment.sql", "-- nothing yet\r\n");
    folder.write(
        "development/3_mark.sql",
        "\u{feff}INSERT INTO words VALUES (1);\r\n",
    );
    folder.write(
        "development/4_open.sql",
        "INSERT INTO words VALUES (2) -- no semicolon",
    );
    seed(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 2);
}

fn a_table_of_many_columns_is_filled(database: &dyn Engine) {
    let names: Vec<String> = (0..800).map(|number| format!("c{number}")).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("{name} INTEGER")).collect();
    database.execute(&format!(
        "CREATE TABLE wide (id INTEGER PRIMARY KEY, {})",
        columns.join(", ")
    ));
    let folder = Folder::new();
    let row = |id: u32| format!("{id},{}", vec!["1"; 800].join(","));
    folder.write(
        "development/1_wide.csv",
        &format!("id,{}\n{}\n{}\n", names.join(","), row(1), row(2)),
    );
    seed(database, &folder);
    again(database, &folder);
    let proved = super::seeder_of(database, &folder, "development").verify(&SeedOptions::default());
    match proved {
        Ok(report) => assert!(report.is_clean(), "{report:?}"),
        Err(error) => panic!("{}", chain(&error)),
    }
}

fn a_failure_of_the_last_file_of_a_batch_is_tracked_and_nothing_kept(database: &dyn Engine) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL);");
    let folder = Folder::new();
    folder.write("development/1_words.csv", "id,word\n1,a\n");
    folder.write(
        "development/2_words.sql",
        "INSERT INTO words VALUES (2, 'b');",
    );
    folder.write("development/3_words.csv", "id,word\n3,c\n4,\n");
    let batch = SeedOptions::default().in_transactions(TransactionMode::Batch);
    let error = try_seed(database, &folder, &batch).expect_err("it fails");
    assert!(
        chain(&error).contains("3_words.csv:3:3: column `word`"),
        "{}",
        chain(&error)
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 0);
    assert_eq!(
        database.query_column("SELECT name || ' ' || status FROM __dieselkit_seeds"),
        ["development/3_words.csv FAILED"]
    );
    folder.write("development/3_words.csv", "id,word\n3,c\n");
    assert_eq!(seed_with(database, &folder, &batch).done.len(), 3);
}

fn a_file_that_changes_during_the_run_is_refused(database: &dyn Engine) {
    database.execute("CREATE TABLE pairs (id INTEGER PRIMARY KEY, a TEXT, b TEXT);");
    let folder = Folder::new();
    folder.write("development/1_pairs.csv", "id,a,b\n1,a,b\n");
    folder.write("development/2_pairs.csv", "id,a,b\n2,a,b\n");
    let path = folder.file("development/2_pairs.csv");
    let swap = move |event: &Event| {
        if matches!(event, Event::SeedFinished { name, .. } if name.ends_with("1_pairs.csv")) {
            std::fs::write(&path, "id,b,a\n2,b,a\n").expect("the folder is ours");
        }
    };
    let mut seeder = super::seeder_of(database, &folder, "development").with_observer(swap);
    let error = seeder
        .seed(&SeedOptions::default())
        .expect_err("it changed");
    assert!(
        chain(&error).contains("was changed while the seeds ran"),
        "{}",
        chain(&error)
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM pairs"), 1);
    seed(database, &folder);
    assert_eq!(
        database.query_i64("SELECT count(*) FROM pairs WHERE a = 'a' AND b = 'b'"),
        2
    );
}

fn a_trigger_that_changes_rows_is_left_to_itself(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT); CREATE TABLE log (word TEXT);",
    );
    database.execute(database.either(
        "CREATE TRIGGER noted AFTER INSERT ON words BEGIN
           INSERT INTO log VALUES (new.word);
           UPDATE words SET word = upper(word) WHERE id = new.id; END;",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN INSERT INTO log VALUES (new.word); new.word := upper(new.word); RETURN new; END';
         CREATE TRIGGER noted BEFORE INSERT ON words FOR EACH ROW EXECUTE FUNCTION note();",
    ));
    let folder = Folder::new();
    folder.write("development/1_words.csv", "id,word\n1,a\n2,b\n");
    let rows = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.inserted, rows.updated), (2, 0));
    assert_eq!(
        database.query_column("SELECT word FROM words ORDER BY id"),
        ["A", "B"]
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM log"), 2);
    // What a trigger makes of a row differs from the file, so it is updated, and no more.
    folder.write("development/1_words.csv", "id,word\n1,a\n2,b\n3,c\n");
    let rows = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.inserted, rows.updated), (1, 2));
}

fn an_empty_file_with_replace_empties_the_table(database: &dyn Engine) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY); INSERT INTO words VALUES (1);");
    let folder = Folder::new();
    folder.write("development/1_words.json", "[]\n");
    folder.write("development/1_words.toml", "mode = 'replace'\n");
    seed(database, &folder);
    again(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 0);
}

fn settings_hold_for_every_file_of_their_name(database: &dyn Engine) {
    database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);");
    let folder = Folder::new();
    folder.write("development/010_comp.csv", "id,name\n1,Ana\n");
    folder.write(
        "development/010_comp.jsonl",
        "{\"id\": 2, \"name\": \"Bo\"}\n",
    );
    folder.write("development/010_comp.toml", "table = 'people'\n");
    assert_eq!(seed(database, &folder).done.len(), 2);
    assert_eq!(database.query_i64("SELECT count(*) FROM people"), 2);
}

fn rows_that_exchange_unique_values_are_updated(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE steps (id INTEGER PRIMARY KEY, list INTEGER NOT NULL, place INTEGER NOT NULL, word TEXT NOT NULL UNIQUE, note TEXT UNIQUE, UNIQUE (list, place));",
    );
    let folder = Folder::new();
    folder.write(
        "development/1_steps.csv",
        "id,list,place,word,note\n1,1,1,a,x\n2,1,2,b,y\n3,1,3,c,\n4,2,1,d,z\n",
    );
    seed(database, &folder);
    folder.write(
        "development/1_steps.csv",
        "id,list,place,word,note\n9,1,1,new,n\n1,1,2,b,y\n2,1,3,c,x\n3,1,4,a,\n4,2,1,d,z\n",
    );
    let rows = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.inserted, rows.updated, rows.unchanged), (1, 3, 1));
    assert_eq!(
        database.query_column(
            "SELECT id || ' ' || list || ' ' || place || ' ' || word || ' ' || coalesce(note, '-') FROM steps ORDER BY list, place"
        ),
        ["9 1 1 new n", "1 1 2 b y", "2 1 3 c x", "3 1 4 a -", "4 2 1 d z"]
    );
    again(database, &folder);
}

fn a_row_may_take_the_unique_value_of_one_that_it_refers_to(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE steps (id INTEGER PRIMARY KEY, place INTEGER NOT NULL UNIQUE, after INTEGER REFERENCES steps (id));",
    );
    let folder = Folder::new();
    folder.write("development/1_steps.csv", "id,place,after\n1,1,\n2,2,1\n");
    seed(database, &folder);
    folder.write(
        "development/1_steps.csv",
        "id,place,after\n3,1,2\n1,2,\n2,3,1\n",
    );
    let rows = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.inserted, rows.updated, rows.unchanged), (1, 2, 0));
    again(database, &folder);
    folder.write("development/1_steps.csv", "id,place,after\n4,2,2\n2,5,1\n");
    let refused = refusal(database, &folder);
    assert!(
        refused.contains("1_steps.csv:2:3: column `place`, value `2`"),
        "{refused}"
    );
}

fn a_unique_value_that_another_row_keeps_is_still_refused(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE steps (id INTEGER PRIMARY KEY, place INTEGER NOT NULL UNIQUE);
         INSERT INTO steps VALUES (1, 1), (2, 2), (3, 3);",
    );
    let folder = Folder::new();
    folder.write("development/1_steps.csv", "id,place\n1,2\n2,3\n");
    let refused = refusal(database, &folder);
    assert!(
        refused.contains("1_steps.csv:3:3: column `place`, value `3`"),
        "{refused}"
    );
    assert_eq!(
        database.query_i64("SELECT place FROM steps WHERE id = 1"),
        1
    );
}

fn a_table_may_have_a_column_named_like_ours(database: &dyn Engine) {
    database
        .execute("CREATE TABLE lines (id INTEGER PRIMARY KEY, __dieselkit_row TEXT, word TEXT);");
    let folder = Folder::new();
    folder.write(
        "development/1_lines.csv",
        "id,__dieselkit_row,word\n1,a,b\n",
    );
    seed(database, &folder);
    again(database, &folder);
    folder.write(
        "development/1_lines.csv",
        "id,__dieselkit_row,word\n1,c,b\n2,d,e\n",
    );
    let rows = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.inserted, rows.updated), (1, 1));
}
