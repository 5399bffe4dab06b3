//! Which folders and files are seeds, for whom, and in which order.

use dieselkit::seed::{CommonSeeds, SeedError, SeedOptions, SeedSet, SeedSourceError};
use dieselkit::{Environment, UpOptions};

use super::{TABLES, ran, seed, seeder_of};
use crate::scene::{Folder, migrator, shown};
use crate::support::engine::Engine;

on_both_engines![
    both_folders_run_in_the_order_of_the_file_names,
    an_environment_without_a_folder_is_an_error_that_lists_the_others,
    common_alone_is_enough_where_somebody_says_so,
    what_is_no_seed_is_an_error_that_names_it,
    seeds_for_trying_never_run_in_a_protected_environment,
    a_database_of_another_environment_is_refused,
];

fn both_folders_run_in_the_order_of_the_file_names(database: &dyn Engine) {
    database.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, word TEXT);");
    let folder = Folder::new();
    for (file, number) in [
        ("common/010_a.sql", 1),
        ("development/020_b.sql", 2),
        ("common/030_c.sql", 3),
        ("test/015_no.sql", 4),
    ] {
        folder.write(file, &format!("INSERT INTO log (id) VALUES ({number});"));
    }
    folder.write("common/README.md", "no seed");
    folder.write("common/.hidden", "no seed");
    assert_eq!(
        ran(&seed(database, &folder)),
        [
            "common/010_a.sql",
            "development/020_b.sql",
            "common/030_c.sql"
        ]
    );
}

fn read(folder: &Folder, environment: &str, common: CommonSeeds) -> Result<SeedSet, String> {
    let environment = Environment::new(environment).expect("a name");
    SeedSet::from_folder(folder.path(), &environment, common).map_err(|error| {
        let text = format!("{error}\nhint: {}", error.hint().unwrap_or_default());
        text.replace(&folder.path().display().to_string(), "seeds")
    })
}

fn an_environment_without_a_folder_is_an_error_that_lists_the_others(_: &dyn Engine) {
    let folder = Folder::new();
    folder.write("common/010_a.sql", "SELECT 1;");
    folder.write("development/010_a.sql", "SELECT 1;");
    folder.write("test/010_a.sql", "SELECT 1;");
    insta::assert_snapshot!(
        "seeds_of_no_environment",
        read(&folder, "develpment", CommonSeeds::NeedCompany).expect_err("misspelt")
    );
}

fn common_alone_is_enough_where_somebody_says_so(_: &dyn Engine) {
    let folder = Folder::new();
    folder.write("common/010_a.sql", "SELECT 1;");
    let set = read(&folder, "staging", CommonSeeds::Suffice).expect("it is enough");
    assert_eq!(set.names().collect::<Vec<_>>(), ["common/010_a.sql"]);
    folder.remove("common");
    assert!(read(&folder, "staging", CommonSeeds::Suffice).is_err());
}

fn what_is_no_seed_is_an_error_that_names_it(_: &dyn Engine) {
    let mut errors = Vec::new();
    for (file, text) in [
        ("010_users.xlsx", ""),
        ("users.csv", ""),
        ("010_.sql", ""),
        ("010_users.toml", "mode = 'replace'"),
        ("010_users.sql", "-- seed: onec\nSELECT 1;"),
    ] {
        let folder = Folder::new();
        folder.write(&format!("development/{file}"), text);
        let error = read(&folder, "development", CommonSeeds::NeedCompany);
        errors.push(error.expect_err(file));
    }
    let folder = Folder::new();
    folder.write("development/9_a.sql", "SELECT 1;");
    folder.write("development/10_b.sql", "SELECT 1;");
    let error = read(&folder, "development", CommonSeeds::NeedCompany);
    errors.push(error.expect_err("two orders"));
    let environment = Environment::new("development").expect("a name");
    let absent = SeedSet::from_folder(folder.file("absent"), &environment, CommonSeeds::Suffice);
    assert!(matches!(absent, Err(SeedSourceError::NoFolder { .. })));
    insta::assert_snapshot!("what_is_no_seed", errors.join("\n\n"));
}

fn seeds_for_trying_never_run_in_a_protected_environment(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "test/010_a.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a');",
    );
    let environment = Environment::new("test")
        .expect("a name")
        .with_protection(dieselkit::environment::Protection::Protected);
    let set = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany);
    let connected = dieselkit::Database::connect(
        &crate::scene::address(database),
        dieselkit::Absent::CreateFile,
    );
    let mut seeder = dieselkit::seed::Seeder::new(
        connected.expect("the database is there"),
        set.expect("it reads"),
    );
    let refused = seeder.seed(&SeedOptions::default());
    assert!(
        matches!(refused, Err(SeedError::Protected { .. })),
        "{refused:?}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn a_database_of_another_environment_is_refused(database: &dyn Engine) {
    database.execute(TABLES);
    let migrations = Folder::of_six();
    let production = Environment::new("production").expect("a name");
    let mut marking = migrator(database, &migrations).with_environment(production);
    shown(marking.up(&UpOptions::default()));
    let folder = Folder::new();
    folder.write(
        "development/010_a.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a');",
    );
    let refused = seeder_of(database, &folder, "development").seed(&SeedOptions::default());
    assert!(matches!(
        refused,
        Err(SeedError::EnvironmentMismatch { .. })
    ));
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}
