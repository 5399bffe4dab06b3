//! A body's pragmas of a SQLite connection end with the body.

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use dieselkit::{Database, MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, failure, shown};
use crate::support::engine::{Engine, column};
use crate::support::sqlite::SqliteDatabase;

const CHANGES: [&str; 19] = [
    "PRAGMA recursive_triggers = ON;",
    "PRAGMA case_sensitive_like = ON;",
    "PRAGMA ignore_check_constraints = ON;",
    "PRAGMA legacy_alter_table = ON;",
    "PRAGMA writable_schema = ON;",
    "PRAGMA reverse_unordered_selects = ON;",
    "PRAGMA busy_timeout = 1;",
    "PRAGMA foreign_keys = OFF;",
    "PRAGMA query_only = ON;",
    "PRAGMA journal_mode = OFF;",
    "PRAGMA journal_mode = MEMORY;",
    "PRAGMA locking_mode = EXCLUSIVE;",
    "PRAGMA synchronous = OFF;",
    "PRAGMA temp_store = MEMORY;",
    "PRAGMA trusted_schema = OFF;",
    "PRAGMA cache_size = 7;",
    "PRAGMA short_column_names = OFF;",
    "PRAGMA secure_delete = FAST;",
    "PRAGMA defer_foreign_keys = ON;",
];

/// What SQLite refuses, or passes over, inside a transaction.
const OUTSIDE_ONLY: [&str; 2] = ["foreign_keys = OFF", "synchronous"];

const EVERYTHING: &str = "SELECT recursive_triggers FROM pragma_recursive_triggers
  UNION ALL SELECT 'a' LIKE 'A'
  UNION ALL SELECT ignore_check_constraints FROM pragma_ignore_check_constraints
  UNION ALL SELECT legacy_alter_table FROM pragma_legacy_alter_table
  UNION ALL SELECT writable_schema FROM pragma_writable_schema
  UNION ALL SELECT reverse_unordered_selects FROM pragma_reverse_unordered_selects
  UNION ALL SELECT timeout FROM pragma_busy_timeout
  UNION ALL SELECT query_only FROM pragma_query_only
  UNION ALL SELECT journal_mode FROM pragma_journal_mode
  UNION ALL SELECT locking_mode FROM pragma_locking_mode
  UNION ALL SELECT synchronous FROM pragma_synchronous
  UNION ALL SELECT temp_store FROM pragma_temp_store
  UNION ALL SELECT trusted_schema FROM pragma_trusted_schema
  UNION ALL SELECT cache_size FROM pragma_cache_size
  UNION ALL SELECT short_column_names FROM pragma_short_column_names
  UNION ALL SELECT secure_delete FROM pragma_secure_delete
  UNION ALL SELECT defer_foreign_keys FROM pragma_defer_foreign_keys
  UNION ALL SELECT foreign_keys FROM pragma_foreign_keys";

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
            let outside = OUTSIDE_ONLY.iter().any(|words| change.contains(words));
            let metadata = if outside { "false" } else { metadata };
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

#[test]
fn what_the_caller_had_set_is_kept() {
    let theirs =
        "PRAGMA journal_mode = PERSIST; PRAGMA secure_delete = FAST; PRAGMA cache_size = 77;
        PRAGMA recursive_triggers = ON; PRAGMA case_sensitive_like = ON; PRAGMA foreign_keys = ON;";
    let reset = "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = OFF; PRAGMA cache_size = 7;
        PRAGMA recursive_triggers = OFF; PRAGMA case_sensitive_like = OFF; PRAGMA foreign_keys = OFF;";
    let database = SqliteDatabase::create();
    let folder = Folder::new();
    folder.add_statementwise("1_reset", reset, reset);
    let migrating = Migrating {
        database,
        folder,
        change: reset,
    };
    let pool = migrating.pool();
    let set = pool.get().expect("it is free").batch_execute(theirs);
    set.expect("pragmas that are known");
    let before = settings(&pool);
    shown(migrating.migrator(&pool).up(&UpOptions::default()));
    assert_eq!(settings(&pool), before);
    shown(migrating.migrator(&pool).rollback(Target::All));
    assert_eq!(settings(&pool), before);
}

/// It is a property of the file, and the reason for such a migration.
#[test]
fn a_write_ahead_log_that_a_body_asks_for_stays() {
    let folder = Folder::new();
    folder.add_statementwise(
        "1_log",
        "PRAGMA journal_mode = WAL;",
        "PRAGMA journal_mode = DELETE;",
    );
    let database = SqliteDatabase::create();
    let migrating = Migrating {
        database,
        folder,
        change: "",
    };
    let pool = migrating.pool();
    shown(migrating.migrator(&pool).up(&UpOptions::default()));
    let mode = "SELECT journal_mode FROM pragma_journal_mode";
    assert_eq!(migrating.database.query_text(mode), "wal");
    shown(migrating.migrator(&pool).rollback(Target::All));
    assert_eq!(migrating.database.query_text(mode), "delete");
}

#[test]
fn an_attached_database_with_tables_of_our_names_is_left_alone() {
    let (database, other) = (SqliteDatabase::create(), SqliteDatabase::create());
    let theirs = Folder::of_six();
    crate::scene::up(&other, &theirs);
    let folder = Folder::new();
    folder.add(
        "1_mine",
        "CREATE TABLE mine (id INTEGER);",
        "DROP TABLE mine;",
    );
    let migrating = Migrating {
        database,
        folder,
        change: "",
    };
    let pool = migrating.pool();
    let attach = format!("ATTACH '{}' AS other", other.path().display());
    let attached = pool.get().expect("it is free").batch_execute(&attach);
    attached.expect("it is a database");
    let pending = |totals: dieselkit::migration::Totals| (totals.applied, totals.pending);
    let status = shown(migrating.migrator(&pool).status());
    assert_eq!(pending(status.totals), (0, 1));
    shown(migrating.migrator(&pool).up(&UpOptions::default()));
    assert_eq!(migrating.database.applied(), ["1"]);
    shown(migrating.migrator(&pool).reset());
    assert_eq!(migrating.database.applied(), ["1"]);
    assert_eq!(other.applied().len(), 6);
    assert_eq!(
        other.query_i64("SELECT count(*) FROM __dieselkit_history"),
        6
    );
}
