//! The changes of the page on SQLite: the programs of both releases work before and after each step.

use dieselkit::{Target, UpOptions};

use super::ON_SQLITE;
use super::chapter::{Change, changes};
use crate::scene::{Folder, migrator, rollback, up};
use crate::support::engine::Engine;
use crate::support::sqlite::SqliteDatabase;

fn change() -> Change {
    let mut changes = changes().into_iter();
    let found = changes.find(|change| change.title == ON_SQLITE);
    found.expect("there is a section on it")
}

/// Makes a database with the tables of the change.
fn database(change: &Change) -> SqliteDatabase {
    let database = SqliteDatabase::create();
    database.execute(change.shop());
    database
}

#[test]
fn what_sqlite_has_no_statement_for_is_refused() {
    let change = change();
    for dangerous in &change.dangerous {
        let database = database(&change);
        let folder = Folder::new();
        folder.add("1_dangerous", &dangerous.sql, "");
        let refused = migrator(&database, &folder).up(&UpOptions::default());
        assert!(refused.is_err(), "{}", dangerous.sql);
    }
}

#[test]
fn the_steps_suit_the_programs_on_both_sides() {
    let change = change();
    let database = database(&change);
    let works = |release| {
        let statements = change.program(release).iter();
        statements.for_each(|statement| database.execute(statement));
    };
    let shape = || {
        database.query_column("SELECT sql FROM sqlite_master WHERE tbl_name NOT LIKE '\\_\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'sqlite%' ORDER BY sql")
    };
    let before = shape();
    let folder = Folder::new();
    for step in &change.steps {
        works(step.release - 1);
        for (file, text) in &step.files {
            folder.write(&format!("{}/{file}", step.name), text);
        }
        up(&database, &folder);
        works(step.release - 1);
        works(step.release);
    }
    let orders = database.query_i64("SELECT count(*) FROM orders");
    assert!(orders > 3000, "rows were lost: {orders}");
    let after = shape();
    for step in change.steps.iter().rev() {
        let report = rollback(&database, &folder, Target::Steps(1));
        assert_eq!(report.done[0].name, step.name);
        works(step.release - 1);
    }
    let added = i64::try_from(change.steps.len()).expect("there are few");
    assert_eq!(
        database.query_i64("SELECT count(*) FROM orders") - orders,
        added
    );
    assert_eq!(shape().len(), before.len());
    up(&database, &folder);
    assert_eq!(shape(), after);
}
