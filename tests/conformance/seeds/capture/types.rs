//! Values of every type, in every format, under every setting.

use dieselkit::seed::{CaptureOptions, DataFormat, SeedOptions};

use super::{FORMATS, captured};
use crate::scene::Folder;
use crate::seeds::{seed, seed_with};
use crate::support::engine::Engine;

on_both_engines![
    every_type_comes_back_and_twice_the_same_bytes,
    json_is_json_in_a_file_of_json,
    an_empty_table_is_a_file_without_rows,
    rows_are_in_the_order_of_their_keys_bytes,
];

const POSTGRES_TYPES: &str = include_str!("types_postgres.sql");
const SQLITE_TYPES: &str = include_str!("types_sqlite.sql");

/// The contents of the table of all types, row by row.
fn contents(database: &dyn Engine) -> Vec<String> {
    database.query_column(database.either(
        "SELECT group_concat(quote(i) || typeof(i) || quote(r) || typeof(r) || quote(t) || typeof(t)
           || quote(b) || typeof(b) || quote(n) || typeof(n) || quote(f) || typeof(f)
           || quote(d) || typeof(d) || quote(j) || typeof(j) || quote(v) || typeof(v)
           || printf('%!.20g', r) || printf('%!.20g', n), x'0a')
         FROM (SELECT * FROM types ORDER BY id)",
        "SELECT whole::text FROM types AS whole ORDER BY id",
    ))
}

fn every_type_comes_back_and_twice_the_same_bytes(database: &dyn Engine) {
    database.execute(database.either(SQLITE_TYPES, POSTGRES_TYPES));
    let before = contents(database);
    assert!(before.concat().len() > 300, "there was nothing to compare");
    for format in FORMATS {
        let options = CaptureOptions::of(["types"]).format(format);
        let folder = Folder::new();
        let files = captured(database, &folder, &options);
        database.execute("DELETE FROM types");
        seed(database, &folder);
        assert_eq!(contents(database), before, "{format:?}");
        assert_eq!(captured(database, &Folder::new(), &options), files);
        // The rows that are there do not differ.
        let report = seed_with(database, &folder, &SeedOptions::default().force());
        let rows = report.done[0].rows.expect("it has rows");
        assert_eq!((rows.inserted, rows.updated), (0, 0), "{format:?}");
    }
}

fn json_is_json_in_a_file_of_json(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE docs (id INTEGER PRIMARY KEY, doc JSON, truth BOOLEAN, real REAL, bytes BLOB);
         INSERT INTO docs VALUES (1, '{\"a\": [1, null]}', 1, 0.5, x'00ff'), (2, '\"a\"', 0, NULL, NULL),
           (3, 'null', NULL, NULL, NULL);",
        "CREATE TABLE docs (id integer PRIMARY KEY, doc jsonb, truth boolean, \"real\" real, bytes bytea);
         INSERT INTO docs VALUES (1, '{\"a\": [1, null]}', true, 0.5, '\\x00ff'), (2, '\"a\"', false, NULL, NULL),
           (3, 'null', NULL, NULL, NULL);",
    ));
    let options = CaptureOptions::of(["docs"]).format(DataFormat::Json);
    let files = captured(database, &Folder::new(), &options);
    insta::assert_snapshot!("json_in_json", files[0].1);
    let options = CaptureOptions::of(["docs"]).format(DataFormat::JsonLines);
    let files = captured(database, &Folder::new(), &options);
    insta::assert_snapshot!("json_in_json_lines", files[0].1);
}

fn an_empty_table_is_a_file_without_rows(database: &dyn Engine) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT)");
    for (format, expected) in FORMATS.into_iter().zip(["id,word\n", "", "[]\n"]) {
        let folder = Folder::new();
        let options = CaptureOptions::of(["words"]).format(format);
        let files = captured(database, &folder, &options);
        assert_eq!(files[0].1, expected);
        seed(database, &folder);
    }
}

fn rows_are_in_the_order_of_their_keys_bytes(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE words (word TEXT COLLATE NOCASE, n INTEGER, PRIMARY KEY (word, n)) WITHOUT ROWID",
        "CREATE TABLE words (word TEXT COLLATE \"und-x-icu\", n INTEGER, PRIMARY KEY (word, n))",
    ));
    database.execute(
        "INSERT INTO words VALUES ('b', 10), ('b', 9), ('a', 1), ('B', 2), ('\u{e4}', 3), ('a-b', 4), ('ab', 5)",
    );
    let options = CaptureOptions::of(["words"]);
    let files = captured(database, &Folder::new(), &options);
    let expected = "word,n\nB,2\na,1\na-b,4\nab,5\nb,9\nb,10\n\u{e4},3\n";
    assert_eq!(files[0].1, expected);
    let first = captured(database, &Folder::new(), &options.limit(2));
    assert_eq!(first[0].1, "word,n\nB,2\na,1\n");
}

#[cfg(feature = "sqlite")]
mod odd {
    use super::*;
    use crate::scene::chain;
    use crate::seeds::capture::{names, try_capture};
    use crate::support::sqlite::SqliteDatabase;

    /// What a column of `SQLite` holds against its type comes back from a file of JSON, and is refused
    /// by CSV, which knows texts alone.
    #[test]
    fn values_of_any_type_in_any_column_come_back_from_json() {
        let database = SqliteDatabase::create();
        database.execute(
            "CREATE TABLE odd (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC,
               f BOOLEAN, j JSONB, u, a ANY)",
        );
        let values = [
            "5",
            "1.5",
            "9e999",
            "-9e999",
            "9007199254740993",
            "'text'",
            "'5'",
            "'1.5'",
            "''",
            "x'00ff'",
            "x''",
            "CAST(x'610062' AS TEXT)",
            "'{\"a\": 1}'",
            "'{\"$text\": \"a\"}'",
            "'\\x00ff'",
            "2",
            "1",
            "jsonb('{\"a\": 1}')",
            "NULL",
            "0.1",
            "'two\nlines'",
        ];
        for value in values {
            let columns = std::iter::repeat_n(value, 9).collect::<Vec<_>>().join(", ");
            database.execute(&format!("INSERT INTO odd VALUES (NULL, {columns})"));
        }
        let contents = || {
            database.query_column(
                "SELECT id || quote(i) || typeof(i) || quote(r) || typeof(r) || hex(t) || typeof(t)
                   || hex(b) || typeof(b) || quote(n) || typeof(n) || quote(f) || typeof(f)
                   || hex(j) || typeof(j) || hex(u) || typeof(u) || hex(a) || typeof(a) FROM odd",
            )
        };
        let before = contents();
        assert_eq!(before.len(), values.len());
        for format in [DataFormat::JsonLines, DataFormat::Json] {
            let folder = Folder::new();
            let options = CaptureOptions::of(["odd"]).format(format);
            let files = captured(&database, &folder, &options);
            database.execute("DELETE FROM odd");
            seed(&database, &folder);
            assert_eq!(contents(), before, "{}", files[0].1);
            // Through the table beside as well.
            database.execute(
                "UPDATE odd SET i = 0, r = 0, t = '', b = x'', n = 0, f = 0, j = '', u = 0, a = 0",
            );
            seed_with(&database, &folder, &SeedOptions::default().force());
            assert_eq!(contents(), before, "{}", files[0].1);
        }
        let folder = Folder::new();
        let error = try_capture(&database, &folder, &CaptureOptions::of(["odd"])).expect_err("CSV");
        let said = format!(
            "{}\nhint: {}",
            chain(&error),
            error.hint().unwrap_or_default()
        );
        insta::assert_snapshot!("a_value_that_csv_does_not_bring_back", said);
        assert_eq!(names(&folder), [""; 0]);
    }
}

#[cfg(feature = "postgres")]
mod settings {
    use super::*;
    use crate::support::postgres::PostgresDatabase;

    /// What decides how values are written and read, each as it is by default nowhere.
    const SETTINGS: [(&str, &str); 15] = [
        ("datestyle", "'SQL, DMY'"),
        ("datestyle", "'German'"),
        ("datestyle", "'Postgres, MDY'"),
        ("timezone", "'Asia/Tokyo'"),
        ("intervalstyle", "'sql_standard'"),
        ("intervalstyle", "'iso_8601'"),
        ("extra_float_digits", "-15"),
        ("bytea_output", "'escape'"),
        ("xmloption", "'document'"),
        ("array_nulls", "off"),
        ("quote_all_identifiers", "on"),
        ("standard_conforming_strings", "off"),
        ("client_encoding", "'latin1'"),
        ("statement_timeout", "'10s'"),
        ("default_transaction_isolation", "'serializable'"),
    ];

    /// Sets or resets a setting of every session of the database that begins from now on, or of
    /// those of its one role.
    fn alter(database: &PostgresDatabase, of: &str, change: &str) {
        let whose = match of {
            "DATABASE" => "format('DATABASE %I', current_database())",
            _ => "format('ROLE %I IN DATABASE %I', current_user, current_database())",
        };
        database.execute(&format!(
            "DO $do$ BEGIN EXECUTE 'ALTER ' || {whose} || $$ {change} $$; END $do$"
        ));
    }

    #[test]
    fn no_setting_of_the_database_or_the_role_changes_a_byte() {
        let database = PostgresDatabase::create();
        database.execute(POSTGRES_TYPES);
        let before = contents(&database);
        let options = CaptureOptions::of(["types"]);
        let usual = captured(&database, &Folder::new(), &options);
        for (index, (name, value)) in SETTINGS.iter().enumerate() {
            let of = ["DATABASE", "ROLE"][index % 2];
            alter(&database, of, &format!("SET {name} TO {value}"));
            let folder = Folder::new();
            assert_eq!(captured(&database, &folder, &options), usual, "{name}");
            database.execute("DELETE FROM types");
            seed_with(&database, &folder, &SeedOptions::default().force());
            alter(&database, of, &format!("RESET {name}"));
            assert_eq!(contents(&database), before, "{name}");
        }
    }

    /// Where another locale is installed, its amounts would have another point.
    #[test]
    fn amounts_of_money_are_written_in_one_locale() {
        let database = PostgresDatabase::create();
        alter(&database, "DATABASE", "SET lc_monetary TO 'C.UTF-8'");
        database.execute(
            "CREATE VIEW locale AS SELECT current_setting('lc_monetary') AS seen;
             CREATE TABLE amounts (id integer PRIMARY KEY, amount money);
             INSERT INTO amounts VALUES (1, -1234.5);",
        );
        assert_eq!(database.query_text("SELECT seen FROM locale"), "C.UTF-8");
        let options = CaptureOptions::of(["amounts"]).filter("(SELECT seen FROM locale) = 'C'");
        let files = captured(&database, &Folder::new(), &options);
        assert_eq!(files[0].1, "id,amount\n1,\"-$1,234.50\"\n");
    }
}
