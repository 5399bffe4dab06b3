//! What is dumped, and in which form.

use super::*;

#[test]
fn a_part_of_a_database_is_what_pg_dump_takes_for_it() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE SCHEMA \"App\"; CREATE TABLE a (id SERIAL); CREATE TABLE b (id SERIAL); CREATE TABLE \"App\".c (id SERIAL);
INSERT INTO a DEFAULT VALUES; INSERT INTO b DEFAULT VALUES; INSERT INTO \"App\".c DEFAULT VALUES;",
    );
    let names = |schemas: &[&str], tables: &[&str], without: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let mut scene = Scene::new();
        scene.scope.schemas = owned(schemas);
        scene.scope.tables = owned(tables);
        scene.scope.without_data_of = owned(without);
        let copied = dumped(&scene, &database).expect("it is whole");
        let target = PostgresDatabase::create();
        target.execute("DROP SCHEMA public");
        target.execute("CREATE SCHEMA public; CREATE SCHEMA \"App\"");
        let text = String::from_utf8(copied.bytes).expect("it is SQL");
        // The schemas are there already.
        let text = text.replace("CREATE SCHEMA \"App\";", "");
        let cluster = Cluster::shared();
        let _ = cluster;
        target.execute(&without_copies(&text));
        let made = target.query_column(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'App') ORDER BY 1",
        );
        let facts: Vec<_> = copied
            .facts
            .tables
            .iter()
            .map(|table| table.name.clone())
            .collect();
        let mut sorted = facts;
        sorted.sort();
        assert_eq!(sorted, made);
        let sequences = target.query_column(
            "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences ORDER BY 1",
        );
        let mut found: Vec<_> = copied
            .facts
            .sequences
            .iter()
            .map(|fact| fact.name.clone())
            .collect();
        found.sort();
        assert_eq!(found, sequences);
        counts(&copied.facts)
    };
    assert_eq!(
        names(&[], &[], &["b"]),
        ["\"App\".c 1", "public.a 1", "public.b 0"]
    );
    assert_eq!(names(&["\"App\""], &[], &[]), ["\"App\".c 1"]);
    assert_eq!(names(&["\"App\""], &["A"], &[]), ["public.a 1"]);
    assert_eq!(
        names(&[], &["[ab]", "\"App\".*"], &[]),
        ["\"App\".c 1", "public.a 1", "public.b 1"]
    );
}

/// Returns a dump without its rows and without what psql alone reads.
fn without_copies(text: &str) -> String {
    let mut kept = Vec::new();
    let mut in_rows = false;
    for line in text.lines() {
        if line.starts_with("COPY ") {
            in_rows = true;
        } else if in_rows && line == "\\." {
            in_rows = false;
        } else if !in_rows && !line.starts_with('\\') {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[test]
fn an_archive_and_a_folder_are_written_too() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (2)");
    let scene = Scene::new();
    let copied = copy(&database.url(), &scene.request(Format::Custom)).expect("it is whole");
    assert!(copied.bytes.starts_with(b"PGDMP"));
    assert_eq!(counts(&copied.facts), ["public.a 2"]);
    let folder = scene.folder.path().join("whole");
    let request = DumpRequest {
        folder: Some(&folder),
        jobs: std::num::NonZeroU32::new(2).expect("it is not zero"),
        ..scene.request(Format::Directory)
    };
    let copied = copy(&database.url(), &request).expect("it is whole");
    assert_eq!(
        (copied.bytes.len(), counts(&copied.facts)),
        (0, vec!["public.a 2".to_owned()])
    );
    assert!(folder.join("toc.dat").exists());
}

#[test]
fn a_reader_sees_what_it_owns_nothing_of() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    let reader = database.create_reader("secret");
    let scene = Scene::new();
    let copied = copy(&database.url_as(&reader), &scene.request(Format::Plain));
    let copied = copied.expect("reading is enough");
    assert_eq!(counts(&copied.facts), ["public.a 1"]);
    assert!(
        copied.facts.roles.contains(&reader.name),
        "{:?}",
        copied.facts.roles
    );
    assert!(copied.facts.roles.contains(&"postgres".to_owned()));
    let tool = copied.moment.tool.expect("it is pg_dump");
    assert!(tool.path.ends_with("pg_dump"));
    let same = dumped(&scene, &database)
        .expect("it is whole")
        .moment
        .identity;
    assert_eq!(copied.moment.identity, same);
}

#[test]
fn the_roles_of_the_server_are_written_apart() {
    let database = PostgresDatabase::create();
    let role = database.create_role("a secret");
    let scene = Scene::new();
    let request = scene.request(Format::Plain);
    let text = |url: &str| {
        let address = url.parse().expect("it is an address");
        let globals = dump::globals(&address, &request).expect("it is whole");
        let globals = globals.expect("it has a server");
        let text = String::from_utf8(globals.text).expect("it is SQL");
        (text, globals.complaints)
    };
    let made = format!("CREATE ROLE {};", role.name);
    let (whole, complaints) = text(&database.url());
    assert!(whole.contains(&made) && whole.contains("SCRAM-SHA-256"));
    assert_eq!(complaints, [""; 0]);
    let (seen, complaints) = text(&database.url_as(&role));
    assert!(seen.contains(&made) && !seen.contains("SCRAM-SHA-256"));
    assert!(complaints[0].contains(&role.name), "{complaints:?}");
}

#[test]
fn half_of_the_roles_is_none() {
    let database = PostgresDatabase::create();
    let scene = Scene::new();
    let half = "case \"$1\" in --version) echo 'pg_dumpall (PostgreSQL) 99.1';; *) echo 'CREATE ROLE half;';; esac";
    let beside = scene.folder.path().join("pg_dumpall");
    std::fs::rename(program(&scene, half), beside).expect("it is ours");
    let whole = "echo 'pg_dump (PostgreSQL) 99.1'";
    let programs = Programs {
        pg_dump: Some(program(&scene, whole)),
        ..Programs::default()
    };
    let request = DumpRequest {
        programs: &programs,
        ..scene.request(Format::Plain)
    };
    let address = database.url().parse().expect("it is an address");
    let refused = dump::globals(&address, &request);
    assert!(
        matches!(refused, Err(DumpError::Silent { .. })),
        "{refused:?}"
    );
}
