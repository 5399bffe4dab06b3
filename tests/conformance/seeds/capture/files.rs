//! Where captured rows go, what is refused, and that nothing else is left.

use std::fs;

use dieselkit::cancellation::Cancellation;
use dieselkit::seed::{CaptureError, CaptureOptions, DataFormat};

use super::{EMPTY, anonymize, captured, names, refused, tables, try_capture};
use crate::scene::Folder;
use crate::seeds::seed;
use crate::support::engine::Engine;

on_both_engines![
    what_cannot_be_captured_is_refused_and_leaves_no_file,
    a_file_that_cannot_be_replaced_keeps_all_of_them,
    an_interrupted_capture_leaves_no_file,
    heavy_a_row_that_no_seed_could_read_is_refused,
    a_file_that_is_there_is_replaced_in_its_format,
    files_that_are_there_keep_an_order_that_can_be_seeded,
];

fn what_cannot_be_captured_is_refused_and_leaves_no_file(database: &dyn Engine) {
    tables(database);
    database.execute("CREATE TABLE log (word TEXT)");
    let folder = Folder::new();
    let refused = |options: CaptureOptions| refused(database, &folder, &options);
    let users = || CaptureOptions::of(["users"]);
    let mut shown = vec![
        refused(CaptureOptions::of(["nothing"])),
        refused(CaptureOptions::of(["log"])),
        refused(CaptureOptions::of(["users", "countries"]).filter("true")),
        refused(users().anonymize(anonymize(&["mail=hash"]))),
        refused(users().anonymize(anonymize(&["id=hash"]))),
        refused(users().anonymize(anonymize(&["email=null"]))),
        refused(users().anonymize(anonymize(&["country=fake:word"]))),
        refused(users().anonymize(anonymize(&["name=fake:word"]))),
    ];
    assert_eq!(names(&folder), [""; 0]);
    captured(database, &folder, &users());
    shown.push(refused(users()));
    captured(database, &folder, &users().limit(1).replace_existing());
    shown.push(refused(users().replace_existing().format(DataFormat::Json)));
    folder.write("development/010_users.toml", "delimiter = ';'\n");
    shown.push(refused(users().replace_existing()));
    let failed = refused(CaptureOptions::of(["countries"]).filter("nothing = 1"));
    assert!(failed.contains("nothing"), "{failed}");
    assert_eq!(names(&folder), ["010_users.csv", "010_users.toml"]);
    insta::assert_snapshot!("captures_that_are_refused", shown.join("\n"));
}

fn a_file_that_cannot_be_replaced_keeps_all_of_them(database: &dyn Engine) {
    tables(database);
    let folder = Folder::new();
    folder.write("development/010_countries.csv", "as it was");
    folder.write("development/020_users.csv", "as it was");
    fs::create_dir(folder.file("development/030_bookings.csv")).expect("the folder is ours");
    let options = CaptureOptions::of(["bookings", "users"]).replace_existing();
    let error = try_capture(database, &folder, &options).expect_err("a folder is in the way");
    assert!(matches!(error, CaptureError::Write { .. }), "{error:?}");
    let expected = ["010_countries.csv", "020_users.csv", "030_bookings.csv"];
    assert_eq!(names(&folder), expected);
    for name in &expected[..2] {
        let kept = fs::read_to_string(folder.file(&format!("development/{name}")));
        assert_eq!(kept.expect("it is there"), "as it was");
    }
}

fn an_interrupted_capture_leaves_no_file(database: &dyn Engine) {
    tables(database);
    let folder = Folder::new();
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let options = CaptureOptions::of(["bookings", "users"]).with_cancellation(cancellation);
    let error = try_capture(database, &folder, &options).expect_err("it was asked to end");
    assert!(matches!(error, CaptureError::Interrupted), "{error:?}");
    assert_eq!(names(&folder), [""; 0]);
}

fn heavy_a_row_that_no_seed_could_read_is_refused(database: &dyn Engine) {
    database.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT)");
    database.execute(database.either(
        "INSERT INTO texts VALUES (1, ''), (2, printf('%.*c', 67108864, 'x'))",
        "INSERT INTO texts VALUES (1, ''), (2, repeat('x', 67108864))",
    ));
    let folder = Folder::new();
    let said = refused(database, &folder, &CaptureOptions::of(["texts"]));
    assert_eq!(
        said,
        "row 2 of `seeds/development/010_texts.csv` would be longer than 64 MiB, which is more than `seed` reads"
    );
    assert_eq!(names(&folder), [""; 0]);
}

fn a_file_that_is_there_is_replaced_in_its_format(database: &dyn Engine) {
    tables(database);
    let folder = Folder::new();
    let countries = CaptureOptions::of(["countries"]);
    let json = countries.clone().format(DataFormat::JsonLines);
    captured(database, &folder, &json);
    database.execute("UPDATE countries SET name = 'Suisse' WHERE code = 'CH'");
    let files = captured(database, &folder, &countries.limit(1).replace_existing());
    let expected = "{\"code\": \"CH\", \"name\": \"Suisse\"}\n";
    assert_eq!(
        files,
        [("010_countries.jsonl".to_owned(), expected.to_owned())]
    );
    assert_eq!(names(&folder), ["010_countries.jsonl"]);
}

fn files_that_are_there_keep_an_order_that_can_be_seeded(database: &dyn Engine) {
    tables(database);
    let folder = Folder::new();
    captured(database, &folder, &CaptureOptions::of(["bookings"]));
    let both = CaptureOptions::of(["bookings", "users"]).replace_existing();
    match try_capture(database, &folder, &both) {
        // SQLite can check it all at the commit.
        Ok(_) => assert_eq!(database.either("sqlite", "postgres"), "sqlite"),
        Err(error) => {
            let hint = error.hint().expect("a command");
            let place = folder.path().display().to_string();
            let shown = format!("{error}\nhint: {hint}").replace(&place, "seeds");
            insta::assert_snapshot!("files_out_of_order", shown);
            folder.remove("development/010_bookings.csv");
            captured(database, &folder, &both);
        }
    }
    database.execute(EMPTY);
    seed(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM bookings"), 2);
}
