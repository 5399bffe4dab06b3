//! Scripts that would do something outside of the new database, or of the one transaction, leave
//! all as it is.

use super::{Before, END, beside, contents, dump, name_of};
use crate::session::studio_applied;
use crate::support::engine::Engine as _;
use crate::support::postgres::{Cluster, PostgresDatabase};

/// What psql would go on in another database by, behind what `pg_dump --create` begins with.
#[test]
fn a_script_that_goes_on_elsewhere_later_leaves_all_as_it_is() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let own = name_of(&database.url());
    let program = database.cluster().path_of("pg_dump");
    let dump = format!("'{program}' -C '{}' > c.sql", database.url());
    project.shell(&dump).succeeds();
    let before = Before::of(&database);
    let whole = project.read("c.sql");
    let table = "CREATE TABLE public.users (";
    assert!(whole.contains(table), "{whole}");
    let elsewhere = format!("\\connect {own}\nDROP TABLE public.users;\n");
    project.write(
        "c.sql",
        &whole.replace(table, &format!("{elsewhere}{table}")),
    );
    let name = name_of(&beside(&database, "copy"));
    for place in [
        &["--into", name.as_str()][..],
        &["--replace", "--drop-old", "--yes"],
    ] {
        let words = ["restore", "c.sql"];
        let output = project.run(words.iter().chain(place)).exits(1);
        assert!(output.stderr.contains("\\connect"), "{}", output.stderr);
        before.still_holds();
    }
}

/// A script of somebody's own, which is none of `pg_dump`.
#[test]
fn a_script_that_names_a_database_leaves_all_as_it_is() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let before = Before::of(&database);
    let own = name_of(&database.url());
    let script = format!(
        "CREATE TABLE elsewhere (id INTEGER);\n\\connect {own}\nCREATE TABLE here (id INTEGER);\n{END}"
    );
    project.write("connects.sql", &script);
    project.write("creates.sql", &format!("CREATE DATABASE other;\n{script}"));
    for (file, words) in [("connects.sql", "line 2"), ("creates.sql", "line 3")] {
        let name = name_of(&beside(&database, "copy"));
        for place in [
            &["--into", name.as_str()][..],
            &["--replace", "--drop-old", "--yes"],
        ] {
            let output = project.run(["restore", file].iter().chain(place)).exits(1);
            assert!(output.stderr.contains(words), "{}", output.stderr);
            assert!(output.stderr.contains("--create"), "{}", output.stderr);
            before.still_holds();
        }
    }
}

/// Whatever it does elsewhere would stay, and nobody would look for it.
#[test]
fn a_script_that_reaches_outside_of_the_new_database_leaves_all_as_it_is() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let before = Before::of(&database);
    let own = name_of(&database.url());
    for (statement, cure) in [
        (format!("COMMENT ON DATABASE {own} IS 'other';"), "sed -E"),
        (
            format!("GRANT CREATE ON DATABASE {own} TO PUBLIC;"),
            "sed -E",
        ),
        (
            format!("ALTER DATABASE {own} SET lock_timeout = 1;"),
            "sed -E",
        ),
        (
            "CREATE ROLE dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "GRANT pg_monitor TO dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "REVOKE pg_monitor FROM dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "REASSIGN OWNED BY dieselkit_outside TO postgres;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "DROP OWNED BY dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        ("COMMIT;".to_owned(), "`sed -n 2p 'my own.sql'`"),
    ] {
        let script = format!("CREATE TABLE here (id INTEGER);\n{statement}\n{END}");
        project.write("my own.sql", &script);
        let words = ["restore", "my own.sql", "--replace", "--drop-old", "--yes"];
        let output = project.run(words).exits(1);
        let foretold = project.run(words.iter().chain(&["--dry-run"])).exits(1);
        let error = |text: &str| text.split_once("error: ").map(|(_, said)| said.to_owned());
        assert_eq!(error(&foretold.stderr), error(&output.stderr));
        assert!(
            output.stderr.contains(" in line 2 of the script "),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains(cure), "{}", output.stderr);
        before.still_holds();
        if cure == "sed -E" {
            let (_, hint) = output
                .stderr
                .split_once("about a database: `")
                .expect("a hint");
            let (line, _) = hint.split_once('`').expect("it has an end");
            assert!(line.contains("'my own.sql' > NEW"), "{line}");
            project.shell(line).succeeds();
            assert!(
                !project.read("NEW").contains("DATABASE "),
                "{}",
                project.read("NEW")
            );
            let copy = name_of(&beside(&database, "copy"));
            project.run(["restore", "NEW", "--into", &copy]).succeeds();
            project.run(["db", "drop", &copy, "--yes"]).succeeds();
        }
    }
}

/// A body, a literal and a row may hold any words.
#[test]
fn a_dump_that_holds_the_words_of_what_reaches_outside_is_restored() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    for statement in [
        "CREATE TABLE words (t TEXT DEFAULT '\nCOMMIT;\n')",
        "INSERT INTO words VALUES ('COMMIT;'), (E'a\nDROP DATABASE a;'), ('GRANT ALL ON DATABASE a TO b;'), ('ROLLBACK;')",
        "CREATE PROCEDURE ends() LANGUAGE plpgsql AS $$\nBEGIN\nCOMMIT;\nEND;\n$$",
        "CREATE PROCEDURE makes() LANGUAGE plpgsql AS $$\nBEGIN\nCREATE ROLE a;\nEND;\n$$",
        "CREATE FUNCTION one() RETURNS INTEGER LANGUAGE sql\nBEGIN ATOMIC\nSELECT 2;\nSELECT CASE WHEN true THEN 1 END;\nEND",
        "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\nRETURN NEW;\nEND;\n$$",
        "CREATE TRIGGER tells BEFORE INSERT ON words FOR EACH ROW EXECUTE FUNCTION told()",
        "COMMENT ON TABLE words IS E'a\nCOMMENT ON DATABASE a IS 1;\n'",
        "SELECT lo_from_bytea(0, 'large')",
    ] {
        database.execute(statement);
    }
    let before = contents(&database, &database.url());
    project.write("own.sql", &dump(Cluster::shared(), &database.url()));
    let copy = beside(&database, "copy");
    project
        .run(["restore", "own.sql", "--into", &name_of(&copy)])
        .succeeds();
    assert_eq!(contents(&database, &copy), before);
}

/// Nothing says what is to be in it, but that there is something.
#[test]
fn a_script_that_takes_back_what_it_did_takes_nobodys_place() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let before = Before::of(&database);
    project.write(
        "back.sql",
        &format!("CREATE TABLE here (id INTEGER);\nROLLBACK;\n{END}"),
    );
    let words = ["restore", "back.sql", "--replace", "--drop-old", "--yes"];
    let output = project.run(words).exits(1);
    assert!(
        output
            .stderr
            .contains("`ROLLBACK` in line 2 of the script ends the one transaction"),
        "{}",
        output.stderr
    );
    before.still_holds();
}
