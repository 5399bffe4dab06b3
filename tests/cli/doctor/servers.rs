//! What only a server has that may be wrong, as `doctor` tells it.

use diesel::connection::SimpleConnection as _;

use super::{found, problem, problems};
use crate::session::{studio, up_of};
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;

#[test]
fn a_pg_dump_that_is_missing_or_too_old_is_told() {
    let database = PostgresDatabase::create();
    let project = studio(&database).config("[backups]\npg_dump = \"./pg_dump\"\n");
    let (message, _) = problem(&project, "pg_dump");
    assert!(message.contains("pg_dump"), "{message}");
    database.cluster().stand_in(&project, "pg_dump", "exit 1");
    let stand_in = project.read("pg_dump");
    assert_eq!(problems(&project, "pg_dump"), []);
    let old = "echo 'pg_dump (PostgreSQL) 9.6.24'; exit 0; exec";
    project.write("pg_dump", &stand_in.replacen("exec", old, 1));
    let (message, _) = problem(&project, "pg_dump");
    assert!(message.contains("9.6"), "{message}");
}

#[test]
fn what_keeps_several_things_from_being_looked_at_is_told_once() {
    let database = PostgresDatabase::create();
    let role = database.create_role("looks");
    database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    let project = studio(&database).env("DATABASE_URL", &database.url_as(&role));
    let found = found(&project, &[]);
    let denied = found
        .iter()
        .filter(|it| it.message.contains("permission denied for schema public"));
    assert_eq!(denied.count(), 1);
}

#[test]
fn a_user_who_may_not_connect_is_told_what_lets_it() {
    let database = PostgresDatabase::create();
    let role = database.create_role("knocks");
    let name = database.name();
    database.execute(&format!(
        "REVOKE CONNECT ON DATABASE \"{name}\" FROM PUBLIC"
    ));
    let url = database.url_as(&role);
    let project = Project::new().env("DATABASE_URL", &url);
    let (_, cure) = problem(&project, "connection");
    let grant = format!("`GRANT CONNECT ON DATABASE \"{name}\" TO ROLE;`");
    assert!(cure.contains(&grant), "{cure}");
    assert_eq!(problems(&project, "pg_dump"), []);
}

#[test]
fn an_index_that_its_owner_may_not_drop_is_told_with_who_may() {
    let database = PostgresDatabase::create();
    let role = database.create_role("owner");
    database.execute("CREATE TABLE notes (text TEXT)");
    let (mut writing, mut building) = (database.connect(), database.connect());
    let begun = "BEGIN; INSERT INTO notes VALUES ('a')";
    writing.batch_execute(begun).expect("it writes");
    let limit = building.batch_execute("SET statement_timeout = '300ms'");
    limit.expect("it is a limit");
    let rebuilt = building.batch_execute("REINDEX TABLE CONCURRENTLY notes");
    rebuilt.expect_err("it waits");
    writing.batch_execute("COMMIT").expect("it wrote");
    database.execute(&format!("ALTER TABLE notes OWNER TO {}", role.name));
    let project = studio(&database).env("DATABASE_URL", &database.url_as(&role));
    let (message, cure) = problem(&project, "indexes");
    assert!(message.contains("(TOAST) of notes is invalid"), "{message}");
    let drop = "let a superuser run `DROP INDEX CONCURRENTLY pg_toast.pg_toast_";
    assert!(cure.contains(drop), "{cure}");
}

#[test]
fn a_unique_index_that_failed_is_told_with_the_key() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE twice (id INTEGER)");
    database.execute("INSERT INTO twice VALUES (7), (7)");
    let name = "2026-01-01-000000_once";
    let project = Project::new()
        .irreversible(name, "")
        .metadata(name, "run_in_transaction = false\nirreversible = \"w\"\n")
        .on(&database);
    project.write(
        &up_of(name),
        "CREATE UNIQUE INDEX CONCURRENTLY once ON twice (id);\n",
    );
    project.run(["up"]).exits(1);
    let (message, _) = problem(&project, "migrations");
    assert!(message.contains("Key (id)=(7) is duplicated"), "{message}");
    let (message, cure) = problem(&project, "indexes");
    assert!(message.contains("public.once"), "{message}");
    let mut client = database.connect();
    let statement = cure.trim_matches('`');
    client.batch_execute(statement).expect("it is a cure");
    assert_eq!(problems(&project, "indexes"), []);
}

#[test]
fn a_transaction_that_does_nothing_is_told_with_what_ends_it() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up"]).succeeds();
    let mut other = database.connect();
    let begun = "SET application_name = 'sleeper'; BEGIN; LOCK TABLE rooms IN ROW SHARE MODE";
    other.batch_execute(begun).expect("it is a table");
    // It was begun just now.
    assert_eq!(problems(&project, "sessions"), []);
    let project = project.config("[doctor]\nidle_in_transaction = \"1ms\"\n");
    let (message, cure) = problem(&project, "sessions");
    assert!(message.contains("sleeper"), "{message}");
    assert!(message.contains(", holding rooms: "), "{message}");
    let ends = cure.trim_start_matches("end it: ").trim_matches('`');
    database.execute(ends);
    assert_eq!(problems(&project, "sessions"), []);
}
