//! The database under test as a scenario sees it, so that one scenario serves both engines.
//!
//! Knows no SQL of either engine: that is in `sqlite` and `postgres`, which mirror each other.

use std::path::Path;

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

/// A database of its own for one test, gone when dropped.
///
/// Every method opens a connection and closes it, so that nothing here holds a lock, a snapshot or
/// a session setting while the program under test runs.
pub(crate) trait Engine {
    /// Returns the URL to hand to the program under test, with rights to everything.
    fn url(&self) -> String;

    /// Returns the text that belongs to this engine, where the two need different SQL.
    fn either<'a>(&self, sqlite: &'a str, postgres: &'a str) -> &'a str;

    /// Runs one or more statements.
    fn execute(&self, sql: &str);

    /// Returns the values of a query of one column as text, NULL as `NULL`.
    fn query_column(&self, sql: &str) -> Vec<String>;

    /// Returns the names of all tables, bookkeeping included, sorted and without their schema.
    fn tables(&self) -> Vec<String>;

    /// Returns the schema as the engine's own tool dumps it, without dieselkit's own tables, so
    /// that it can be compared with what Diesel alone makes.
    fn schema_dump(&self) -> String;

    /// Applies what plain Diesel takes as pending in `migrations`, and returns the versions.
    fn diesel_run(&self, migrations: &Path) -> Vec<String>;

    /// Reverts what plain Diesel takes as the last migration, and returns its version.
    fn diesel_revert(&self, migrations: &Path) -> String;

    /// Returns the one value of a query as text.
    fn query_text(&self, sql: &str) -> String {
        let [value] = <[String; 1]>::try_from(self.query_column(sql))
            .unwrap_or_else(|rows| panic!("one row expected, got {rows:?} from: {sql}"));
        value
    }

    /// Returns the one value of a query as a number.
    fn query_i64(&self, sql: &str) -> i64 {
        let value = self.query_text(sql);
        value
            .parse()
            .unwrap_or_else(|_| panic!("a number expected, got `{value}` from: {sql}"))
    }

    /// Returns the versions in Diesel's own table, sorted, or none where it is absent.
    fn applied(&self) -> Vec<String> {
        if !self.has_table("__diesel_schema_migrations") {
            return Vec::new();
        }
        self.query_column("SELECT version FROM __diesel_schema_migrations ORDER BY version")
    }

    /// Returns whether a table of this name exists.
    fn has_table(&self, name: &str) -> bool {
        self.tables().iter().any(|table| table == name)
    }
}

/// A row of one column.
#[derive(QueryableByName)]
pub(crate) struct Cell {
    #[diesel(sql_type = Nullable<Text>)]
    value: Option<String>,
}

/// Runs a query of one column on an open connection, as [`Engine::query_column`] says.
macro_rules! column {
    ($connection:expr, $sql:expr) => {{
        let sql = $sql;
        // Naming the column in the CTE leaves the query itself free to name it as it likes.
        let named =
            format!("WITH query(value) AS ({sql}) SELECT CAST(value AS TEXT) AS value FROM query");
        let cells = diesel::RunQueryDsl::load(diesel::sql_query(named), $connection)
            .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
        $crate::support::engine::texts(cells)
    }};
}
pub(crate) use column;

/// Applies or reverts with nothing but Diesel's own harness on an open connection.
macro_rules! plain_diesel {
    ($method:ident, $connection:expr, $migrations:expr) => {{
        let source = diesel_migrations::FileBasedMigrations::from_path($migrations)
            .expect("the test's migrations are readable");
        diesel_migrations::MigrationHarness::$method($connection, source)
            .expect("plain Diesel takes the test's migrations")
    }};
}
pub(crate) use plain_diesel;

/// Returns the text of each row, NULL as `NULL`.
pub(crate) fn texts(cells: Vec<Cell>) -> Vec<String> {
    let text = |cell: Cell| cell.value.unwrap_or_else(|| "NULL".to_owned());
    cells.into_iter().map(text).collect()
}
