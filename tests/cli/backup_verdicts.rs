//! What `backup verify --restore` may say of a backup, and what it may not: trouble of the machine
//! that verifies is none of the backup's.

use diesel::connection::SimpleConnection as _;
use serde_json::json;

use crate::backup_verify::{back_up, row_of, with_backup};
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;

/// Lets the programs of a backup be the project's own: `pg_dump` as it is, and another one that runs
/// lines of a shell, in which `$REAL` is the installed one.
fn replace_program(project: &Project, database: &PostgresDatabase<'_>, name: &str, lines: &str) {
    for program in ["pg_dump", "psql", "pg_restore"] {
        let work = if program == name {
            lines
        } else {
            "exec $REAL \"$@\""
        };
        database.cluster().stand_in(project, program, work);
    }
    project.write("dieselkit.toml", "[backups]\npg_dump = \"./pg_dump\"\n");
}

fn verdict(project: &Project) -> String {
    row_of(project)["verdict"]
        .as_str()
        .expect("a text")
        .to_owned()
}

/// Verifies, which must say nothing of the backup.
fn says_nothing(project: &Project, id: &str, words: &str) {
    let before = verdict(project);
    let said = project.run(["backup", "verify", id, "--restore"]);
    let said = said.exits(1).stderr;
    assert!(said.contains("that says nothing of the backup"), "{said}");
    assert!(said.contains(words), "{said}");
    assert_eq!(verdict(project), before, "{said}");
}

#[test]
fn a_program_that_fails_for_itself_says_nothing_of_the_backup() {
    let database = PostgresDatabase::create();
    let (project, id) = with_backup(&database);
    for (program, words) in [
        ("kill -9 $$", "SIGKILL"),
        (
            "echo 'psql: error: FATAL:  sorry, too many clients already' >&2; exit 2",
            "too many clients",
        ),
        (
            "echo 'psql:<stdin>:3: ERROR:  22023: invalid value for parameter \"default_tablespace\": \"fast\"' >&2; exit 3",
            "default_tablespace",
        ),
    ] {
        replace_program(&project, &database, "psql", program);
        says_nothing(&project, &id, words);
    }
    replace_program(&project, &database, "none", "");
    project
        .run(["backup", "verify", &id, "--restore"])
        .succeeds();
    replace_program(&project, &database, "psql", "kill -9 $$");
    says_nothing(&project, &id, "SIGKILL");
    assert_eq!(verdict(&project), "restored");
}

#[test]
fn an_archive_of_a_newer_server_says_nothing_on_an_older_one() {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    project
        .run(["backup", "--format", "custom", "--note", "newest"])
        .succeeds();
    let id = row_of(&project)["id"].as_str().expect("a text").to_owned();
    let words = "unrecognized configuration parameter \"transaction_timeout\"";
    let complains =
        format!("echo 'pg_restore: error: could not execute query: ERROR:  {words}' >&2; exit 1");
    replace_program(&project, &database, "pg_restore", &complains);
    says_nothing(&project, &id, words);
}

#[test]
fn a_script_that_the_server_cannot_read_is_the_backups_fault() {
    let database = PostgresDatabase::create();
    let (project, good) = with_backup(&database);
    replace_program(
        &project,
        &database,
        "pg_dump",
        "$REAL \"$@\" | sed 's/^CREATE TABLE/CREATE TABEL/'",
    );
    let id = back_up(&project);
    let said = project.run(["backup", "verify", &id, "--restore"]);
    let said = said.exits(3).stdout;
    assert!(said.contains("syntax error"), "{said}");
    assert!(!said.contains("42601"), "{said}");
    assert_eq!(verdict(&project), "failed");
    // It says the same of the earlier one, which came back, and is not believed.
    project
        .run(["backup", "verify", &good, "--restore"])
        .succeeds();
    replace_program(
        &project,
        &database,
        "psql",
        "echo 'psql:<stdin>:3: ERROR:  42601: syntax error at end of input' >&2; exit 3",
    );
    project
        .run(["backup", "verify", &good, "--restore"])
        .exits(3);
    let listed = project.run(["backup", "list", "--json"]).json();
    assert_eq!(listed["data"]["backups"][1]["verdict"], json!("restored"));
}

#[test]
fn a_table_in_a_tablespace_that_is_not_here_says_nothing_of_the_backup() {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    let name = format!("{}_fast", database.name());
    let mut session = database.connect();
    let mut run = |statement: &str| session.batch_execute(statement).expect(statement);
    // Else a tablespace has a folder that the server may write into.
    run("SET allow_in_place_tablespaces = on");
    run(&format!("CREATE TABLESPACE {name} LOCATION ''"));
    run(&format!("ALTER TABLE rooms SET TABLESPACE {name}"));
    let id = back_up(&project);
    run("ALTER TABLE rooms SET TABLESPACE pg_default");
    run(&format!("DROP TABLESPACE {name}"));
    says_nothing(&project, &id, "default_tablespace");
}

/// Makes a backup of a part and verifies it at once.
fn verified_part(project: &Project, flags: &[&str]) -> crate::support::project::Output {
    let whole = ["backup", "--hash", "--verify", "restore"];
    project.run([&whole, flags].concat())
}

#[test]
fn a_part_that_stands_alone_comes_back() {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    database.execute(
        "CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE orders (id SERIAL PRIMARY KEY, at INTEGER);
INSERT INTO orders (at) SELECT i FROM generate_series(1, 50) AS i;
CREATE TABLE par (id INTEGER);
CREATE SCHEMA \"s x\";
CREATE TABLE \"s x\".\"T\" (id BIGINT GENERATED ALWAYS AS IDENTITY, name TEXT);
INSERT INTO \"s x\".\"T\" (name) VALUES ('ada');",
    );
    for flags in [
        &["--exclude-table-data", "ord*"][..],
        &["--exclude-table-data", "orders"],
        &["--exclude-table-data", "*"],
        &["--table", "par"],
        &["--table", "\"s x\".\"T\""],
        &["--schema", "\"s x\""],
        &["--schema", "public"],
    ] {
        verified_part(&project, flags).succeeds();
        assert_eq!(verdict(&project), "restored", "{flags:?}");
    }
}

#[test]
fn a_part_that_needs_the_rest_has_no_verdict() {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    database.execute(
        "CREATE TABLE items (id INTEGER PRIMARY KEY);
INSERT INTO items VALUES (1);
CREATE TABLE orders (id INTEGER, item INTEGER REFERENCES items);
INSERT INTO orders VALUES (1, 1);
CREATE SCHEMA other;
CREATE VIEW other.seen AS SELECT id FROM items;",
    );
    for flags in [
        ["--table", "orders"],
        ["--exclude-table-data", "items"],
        ["--schema", "other"],
    ] {
        let said = verified_part(&project, &flags).exits(1).stderr;
        assert!(said.contains("holds a part of a database"), "{said}");
        assert_eq!(verdict(&project), "created", "{flags:?}");
    }
}

/// A role that owns nothing any more, or is a guest, is missing where the backup is verified.
fn with_missing_role(sql: &str) -> (PostgresDatabase<'static>, Project, String) {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    let role = format!("{}_clerk", database.name());
    let mend =
        format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}");
    database.execute(&format!(
        "CREATE ROLE {role}; {}",
        sql.replace("ROLE", &role)
    ));
    let id = back_up(&project);
    database.execute(&mend);
    (database, project, id)
}

#[test]
fn a_missing_role_is_cured_by_the_command_that_verifies() {
    let (_database, project, id) = with_missing_role("ALTER TABLE rooms OWNER TO ROLE");
    let said = project.run(["backup", "verify", &id, "--restore"]);
    let said = said.exits(1).stderr;
    let cure = format!("`dieselkit backup verify {id} --restore --no-owner");
    assert!(said.contains(&cure), "{said}");
}

#[test]
fn what_was_typed_is_not_the_cure() {
    let (_database, project, id) = with_missing_role("GRANT SELECT ON rooms TO ROLE");
    let said = project.run(["backup", "verify", &id, "--restore", "--no-owner"]);
    let said = said.exits(1).stderr;
    assert!(said.contains("CREATE ROLE"), "{said}");
    assert!(!said.contains("--no-owner`"), "{said}");
}

#[test]
fn a_user_who_may_make_no_scratch_database_is_told_how() {
    let database = PostgresDatabase::create();
    let (project, _) = with_backup(&database);
    let role = database.create_role("secret");
    let name = &role.name;
    database.execute(&format!("GRANT pg_read_all_data TO {name}"));
    let project = project.env("DATABASE_URL", &database.url_as(&role));
    let said = project
        .run(["backup", "--verify", "restore"])
        .exits(1)
        .stderr;
    let cure = format!("let a superuser run `ALTER ROLE \"{name}\" CREATEDB;`");
    assert!(said.contains(&cure), "{said}");
    let id = row_of(&project)["id"].as_str().expect("a text").to_owned();
    let then = format!("`dieselkit backup verify {id} --restore`");
    assert!(said.contains(&then), "{said}");
    let said = project
        .run(["backup", "verify", &id, "--restore"])
        .exits(1)
        .stderr;
    assert!(said.contains(&cure), "{said}");
    assert!(said.contains("says nothing of the backup"), "{said}");
}
