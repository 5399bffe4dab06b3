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

/// Returns those that are there.
pub(super) fn tables(database: &PostgresDatabase<'_>) -> Vec<&'static str> {
    let is_there = |table: &&str| {
        database.query_text(&format!("SELECT to_regclass('{table}') IS NOT NULL")) == "true"
    };
    TABLES.into_iter().filter(is_there).collect()
}

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

pub(super) fn is_portioned(step: &Step) -> bool {
    let files = ["up.sql", "down.sql"].into_iter();
    files.filter_map(|file| step.portions(file)).count() > 0
}

/// Runs a step, and where it works in portions, has a row come with each.
fn beside_rows_that_come(database: &PostgresDatabase<'_>, step: &Step, run: impl FnOnce()) {
    let portioned = is_portioned(step).then(|| tables(database));
    let tables = portioned.unwrap_or_default();
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
