//! Scripts: what is in one is found before anything is made, and a backup's own is let through.

use super::{Before, END, back_up, beside, contents, dump, file_of, name_of};
use crate::session::studio_applied;
use crate::support::engine::Engine as _;
use crate::support::postgres::{Cluster, PostgresDatabase};

/// The plan is asked for in order to know.
#[test]
fn a_dry_run_foretells_what_is_refused_deep_in_a_script() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    database.execute("INSERT INTO users SELECT generate_series(1, 100000)");
    let before = Before::of(&database);
    let whole = dump(Cluster::shared(), &database.url());
    assert!(whole.len() > 512 * 1024, "it is more than is read at once");
    let line = whole.matches('\n').count() + 1;
    let own = name_of(&database.url());
    let name = name_of(&beside(&database, "copy"));
    for (added, words) in [
        (
            format!("GRANT CREATE ON DATABASE {own} TO PUBLIC;\n{END}"),
            format!("`GRANT … ON DATABASE` in line {line} "),
        ),
        (
            format!("COMMIT;\n{END}"),
            format!("`COMMIT` in line {line} "),
        ),
        (
            format!("\\connect {own}\n{END}"),
            format!("line {line} of the script is `\\connect "),
        ),
        (
            "SELECT 1;\n".repeat(1000),
            "it is not whole, and nothing was restored".to_owned(),
        ),
    ] {
        project.write("own.sql", &format!("{whole}{added}"));
        project.shell("gzip --keep --force own.sql").succeeds();
        for file in ["own.sql", "own.sql.gz"] {
            for place in [&["--into", &name][..], &["--replace", "--yes"]] {
                let run = |flags: &[&str]| {
                    let named = ["restore", file];
                    let words = named.iter().chain(place).chain(flags);
                    let output = project.run(words).exits(1);
                    let (_, said) = output.stderr.split_once("error: ").expect("it failed");
                    said.to_owned()
                };
                let foretold = run(&["--dry-run"]);
                assert!(foretold.contains(&words), "{foretold}");
                assert_eq!(run(&[]), foretold);
            }
        }
        before.still_holds();
    }
}

/// Privileges that are left out reach nothing.
#[test]
fn a_dry_run_lets_through_what_is_restored() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let whole = dump(Cluster::shared(), &database.url());
    let own = name_of(&database.url());
    let grants = format!("GRANT CREATE ON DATABASE {own} TO PUBLIC;\nGRANT a TO b;\n{END}");
    project.write("own.sql", &format!("{whole}{grants}"));
    let name = name_of(&beside(&database, "copy"));
    let words = ["restore", "own.sql", "--into", &name, "--no-privileges"];
    let dry = words.iter().chain(&["--dry-run"]);
    project.run(dry).succeeds();
    project.run(words).succeeds();
}

/// `pg_dump` until version 10 writes the comment on the database into each of its dumps.
#[test]
fn a_comment_on_its_database_does_not_keep_a_backup_from_coming_back() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let own = name_of(&database.url());
    let comment = format!("\nCOMMENT ON DATABASE {own} IS 'two;\nlines';\n\n");
    project.write("comment.sql", &comment);
    let comment = project.path("comment.sql");
    let old = format!(
        "$REAL \"$@\" | sed '/^SET row_security = off;/r {}'",
        comment.display()
    );
    database.cluster().stand_in(&project, "pg_dump", &old);
    project.write("dieselkit.toml", "[backups]\npg_dump = \"./pg_dump\"\n");
    let id = back_up(&project, &[]);
    project.write("dieselkit.toml", "");
    let file = file_of(&database, &id);
    let unpacked = project.shell(&format!("gunzip --stdout {file}")).succeeds();
    assert!(
        unpacked.stdout.contains("two;\nlines'"),
        "{}",
        unpacked.stdout
    );
    database.execute(&format!("COMMENT ON DATABASE {own} IS 'since then'"));
    let said = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()";
    let before = contents(&database, &database.url());
    let told = format!("on the database that it was made of, {own}: that was left out");
    let copy = |end: &str| beside(&database, end);
    project
        .run(["backup", "verify", &id, "--restore"])
        .succeeds();
    project.shell(&format!("cp {file} alone.sql.gz")).succeeds();
    for (end, source) in [("backup", id.as_str()), ("alone", "alone.sql.gz")] {
        let name = name_of(&copy(end));
        let words = ["restore", source, "--into", &name];
        project.run(words.iter().chain(&["--dry-run"])).succeeds();
        let output = project.run(words).succeeds();
        assert!(output.stderr.contains(&told), "{}", output.stderr);
        assert_eq!(contents(&database, &copy(end)), before, "{source}");
    }
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    assert_eq!(database.query_column(said), ["since then"]);
}
