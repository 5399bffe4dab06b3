//! What the page does in portions comes to an end, however many rows come meanwhile.

use dieselkit::Target;

use super::chapter::Step;
use super::{ON_SQLITE, changes, measure};
use crate::scene::{Folder, rollback, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

/// Adds a row to each table after each portion, and gives up after far more portions than there are.
const ROWS_COME: &str = "
    CREATE FUNCTION row_comes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO orders (customer_id, total) VALUES (1, 1);
        INSERT INTO customers (name, email) VALUES ('New', gen_random_uuid() || '@example.org');
        IF (SELECT count(*) FROM orders) > 3100 THEN RAISE EXCEPTION 'it never ends'; END IF;
        RETURN NULL;
    END
    $$;";

/// The tables of the page that are written in portions, with those that it makes itself.
const TABLES: [&str; 3] = ["orders", "customers", "addresses"];

#[test]
fn portions_end_though_rows_keep_coming() {
    let mut portioned = 0;
    for change in changes().iter().filter(|it| it.title != ON_SQLITE) {
        if !change.steps.iter().any(is_portioned) {
            continue;
        }
        let database = measure::database(change);
        database.execute(ROWS_COME);
        let folder = Folder::new();
        for step in &change.steps {
            measure::write(&folder, step);
            beside_rows_that_come(&database, step, || drop(up(&database, &folder)));
        }
        for step in change.steps.iter().rev() {
            let back = || drop(rollback(&database, &folder, Target::Steps(1)));
            beside_rows_that_come(&database, step, back);
            portioned += usize::from(is_portioned(step));
        }
    }
    assert!(portioned > 5, "the portions were not found");
}

fn is_portioned(step: &Step) -> bool {
    step.files.values().any(|text| text.contains("LOOP"))
}

/// Runs a step, and where it works in portions, has a row come with each.
fn beside_rows_that_come(database: &PostgresDatabase<'_>, step: &Step, run: impl FnOnce()) {
    let tables = TABLES.iter().filter(|table| {
        is_portioned(step)
            && database.query_text(&format!("SELECT to_regclass('{table}') IS NOT NULL")) == "true"
    });
    let tables: Vec<_> = tables.collect();
    for table in &tables {
        database.execute(&format!(
            "CREATE TRIGGER row_comes AFTER INSERT OR UPDATE ON {table}
             FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION row_comes()"
        ));
    }
    run();
    for table in &tables {
        database.execute(&format!("DROP TRIGGER row_comes ON {table}"));
    }
}
