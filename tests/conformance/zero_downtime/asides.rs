//! What the page says in passing of tables and types that its shop does not have, measured like its
//! steps.

use dieselkit::UpOptions;

use super::chapter::{Step, Told};
use super::{change, measure};
use crate::scene::{Folder, chain, migrator};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

/// Makes the shop of the page, and more.
fn shop_with(more: &str) -> PostgresDatabase<'static> {
    let database = measure::database(&change("A foreign key"));
    database.execute(more);
    database
}

/// Applies a migration and returns what it does to others.
fn told(database: &PostgresDatabase<'_>, folder: &Folder, name: &str, sql: &str) -> Told {
    let step = Step {
        name: name.to_owned(),
        files: [("up.sql".to_owned(), sql.to_owned())].into(),
        ..Step::default()
    };
    measure::apply(database, folder, &step)
}

fn lasts(lock: &str, waits: &str) -> Told {
    let (lock, waits) = (lock.to_owned(), waits.to_owned());
    Told { lock, waits }
}

#[test]
fn a_foreign_key_of_a_partitioned_table_is_made_of_those_of_its_partitions() {
    let key =
        "ADD CONSTRAINT bills_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)";
    let database = shop_with(
        "CREATE TABLE bills (id BIGINT, customer_id BIGINT NOT NULL) PARTITION BY LIST (id);
         CREATE TABLE bills_1 PARTITION OF bills FOR VALUES IN (1);
         CREATE TABLE bills_2 PARTITION OF bills FOR VALUES IN (2);
         INSERT INTO bills SELECT part, n FROM generate_series(1, 3000) AS n, generate_series(1, 2) AS part;",
    );
    let refused = Folder::new();
    refused.add("1_key", &format!("ALTER TABLE bills {key} NOT VALID;"), "");
    let error = migrator(&database, &refused).up(&UpOptions::default());
    let error = chain(&error.expect_err("it is refused"));
    assert!(error.contains("NOT VALID"), "{error}");

    let folder = Folder::new();
    for part in 1..=2 {
        let sql = format!("ALTER TABLE bills_{part} {key} NOT VALID;");
        let did = told(&database, &folder, &format!("{part}1_key"), &sql);
        assert_eq!(did, lasts("SHARE ROW EXCLUSIVE", "writers, for a moment"));
        let sql = format!("ALTER TABLE bills_{part} VALIDATE CONSTRAINT bills_customer_id_fkey;");
        let did = told(&database, &folder, &format!("{part}2_proof"), &sql);
        assert_eq!(did, lasts("SHARE UPDATE EXCLUSIVE", "nobody"));
    }
    let told = told(
        &database,
        &folder,
        "31_key",
        &format!("ALTER TABLE bills {key};"),
    );
    let moment = "readers and writers, for a moment";
    assert_eq!(told, lasts("ACCESS EXCLUSIVE", moment));
    let parts = "SELECT count(*) FROM pg_constraint WHERE conname = 'bills_customer_id_fkey' AND conparentid <> 0";
    assert_eq!(database.query_i64(parts), 2);
}

#[test]
fn a_domain_with_a_constraint_has_the_table_rewritten() {
    let database = shop_with(
        "CREATE DOMAIN free AS BIGINT;
         CREATE DOMAIN natural_number AS BIGINT CHECK (VALUE >= 0);
         CREATE DOMAIN given AS BIGINT NOT NULL;",
    );
    let rewritten = "readers and writers, while `orders` is rewritten";
    let moment = "readers and writers, for a moment";
    let folder = Folder::new();
    for (number, column, waits) in [
        (1, "a free DEFAULT 0", moment),
        (2, "b natural_number DEFAULT 0", rewritten),
        (3, "c natural_number", rewritten),
        (4, "d given DEFAULT 0", rewritten),
        (5, "e BIGINT DEFAULT 0", moment),
    ] {
        let sql = format!("ALTER TABLE orders ADD COLUMN {column};");
        let did = told(&database, &folder, &format!("{number}_column"), &sql);
        assert_eq!(did, lasts("ACCESS EXCLUSIVE", waits), "{column}");
    }
    let check = "ALTER TABLE orders ADD CONSTRAINT orders_e_not_negative CHECK (e >= 0) NOT VALID;";
    let told = told(&database, &folder, "6_check", check);
    assert_eq!(told, lasts("ACCESS EXCLUSIVE", moment));
}
