//! Tables by the names that people give them: misspelt ones, ones with a dot, and ones that are not
//! theirs to fill.

use dieselkit::seed::{CaptureInto, CaptureOptions, GenerateOptions, capture};
use dieselkit::{Access, Database};

use super::generate::try_generate;
use super::{TABLES, of_a_country, refusal, seed};
use crate::scene::{Folder, address, chain};
use crate::support::engine::Engine;

on_both_engines![
    a_name_with_a_dot_is_written_in_quotes,
    a_name_that_is_nearly_right_is_answered_with_the_right_one,
    bookkeeping_is_neither_seeded_nor_captured_nor_made_up,
];

/// Captures into a file, and returns why not, with the hint, where it fails.
fn try_capture(database: &dyn Engine, table: &str, into: &Folder) -> Result<(), String> {
    let mut connected = Database::open(&address(database), Access::ReadOnly).expect("it is there");
    let options = CaptureOptions::of([table]);
    let file = CaptureInto::File(into.file("captured.csv"));
    match capture(&mut connected, &options, &file) {
        Ok(_) => Ok(()),
        Err(error) => {
            let hint = error.hint().map(|hint| format!("\nhint: {hint}"));
            Err((chain(&error) + &hint.unwrap_or_default()).replace("public.", ""))
        }
    }
}

fn a_name_with_a_dot_is_written_in_quotes(database: &dyn Engine) {
    database.execute("CREATE TABLE \"price.list\" (id INTEGER PRIMARY KEY, word TEXT)");
    let folder = Folder::new();
    folder.write("development/010_prices.csv", "id,word\n1,a\n");
    folder.write("development/010_prices.toml", "table = '\"price.list\"'\n");
    seed(database, &folder);
    let made = try_generate(database, &GenerateOptions::of("\"price.list\"", 2));
    let made = made.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(made.rows, 2);
    assert!(made.table.ends_with("\"price.list\""), "{}", made.table);
    try_capture(database, "\"price.list\"", &folder).expect("it is a table");
    let captured = std::fs::read_to_string(folder.file("captured.csv")).expect("a file");
    assert!(captured.starts_with("id,word\n1,a\n"), "{captured}");
    let refused = try_capture(database, "price.list", &folder).expect_err("no schema");
    let hint = "hint: did you mean `\"price.list\"`?";
    assert!(refused.ends_with(hint), "{refused}");
}

fn a_name_that_is_nearly_right_is_answered_with_the_right_one(database: &dyn Engine) {
    database.execute(TABLES);
    database.execute("CREATE VIEW emails AS SELECT email FROM users");
    let folder = Folder::new();
    let refused = |table| try_capture(database, table, &folder).expect_err("no such table");
    insta::assert_snapshot!(
        "captures_of_no_table",
        ["usres", "Countries_", "main.user", "emails", "nothing"]
            .map(refused)
            .join("\n\n")
    );
}

fn bookkeeping_is_neither_seeded_nor_captured_nor_made_up(database: &dyn Engine) {
    let folder = of_a_country(database);
    database.execute(database.either(
        "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE counted (id SERIAL PRIMARY KEY)",
    ));
    seed(database, &folder);
    for table in [
        "__dieselkit_seeds",
        "__dieselkit_history",
        "__DieselKit_metadata",
        "__diesel_schema_migrations",
        database.either("sqlite_sequence", "pg_class"),
    ] {
        let kept = format!("`{table}` is no table of yours");
        let captured = try_capture(database, table, &folder).expect_err("not theirs");
        assert!(captured.starts_with(&kept), "{captured}");
        let made = try_generate(database, &GenerateOptions::of(table, 1)).expect_err("not theirs");
        assert!(made.to_string().starts_with(&kept), "{made}");
        folder.write(&format!("development/020_{table}.csv"), "id\n1\n");
        let seeded = refusal(database, &folder);
        assert!(seeded.contains(&kept), "{seeded}");
        folder.remove(&format!("development/020_{table}.csv"));
    }
}
