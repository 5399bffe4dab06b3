//! Migrations written in Rust, in the same history as those in SQL.

use dieselkit::migration::{Mark, PlanError, RunError, State};
use dieselkit::{MigrationSet, RustMigration, Target, UpOptions, Version};

use crate::in_code::{apply, migrator, tables};
use crate::support::engine::Engine;

on_both_engines![
    rust_goes_up_and_down_in_the_history_of_the_others,
    rust_that_fails_leaves_nothing_behind,
    rust_of_another_revision_is_modified,
    rust_outside_of_a_transaction_is_one_statement,
    a_plan_cannot_show_what_rust_does,
];

/// Makes a migration in Rust for the engine's own type of connection, which runs this SQL.
fn in_rust(
    database: &dyn Engine,
    name: &str,
    revision: &str,
    [up, down]: [&'static str; 2],
) -> RustMigration {
    macro_rules! of_type {
        ($connection:ty) => {{
            use diesel::connection::SimpleConnection;
            RustMigration::new(name, revision, move |db: &mut $connection| {
                Ok(db.batch_execute(up)?)
            })
            .with_down(move |db: &mut $connection| Ok(db.batch_execute(down)?))
        }};
    }
    match database.either("sqlite", "postgres") {
        #[cfg(feature = "sqlite")]
        "sqlite" => of_type!(diesel::SqliteConnection),
        #[cfg(feature = "postgres")]
        "postgres" => of_type!(diesel::PgConnection),
        other => panic!("no connection for {other}"),
    }
}

fn with_rust(database: &dyn Engine, revision: &str) -> MigrationSet {
    let (up, down) = ("INSERT INTO t1 VALUES (7);", "DELETE FROM t1;");
    let rust = in_rust(database, "002_fill", revision, [up, down]);
    tables([1, 3]).with([rust]).expect("each version once")
}

fn rust_goes_up_and_down_in_the_history_of_the_others(database: &dyn Engine) {
    let mut migrator = migrator(&database.url(), with_rust(database, "1"));
    migrator.up(&UpOptions::default()).expect("it applies");
    assert_eq!(database.query_column("SELECT id FROM t1"), ["7"]);
    let rows = "SELECT version || ' ' || status FROM __dieselkit_history ORDER BY id";
    assert_eq!(
        database.query_column(rows),
        ["001 SUCCESS", "002 SUCCESS", "003 SUCCESS"]
    );
    assert!(migrator.status().expect("it reads").is_clean());

    migrator
        .rollback(Target::To(Version::from_name("001")))
        .expect("it rolls back");
    assert_eq!(database.query_column("SELECT id FROM t1"), [""; 0]);
    assert_eq!(
        database.query_column(rows),
        ["001 SUCCESS", "002 ROLLED_BACK", "003 ROLLED_BACK"]
    );
}

fn rust_that_fails_leaves_nothing_behind(database: &dyn Engine) {
    let half = "INSERT INTO t1 VALUES (7); INSERT INTO nowhere VALUES (1);";
    let rust = in_rust(database, "002_fill", "1", [half, ""]);
    let set = tables([1]).with([rust]).expect("two versions");
    let error = migrator(&database.url(), set)
        .up(&UpOptions::default())
        .expect_err("there is no such table");
    assert!(
        error
            .to_string()
            .starts_with("failed to apply migration `002_fill`; it was rolled back whole"),
        "{error}"
    );
    assert_eq!(database.query_column("SELECT id FROM t1"), [""; 0]);
    assert_eq!(database.applied(), ["001"]);
    let failed = "SELECT status FROM __dieselkit_history WHERE version = '002'";
    assert_eq!(database.query_column(failed), ["FAILED"]);
}

fn rust_of_another_revision_is_modified(database: &dyn Engine) {
    apply(database, with_rust(database, "1"));
    let mut same = migrator(&database.url(), with_rust(database, "1"));
    assert!(same.status().expect("it reads").is_clean());
    let mut changed = migrator(&database.url(), with_rust(database, "2"));
    let status = changed.status().expect("it reads");
    let modified: Vec<_> = status
        .migrations
        .iter()
        .filter(|entry| entry.has(Mark::Modified))
        .map(|entry| (entry.name.as_str(), entry.state))
        .collect();
    assert_eq!(modified, [("002_fill", State::Applied)]);
    let error = changed
        .up(&UpOptions::default())
        .expect_err("a modified migration is refused");
    assert!(matches!(error, RunError::Plan(PlanError::Modified { .. })));
}

fn rust_outside_of_a_transaction_is_one_statement(database: &dyn Engine) {
    let up = "INSERT INTO t1 VALUES (7);";
    let rust = in_rust(database, "002_fill", "1", [up, ""]).without_transaction();
    apply(database, tables([1]).with([rust]).expect("two versions"));
    let counted = "SELECT statements_done || ' of ' || statements_total \
        FROM __dieselkit_history WHERE version = '002' AND status = 'SUCCESS'";
    assert_eq!(database.query_column(counted), ["1 of 1"]);
}

fn a_plan_cannot_show_what_rust_does(database: &dyn Engine) {
    let plan = migrator(&database.url(), with_rust(database, "1"))
        .plan_up(&UpOptions::default())
        .expect("it can be planned");
    let opaque: Vec<_> = plan
        .iter()
        .map(|step| (step.opaque, step.sql.len()))
        .collect();
    assert_eq!(opaque, [(false, 1), (true, 0), (false, 1)]);
}

#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod wrong_type {
    //! A migration in Rust that was written for the other engine.

    use super::{Engine, MigrationSet, RustMigration, UpOptions, migrator};

    on_both_engines![rust_for_another_type_of_connection_says_so];

    fn rust_for_another_type_of_connection_says_so(database: &dyn Engine) {
        let name = "001_wrong";
        let (wrong, wanted) = match database.either("sqlite", "postgres") {
            "sqlite" => (
                RustMigration::new(name, "1", |_: &mut diesel::PgConnection| Ok(())),
                "PgConnection",
            ),
            _ => (
                RustMigration::new(name, "1", |_: &mut diesel::SqliteConnection| Ok(())),
                "SqliteConnection",
            ),
        };
        let set = MigrationSet::default().with([wrong]).expect("one version");
        let mut migrator = migrator(&database.url(), set);
        let error = migrator
            .up(&UpOptions::default())
            .expect_err("it cannot be called");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let cause = cause.expect("it has a cause");
        assert!(
            cause.contains(wanted) && cause.contains("another type"),
            "{cause}"
        );
        assert_eq!(database.applied(), [""; 0]);
    }
}
