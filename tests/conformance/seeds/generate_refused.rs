//! Rows that cannot be made up: nothing is kept, and the error names what is in the way.

use dieselkit::cancellation::Cancellation;
use dieselkit::environment::Protection;
use dieselkit::seed::{GenerateError, GenerateOptions, SeedSet, Seeder};
use dieselkit::{Absent, Database, Environment};

use super::generate::{seeder, try_generate};
use crate::scene::{Folder, address, chain, up};
use crate::support::engine::Engine;

on_both_engines![
    what_cannot_be_made_up_is_refused_by_name,
    what_the_database_refuses_leaves_nothing,
    no_protected_environment_gets_rows,
    another_environment_s_database_gets_no_rows,
    pending_migrations_come_first,
    a_run_that_is_asked_to_end_keeps_nothing,
];

fn refusal(database: &dyn Engine, table: &str, rows: u64) -> String {
    match try_generate(database, &GenerateOptions::of(table, rows)) {
        Ok(report) => panic!("it went well: {report:?}"),
        Err(error) => {
            let hint = error.hint().map(|hint| format!("\n  hint: {hint}"));
            let shown = format!("{}{}", chain(&error), hint.unwrap_or_default());
            shown.replace("public.", "")
        }
    }
}

fn what_cannot_be_made_up_is_refused_by_name(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         CREATE VIEW names AS SELECT name FROM users;
         CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));
         CREATE TABLE flags (is_on BOOLEAN NOT NULL UNIQUE, id INTEGER);
         CREATE TABLE never (id INTEGER, a INTEGER CONSTRAINT above CHECK (a > 5), b INTEGER,
           CONSTRAINT below CHECK (a < 3));
         CREATE TABLE same (a INTEGER NOT NULL, b INTEGER NOT NULL CHECK (b < 5), CONSTRAINT more CHECK (a < b), CHECK (a > 5));",
    );
    database.execute(database.either(
        "CREATE TABLE odd (shape POINT NOT NULL)",
        "CREATE TABLE odd (shape polygon NOT NULL)",
    ));
    let shown = [
        refusal(database, "user", 10),
        refusal(database, "warehouses", 10),
        refusal(database, "names", 10),
        refusal(database, "orders", 10),
        refusal(database, "flags", 10),
        refusal(database, "never", 10),
        refusal(database, "same", 10),
        refusal(database, "odd", 10),
        refusal(database, "__dieselkit_history", 10),
        refusal(database, "__diesel_schema_migrations", 10),
    ];
    let name = database.either("generate_refused_sqlite", "generate_refused_postgres");
    insta::assert_snapshot!(name, shown.join("\n"));
}

fn what_the_database_refuses_leaves_nothing(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, note TEXT, n INTEGER,
           CONSTRAINT very_odd CHECK (n % 7 <> 3));
         CREATE TABLE unnamed (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n * 2 > 5000));",
    );
    let shown = [
        refusal(database, "odd", 5_000),
        refusal(database, "unnamed", 5_000),
    ];
    for table in ["odd", "unnamed"] {
        assert_eq!(
            database.query_i64(&format!("SELECT count(*) FROM {table}")),
            0
        );
    }
    // What the row was, tells nothing here.
    let shown = shown.map(
        |text| match (text.find("; detail"), text.find("\n  hint")) {
            (Some(from), Some(to)) => text[..from].to_owned() + &text[to..],
            _ => text,
        },
    );
    let name = database.either("generate_refused_by_sqlite", "generate_refused_by_postgres");
    insta::assert_snapshot!(name, shown.join("\n"));
}

fn no_protected_environment_gets_rows(database: &dyn Engine) {
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
    let environment = Environment::new("live")
        .expect("a name")
        .with_protection(Protection::Protected);
    for environment in [environment, Environment::new("production").expect("a name")] {
        let connected = Database::connect(&address(database), Absent::CreateFile);
        let set = SeedSet::empty(&environment);
        let mut seeder = Seeder::new(connected.expect("it is there"), set);
        let refused = seeder.generate(&GenerateOptions::of("users", 1));
        assert!(
            matches!(refused, Err(GenerateError::Protected { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn another_environment_s_database_gets_no_rows(database: &dyn Engine) {
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
    let options = GenerateOptions::of("users", 1);
    // The first one that writes marks the database.
    seeder(database, "staging")
        .generate(&options)
        .expect("it has no mark yet");
    let refused = try_generate(database, &options);
    assert!(
        matches!(refused, Err(GenerateError::EnvironmentMismatch { .. })),
        "{refused:?}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}

fn pending_migrations_come_first(database: &dyn Engine) {
    let migrations = Folder::new();
    migrations.add_table(1);
    up(database, &migrations);
    migrations.add_table(2);
    let set = dieselkit::migration::MigrationSet::from_folder(migrations.path());
    let set = set.expect("it is readable");
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
    let mut seeder = seeder(database, "development").with_migrations(set);
    let options = GenerateOptions::of("users", 1);
    let refused = seeder.generate(&options);
    assert!(
        matches!(refused, Err(GenerateError::Pending { .. })),
        "{refused:?}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
    seeder
        .generate(&options.allow_pending())
        .expect("it is allowed");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
}

fn a_run_that_is_asked_to_end_keeps_nothing(database: &dyn Engine) {
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
    let cancellation = Cancellation::default();
    let stopping = cancellation.clone();
    let mut seeder = seeder(database, "development")
        .with_cancellation(cancellation)
        .with_observer(move |event: &dieselkit::event::Event| {
            if let dieselkit::event::Event::GenerateStarted { .. } = event {
                stopping.cancel();
            }
        });
    let stopped = seeder.generate(&GenerateOptions::of("users", 100_000));
    assert!(
        matches!(stopped, Err(GenerateError::Interrupted)),
        "{stopped:?}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}
