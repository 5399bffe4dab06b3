//! What the page says of the default of a column that gets another name.

use super::{change, measure};
use crate::scene::{Folder, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

/// Makes the shop, whose notes have a default, and lets release 2 begin.
fn with_two_columns() -> PostgresDatabase<'static> {
    let change = change("Another name for a column");
    let database = measure::database(&change);
    database.execute("ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'by default'");
    let folder = Folder::new();
    for step in change.steps_of(2) {
        measure::write(&folder, step);
        up(&database, &folder);
    }
    database
}

/// Returns both columns of the row that was made last.
fn newest(database: &PostgresDatabase<'_>) -> String {
    database.query_text(
        "SELECT concat_ws(', ', note, remark) FROM orders ORDER BY orders.id DESC LIMIT 1",
    )
}

#[test]
fn a_default_of_the_old_column_is_one_of_the_new_one() {
    let database = with_two_columns();
    for (columns, values, both) in [
        ("note", ", 'mine'", "mine, mine"),
        ("remark", ", 'mine'", "mine, mine"),
        ("", "", "by default, by default"),
    ] {
        let comma = if columns.is_empty() { "" } else { ", " };
        database.execute(&format!(
            "INSERT INTO orders (customer_id, total{comma}{columns}) VALUES (1, 1{values})"
        ));
        assert_eq!(newest(&database), both, "{columns}");
    }
}

#[test]
fn a_default_of_the_new_column_suits_release_2_alone() {
    let database = with_two_columns();
    database.execute("ALTER TABLE orders ALTER COLUMN remark SET DEFAULT 'by default'");
    let change = change("Another name for a column");
    for (release, both) in [(2, "ring twice, ring twice"), (1, "by default, by default")] {
        let insert = change.program(release).first().expect("it says something");
        database.execute(insert);
        assert_eq!(newest(&database), both, "release {release}");
    }
}
