//! Seeds whose tables went with a migration: what ran before a rollback is not done any more.

use dieselkit::Target;
use dieselkit::seed::{Reason, SeedOptions, SeedState, SkipReason, Verdict};

use super::{ran, seed, seed_with, seeder_of};
use crate::scene::{Folder, rollback, up};
use crate::support::engine::Engine;

on_both_engines![
    a_seed_that_ran_before_a_rollback_runs_again,
    a_rollback_of_what_was_applied_later_makes_no_seed_due,
    what_runs_once_is_named_and_not_run_again,
];

/// Makes a table by a migration, and two seeds that fill it.
fn applied(database: &dyn Engine) -> (Folder, Folder) {
    let migrations = Folder::new();
    migrations.add(
        "1_words",
        "CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT);",
        "DROP TABLE words;",
    );
    up(database, &migrations);
    let seeds = Folder::new();
    seeds.write("development/010_words.csv", "id,word\n1,a\n2,b\n");
    seeds.write(
        "development/020_words.sql",
        "INSERT INTO words (id, word) VALUES (3, 'c') ON CONFLICT (id) DO NOTHING;",
    );
    (migrations, seeds)
}

fn count(database: &dyn Engine) -> i64 {
    database.query_i64("SELECT count(*) FROM words")
}

fn redo(database: &dyn Engine, migrations: &Folder) {
    rollback(database, migrations, Target::Steps(1));
    up(database, migrations);
}

fn states(database: &dyn Engine, seeds: &Folder) -> Vec<SeedState> {
    let status = seeder_of(database, seeds, "development").status();
    let seeds = status.expect("it reads").seeds.into_iter();
    seeds.map(|seed| seed.state).collect()
}

fn a_seed_that_ran_before_a_rollback_runs_again(database: &dyn Engine) {
    let (migrations, seeds) = applied(database);
    seed(database, &seeds);
    redo(database, &migrations);
    assert_eq!(count(database), 0);
    assert_eq!(states(database, &seeds), [SeedState::RolledBack; 2]);
    let planned = seeder_of(database, &seeds, "development").plan(&SeedOptions::default());
    let due = Verdict::Run(Reason::RolledBack);
    assert!(
        planned
            .expect("it plans")
            .iter()
            .all(|seed| seed.verdict == due)
    );
    assert_eq!(ran(&seed(database, &seeds)).len(), 2);
    assert_eq!(count(database), 3);
    assert_eq!(states(database, &seeds), [SeedState::Done; 2]);
    assert_eq!(ran(&seed(database, &seeds)), [""; 0]);
}

fn a_rollback_of_what_was_applied_later_makes_no_seed_due(database: &dyn Engine) {
    let (migrations, seeds) = applied(database);
    seed(database, &seeds);
    migrations.add_table(2);
    up(database, &migrations);
    rollback(database, &migrations, Target::Steps(1));
    assert_eq!(ran(&seed(database, &seeds)), [""; 0]);
    assert_eq!(states(database, &seeds), [SeedState::Done; 2]);
}

fn what_runs_once_is_named_and_not_run_again(database: &dyn Engine) {
    let (migrations, seeds) = applied(database);
    seeds.write(
        "development/020_words.sql",
        "-- seed: once\nINSERT INTO words (id, word) VALUES (3, 'c');",
    );
    seed(database, &seeds);
    redo(database, &migrations);
    let report = seed(database, &seeds);
    assert_eq!(ran(&report), ["development/010_words.csv"]);
    assert_eq!(
        report.planned[1].verdict,
        Verdict::Skip(SkipReason::OnceRolledBack)
    );
    assert_eq!(
        states(database, &seeds),
        [SeedState::Done, SeedState::OnceRolledBack]
    );
    let by_name = SeedOptions::default()
        .force()
        .only(["020_words".to_owned()]);
    seed_with(database, &seeds, &by_name);
    assert_eq!(count(database), 3);
    assert_eq!(states(database, &seeds), [SeedState::Done; 2]);
}
