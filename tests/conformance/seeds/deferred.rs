//! What the database looks at no sooner than at the commit: which file it was, which line and value.

use super::seed;
use crate::scene::Folder;
use crate::support::engine::Engine;

on_both_engines![
    a_reference_whose_columns_the_file_has_not_waits_for_nobody,
];

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
