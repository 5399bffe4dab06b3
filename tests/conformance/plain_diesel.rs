//! What plain Diesel does with a folder of migrations, as the ground to compare dieselkit with.

use std::path::Path;

use crate::support::engine::Engine;

on_both_engines![
    diesel_applies_and_reverts_a_folder,
    an_empty_database_has_no_tables_and_is_dumped_alike_twice,
];

fn diesel_applies_and_reverts_a_folder(database: &dyn Engine) {
    let folder = tempfile::tempdir().expect("temporary folders can be made");
    let migration = folder.path().join("2026-01-31-101500_users");
    write(
        &migration,
        "up.sql",
        "CREATE TABLE users (id INTEGER NOT NULL, name TEXT);",
    );
    write(&migration, "down.sql", "DROP TABLE users;");

    assert_eq!(database.diesel_run(folder.path()), ["20260131101500"]);
    assert_eq!(database.applied(), ["20260131101500"]);
    assert_eq!(database.tables(), ["__diesel_schema_migrations", "users"]);
    let dump = database.schema_dump();
    let line = database.either("CREATE TABLE users (", "CREATE TABLE public.users (");
    assert!(dump.contains(line), "{dump}");

    database.execute("INSERT INTO users VALUES (1, 'Ada'); INSERT INTO users VALUES (2, NULL)");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 2);
    let names = database.query_column("SELECT name FROM users ORDER BY id");
    assert_eq!(names, ["Ada", "NULL"]);

    assert_eq!(database.diesel_revert(folder.path()), "20260131101500");
    assert!(!database.has_table("users"));
}

fn an_empty_database_has_no_tables_and_is_dumped_alike_twice(database: &dyn Engine) {
    assert_eq!(database.tables(), [""; 0]);
    assert_eq!(database.schema_dump(), database.schema_dump());
}

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::create_dir_all(folder).expect("the folder is ours");
    std::fs::write(folder.join(name), content).expect("the folder is ours");
}
