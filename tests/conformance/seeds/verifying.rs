//! The proof that seeds may run again: what it finds, what it passes, and that it leaves nothing.

use dieselkit::seed::{SeedError, SeedOptions, VerifyReport};

use super::{TABLES, of_a_country, seed, seeder_of};
use crate::scene::{Folder, chain};
use crate::support::engine::Engine;

on_both_engines![
    seeds_that_may_run_again_pass,
    what_a_second_run_changes_is_found_with_the_keys_and_the_seed,
    moments_and_chance_in_an_upsert_are_found,
    a_table_that_is_made_anew_of_chance_is_found,
    a_moment_that_is_only_written_once_passes,
    a_trigger_that_notes_every_update_is_found,
    a_seed_that_fails_when_it_runs_again_is_found,
    what_one_seed_takes_back_of_another_is_no_change,
    what_runs_once_runs_the_first_time_alone,
    a_proof_leaves_nothing,
    a_seed_that_fails_at_once_is_an_error,
    what_would_fail_at_the_commit_is_an_error,
];

/// Proves the development environment's seeds, which have to run at least once.
#[track_caller]
fn verify(database: &dyn Engine, folder: &Folder) -> VerifyReport {
    let mut seeder = seeder_of(database, folder, "development");
    match seeder.verify(&SeedOptions::default()) {
        Ok(report) => report,
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// Returns the changes as `table +inserted ~updated -deleted [keys] by seeds`.
fn changes(report: &VerifyReport) -> Vec<String> {
    let change = |change: &dieselkit::seed::TableChange| {
        format!(
            "{} +{} ~{} -{} [{}] by {}",
            change.table,
            change.inserted,
            change.updated,
            change.deleted,
            change.keys.join("; "),
            change.seeds.join(" and ").replace("development/", ""),
        )
    };
    report.changes.iter().map(change).collect()
}

fn seeds_that_may_run_again_pass(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write("common/010_countries.csv", "code,name\nCH,Switzerland\n");
    folder.write(
        "development/020_users.jsonl",
        "{\"id\": 1, \"email\": \"a@x\", \"name\": null}\n",
    );
    folder.write(
        "development/030_more.sql",
        "INSERT INTO users (id, email) VALUES (2, 'b@x') ON CONFLICT (id) DO UPDATE SET email = excluded.email;",
    );
    for _ in 0..2 {
        let report = verify(database, &folder);
        assert!(report.is_clean(), "{report:?}");
        assert_eq!((report.twice.len(), report.tables), (3, 2));
        seed(database, &folder);
    }
}

fn what_a_second_run_changes_is_found_with_the_keys_and_the_seed(database: &dyn Engine) {
    database.execute(TABLES);
    database.execute(
        "CREATE TABLE heap (word TEXT, n INTEGER);
         CREATE TABLE pairs (\"Left\" TEXT, b INTEGER, n INTEGER, PRIMARY KEY (\"Left\", b));
         INSERT INTO pairs VALUES ('it''s', 1, 0), ('x', 2, 0);
         INSERT INTO heap VALUES ('same', 1), ('same', 1);",
    );
    let folder = Folder::new();
    folder.write(
        "development/010_users.csv",
        "id,email,name\n1,a@x,Ana\n2,b@x,\n3,c@x,Cy\n",
    );
    folder.write("development/020_pairs.sql", "UPDATE pairs SET n = n + 1;");
    folder.write(
        "development/030_heap.sql",
        "INSERT INTO heap (word, n) VALUES ('same', 1);",
    );
    folder.write(
        "development/040_users.sql",
        "UPDATE users SET id = id + 10, email = 'x' || id WHERE id = (SELECT max(id) FROM users);",
    );
    assert_eq!(
        changes(&verify(database, &folder)),
        [
            "heap +1 ~0 -0 [] by 030_heap.sql",
            "pairs +0 ~2 -0 [Left='it''s', b='1'; Left='x', b='2'] by 020_pairs.sql",
            "users +2 ~0 -1 [id='13'; id='23'; id='3'] by 010_users.csv and 040_users.sql",
        ]
    );
}

fn moments_and_chance_in_an_upsert_are_found(database: &dyn Engine) {
    let zoned = database.either("TIMESTAMP", "TIMESTAMPTZ");
    database.execute(&format!(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT, n REAL, at TIMESTAMP, zoned {zoned});"
    ));
    let clock = database.either("strftime('%Y-%m-%d %H:%M:%f', 'now')", "clock_timestamp()");
    let tomorrow = database.either("datetime('now', '+1 day')", "now() + interval '1 day'");
    for (column, value) in [
        ("at", "CURRENT_TIMESTAMP"),
        ("zoned", "CURRENT_TIMESTAMP"),
        ("at", clock),
        ("zoned", tomorrow),
        ("n", "random()"),
    ] {
        let folder = Folder::new();
        folder.write(
            "development/010_notes.sql",
            &format!(
                "INSERT INTO notes (id, word, {column}) VALUES (7, 'a', {value})
                 ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column};"
            ),
        );
        assert_eq!(
            changes(&verify(database, &folder)),
            ["notes +0 ~1 -0 [id='7'] by 010_notes.sql"],
            "{value}"
        );
    }
}

fn a_table_that_is_made_anew_of_chance_is_found(database: &dyn Engine) {
    database.execute("CREATE TABLE made (r REAL);");
    let folder = Folder::new();
    let made = |value: &str| {
        folder.write(
            "development/010_made.sql",
            &format!("DROP TABLE IF EXISTS made; CREATE TABLE made AS SELECT {value} AS r;"),
        );
        changes(&verify(database, &folder))
    };
    assert_eq!(made("random()"), ["made +1 ~0 -1 [] by 010_made.sql"]);
    assert_eq!(made("1"), [""; 0]);
}

fn a_moment_that_is_only_written_once_passes(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);",
    );
    let folder = Folder::new();
    folder.write("development/010_notes.csv", "id,word\n1,a\n2,b\n");
    folder.write(
        "development/020_notes.sql",
        "INSERT INTO notes (id, word) VALUES (3, 'c') ON CONFLICT (id) DO UPDATE SET word = excluded.word;",
    );
    let report = verify(database, &folder);
    assert!(report.is_clean(), "{report:?}");
}

fn a_trigger_that_notes_every_update_is_found(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);",
    );
    database.execute(database.either(
        "CREATE TRIGGER touched AFTER UPDATE OF word ON notes BEGIN
           UPDATE notes SET at = CURRENT_TIMESTAMP WHERE id = new.id; END;",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN new.at := now(); RETURN new; END';
         CREATE TRIGGER touched BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION touch();",
    ));
    let folder = Folder::new();
    folder.write("development/010_notes.csv", "id,word\n1,a\n2,b\n");
    assert!(verify(database, &folder).is_clean());
    folder.write(
        "development/020_notes.sql",
        "INSERT INTO notes (id, word) VALUES (3, 'c') ON CONFLICT (id) DO UPDATE SET word = excluded.word;",
    );
    assert_eq!(
        changes(&verify(database, &folder)),
        ["notes +0 ~1 -0 [id='3'] by 020_notes.sql"]
    );
}

fn a_seed_that_fails_when_it_runs_again_is_found(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_users.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a@x');",
    );
    folder.write(
        "development/020_countries.csv",
        "code,name\nCH,Switzerland\n",
    );
    let report = verify(database, &folder);
    assert_eq!(report.failures.len(), 1, "{report:?}");
    assert_eq!(report.failures[0].name, "development/010_users.sql");
    assert!(report.failures[0].place.is_some());
    assert!(!report.is_clean());
}

fn what_one_seed_takes_back_of_another_is_no_change(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write("development/010_users.csv", "id,email\n1,a@x\n2,b@x\n");
    folder.write(
        "development/020_users.sql",
        "DELETE FROM users WHERE id = 2;",
    );
    let report = verify(database, &folder);
    assert!(report.is_clean(), "{report:?}");
}

fn what_runs_once_runs_the_first_time_alone(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_users.sql",
        "-- seed: once\nINSERT INTO users (id, email) VALUES (1, 'a@x');",
    );
    for first in [["development/010_users.sql"].as_slice(), &[]] {
        let report = verify(database, &folder);
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.once, first);
        seed(database, &folder);
    }
}

fn a_proof_leaves_nothing(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE words (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT UNIQUE);",
        "CREATE TABLE words (id SERIAL PRIMARY KEY, word TEXT UNIQUE);
         CREATE SEQUENCE \"Alone\";",
    ));
    let folder = Folder::new();
    folder.write("development/010_words.csv", "id,word\n1,a\n");
    seed(database, &folder);
    database.execute("INSERT INTO words (word) VALUES ('b')");
    folder.write("development/010_words.csv", "id,word\n1,changed\n50,c\n");
    folder.write(
        "development/020_words.sql",
        database.either(
            "INSERT INTO words (word) VALUES ('d') ON CONFLICT (word) DO NOTHING;",
            "SELECT nextval('\"Alone\"');
             INSERT INTO words (word) VALUES ('d') ON CONFLICT (word) DO NOTHING;",
        ),
    );
    let all = || {
        let mut all = database.query_column("SELECT id || ' ' || word FROM words ORDER BY id");
        all.extend(
            database.query_column("SELECT name || status FROM __dieselkit_seeds ORDER BY id"),
        );
        all.extend(database.query_column(database.either(
            "SELECT name || seq FROM sqlite_sequence ORDER BY name",
            "SELECT sequencename || coalesce(last_value, 0) FROM pg_sequences ORDER BY 1",
        )));
        all
    };
    let before = all();
    let report = verify(database, &folder);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(all(), before);
    folder.write(
        "development/030_words.sql",
        "INSERT INTO words (id, word) VALUES (60, NULL);",
    );
    assert!(!verify(database, &folder).is_clean());
    assert_eq!(all(), before);
    database.execute("INSERT INTO words (word) VALUES ('e')");
    assert_eq!(database.query_i64("SELECT max(id) FROM words"), 3);
}

fn a_seed_that_fails_at_once_is_an_error(database: &dyn Engine) {
    let folder = of_a_country(database);
    folder.write(
        "development/020_users.sql",
        "INSERT INTO users (id) VALUES (1);",
    );
    let mut seeder = seeder_of(database, &folder, "development");
    let error = seeder
        .verify(&SeedOptions::default())
        .expect_err("it fails");
    assert!(matches!(error, SeedError::Failed { .. }), "{error:?}");
    assert!(
        chain(&error).contains("nothing of this run was kept"),
        "{}",
        chain(&error)
    );
    assert!(!database.has_table("__dieselkit_seeds"));
    assert_eq!(database.query_i64("SELECT count(*) FROM countries"), 0);
}

fn what_would_fail_at_the_commit_is_an_error(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE countries (code TEXT PRIMARY KEY);
         CREATE TABLE towns (id INTEGER PRIMARY KEY, country TEXT REFERENCES countries (code) DEFERRABLE);",
    );
    let folder = Folder::new();
    folder.write("development/010_towns.csv", "id,country\n1,CH\n2,FR\n");
    folder.write("development/020_countries.csv", "code\nCH\nFR\n");
    let report = verify(database, &folder);
    assert!(report.is_clean(), "{report:?}");
    folder.write("development/020_countries.csv", "code\nCH\n");
    let mut seeder = seeder_of(database, &folder, "development");
    let error = seeder
        .verify(&SeedOptions::default())
        .expect_err("FR is missing");
    assert!(matches!(error, SeedError::Failed { .. }), "{error:?}");
    assert!(chain(&error).contains("foreign key"), "{}", chain(&error));
}
