//! What PostgreSQL's own parser says of statements that the one at hand does not know.

use std::sync::{Arc, Mutex};

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::{Connection, PgConnection};
use dieselkit::migration::{PrepareError, RunError, check_files};
use dieselkit::{Database, MigrationSet, Migrator, UpOptions};

use crate::scene::{Folder, address, migrator, reader, shown, tables};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_server_finds_what_is_found_without_one,
    nothing_of_a_suspect_is_run,
    a_role_that_may_only_read_can_ask,
    a_dry_run_opens_no_transaction_to_ask,
    the_transaction_around_it_goes_on,
];

type Pg = PostgresDatabase<'static>;

/// Statements that no parser takes, each with what stands where it gives up.
const BROKEN: [(&str, &str); 10] = [
    ("INSRT INTO a VALUES (1);", "INSRT"),
    ("SELECT 1,,2 INTO t;", ",2"),
    ("(SELECT 1,,2);", ",2"),
    ("TABLE a,,;", ",,;"),
    ("FETCH FETCH FETCH;", "FETCH FETCH;"),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELCT 1; END;",
        "SELCT",
    ),
    (
        "CREATE RULE r AS ON INSERT TO a DO ALSO (SELCT 1; SELECT 2);",
        "SELCT",
    ),
    (
        "CREATE MATERIALIZED VIEW v AS SELECT 1 INTO x FORM y;",
        "FORM",
    ),
    ("CREATE TABLE x (id int", ""),
    ("DO ALSO $$BEGIN END$$;", "ALSO"),
];

fn broken() -> Folder {
    let folder = Folder::new();
    for (index, (statement, _)) in BROKEN.iter().enumerate() {
        let text = format!("SELECT 'é';\n  {statement}");
        folder.add(&format!("{index:03}_broken"), &text, "SELECT 1;");
    }
    folder
}

fn a_server_finds_what_is_found_without_one(database: &Pg) {
    let folder = broken();
    let set = MigrationSet::scan(folder.path()).expect("the folder is there");
    let alone = check_files(&set, address(database).engine()).expect("it is compiled in");
    let report = shown(reader(database, &folder).check());
    for (index, (statement, rest)) in BROKEN.iter().enumerate() {
        let name = format!("{index:03}_broken");
        let of = |report: &dieselkit::migration::CheckReport| {
            let mut found = report.findings.iter();
            found
                .find(|found| found.migration.as_deref() == Some(&*name))
                .unwrap_or_else(|| panic!("{statement}: {report:?}"))
                .clone()
        };
        let (asked, unasked) = (of(&report), of(&alone));
        let place = asked.place.expect("it has a place");
        let column = 3 + statement.rfind(rest).expect("it stands there");
        assert_eq!((place.line, place.column), (2, column), "{statement}");
        assert!(!asked.message.contains("no server"), "{}", asked.message);
        assert_eq!(unasked.place.expect("it has a place").line, 2);
        assert!(unasked.message.ends_with("(no server was asked)"));
    }
    assert_eq!(report.findings.len(), BROKEN.len(), "{report:?}");
    assert_eq!(tables(database), [""; 0]);
}

fn nothing_of_a_suspect_is_run(database: &Pg) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let folder = Folder::new();
    folder.add("1_a", "INSERT INTO a VALUES (1);\nCOMIT;", "");
    folder.add("2_a", "COMMIT PREPARED nowhere;\n", "");
    match migrator(database, &folder).up(&UpOptions::default()) {
        Err(RunError::Prepare { source, .. }) => {
            assert!(matches!(source, PrepareError::Syntax { .. }), "{source}");
        }
        other => panic!("not refused: {other:?}"),
    }
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 0);
}

fn a_role_that_may_only_read_can_ask(database: &Pg) {
    let folder = broken();
    let mut connection = database.connect();
    connection
        .batch_execute("SET default_transaction_read_only = on")
        .expect("a session may");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let report = shown(Migrator::new(Database::from(connection), set).check());
    assert_eq!(report.findings.len(), BROKEN.len(), "{report:?}");
}

/// Notes each statement that a connection sends from now on.
fn sent_by(connection: &mut PgConnection) -> Arc<Mutex<Vec<String>>> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let query = query.to_string();
            noted.lock().expect("nobody panics").push(query);
        }
    });
    sent
}

fn a_dry_run_opens_no_transaction_to_ask(database: &Pg) {
    let folder = broken();
    let mut connection = database.connect();
    let statements = sent_by(&mut connection);
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let mut migrator = Migrator::new(Database::from(connection), set);
    match migrator.plan_up(&UpOptions::default()) {
        Err(RunError::Prepare { .. }) => {}
        other => panic!("not refused: {other:?}"),
    }
    let statements = statements.lock().expect("nobody panics");
    assert!(
        statements.iter().any(|sql| sql.contains("INSRT")),
        "{statements:#?}"
    );
    let begins = |sql: &&String| sql.starts_with("BEGIN") || sql.starts_with("SAVEPOINT");
    assert_eq!(statements.iter().find(begins), None, "{statements:#?}");
}

fn the_transaction_around_it_goes_on(database: &Pg) {
    let folder = broken();
    let mut connection = database.connect();
    diesel::Connection::begin_test_transaction(&mut connection).expect("none is open");
    connection
        .batch_execute("CREATE TABLE kept (id INTEGER)")
        .expect("it is a new one");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let mut migrator = Migrator::new(Database::from(connection), set);
    for _ in 0..2 {
        assert_eq!(shown(migrator.check()).findings.len(), BROKEN.len());
    }
    shown(migrator.statistics());
}
