//! A backup of a part: it does not take the place of the whole, and says what it holds.

use super::{back_up, beside, contents, last_part, name_of};
use crate::session::{studio, studio_applied};
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;

#[test]
fn a_part_does_not_take_the_place_of_the_whole() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let before = contents(&database, &database.url());
    let id = back_up(&project, &["--table", "users"]);
    for flags in [&["--yes"][..], &["--dry-run"]] {
        let words = ["restore", &id, "--replace"];
        let output = project.run(words.iter().chain(flags)).exits(2);
        assert!(output.stderr.contains("--into"), "{}", output.stderr);
    }
    assert_eq!(contents(&database, &database.url()), before);
    let name = name_of(&beside(&database, "copy"));
    project.run(["restore", &id, "--into", &name]).succeeds();
}

/// What was applied is in a part only where the tables that say so are.
#[test]
fn a_part_has_the_migrations_that_it_holds() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let head = "20260103000000";
    for (count, (flag, value, holds)) in [
        ("--table", "users", false),
        ("--schema", "public", true),
        ("--exclude-table-data", "__diesel_schema_migrations", false),
        ("--note", "the whole", true),
    ]
    .into_iter()
    .enumerate()
    {
        let id = back_up(&project, &[flag, value]);
        let name = |end: &str| name_of(&beside(&database, &format!("{end}{count}")));
        let words = ["restore", &id, "--into", &name("shown"), "--dry-run"];
        let planned = project.run(words).succeeds().stdout;
        let said = planned.contains(&format!("up to {head}"));
        assert_eq!(said, holds, "{flag}: {planned}");
        let shown = project.run(["restore", &id, "--into", &name("shown")]);
        let shown = shown.succeeds().stdout;
        let said = shown.contains(&format!("up to {head}"));
        assert_eq!(said, holds, "{flag}: {shown}");
        let without = shown.contains("no record of migrations in this part");
        assert_eq!(without, !holds, "{flag}: {shown}");
        let json = project.run(["restore", &id, "--into", &name("json"), "--json"]);
        let data = json.succeeds().json()["data"].clone();
        assert_eq!(data["head"] == head, holds, "{flag}: {data}");
        assert_eq!(data["whole"], flag == "--note", "{flag}: {data}");
    }
}

/// What is restored without its mark is not said to carry it.
#[test]
fn a_part_carries_a_mark_only_where_it_holds_it() {
    let database = PostgresDatabase::create();
    let project = studio(&database).env("DIESELKIT_ENV", "staging");
    project.run(["up", "-q"]).succeeds();
    let part = back_up(&project, &["--table", "users"]);
    let whole = back_up(&project, &[]);
    let name = last_part(&database);
    project
        .run(["db", "mark", "development", "--confirm", &name])
        .succeeds();
    let project = project.env("DIESELKIT_ENV", "development");
    for (id, holds) in [(part, false), (whole, true)] {
        let copy = name_of(&beside(&database, "copy"));
        let words = ["restore", &id, "--into", &copy, "--dry-run"];
        let planned = project.run(words).succeeds().stdout;
        let said = planned.contains("\n  marked     as `staging`");
        assert_eq!(said, holds, "{planned}");
    }
}
