//! The view that has a table's old name, as the page makes it: what it gives to whom, and what cannot be
//! done with it.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use dieselkit::Target;

use super::chapter::Change;
use super::{change, measure};
use crate::scene::{Folder, rollback, up};
use crate::support::engine::{Engine, column};
use crate::support::postgres::PostgresDatabase;

fn renamed() -> Change {
    change("Another name for a table")
}

/// Applies the steps until the old name is a view, each of them by itself.
fn steps(
    database: &PostgresDatabase<'_>,
    folder: &Folder,
    change: &Change,
    mut is_a_view: impl FnMut(),
) {
    let [rename, drop_old_name] = &change.steps[..] else {
        panic!("they are two");
    };
    measure::write(folder, rename);
    up(database, folder);
    is_a_view();
    measure::write(folder, drop_old_name);
    up(database, folder);
    rollback(database, folder, Target::Steps(1));
    is_a_view();
}

#[test]
fn rights_and_row_level_security_hold_through_the_old_name() {
    let change = renamed();
    let database = measure::database(&change);
    let folder = Folder::new();
    let (app, stranger) = (
        database.create_role("secret"),
        database.create_role("secret"),
    );
    database.execute(&format!(
        "GRANT SELECT, INSERT, UPDATE ON customers TO {};
         ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
         CREATE POLICY mine ON customers USING (id < 10);",
        app.name
    ));
    let as_role = |role| {
        let url = database.url_as(role);
        PgConnection::establish(&url).expect("it may log in")
    };
    steps(&database, &folder, &change, || {
        let mut app = as_role(&app);
        let seen = column!(&mut app, "SELECT count(*) FROM customers");
        assert_eq!(seen, ["9"]);
        let ours = "UPDATE customers SET city = 'Wells' WHERE id = 7";
        assert_eq!(refusal(&mut app, ours), None);
        let others = "INSERT INTO customers (id, name) VALUES (5000, 'Ada')";
        let refused = refusal(&mut app, others).unwrap_or_default();
        assert!(refused.contains("row-level security"), "{refused}");
        let refused = refusal(&mut app, "DELETE FROM customers").unwrap_or_default();
        assert!(refused.contains("permission denied"), "{refused}");
        let mut stranger = as_role(&stranger);
        let refused = refusal(&mut stranger, "SELECT id FROM customers").unwrap_or_default();
        assert!(refused.contains("permission denied"), "{refused}");
    });
}

#[test]
fn what_fails_with_the_view_is_what_the_page_names() {
    let change = renamed();
    let database = measure::database(&change);
    let folder = Folder::new();
    assert!(change.fails.len() > 5, "the statements were not found");
    let mut connection = database.connect();
    for statement in &change.fails {
        assert_eq!(refusal(&mut connection, statement), None, "{statement}");
    }
    steps(&database, &folder, &change, || {
        for statement in &change.fails {
            let refused = refusal(&mut connection, statement);
            assert!(refused.is_some(), "{statement}");
        }
        let works = "INSERT INTO customers (id, name) VALUES (7, 'Ada')
            ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id;
            SELECT id FROM customers WHERE id = 7 FOR UPDATE;
            COPY (SELECT * FROM customers) TO '/dev/null'";
        assert_eq!(refusal(&mut connection, works), None);
        let sequence = "SELECT pg_get_serial_sequence('customers', 'id')";
        assert_eq!(column!(&mut connection, sequence), ["NULL"]);
    });
}

/// Says a statement, of which nothing stays, and returns why it was refused.
fn refusal(connection: &mut PgConnection, statement: &str) -> Option<String> {
    connection.batch_execute("BEGIN").expect("it is connected");
    let refused = connection.batch_execute(statement).err();
    connection.batch_execute("ROLLBACK").expect("it is open");
    refused.map(|error| error.to_string())
}
