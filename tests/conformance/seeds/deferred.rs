//! What the database looks at no sooner than at the commit: which file it was, which line and value.

use dieselkit::migration::TransactionMode;
use dieselkit::seed::SeedOptions;

use super::{refusal, seed, seeder_of, try_seed};
use crate::scene::{Folder, chain};
use crate::support::engine::Engine;

on_both_engines![
    a_reference_to_nothing_is_placed_in_its_own_file,
    a_constraint_that_always_waits_is_placed_too,
    a_reference_whose_columns_the_file_has_not_waits_for_nobody,
];

/// Children that come before their parents.
fn of_two(database: &dyn Engine, waits: &str) -> Folder {
    database.execute(&format!(
        "CREATE TABLE par (id INTEGER PRIMARY KEY);
         CREATE TABLE kid (id INTEGER PRIMARY KEY, p INTEGER REFERENCES par (id) {waits});"
    ));
    let folder = Folder::new();
    folder.write("development/010_kid.csv", "id,p\n1,1\n2,99\n3,1\n");
    folder.write("development/020_par.csv", "id\n1\n");
    folder
}

const PLACE: &str = "seeds/development/010_kid.csv:3:3: column `p`, value `99`: ";

#[track_caller]
fn placed(told: &str) {
    assert!(
        told.starts_with("failed to run seed `development/010_kid.csv`;"),
        "{told}"
    );
    assert!(told.contains(PLACE), "{told}");
}

fn a_reference_to_nothing_is_placed_in_its_own_file(database: &dyn Engine) {
    let folder = of_two(database, "DEFERRABLE");
    placed(&refusal(database, &folder));
    assert_eq!(database.query_i64("SELECT count(*) FROM par"), 0);
    assert_eq!(
        database.query_column("SELECT name || ' ' || status FROM __dieselkit_seeds ORDER BY id"),
        ["development/010_kid.csv FAILED"]
    );
    let here = |text: String| text.replace(&folder.path().display().to_string(), "seeds");
    let batch = SeedOptions::default().in_transactions(TransactionMode::Batch);
    let told = try_seed(database, &folder, &batch).expect_err("99 is missing");
    placed(&here(chain(&told)));
    let verified = seeder_of(database, &folder, "development").verify(&SeedOptions::default());
    placed(&here(chain(&verified.expect_err("99 is missing"))));
    folder.write("development/010_kid.csv", "id,p\n1,1\n2,\n");
    assert_eq!(seed(database, &folder).done.len(), 2);
}

fn a_constraint_that_always_waits_is_placed_too(database: &dyn Engine) {
    let folder = of_two(database, "DEFERRABLE INITIALLY DEFERRED");
    folder.remove("development/020_par.csv");
    database.execute("INSERT INTO par VALUES (1)");
    placed(&refusal(database, &folder));
    let here = |text: String| text.replace(&folder.path().display().to_string(), "seeds");
    let verified = seeder_of(database, &folder, "development").verify(&SeedOptions::default());
    placed(&here(chain(&verified.expect_err("99 is missing"))));
}

fn a_reference_whose_columns_the_file_has_not_waits_for_nobody(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE dept (id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER REFERENCES emp (id));
         CREATE TABLE emp (id INTEGER PRIMARY KEY, dept_id INTEGER NOT NULL REFERENCES dept (id));",
        "CREATE TABLE dept (id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER);
         CREATE TABLE emp (id INTEGER PRIMARY KEY, dept_id INTEGER NOT NULL REFERENCES dept (id));
         ALTER TABLE dept ADD FOREIGN KEY (manager_id) REFERENCES emp (id);",
    ));
    let folder = Folder::new();
    folder.write("development/010_dept.csv", "id,name\n1,Sales\n");
    folder.write("development/020_emp.csv", "id,dept_id\n7,1\n");
    folder.write("development/030_dept.csv", "id,manager_id\n1,7\n");
    assert_eq!(seed(database, &folder).done.len(), 3);
    assert_eq!(database.query_i64("SELECT manager_id FROM dept"), 7);
}
