//! Seeds: which run, what they leave, and what stops them.

mod capture;
mod data;
mod deferred;
mod failing;
mod folders;
mod generate;
mod generate_refused;
mod interrupted;
mod naming;
mod odd;
#[cfg(feature = "postgres")]
mod postgres_odd;
mod rolled_back;
mod sharing;
mod templates;
mod tracking;
mod verifying;

use dieselkit::seed::{CommonSeeds, SeedError, SeedOptions, SeedReport, SeedSet, Seeder};
use dieselkit::{Absent, Database, Environment};

use crate::scene::{Folder, address, chain};
use crate::support::engine::Engine;

/// The tables that the seeds of these scenarios fill.
const TABLES: &str =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT);
CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL);";

/// Makes the tables, and a folder with the seed of one country.
fn of_a_country(database: &dyn Engine) -> Folder {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_countries.csv",
        "code,name\nCH,Switzerland\n",
    );
    folder
}

/// Returns a seeder of an environment's seeds in a folder.
fn seeder_of(database: &dyn Engine, folder: &Folder, environment: &str) -> Seeder {
    let environment = Environment::new(environment).expect("a name");
    let set = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany)
        .unwrap_or_else(|error| panic!("{error}"));
    let connected = Database::connect(&address(database), Absent::CreateFile);
    Seeder::new(connected.expect("the database is there"), set)
}

/// Seeds the development environment as the options say.
fn try_seed(
    database: &dyn Engine,
    folder: &Folder,
    options: &SeedOptions,
) -> Result<SeedReport, SeedError> {
    seeder_of(database, folder, "development").seed(options)
}

/// Seeds the development environment, which has to go well.
#[track_caller]
fn seed(database: &dyn Engine, folder: &Folder) -> SeedReport {
    seed_with(database, folder, &SeedOptions::default())
}

/// Seeds as the options say, which has to go well.
#[track_caller]
fn seed_with(database: &dyn Engine, folder: &Folder, options: &SeedOptions) -> SeedReport {
    match try_seed(database, folder, options) {
        Ok(report) => report,
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// Returns the names of what ran.
fn ran(report: &SeedReport) -> Vec<&str> {
    report.done.iter().map(|run| run.name.as_str()).collect()
}

/// Returns the error's text with its causes, of a seeding that must fail.
#[track_caller]
fn refusal(database: &dyn Engine, folder: &Folder) -> String {
    match try_seed(database, folder, &SeedOptions::default()) {
        Ok(report) => panic!("it ran: {report:?}"),
        Err(error) => chain(&error).replace(&folder.path().display().to_string(), "seeds"),
    }
}
