//! Where in a data file a seed fails: line and column of the row, and of the value where it is one.

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    what_the_file_has_wrong_is_told_with_its_place,
    what_the_database_refuses_is_told_with_its_place,
    rows_of_one_line_are_told_apart_in_a_table_that_has_rows,
    what_is_no_text_is_told_with_its_place,
];

/// Objects in one line, before each of which stand characters of more than one byte.
const ONE_LINE: &str =
    r#"[{"id": 1, "word": "Grüße 漢 🦀", "n": 1}, {"id": 2, "word": "é", "n": 2}, "#;

fn project(database: &dyn Engine) -> Project {
    let project = Project::new()
        .migration(
            "2026-01-01-000000_create_notes",
            "CREATE TABLE notes (
              id INTEGER PRIMARY KEY,
              word TEXT NOT NULL UNIQUE,
              n INTEGER,
              CONSTRAINT small CHECK (n + id < 100)
            );",
            "DROP TABLE notes;",
        )
        .on(database);
    project.run(["up", "-q"]).succeeds();
    project
}

/// Seeds these files one after the other, each of which must fail, and shows what is said.
fn each_fails<'p>(project: &'p Project, files: &[(&str, String)]) -> Session<'p> {
    let mut session = Session::of(project);
    for (name, text) in files {
        let path = format!("seeds/development/010_notes.{name}");
        project.write(&path, text);
        session.run("seed").exits(1);
        project.remove(&path);
    }
    session
}

fn what_the_file_has_wrong_is_told_with_its_place(database: &dyn Engine) {
    let project = project(database);
    let files = [
        // Syntax: the character, in the line of the object and in a further one.
        ("json", format!("{ONE_LINE}{{\"id\": 3, \"word\": é}}]")),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3,\n  \"word\": \"漢\" \"n\": 3}}]"),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3, \"word\": \"a\nb\"}}]"),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3, \"word\": é\", \"n\": 3}}, {{\"id\": 4}}]"),
        ),
        // The object.
        ("json", format!("{ONE_LINE}{{\"id\": 3, \"word\": \"c\"}}]")),
        ("json", format!("{ONE_LINE}17]")),
        ("json", format!("{ONE_LINE}{{\"id\": 3, \"word\": \"c\"")),
        (
            "jsonl",
            "{\"id\": 1, \"word\": \"漢\"}\n  {\"id\": 2, \"word\": \"漢\",}\n".to_owned(),
        ),
        // The field.
        ("csv", "id,word,n\n1,Grüße,1\n2,é,2,3\n".to_owned()),
        ("csv", "id,word,n\n1,Grüße\n".to_owned()),
        ("csv", "id,word,n\n1,漢,1\n2,\"é\"x,2\n".to_owned()),
        ("csv", "id,word,n\n1,\"漢\n🦀\",\"1\n".to_owned()),
    ];
    each_fails(&project, &files).matches("seed_places_of_the_file");
    assert_eq!(database.query_i64("SELECT count(*) FROM notes"), 0);
}

fn what_the_database_refuses_is_told_with_its_place(database: &dyn Engine) {
    let project = project(database);
    let files = [
        // A constraint of several columns: the object.
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3, \"word\": \"c\", \"n\": 97}}, {{\"id\": 4, \"word\": \"d\", \"n\": 4}}]"),
        ),
        // The type of a column, a missing value, a value that is there already: the value.
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3, \"word\": \"漢\", \"n\": \"many\"}}]"),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3,\r\n\t\"word\": \"漢\",\r\n\t\"n\" : \"many\"}}]"),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 3, \"word\": null, \"n\": 3}}]"),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"n\": 3, \"word\": \"é\", \"id\": 3}}]"),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": null, \"word\": \"c\", \"n\": 3}}]"),
        ),
        // A key that is there twice.
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 2, \"word\": \"c\", \"n\": 3}}]"),
        ),
        ("csv", "id,word,n\n1,a,1\n\n1,b,2\n".to_owned()),
        ("csv", "id,word,n\n1,\"Grüße,\n漢 🦀\",\"many\"\n".to_owned()),
        (
            "jsonl",
            "{\"id\": 1, \"word\": \"漢\", \"n\": 1}\n{\"id\": 2, \"word\": \"🦀\", \"n\": \"two\"}\n"
                .to_owned(),
        ),
    ];
    each_fails(&project, &files).matches(database.either(
        "seed_places_of_the_database_sqlite",
        "seed_places_of_the_database_postgres",
    ));
    assert_eq!(database.query_i64("SELECT count(*) FROM notes"), 0);
}

fn rows_of_one_line_are_told_apart_in_a_table_that_has_rows(database: &dyn Engine) {
    let project = project(database);
    database.execute("INSERT INTO notes VALUES (1, 'one', 1), (50, 'fifty', 1)");
    let files = [
        (
            "json",
            format!(
                "{ONE_LINE}{{\"id\": 3, \"word\": \"c\", \"n\": 97}}, {{\"id\": 4, \"word\": \"d\", \"n\": 4}}]"
            ),
        ),
        (
            "json",
            format!(
                "{ONE_LINE}{{\"id\": 50, \"word\": \"漢\", \"n\": 50}}, {{\"id\": 4, \"word\": \"d\", \"n\": 4}}]"
            ),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 50, \"word\": \"漢\", \"n\": \"many\"}}]"),
        ),
        (
            "json",
            format!(
                "{ONE_LINE}{{\"id\": 3, \"word\":\n\"fifty\", \"n\": 3}}, {{\"id\": 4, \"word\": \"d\", \"n\": 4}}]"
            ),
        ),
        (
            "json",
            format!("{ONE_LINE}{{\"id\": 2, \"word\": \"c\", \"n\": 3}}]"),
        ),
    ];
    each_fails(&project, &files)
        .matches(database.either("seed_places_merged_sqlite", "seed_places_merged_postgres"));
    assert_eq!(database.query_i64("SELECT count(*) FROM notes"), 2);
}

fn what_is_no_text_is_told_with_its_place(database: &dyn Engine) {
    let project = project(database);
    let mut session = Session::of(&project);
    for (name, bytes) in [
        (
            "010_notes.sql",
            &b"-- Gr\xc3\xbc\xc3\x9fe\nSELECT '\xc3\xa9\xe9';\n"[..],
        ),
        ("010_notes.sql", b"\xff\xfe-\0-\0"),
        ("010_notes.sql.jinja", b"SELECT '\xe9';\n"),
        ("010_notes.csv", b"id,word,n\n1,\"\xc3\xa9\n\xe9\",1\n"),
    ] {
        let path = format!("seeds/development/{name}");
        project.write(&path, "");
        std::fs::write(project.path(&path), bytes).expect("the folder is ours");
        session.run("seed").exits(1);
        project.remove(&path);
    }
    session.matches("seed_places_no_text");
    assert_eq!(database.query_i64("SELECT count(*) FROM notes"), 0);
}
