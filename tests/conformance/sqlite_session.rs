//! A body's pragmas of a SQLite connection end with the body.

use diesel::SqliteConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use dieselkit::{Database, MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, failure, shown};
use crate::support::engine::{Engine, column};
use crate::support::sqlite::SqliteDatabase;

const CHANGES: [&str; 8] = [
    "PRAGMA recursive_triggers = ON;",
    "PRAGMA case_sensitive_like = ON;",
    "PRAGMA ignore_check_constraints = ON;",
    "PRAGMA legacy_alter_table = ON;",
    "PRAGMA writable_schema = ON;",
    "PRAGMA reverse_unordered_selects = ON;",
    "PRAGMA busy_timeout = 1;",
    "PRAGMA foreign_keys = OFF;",
];

const EVERYTHING: &str = "SELECT recursive_triggers FROM pragma_recursive_triggers
  UNION ALL SELECT 'a' LIKE 'A'
  UNION ALL SELECT ignore_check_constraints FROM pragma_ignore_check_constraints
  UNION ALL SELECT legacy_alter_table FROM pragma_legacy_alter_table
  UNION ALL SELECT writable_schema FROM pragma_writable_schema
  UNION ALL SELECT reverse_unordered_selects FROM pragma_reverse_unordered_selects
  UNION ALL SELECT timeout FROM pragma_busy_timeout
  UNION ALL SELECT query_only FROM pragma_query_only";

/// Reads them inside a migration too: what one body says is nothing to the next.
const SEE: &str = "INSERT INTO seen
  SELECT recursive_triggers || ('a' LIKE 'A') || ignore_check_constraints || legacy_alter_table || writable_schema || reverse_unordered_selects
  FROM pragma_recursive_triggers, pragma_ignore_check_constraints, pragma_legacy_alter_table, pragma_writable_schema, pragma_reverse_unordered_selects;";

fn each_change(rest: &str, judge: impl Fn(&Migrating<'_>)) {
    for change in CHANGES {
        for metadata in ["true", "false"] {
            let folder = Folder::new();
            folder.add(
                "1_seen",
                "CREATE TABLE seen (what TEXT);",
                "DROP TABLE seen;",
            );
            let body = format!("{change}\n{rest}");
            // Inside a transaction that one is refused before it can do nothing.
            let metadata = if change.contains("foreign_keys = OFF") {
                "false"
            } else {
                metadata
            };
            folder.add("2_change", &body, &body);
            folder.write(
                "2_change/metadata.toml",
                &format!("run_in_transaction = {metadata}\n"),
            );
            folder.add("3_see", SEE, "DELETE FROM seen;");
            judge(&Migrating {
                database: SqliteDatabase::create(),
                folder,
                change,
            });
        }
    }
}

struct Migrating<'a> {
    database: SqliteDatabase,
    folder: Folder,
    change: &'a str,
}

impl Migrating<'_> {
    fn pool(&self) -> Pool<ConnectionManager<SqliteConnection>> {
        let url = self.database.url();
        let url = url.strip_prefix("sqlite:").unwrap_or(&url).to_owned();
        let pool = Pool::builder()
            .max_size(1)
            .build(ConnectionManager::new(url));
        pool.expect("one connection")
    }

    fn migrator(&self, pool: &Pool<ConnectionManager<SqliteConnection>>) -> Migrator {
        let set = MigrationSet::from_folder(self.folder.path()).expect("it is readable");
        Migrator::new(Database::from_pool(pool).expect("it is free"), set)
    }
}

fn settings(pool: &Pool<ConnectionManager<SqliteConnection>>) -> Vec<String> {
    let text = format!("SELECT CAST(recursive_triggers AS TEXT) FROM ({EVERYTHING})");
    column!(&mut *pool.get().expect("it was given back"), text)
}

#[test]
fn pragmas_of_a_body_end_with_it() {
    each_change("SELECT 1;", |migrating| {
        let pool = migrating.pool();
        let before = settings(&pool);
        shown(migrating.migrator(&pool).up(&UpOptions::default()));
        assert_eq!(settings(&pool), before, "{}", migrating.change);
        assert_eq!(
            migrating.database.query_text("SELECT what FROM seen"),
            "010000",
            "{}",
            migrating.change
        );
        let mut migrator = migrating.migrator(&pool);
        shown(migrator.rollback(Target::All));
        drop(migrator);
        assert_eq!(settings(&pool), before, "{}", migrating.change);
    });
}

#[test]
fn pragmas_of_a_failing_body_end_with_it() {
    each_change("DROP TABLE nowhere;", |migrating| {
        let pool = migrating.pool();
        let before = settings(&pool);
        failure(migrating.migrator(&pool).up(&UpOptions::default()));
        assert_eq!(settings(&pool), before, "{}", migrating.change);
    });
}
