//! `lint`: what the database alone knows of its objects.

use crate::session::{studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

/// The migration that is linted, behind those of [`studio`].
const NAME: &str = "2026-01-04-000000_known";

/// Returns the lines on which a rule finds something in what is pending.
fn lines(project: &Project, rule: &str) -> Vec<u64> {
    let document = project.run(["lint", "--deny", "off", "--json"]);
    let document = document.succeeds().json();
    let findings = document["data"]["findings"].as_array().cloned();
    let findings = findings.expect("a list").into_iter();
    let of_rule = findings.filter(|found| found["rule"] == rule);
    let line = of_rule.map(|found| found["place"]["line"].as_u64());
    line.map(|line| line.expect("a number")).collect()
}

#[cfg(feature = "postgres")]
#[test]
fn domains_and_default_partitions_of_the_database_are_known() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    database.execute(
        "CREATE SCHEMA logs;
         CREATE DOMAIN logs.word AS TEXT CONSTRAINT said CHECK (VALUE <> '');
         CREATE DOMAIN plain AS VARCHAR(20);
         ALTER TABLE users ADD COLUMN name logs.word;
         INSERT INTO users SELECT generate_series(2, 300);
         CREATE TABLE logs.visits (day INT, id BIGINT) PARTITION BY LIST (day);
         CREATE TABLE logs.visits_rest PARTITION OF logs.visits DEFAULT;
         INSERT INTO logs.visits SELECT 2, generate_series(1, 300);
         ANALYZE users;
         ANALYZE logs.visits_rest;",
    );
    project.write("dieselkit.toml", "[lint]\nbig_table_rows = 100\n");
    project.write(
        &up_of(NAME),
        "ALTER TABLE users ADD COLUMN a logs.word;
ALTER TABLE users ADD COLUMN b plain;
ALTER DOMAIN logs.word ADD CONSTRAINT z CHECK (VALUE <> 'z');
CREATE TABLE logs.visits_1 PARTITION OF logs.visits FOR VALUES IN (1);
ALTER DOMAIN plain SET NOT NULL;
",
    );
    assert_eq!(lines(&project, "big-table"), [1, 3, 4]);
    database.execute(
        "ALTER TABLE logs.visits_rest ADD CHECK (day IS NOT NULL AND day <> 1);
         ALTER DOMAIN logs.word DROP CONSTRAINT said;",
    );
    assert_eq!(lines(&project, "big-table"), [3]);
}

#[cfg(feature = "sqlite")]
#[test]
fn an_index_of_the_database_is_known_to_be_in_the_way() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    database.execute(
        "ALTER TABLE users ADD COLUMN code TEXT;
         CREATE INDEX by_hand ON users (id) WHERE code IS NOT NULL;",
    );
    project.write(&up_of(NAME), "ALTER TABLE users DROP COLUMN code;\n");
    assert_eq!(lines(&project, "missing-alter"), [1]);
    project.run(["up"]).exits(1);
    database.execute("DROP INDEX by_hand;");
    assert_eq!(lines(&project, "missing-alter"), [0; 0]);
    project.run(["up"]).succeeds();
}
