//! What a failure says, and what is kept.

use dieselkit::migration::TransactionMode;
use dieselkit::seed::SeedOptions;

use super::{TABLES, of_a_country, ran, refusal, seed, try_seed};
use crate::scene::{Folder, chain};
use crate::support::engine::Engine;

on_both_engines![
    a_failure_keeps_what_came_before_it_and_nothing_of_itself,
    a_batch_keeps_nothing,
    a_failed_seed_runs_again_when_it_is_mended,
    what_a_failed_seed_set_ends_with_it,
    a_seed_that_would_give_the_lock_up_is_refused,
    a_bad_value_is_placed,
    an_endless_value_is_cut_and_not_tracked,
    two_rows_of_one_key_are_an_error_with_both_lines,
    what_does_not_fit_is_found_before_anything_runs,
    sql_that_nobody_can_run_is_advised_as_in_a_migration,
    a_table_that_is_seeded_too_late_is_found_before_anything_runs,
];

fn of_three(database: &dyn Engine) -> Folder {
    let folder = of_a_country(database);
    folder.write(
        "development/020_users.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a@x');\nINSERT INTO users (id, email) VALUES (2, NULL);\n",
    );
    folder.write(
        "development/030_more.sql",
        "INSERT INTO users (id, email) VALUES (3, 'c@x');",
    );
    folder
}

fn a_failure_keeps_what_came_before_it_and_nothing_of_itself(database: &dyn Engine) {
    let folder = of_three(database);
    let refused = refusal(database, &folder);
    assert!(
        refused.contains("seeds/development/020_users.sql:2:"),
        "{refused}"
    );
    assert!(
        refused.contains("`development/010_countries.csv`, which ran before it, was kept"),
        "{refused}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
    assert_eq!(database.query_i64("SELECT count(*) FROM countries"), 1);
    assert_eq!(
        database.query_column("SELECT name || ' ' || status FROM __dieselkit_seeds ORDER BY id"),
        [
            "development/010_countries.csv SUCCESS",
            "development/020_users.sql FAILED"
        ]
    );
    assert_eq!(
        database.query_i64("SELECT count(*) FROM __dieselkit_seeds WHERE length(error) > 10"),
        1
    );
}

fn a_batch_keeps_nothing(database: &dyn Engine) {
    let folder = of_three(database);
    let batch = SeedOptions::default().in_transactions(TransactionMode::Batch);
    let error = try_seed(database, &folder, &batch).expect_err("it fails");
    assert!(
        chain(&error).contains("nothing of this run was kept"),
        "{}",
        chain(&error)
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
    assert_eq!(database.query_i64("SELECT count(*) FROM countries"), 0);
}

fn a_failed_seed_runs_again_when_it_is_mended(database: &dyn Engine) {
    let folder = of_three(database);
    refusal(database, &folder);
    folder.write(
        "development/020_users.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a@x');",
    );
    assert_eq!(
        ran(&seed(database, &folder)),
        ["development/020_users.sql", "development/030_more.sql"]
    );
}

/// Its row of the failure is written, whatever it forbade or had the server forget.
fn what_a_failed_seed_set_ends_with_it(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    let set = database.either("PRAGMA query_only = ON;", "DEALLOCATE ALL;");
    folder.write(
        "development/010_a.sql",
        &format!("SELECT 1;\n{set}\nINSERT INTO users (id, email) VALUES (1, NULL);"),
    );
    for _ in 0..2 {
        refusal(database, &folder);
    }
    let failed = "SELECT count(*) FROM __dieselkit_seeds WHERE status = 'FAILED'";
    assert_eq!(database.query_i64(failed), 2);
}

fn a_seed_that_would_give_the_lock_up_is_refused(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_a.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a');\nSELECT pg_advisory_unlock_all();",
    );
    let refused = refusal(database, &folder);
    let reason = database.either(
        "no such function",
        "010_a.sql:2:1: the statement would give up the lock",
    );
    assert!(refused.contains(reason), "{refused}");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn a_bad_value_is_placed(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_users.csv",
        "id,email,name\n1,a@x,Ana\n2,b@x,\"Bo\nB\"\nthree,c@x,Cy\n4,d@x,Di\n",
    );
    let straight = refusal(database, &folder);
    assert!(
        straight.contains("seeds/development/010_users.csv:5:1: column `id`, value `three`"),
        "{straight}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
    // With rows in the table they take another way.
    database.execute("INSERT INTO users VALUES (9, 'z@x', NULL)");
    let merged = refusal(database, &folder);
    assert!(
        merged.contains("seeds/development/010_users.csv:5:1: column `id`, value `three`"),
        "{merged}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}

fn an_endless_value_is_cut_and_not_tracked(database: &dyn Engine) {
    database.execute("CREATE TABLE numbers (id INTEGER PRIMARY KEY);");
    let folder = Folder::new();
    let value = "é".repeat(300_000);
    folder.write("development/010_numbers.csv", &format!("id\n{value}\n"));
    let refused = refusal(database, &folder);
    let shown = format!(
        "010_numbers.csv:2:1: column `id`, value `{}… (300000 characters)`",
        "é".repeat(100)
    );
    assert!(refused.contains(&shown), "{}", refused.len());
    assert!(refused.len() < 2_000, "{}", refused.len());
    let tracked = database.query_text("SELECT error FROM __dieselkit_seeds");
    assert!(
        tracked.contains("010_numbers.csv:2:1: column `id`"),
        "{tracked}"
    );
    assert!(!tracked.contains('é'), "{tracked}");
}

fn two_rows_of_one_key_are_an_error_with_both_lines(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_countries.csv",
        "code,name\nCH,Switzerland\nDE,Germany\nCH,Schweiz\n",
    );
    for _ in 0..2 {
        let refused = refusal(database, &folder);
        assert!(refused.contains("010_countries.csv:4:1"), "{refused}");
        assert!(refused.contains("line 2"), "{refused}");
        database.execute("INSERT INTO countries VALUES ('FR', 'France') ON CONFLICT DO NOTHING");
    }
}

fn what_does_not_fit_is_found_before_anything_runs(database: &dyn Engine) {
    database.execute(TABLES);
    database.execute("CREATE TABLE heap (a INTEGER, b INTEGER);");
    database.execute("CREATE VIEW emails AS SELECT email FROM users;");
    let mut errors = Vec::new();
    for (file, text, settings) in [
        ("020_nowhere.csv", "id\n1\n", ""),
        ("020_usres.csv", "id\n1\n", ""),
        ("020_emails.csv", "email\na\n", ""),
        ("020_users.csv", "id,emial\n1,a\n", ""),
        ("020_users.csv", "id,name\n1,a\n", ""),
        ("020_users.csv", "email\na\n", ""),
        ("020_heap.csv", "a,b\n1,2\n", ""),
        ("020_heap.csv", "a,b\n1,2\n", "key = 'a'"),
        ("020_heap.csv", "a,b\n1,2\n", "key = 'zz'"),
        ("020_users.csv", "id,email\n1\n", ""),
        ("020_users.sql", "SELECT 1;\nBEGIN; SELECT 1; COMMIT;", ""),
        ("020_users.sql", "SELECT 'open", ""),
    ] {
        let folder = Folder::new();
        folder.write(
            "development/010_countries.csv",
            "code,name\nCH,Switzerland\n",
        );
        folder.write(&format!("development/{file}"), text);
        if !settings.is_empty() {
            folder.write(
                &format!("development/{}", file.replace(".csv", ".toml")),
                settings,
            );
        }
        let before = database.query_i64("SELECT count(*) FROM countries");
        let refused = refusal(database, &folder)
            .replace("public.", "")
            .replace("\"public\".", "");
        if refused.contains("nothing was run") {
            assert_eq!(database.query_i64("SELECT count(*) FROM countries"), before);
        } else {
            // A row that is no row is only met when it is read; the seeds before it are kept.
            assert!(refused.contains("020_users.csv:2:2"), "{refused}");
        }
        errors.push(refused);
    }
    insta::assert_snapshot!("what_does_not_fit", errors.join("\n\n"));
}

fn sql_that_nobody_can_run_is_advised_as_in_a_migration(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write("development/010_users.sql", "SELECT 1;\nSELECT 'open");
    let advised = "close the string literal that starts at line 2";
    assert_eq!(advice(database, &folder), advised);
    folder.write(
        "development/010_users.sql",
        "SELECT {{ env('HOME') | sql }};",
    );
    let advised = "if it is a template, begin it with the line `-- seed: template`";
    assert_eq!(advice(database, &folder), advised);
}

/// Returns the hint of a seeding that must fail.
#[track_caller]
fn advice(database: &dyn Engine, folder: &Folder) -> String {
    let refused = try_seed(database, folder, &SeedOptions::default()).expect_err("it fails");
    refused.hint().expect("there is advice")
}

#[cfg(feature = "postgres")]
#[test]
fn what_the_server_advises_is_told() {
    let database = crate::support::postgres::PostgresDatabase::create();
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_users.sql",
        "UPDATE users SET name = users.emial;",
    );
    let refused = refusal(&database, &folder);
    let said = "server's hint: Perhaps you meant to reference the column \"users.email\".";
    assert!(refused.contains(said), "{refused}");
    for (sql, hint) in [
        ("DISCARD ALL;", "pg_advisory_unlock(KEY)"),
        (
            "\\i other.sql\n",
            "remove the line, or write what it does in SQL",
        ),
    ] {
        folder.write("development/010_users.sql", sql);
        let advised = advice(&database, &folder);
        assert!(advised.contains(hint), "{advised}");
    }
}

fn a_table_that_is_seeded_too_late_is_found_before_anything_runs(database: &dyn Engine) {
    database.execute(TABLES);
    database.execute(database.either(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) DEFERRABLE);",
    ));
    let folder = Folder::new();
    folder.write("development/010_orders.csv", "id,user_id\n1,7\n");
    folder.write("development/020_users.csv", "id,email\n7,a@x\n");
    // The constraint can wait for the commit, so both are committed together.
    assert_eq!(seed(database, &folder).done.len(), 2);
    let immediate = database.either(
        "",
        "ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey NOT DEFERRABLE",
    );
    if immediate.is_empty() {
        return;
    }
    database.execute(immediate);
    folder.write("development/010_orders.csv", "id,user_id\n2,8\n");
    folder.write("development/020_users.csv", "id,email\n8,b@x\n");
    let refused = refusal(database, &folder);
    assert!(
        refused.contains("010_orders.csv") && refused.contains("020_users.csv"),
        "{refused}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}
