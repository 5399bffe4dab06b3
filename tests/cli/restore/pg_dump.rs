//! What `pg_dump` itself wrote is restored in each of its forms, or refused with what helps.

use super::{beside, contents, name_of, neighbours};
use crate::session::studio_applied;
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;

#[test]
fn what_pg_dump_itself_wrote_is_restored() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let program = database.cluster().path_of("pg_dump");
    let url = database.url();
    let line = format!(
        "'{program}' '{url}' > own.sql && gzip -k own.sql \
         && '{program}' -Fc '{url}' > own.dump && '{program}' -Fd -f own.folder '{url}' \
         && '{program}' -Ft '{url}' > own.tar"
    );
    project.shell(&line).succeeds();
    let before = contents(&database, &url);
    for file in [
        "own.sql",
        "own.sql.gz",
        "own.dump",
        "own.tar",
        "own.folder",
        "./own.folder",
        "own.folder/toc.dat",
    ] {
        let copy = beside(&database, &file.replace(['.', '/'], "_"));
        let output = project.run(["restore", file, "--into", &name_of(&copy)]);
        let output = output.succeeds();
        assert!(
            output.stderr.contains("has no manifest"),
            "{}",
            output.stderr
        );
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}

/// `pg_restore` itself looks for the rest of a tar file without end.
#[test]
fn an_archive_that_is_cut_off_is_refused() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let program = database.cluster().path_of("pg_dump");
    let url = database.url();
    let line =
        format!("'{program}' -Ft '{url}' > whole.tar && '{program}' -Fc '{url}' > whole.dump");
    project.shell(&line).succeeds();
    let there = neighbours(&database);
    let name = name_of(&beside(&database, "copy"));
    let whole = std::fs::read(project.path("whole.tar")).expect("it was made");
    for length in [
        1000,
        whole.len() / 2 + 100,
        whole.len() - 1024,
        whole.len() - 1,
    ] {
        std::fs::write(project.path("cut.tar"), &whole[..length]).expect("it is ours");
        for flags in [&["--dry-run"][..], &[]] {
            let words = ["restore", "cut.tar", "--into", &name];
            let output = project.run(words.iter().chain(flags)).exits(1);
            let words = format!("`cut.tar` is not whole: it ends at byte {length}, ");
            assert!(output.stderr.contains(&words), "{}", output.stderr);
        }
        assert_eq!(neighbours(&database), there);
    }
    let whole = std::fs::read(project.path("whole.dump")).expect("it was made");
    for length in [100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(project.path("cut.dump"), &whole[..length]).expect("it is ours");
        let output = project.run(["restore", "cut.dump", "--into", &name]);
        let said = output.exits(1).stderr;
        assert!(
            said.contains("hint: make it again, or copy it again"),
            "{said}"
        );
        assert_eq!(neighbours(&database), there);
    }
}

/// What each of them needs is not in a new database.
#[test]
fn a_script_that_no_new_database_takes_is_refused_with_what_helps() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let before = contents(&database, &database.url());
    let program = |name: &str| {
        let program = database.cluster().program(name);
        program.get_program().to_string_lossy().into_owned()
    };
    let (pg_dump, pg_dumpall) = (program("pg_dump"), program("pg_dumpall"));
    let url = database.url();
    let line = format!(
        "'{pg_dump}' -c '{url}' > clean.sql && '{pg_dump}' -c --if-exists '{url}' > gentle.sql \
         && '{pg_dumpall}' --globals-only --dbname='{url}' > 'all of it.sql' && gzip -k 'all of it.sql'"
    );
    project.shell(&line).succeeds();
    let there = neighbours(&database);
    let name = name_of(&beside(&database, "copy"));
    for (file, word, cure) in [
        ("clean.sql", "`pg_dump --clean`", "`cat clean.sql | sed -E "),
        (
            "all of it.sql",
            "`pg_dumpall`",
            "`cat 'all of it.sql' | psql --host ",
        ),
        (
            "all of it.sql.gz",
            "`pg_dumpall`",
            "`gunzip --stdout 'all of it.sql.gz' | psql --host ",
        ),
    ] {
        for flags in [&["--dry-run"][..], &[]] {
            let words = ["restore", file, "--into", &name];
            let said = project.run(words.iter().chain(flags)).exits(2).stderr;
            assert!(said.contains(word) && said.contains(cure), "{said}");
        }
        assert_eq!(neighbours(&database), there);
    }
    let said = project
        .run(["restore", "clean.sql", "--dry-run"])
        .exits(2)
        .stderr;
    let sed = said
        .split('`')
        .find(|piece| piece.starts_with("cat clean.sql"));
    project.shell(sed.expect("there is a command")).succeeds();
    for (file, end) in [("NEW", "a"), ("gentle.sql", "b")] {
        let copy = beside(&database, end);
        project
            .run(["restore", file, "--into", &name_of(&copy)])
            .succeeds();
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}

/// The database that such a dump names is there still, and nothing of it is touched.
#[test]
fn what_pg_dump_wrote_with_create_is_restored_into_the_new_one_alone() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let own = name_of(&database.url());
    let odd = format!("{own}_My 'shop\"");
    let quoted = format!("\"{}\"", odd.replace('"', "\"\""));
    let cluster = database.cluster();
    cluster.execute(&format!("CREATE DATABASE {quoted} TEMPLATE {own}"));
    for change in [
        format!("COMMENT ON DATABASE {quoted} IS 'two;\n\\connect postgres'"),
        format!("ALTER DATABASE {quoted} SET work_mem TO '1MB'"),
        format!("ALTER DATABASE {quoted} CONNECTION LIMIT 7"),
        format!("REVOKE TEMPORARY ON DATABASE {quoted} FROM PUBLIC"),
    ] {
        cluster.execute(&change);
    }
    let program = cluster.path_of("pg_dump");
    let url = database.url().replace(&own, "postgres");
    let name = odd.replace('\'', "\\'");
    project.write("name", &format!("dbname='{name}'"));
    let dump = format!(
        "PGPASSWORD={} '{program}' -h $(echo '{url}' | sed 's,.*@,,; s,[:/].*,,') -p $(echo '{url}' | sed 's,.*:,,; s,/.*,,') -U postgres -d \"$(cat name)\" -C",
        cluster.password()
    );
    project
        .shell(&format!(
            "{dump} > c.sql && {dump} -c --if-exists > cc.sql && {dump} -Fc > c.dump && {dump} --inserts > ci.sql"
        ))
        .succeeds();
    // What is said of it by now is not what the dump says.
    cluster.execute(&format!("GRANT TEMPORARY ON DATABASE {quoted} TO PUBLIC"));
    cluster.execute(&format!("COMMENT ON DATABASE {quoted} IS 'since then'"));
    cluster.execute(&format!("ALTER DATABASE {quoted} CONNECTION LIMIT 9"));
    let whole = format!(
        "SELECT datacl::text || datconnlimit || shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{}'",
        odd.replace('\'', "''")
    );
    let before = database.query_column(&whole);
    let expected = contents(&database, &database.url());
    for file in ["c.sql", "cc.sql", "ci.sql", "c.dump"] {
        let copy = beside(&database, &file.replace('.', "_"));
        let output = project.run(["restore", file, "--into", &name_of(&copy)]);
        let output = output.succeeds();
        let told = output
            .stderr
            .contains("the dump makes a database of its own");
        assert_eq!(told, file != "c.dump", "{file}: {}", output.stderr);
        assert_eq!(contents(&database, &copy), expected, "{file}");
        assert_eq!(database.query_column(&whole), before, "{file}");
    }
    let words = ["restore", "c.sql", "--replace", "--yes", "--no-owner"];
    project.run(words).succeeds();
    assert_eq!(contents(&database, &database.url()), expected);
    assert_eq!(database.query_column(&whole), before);
}
