//! An error says where it happened, in which statement, and all that the server said.

use dieselkit::UpOptions;
use dieselkit::migration::{PrepareError, RunError, StepFailure};

use crate::scene::{Folder, attempts, chain, failing_up, migrator, reader, shown, tables};
use crate::support::engine::Engine;

on_both_engines![
    an_error_while_computing_is_placed_at_its_statement,
    a_unique_violation_carries_its_code_and_detail,
    the_only_statement_of_a_file_has_its_place,
    a_missing_table_is_placed,
    an_error_in_a_single_file_is_placed_in_its_section,
    an_error_of_the_commit_carries_its_code,
    an_error_outside_of_a_transaction_is_placed,
    a_syntax_error_is_found_before_anything_runs,
    an_unterminated_string_is_found_before_anything_runs,
    an_unterminated_comment_is_found_before_anything_runs,
    a_template_is_no_empty_success,
    a_bad_metadata_file_is_refused_for_a_pending_migration,
    what_cannot_be_in_a_transaction_says_where_it_belongs,
];

fn fails_with(database: &dyn Engine, up: &str) -> (Folder, StepFailure) {
    let folder = Folder::new();
    folder.add("1_bad", up, "");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    (folder, failure)
}

#[track_caller]
fn is_placed(failure: &StepFailure, folder: &Folder, file: &str, line: usize, column: usize) {
    let place = failure.place.clone().expect("it has a place");
    assert_eq!(place.file, folder.file(file).display().to_string());
    assert_eq!((place.line, place.column), (line, column), "{failure}");
}

fn an_error_while_computing_is_placed_at_its_statement(database: &dyn Engine) {
    let third = database.either("SELECT abs(-9223372036854775808);", "SELECT 1 / 0;");
    let up =
        format!("CREATE TABLE a (id INTEGER);\n-- ü\nCREATE TABLE b (id INTEGER);\n  {third}\n");
    let (folder, failure) = fails_with(database, &up);
    is_placed(&failure, &folder, "1_bad/up.sql", 4, 3);
    assert_eq!(failure.statement.as_deref(), Some("SELECT"));
    assert_eq!(
        failure.message,
        database.either("integer overflow", "division by zero")
    );
    assert_eq!(
        failure.sqlstate.as_deref().unwrap_or("none"),
        database.either("none", "22012")
    );
    let kept = database.query_text("SELECT error FROM __dieselkit_history");
    assert_eq!(kept, failure.to_string());
    assert_eq!(tables(database), [""; 0]);
}

fn a_unique_violation_carries_its_code_and_detail(database: &dyn Engine) {
    let up = "CREATE TABLE a (id INTEGER PRIMARY KEY);
INSERT INTO a VALUES (1);
INSERT INTO a VALUES (1);";
    let (folder, failure) = fails_with(database, up);
    is_placed(&failure, &folder, "1_bad/up.sql", 3, 1);
    assert_eq!(failure.statement.as_deref(), Some("INSERT INTO a"));
    let code = failure.sqlstate.as_deref().unwrap_or("none");
    assert_eq!(code, database.either("none", "23505"));
    // SQLite says all of it in the message.
    let said = failure.detail.unwrap_or(failure.message);
    let expected = database.either(
        "UNIQUE constraint failed: a.id",
        "Key (id)=(1) already exists.",
    );
    assert_eq!(said, expected);
}

fn the_only_statement_of_a_file_has_its_place(database: &dyn Engine) {
    database.execute("CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);");
    let (folder, failure) = fails_with(database, "-- one\n  INSERT INTO a VALUES (1);");
    is_placed(&failure, &folder, "1_bad/up.sql", 2, 3);
    assert_eq!(failure.unplaced, None);
}

fn a_missing_table_is_placed(database: &dyn Engine) {
    let (folder, failure) = fails_with(
        database,
        "CREATE TABLE a (id INTEGER);\nDROP TABLE nowhere;",
    );
    is_placed(&failure, &folder, "1_bad/up.sql", 2, 1);
    assert_eq!(failure.statement.as_deref(), Some("DROP TABLE nowhere"));
    assert_eq!(
        failure.sqlstate.as_deref().unwrap_or("none"),
        database.either("none", "42P01")
    );
}

fn an_error_in_a_single_file_is_placed_in_its_section(database: &dyn Engine) {
    let folder = Folder::new();
    let text = "-- why\n-- migrate:up\nCREATE TABLE a (id INTEGER);\nSELECT missing FROM a;\n-- migrate:down\nDROP TABLE a;\n";
    folder.write("001_single.sql", text);
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    let column = database.either("1", "8").parse().expect("a number");
    is_placed(&failure, &folder, "001_single.sql", 4, column);
    assert!(failure.message.contains("missing"), "{failure}");
}

fn an_error_of_the_commit_carries_its_code(database: &dyn Engine) {
    let up = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (7);";
    let (folder, failure) = fails_with(database, up);
    assert!(
        failure.message.starts_with("failed to commit: "),
        "{failure}"
    );
    let file = folder.file("1_bad/up.sql").display().to_string();
    assert_eq!(failure.file.as_deref(), Some(&*file));
    let text = failure.to_string();
    let beginning = format!("{file}: failed to commit: ");
    assert!(text.starts_with(&beginning), "{text}");
    let code = failure.sqlstate.as_deref().unwrap_or("none");
    assert_eq!(code, database.either("none", "23503"));
    let detail = failure.detail.unwrap_or_else(|| "none".to_owned());
    let expected = "Key (parent)=(7) is not present in table \"parent\".";
    assert_eq!(detail, database.either("none", expected));
    assert_eq!(attempts(database), ["1 apply FAILED"]);
}

fn an_error_outside_of_a_transaction_is_placed(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_statementwise(
        "1_bad",
        "CREATE TABLE a (id INTEGER);\n\nDROP TABLE nowhere;",
        "",
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    is_placed(&failure, &folder, "1_bad/up.sql", 3, 1);
    assert!(
        failure.hint().contains("dieselkit resolve 1 --applied"),
        "{}",
        failure.hint()
    );
}

#[track_caller]
fn nothing_runs(database: &dyn Engine, folder: &Folder) -> PrepareError {
    let refused = migrator(database, folder).up(&UpOptions::default());
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(attempts(database), [""; 0]);
    match refused {
        Err(RunError::Prepare { source, .. }) => source,
        Err(other) => panic!("another error: {}", chain(&other)),
        Ok(report) => panic!("it ran: {report:?}"),
    }
}

fn a_syntax_error_is_found_before_anything_runs(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE t4 (id INTEGER);\nCREATE TABEL x (id INTEGER);",
    );
    let PrepareError::Syntax { place, message, .. } = nothing_runs(database, &folder) else {
        panic!("not found as an error of syntax");
    };
    assert_eq!(place.file, folder.file("4_t/up.sql").display().to_string());
    assert_eq!(place.line, 2);
    assert!(message.contains("TABEL"), "{message}");
}

fn an_unterminated_string_is_found_before_anything_runs(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE t4 (id INTEGER);\nINSERT INTO t4 VALUES ('x);\n",
    );
    let PrepareError::Sql { place, .. } = nothing_runs(database, &folder) else {
        panic!("not found as unterminated");
    };
    assert_eq!((place.line, place.column), (2, 24));
}

fn an_unterminated_comment_is_found_before_anything_runs(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE t4 (id INTEGER);\n  /* why\nCREATE TABLE more (id INTEGER);\n",
    );
    let PrepareError::Sql { place, error } = nothing_runs(database, &folder) else {
        panic!("not found as unterminated");
    };
    assert_eq!((place.line, place.column), (2, 3));
    assert_eq!(error.problem(), "unterminated block comment");
    let report = shown(reader(database, &folder).check());
    let places = report
        .findings
        .iter()
        .filter_map(|found| found.place.as_ref());
    let places: Vec<_> = places.map(|place| (place.line, place.column)).collect();
    assert_eq!(places, [(2, 3)], "{report:?}");
}

fn a_template_is_no_empty_success(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "7_new/up.sql",
        "-- dieselkit:template  Write the change below.\n",
    );
    let refused = nothing_runs(database, &folder);
    assert!(matches!(refused, PrepareError::Template { .. }));
}

fn a_bad_metadata_file_is_refused_for_a_pending_migration(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write("5_t/metadata.toml", "run_in_transction = true\n");
    assert!(matches!(
        nothing_runs(database, &folder),
        PrepareError::Settings(_)
    ));
    folder.write("5_t/metadata.toml", "irreversible = true\n");
    assert!(matches!(
        nothing_runs(database, &folder),
        PrepareError::Settings(_)
    ));
}

/// `SQLite` reads a trigger to its end only with its table in place.
#[cfg(feature = "sqlite")]
#[test]
fn an_error_of_syntax_in_a_trigger_is_found_before_anything_runs() {
    use dieselkit::migration::FindingKind;

    let database = crate::support::sqlite::SqliteDatabase::create();
    let folder = Folder::new();
    folder.add(
        "1_good",
        "CREATE TABLE good (id INTEGER);",
        "DROP TABLE good;",
    );
    folder.add(
        "2_bad",
        "CREATE TRIGGER t AFTER INSERT ON good BEGIN
  SELECT 1;
  SELCT 'ü', SELCT;
END;",
        "ALTER TABLE good ADD COLUMN late INTEGER DEFAUL 3 4;",
    );
    let PrepareError::Syntax { place, .. } = nothing_runs(&database, &folder) else {
        panic!("not found as an error of syntax");
    };
    assert_eq!((place.line, place.column), (3, 3));
    let report = shown(reader(&database, &folder).check());
    let places: Vec<_> = report
        .findings
        .iter()
        .map(|found| {
            let place = found.place.as_ref().expect("it has a place");
            (found.kind, place.line, place.column)
        })
        .collect();
    let expected = [(FindingKind::Syntax, 3, 3), (FindingKind::Syntax, 1, 49)];
    assert_eq!(places, expected, "{report:?}");
}

/// Only a server that knows better says so.
#[cfg(feature = "postgres")]
#[test]
fn what_the_server_advises_is_passed_on() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let up = "CREATE TABLE a (name TEXT);\nSELECT nam FROM a;";
    let (folder, failure) = fails_with(&database, up);
    is_placed(&failure, &folder, "1_bad/up.sql", 2, 8);
    let hint = failure.server_hint.expect("the server has one");
    assert_eq!(
        hint,
        "Perhaps you meant to reference the column \"a.name\"."
    );
}

#[cfg(feature = "postgres")]
mod files_of_psql {
    use super::*;
    use crate::support::postgres::PostgresDatabase;

    #[test]
    fn data_for_stdin_is_refused_before_anything_runs() {
        let (database, folder) = (PostgresDatabase::create(), Folder::of_six());
        folder.write(
            "5_t/up.sql",
            "CREATE TABLE t5 (id INTEGER);\nCOPY t5 FROM stdin;\n1\n\\.\n",
        );
        let error = nothing_runs(&database, &folder);
        assert!(error.to_string().contains("5_t/up.sql:2:1"), "{error}");
        assert!(error.hint().expect("advice").contains("seed"));
    }

    /// With the rows unread the connection takes nothing else, and a rehearsal that asks it waits for ever.
    #[test]
    fn rows_for_stdout_are_refused_before_anything_runs() {
        let (database, folder) = (PostgresDatabase::create(), Folder::of_six());
        folder.write(
            "5_t/up.sql",
            "CREATE TABLE t5 (id INTEGER);\nCOPY t5 TO stdout;\n",
        );
        let error = nothing_runs(&database, &folder);
        assert!(error.to_string().contains("5_t/up.sql:2:1"), "{error}");
        assert!(error.hint().expect("advice").contains("psql"));
    }

    #[test]
    fn a_command_of_psql_is_refused_before_anything_runs() {
        let (database, folder) = (PostgresDatabase::create(), Folder::of_six());
        folder.write(
            "5_t/up.sql",
            "CREATE TABLE t5 (id INTEGER);\n\\connect other\n",
        );
        let error = nothing_runs(&database, &folder);
        assert!(error.to_string().contains("`\\connect`"), "{error}");
    }

    #[test]
    fn the_marks_of_a_dump_are_passed_over() {
        let (database, folder) = (PostgresDatabase::create(), Folder::new());
        let dump = "\\restrict x\nSET check_function_bodies = false;\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t1 (id integer);\n\\unrestrict x\n";
        folder.add("1_dump", dump, "");
        folder.add_table(2);
        assert_eq!(crate::scene::up(&database, &folder).done.len(), 2);
        assert_eq!(tables(&database), ["t1", "t2"]);
    }
}

#[track_caller]
fn belongs_outside(database: &dyn Engine, statement: &str) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let (folder, failure) = fails_with(database, &format!("-- alone\n{statement}"));
    is_placed(&failure, &folder, "1_bad/up.sql", 2, 1);
    let hint = failure.hint();
    assert!(hint.contains("`run_in_transaction = false`"), "{hint}");
    assert!(hint.contains("`-- migrate:up transaction:false`"), "{hint}");
    // It is good advice.
    folder.write("1_bad/metadata.toml", "run_in_transaction = false\n");
    shown(migrator(database, &folder).up(&UpOptions::default()));
    database.execute("DROP TABLE a; DROP TABLE __dieselkit_history; DROP TABLE __dieselkit_metadata; DROP TABLE __diesel_schema_migrations;");
}

fn what_cannot_be_in_a_transaction_says_where_it_belongs(database: &dyn Engine) {
    let refused = database.either(
        "VACUUM;|PRAGMA journal_mode = WAL;|PRAGMA synchronous = OFF;",
        "CREATE INDEX CONCURRENTLY i ON a (id);|VACUUM a;",
    );
    for statement in refused.split('|') {
        belongs_outside(database, statement);
    }
}
