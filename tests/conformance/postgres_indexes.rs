//! Indexes that PostgreSQL builds while others write: what a failed one leaves is named, and never
//! taken for made.

use dieselkit::UpOptions;
use dieselkit::migration::StateLeft;

use crate::scene::{Folder, done, entry, failing_up, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_a_failed_build_leaves_is_named,
    an_invalid_index_is_not_taken_for_made,
    what_is_left_in_another_schema_is_found_too,
];

type Database = PostgresDatabase<'static>;

const BUILD: &str = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"By Id\" ON a (id);";

fn with_duplicates(database: &Database, up_sql: &str) -> Folder {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (1)");
    let folder = Folder::new();
    folder.add_statementwise("1_index", up_sql, "DROP INDEX \"By Id\";");
    folder
}

fn is_valid(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT indisvalid::text FROM pg_index WHERE indexrelid = '\"By Id\"'::regclass",
    )
}

fn what_a_failed_build_leaves_is_named(database: &Database) {
    let folder = with_duplicates(database, BUILD);
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::StepRolledBack);
    assert_eq!(failure.invalid_indexes, ["public.\"By Id\""]);
    let hint = failure.hint();
    assert!(
        hint.contains("`DROP INDEX CONCURRENTLY public.\"By Id\";`"),
        "{hint}"
    );
    let kept = entry(database, &folder, "1").error.expect("it is kept");
    assert!(kept.contains("invalid indexes: public.\"By Id\""), "{kept}");
}

fn an_invalid_index_is_not_taken_for_made(database: &Database) {
    let folder = with_duplicates(database, &format!("SELECT 1;\n{BUILD}\nSELECT 2;"));
    failing_up(database, &folder, &UpOptions::default());
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    for _ in 0..2 {
        let (failure, _) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failure.state_left, StateLeft::HalfWay { done: 1, total: 3 });
        assert_eq!(failure.invalid_indexes, ["public.\"By Id\""]);
        assert!(failure.message.contains("invalid"), "{failure}");
        assert_eq!(failure.place.clone().map(|place| place.line), Some(2));
    }
    assert_eq!(database.applied(), [""; 0]);
    assert_eq!(is_valid(database), ["false"]);
    // The way out that the hint names.
    database.execute("DROP INDEX CONCURRENTLY public.\"By Id\"");
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(is_valid(database), ["true"]);
}

fn what_is_left_in_another_schema_is_found_too(database: &Database) {
    database.execute(
        "CREATE SCHEMA app; CREATE TABLE app.a (id INTEGER); INSERT INTO app.a VALUES (1), (1)",
    );
    let folder = Folder::new();
    let build = "SET search_path = app;\nCREATE UNIQUE INDEX CONCURRENTLY ON a (id);";
    folder.add_statementwise("1_index", build, "");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.invalid_indexes, ["app.a_id_idx"]);
}
