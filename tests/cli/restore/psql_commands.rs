//! psql's own commands in a script are not run, also where psql is too old to refuse them by itself.

use super::{END, beside, contents, name_of, neighbours};
use crate::session::{studio, studio_applied};
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;

/// psql takes its own commands in the middle of a line, too.
#[test]
fn a_command_of_psql_within_a_line_leaves_all_as_it_is() {
    let database = PostgresDatabase::create();
    let mut psql = database.cluster().program("psql");
    let help = psql.arg("--help=commands").output();
    let help = help.expect("it is installed with the server").stdout;
    if !String::from_utf8_lossy(&help).contains("\\restrict") {
        eprintln!("left out: this psql does not know `\\restrict`");
        return;
    }
    let project = studio_applied(&database);
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let begins = "CREATE TABLE elsewhere (id INTEGER);\nSELECT 1;";
    for (file, command) in [
        (
            "connects.sql",
            format!("\\connect {own}\nCREATE TABLE here (id INTEGER);"),
        ),
        ("runs.sql", "\\! touch ran".to_owned()),
    ] {
        project.write(file, &format!("{begins} {command}\n{END}"));
        let name = name_of(&beside(&database, "copy"));
        let output = project.run(["restore", file, "--into", &name]).exits(1);
        assert!(output.stderr.contains("restricted"), "{}", output.stderr);
        assert!(!database.has_table("here"));
        assert!(!project.path("ran").exists());
        assert_eq!(neighbours(&database), there);
    }
}

/// Returns a project whose psql is one of before it could be told to take no command of its own.
fn with_an_old_psql(database: &PostgresDatabase) -> Project {
    use std::os::unix::fs::PermissionsExt as _;
    let project = studio(database);
    let pg_dump = database.cluster().program("pg_dump");
    let folder = std::path::Path::new(pg_dump.get_program())
        .parent()
        .expect("it lies in a folder");
    let psql = database.cluster().program("psql");
    let script = format!(
        "#!/bin/sh
if [ \"$*\" = --help=commands ]; then '{0}' \"$@\" | grep -v restrict; exit; fi
cd '{1}' && cat > input
if grep -q '^.restrict [a-z0-9]*$' input; then
    echo 'psql:<stdin>:5: error: invalid command \\restrict' >&2; exit 3
fi
exec '{0}' \"$@\" < input
",
        psql.get_program().display(),
        project.path("old").display()
    );
    project.write("old/psql", &script);
    std::fs::set_permissions(
        project.path("old/psql"),
        std::fs::Permissions::from_mode(0o755),
    )
    .expect("it is ours");
    let link =
        |name: &str| std::os::unix::fs::symlink(folder.join(name), project.path("old").join(name));
    link("pg_dump").expect("the folder is ours");
    link("pg_restore").expect("the folder is ours");
    let config = format!(
        "[backups]\npg_dump = {:?}\n",
        project.path("old/pg_dump").display()
    );
    project.config(&config)
}

#[test]
fn a_command_within_a_line_is_found_where_psql_cannot_refuse_it() {
    let database = PostgresDatabase::create();
    let project = with_an_old_psql(&database);
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let rows = "CREATE TABLE elsewhere (t TEXT);\nCOPY elsewhere FROM stdin;\n\\N\nit's\\\\\n\\.\n";
    for command in [
        format!("\\connect {own}"),
        "\\! touch ran".to_owned(),
        "\\o | touch ran".to_owned(),
    ] {
        let text =
            format!("{rows}SELECT 'it''s \\'; {command}\nCREATE TABLE here (id INTEGER);\n{END}");
        project.write("runs.sql", &text);
        let name = name_of(&beside(&database, "copy"));
        let output = project
            .run(["restore", "runs.sql", "--into", &name])
            .exits(1);
        let command = command.split(' ').next().expect("it has a word");
        let words = format!("line 6 of the script has `{command} ");
        assert!(output.stderr.contains(&words), "{}", output.stderr);
        assert!(!database.has_table("here"));
        assert!(!project.path("ran").exists());
        assert_eq!(neighbours(&database), there);
    }
}

/// What `pg_dump` writes around a dump, a psql before it does not know.
#[test]
fn a_backup_is_verified_and_restored_where_psql_is_older_than_pg_dump() {
    let database = PostgresDatabase::create();
    let project = with_an_old_psql(&database);
    project.run(["up", "-q"]).succeeds();
    project.run(["backup", "create", "-q"]).succeeds();
    project
        .run(["backup", "verify", "--restore", "-q"])
        .succeeds();
    let list = project.run(["backup", "list", "--json"]).succeeds().json();
    assert_eq!(list["data"]["backups"][0]["verdict"], "restored", "{list}");
    let copy = beside(&database, "copy");
    project
        .run(["restore", "--into", &name_of(&copy)])
        .succeeds();
    assert_eq!(
        contents(&database, &copy),
        contents(&database, &database.url())
    );
}

/// What a script says of itself protects nobody from it.
#[test]
fn a_script_that_ends_what_keeps_it_from_commands_is_refused() {
    let database = PostgresDatabase::create();
    let there = neighbours(&database);
    let scripts = [
        "/*\n\\restrict x\n*/ CREATE TABLE q (i INTEGER);\n\\! touch ran\n",
        "CREATE TABLE q (t TEXT);\nCOPY q FROM stdin;\n\\restrict x\n\\.\n\\! touch ran\n",
        "\\restrict x\n\\unrestrict x\nCREATE TABLE q (i INTEGER);\n\\! touch ran\n",
        "\\restrict x\nCREATE TABLE q (i INTEGER);\n\\unrestrict y\n\\! touch ran\n",
        "-- a remark\r\\! touch ran\nCREATE TABLE q (i INTEGER);\n",
        "SELECT E'a'\r'\\'' \\! touch ran '\n;\n",
    ];
    for project in [studio(&database), with_an_old_psql(&database)] {
        for script in scripts {
            project.write("runs.sql", &format!("{script}{END}"));
            let name = name_of(&beside(&database, "copy"));
            project
                .run(["restore", "runs.sql", "--into", &name])
                .exits(1);
            assert!(!project.path("ran").exists(), "{script}");
            assert_eq!(neighbours(&database), there, "{script}");
        }
    }
}

/// What looks like a command of psql's, in all that a dump has it in.
#[test]
fn a_dump_full_of_backslashes_is_restored_where_psql_is_old() {
    let database = PostgresDatabase::create();
    let project = with_an_old_psql(&database);
    project.run(["up", "-q"]).succeeds();
    for statement in [
        r#"CREATE TABLE "back\slash \! ""\c" (t TEXT DEFAULT E'it''s \\ \n', u TEXT DEFAULT 'C:\')"#,
        r#"INSERT INTO "back\slash \! ""\c" SELECT chr(i) || E'\\' || chr(i) || E'\\.', 'it''s \' FROM generate_series(1, 300) AS i"#,
        r#"INSERT INTO "back\slash \! ""\c" VALUES (E'\\.', E'\n\\.\n\\! touch ran\n')"#,
        r"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $x$ SELECT '\' || E'\'' || $$ \! $$ $x$",
        r"CREATE FUNCTION g() RETURNS text LANGUAGE sql RETURN E'it''s \\' || '\'",
        r"COMMENT ON FUNCTION f() IS E'two\n\\! touch ran\n\\connect postgres'",
    ] {
        database.execute(statement);
    }
    let program = project.path("old/pg_dump").display().to_string();
    let url = database.url();
    // Neither says by itself that psql is to take no command.
    let strip = "sed '/^.restrict /d; /^.unrestrict /d'";
    let line = format!(
        "'{program}' '{url}' | {strip} > rows.sql && '{program}' --inserts '{url}' | {strip} > inserts.sql"
    );
    project.shell(&line).succeeds();
    let before = contents(&database, &url);
    for (file, end) in [("rows.sql", "a"), ("inserts.sql", "b")] {
        let copy = beside(&database, end);
        let words = ["restore", file, "--into", &name_of(&copy)];
        project.run(words).succeeds();
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}
