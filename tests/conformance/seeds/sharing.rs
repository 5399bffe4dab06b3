//! One table and several files: what one of them would delete is never another one's.

use super::{refusal, seed, seeder_of};
use crate::scene::{Folder, chain};
use crate::support::engine::Engine;
use dieselkit::seed::SeedOptions;

on_both_engines![
    a_file_that_would_delete_what_another_one_puts_in_is_refused,
    a_file_that_would_delete_what_one_that_is_skipped_has_put_in_is_refused,
    a_table_of_its_own_may_be_replaced,
    rows_of_other_tables_go_only_where_the_settings_say_so,
];

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE other_users (id INTEGER PRIMARY KEY, name TEXT);";

fn of_two(database: &dyn Engine) -> Folder {
    database.execute(USERS);
    let folder = Folder::new();
    folder.write("common/010_users.csv", "id,name\n1,Ana\n2,Bo\n");
    folder.write("development/020_people.csv", "id,name\n7,Cy\n");
    folder.write("development/020_people.toml", "table = 'users'\n");
    folder
}

#[track_caller]
fn refused_naming_both(database: &dyn Engine, folder: &Folder) {
    let refused = refusal(database, folder).replace("public.", "");
    assert_eq!(
        refused,
        "seed `common/010_users.csv` cannot be run; nothing was run\n\
         caused by: mode `replace` would delete the rows that `development/020_people.csv` puts into the same table, `users`"
    );
    let mut seeder = seeder_of(database, folder, "development");
    let verified = seeder.verify(&SeedOptions::default());
    assert!(chain(&verified.expect_err("refused")).contains("mode `replace`"));
}

fn a_file_that_would_delete_what_another_one_puts_in_is_refused(database: &dyn Engine) {
    let folder = of_two(database);
    folder.write("common/010_users.toml", "mode = 'replace'\n");
    refused_naming_both(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn a_file_that_would_delete_what_one_that_is_skipped_has_put_in_is_refused(database: &dyn Engine) {
    let folder = of_two(database);
    seed(database, &folder);
    folder.write("common/010_users.toml", "mode = 'replace'\n");
    refused_naming_both(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 3);
    // So is the other file when it comes later.
    folder.remove("development/020_people.csv");
    folder.remove("development/020_people.toml");
    database.execute("DELETE FROM users");
    seed(database, &folder);
    folder.write("development/020_people.csv", "id,name\n8,Di\n");
    folder.write("development/020_people.toml", "table = 'users'\n");
    refused_naming_both(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 2);
}

fn a_table_of_its_own_may_be_replaced(database: &dyn Engine) {
    let folder = of_two(database);
    folder.write("common/010_users.toml", "mode = 'replace'\n");
    folder.write("development/020_people.toml", "table = 'other_users'\n");
    seed(database, &folder);
    folder.write("common/010_users.csv", "id,name\n2,Bo\n");
    let counts = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((counts.deleted, counts.unchanged), (1, 1));
}

fn rows_of_other_tables_go_only_where_the_settings_say_so(database: &dyn Engine) {
    for (table, action) in [
        ("orders", "CASCADE"),
        ("letters", "SET NULL"),
        ("visits", "SET DEFAULT"),
        ("bills", "NO ACTION"),
    ] {
        database.execute(&format!(
            "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT, \
                first INTEGER REFERENCES users (id) ON DELETE CASCADE);
             CREATE TABLE {table} (id INTEGER PRIMARY KEY, user_id INTEGER \
                CONSTRAINT of_{table} REFERENCES users (id) ON DELETE {action});"
        ));
    }
    let folder = Folder::new();
    folder.write("common/010_users.csv", "id,name\n1,Ana\n2,Bo\n");
    folder.write("development/020_x.sql", "SELECT 1;");
    seed(database, &folder);
    database.execute("INSERT INTO orders VALUES (1, 2)");
    folder.write("common/010_users.csv", "id,name\n1,Ana\n");
    folder.write("common/010_users.toml", "mode = 'replace'\n");
    let refused = refusal(database, &folder).replace("public.", "");
    let by = |table: &str| {
        database
            .either("user_id", &format!("of_{table}"))
            .to_owned()
    };
    let (orders, letters, visits) = (by("orders"), by("letters"), by("visits"));
    assert_eq!(
        refused,
        format!(
            "seed `common/010_users.csv` cannot be run; nothing was run\n\
             caused by: mode `replace` would delete rows of `users`, and with them what refers to them: \
             `letters` by `{letters}` (ON DELETE SET NULL), `orders` by `{orders}` (ON DELETE CASCADE), \
             `visits` by `{visits}` (ON DELETE SET DEFAULT)"
        )
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM orders"), 1);
    folder.write(
        "common/010_users.toml",
        "mode = 'replace'\ncascade = true\n",
    );
    let counts = seed(database, &folder).done[0].rows.expect("counted");
    assert_eq!((counts.deleted, counts.unchanged), (1, 1));
    assert_eq!(database.query_i64("SELECT count(*) FROM orders"), 0);
}
