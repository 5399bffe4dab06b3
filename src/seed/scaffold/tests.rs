//! Tests of the files of new seeds, in a folder of their own.

use std::fs;
use std::thread;

use super::*;
use crate::seed::{CommonSeeds, SeedSet};

fn environment() -> Environment {
    Environment::new("development").expect("a name")
}

fn make(root: &Path, name: &str, format: SeedFormat) -> String {
    let wanted = NewSeed {
        name: name.to_owned(),
        environment: Some(environment()),
        format,
    };
    scaffold_seed(root, &wanted).expect("it is made").name
}

#[test]
fn every_format_makes_a_seed_that_is_read() {
    let root = tempfile::tempdir().expect("a folder");
    let made = [
        make(root.path(), "Demo users!", SeedFormat::Sql),
        make(root.path(), "billing.Invoices", SeedFormat::Csv),
        make(root.path(), "users", SeedFormat::JsonLines),
        make(root.path(), "bookings", SeedFormat::Json),
    ];
    assert_eq!(
        made,
        [
            "development/010_demo_users.sql",
            "development/020_billing.invoices.csv",
            "development/030_users.jsonl",
            "development/040_bookings.json",
        ]
    );
    let set = SeedSet::from_folder(root.path(), &environment(), CommonSeeds::NeedCompany);
    assert_eq!(set.expect("it reads").names().collect::<Vec<_>>(), made);
}

#[test]
fn a_common_seed_comes_behind_those_of_every_environment() {
    let root = tempfile::tempdir().expect("a folder");
    fs::create_dir(root.path().join("test")).expect("a folder");
    fs::write(root.path().join("test/070_users.csv"), "id\n").expect("a file");
    let wanted = NewSeed {
        name: "countries".to_owned(),
        environment: None,
        format: SeedFormat::Csv,
    };
    let made = scaffold_seed(root.path(), &wanted).expect("it is made");
    assert_eq!(made.name, "common/080_countries.csv");
}

#[test]
fn two_at_once_never_get_one_number() {
    let root = tempfile::tempdir().expect("a folder");
    thread::scope(|scope| {
        for index in 0..8 {
            let root = root.path();
            scope.spawn(move || make(root, &format!("seed {index}"), SeedFormat::Sql));
        }
    });
    let names = file_names(&root.path().join("development")).expect("it reads");
    let numbers: Vec<&str> = names.iter().map(|name| &name[..3]).collect();
    assert_eq!(
        numbers,
        ["010", "020", "030", "040", "050", "060", "070", "080"]
    );
}

#[test]
fn a_name_without_a_letter_is_refused() {
    let root = tempfile::tempdir().expect("a folder");
    let wanted = NewSeed {
        name: "users.--".to_owned(),
        environment: None,
        format: SeedFormat::Csv,
    };
    let refused = scaffold_seed(root.path(), &wanted);
    assert!(
        matches!(refused, Err(SeedScaffoldError::UnusableName { .. })),
        "{refused:?}"
    );
}
