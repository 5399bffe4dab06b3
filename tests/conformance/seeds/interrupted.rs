//! Seedings that are asked to end in the middle of a file.

use dieselkit::cancellation::Cancellation;
use dieselkit::event::Event;
use dieselkit::migration::TransactionMode;
use dieselkit::seed::{SeedError, SeedOptions, Seeder};

use super::{of_a_country, seed, seeder_of};
use crate::scene::Folder;
use crate::support::engine::Engine;

on_both_engines![
    a_file_that_is_read_when_the_end_is_asked_for_leaves_nothing,
    one_transaction_ends_with_the_file_under_way,
    a_proof_ends_with_the_file_under_way,
];

/// Makes three files, and a seeder that is asked to end while it reads the second.
fn of_three(database: &dyn Engine) -> (Folder, Seeder) {
    let folder = of_a_country(database);
    folder.write("development/020_users.csv", "id,email\n1,a@x\n2,b@x\n");
    folder.write("development/030_users.csv", "id,email\n3,c@x\n");
    let cancellation = Cancellation::default();
    let stopping = cancellation.clone();
    let seeder = seeder_of(database, &folder, "development")
        .with_cancellation(cancellation)
        .with_observer(move |event: &Event| match event {
            Event::SeedProgressed { name, .. } if name == "development/020_users.csv" => {
                stopping.cancel();
            }
            _ => {}
        });
    (folder, seeder)
}

/// Returns which seeds an interrupted seeding has kept.
#[track_caller]
fn kept(interrupted: SeedError) -> Vec<String> {
    let SeedError::Interrupted { report } = interrupted else {
        panic!("{interrupted:?}");
    };
    assert!(report.interrupted);
    report.done.into_iter().map(|run| run.name).collect()
}

fn rows(database: &dyn Engine) -> [i64; 2] {
    ["countries", "users"].map(|table| database.query_i64(&format!("SELECT count(*) FROM {table}")))
}

fn a_file_that_is_read_when_the_end_is_asked_for_leaves_nothing(database: &dyn Engine) {
    let (folder, mut seeder) = of_three(database);
    let interrupted = seeder
        .seed(&SeedOptions::default())
        .expect_err("asked to end");
    assert_eq!(kept(interrupted), ["development/010_countries.csv"]);
    assert_eq!(rows(database), [1, 0]);
    assert_eq!(
        database.query_column("SELECT name FROM __dieselkit_seeds"),
        ["development/010_countries.csv"]
    );
    assert_eq!(seed(database, &folder).done.len(), 2);
    assert_eq!(rows(database), [1, 3]);
}

fn one_transaction_ends_with_the_file_under_way(database: &dyn Engine) {
    let (_folder, mut seeder) = of_three(database);
    let options = SeedOptions::default().in_transactions(TransactionMode::Batch);
    let interrupted = seeder.seed(&options).expect_err("asked to end");
    assert_eq!(kept(interrupted), [""; 0]);
    assert_eq!(rows(database), [0, 0]);
}

fn a_proof_ends_with_the_file_under_way(database: &dyn Engine) {
    let (_folder, mut seeder) = of_three(database);
    let interrupted = seeder
        .verify(&SeedOptions::default())
        .expect_err("asked to end");
    assert_eq!(kept(interrupted), [""; 0]);
    assert_eq!(rows(database), [0, 0]);
}
