//! Everything that a database holds comes back, and what belongs to it as a whole stays with its
//! name.

use crate::backend::Access;
use crate::backend::address::DatabaseAddress;
use crate::backend::database::{Database, OtherSessions};
use crate::backend::dump::Format;
use crate::backend::dump::Hashing;
use crate::backend::dump::tests::{Scene, counts};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::restore::tests::{request, there_and_back};
use crate::backend::restore::{
    Contents, Original, Owners, Place, Restore, RestoreError, RestoreRequest, count, differences,
    open_restore,
};
use crate::backend::support::engine::Engine as _;
use crate::backend::support::postgres::PostgresDatabase;
use crate::cancellation::Cancellation;

fn address(database: &PostgresDatabase<'_>) -> DatabaseAddress {
    database.url().parse().expect("the support's URL is right")
}

fn drop_it(address: &DatabaseAddress) {
    let opened = Database::open(address, Access::ReadWrite).expect("it is there");
    opened
        .drop_whole(OtherSessions::End, &mut Err)
        .expect("it is ours");
}

fn column(address: &DatabaseAddress, query: &str) -> Vec<String> {
    let mut opened = Database::open(address, Access::ReadOnly).expect("it is there");
    let backend = opened.backend().expect("it is open");
    let rows = backend
        .load(&crate::backend::query::Query::new(query))
        .expect(query);
    rows.iter()
        .map(|row| row.text(0).expect("it is text"))
        .collect()
}

/// Everything that the issue names.
const EVERYTHING: &str = r#"
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE a (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL DEFAULT 'x',
  mood mood DEFAULT 'glad',
  twice BIGINT GENERATED ALWAYS AS (length(name) * 2) STORED,
  amount DOUBLE PRECISION, at TIMESTAMPTZ, raw BYTEA, tags TEXT[], doc JSONB
);
COMMENT ON TABLE a IS 'it''s a table';
CREATE TABLE b (id SERIAL PRIMARY KEY, a BIGINT REFERENCES a);
CREATE SEQUENCE down INCREMENT -1;
CREATE VIEW v AS SELECT name FROM a;
CREATE FUNCTION f() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE p (id INTEGER, day DATE) PARTITION BY RANGE (day);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO a (name, amount, at, raw, tags, doc) VALUES ('ada', 0.1, now(), '\x00ff', '{"a,b",NULL}', '{"k": [1]}'), (E'two\nlines\t\\', 'NaN', NULL, NULL, NULL, NULL);
INSERT INTO b (a) SELECT id FROM a;
INSERT INTO p SELECT i, '2026-05-05' FROM generate_series(1, 9) AS i;
SELECT nextval('down'), nextval('down'), nextval('down');
SELECT lo_from_bytea(4711, '\xcafe');
"#;

#[test]
fn every_format_brings_everything_back() {
    let database = PostgresDatabase::create();
    database.execute(EVERYTHING);
    let reader = database.create_reader("secret");
    let dump = database.schema_dump();
    for (format, jobs) in [
        (Format::Plain, 1),
        (Format::Custom, 1),
        (Format::Custom, 2),
        (Format::Directory, 2),
    ] {
        let (facts, address) = there_and_back(&database, format, jobs).expect("it is whole");
        let cancellation = Cancellation::default();
        let found = count(&address, Hashing::Contents, &cancellation, &mut |_, _| {});
        let found = found.expect("it can be read");
        assert_eq!(differences(&facts, &[], &found), [""; 0], "{format}");
        assert_eq!(found.facts.tables, facts.tables, "{format}");
        assert_eq!(found.facts.sequences, facts.sequences, "{format}");
        assert_eq!(found.descending.iter().collect::<Vec<_>>(), ["public.down"]);
        assert!(found.facts.roles.contains(&reader.name));
        let large = column(&address, "SELECT encode(lo_get(4711), 'hex')");
        assert_eq!(large, ["cafe"], "{format}");
        let name = address.database().expect("it has a name").to_owned();
        let cluster = crate::backend::support::postgres::Cluster::shared();
        let same = cluster
            .program("pg_dump")
            .args(["--schema-only", "--no-owner"])
            .arg(format!(
                "--dbname=postgres://postgres@{}/{name}",
                cluster.address()
            ))
            .env("PGPASSWORD", cluster.password())
            .output()
            .expect("it is installed");
        let same = String::from_utf8_lossy(&same.stdout).into_owned();
        for line in dump.lines() {
            assert!(same.contains(line), "{format}: {line}");
        }
        drop_it(&address);
    }
}

#[test]
fn a_role_that_is_missing_is_named() {
    let database = PostgresDatabase::create();
    let scene = Scene::new();
    let before = databases(&database);
    let sql = "CREATE TABLE a (id INTEGER);\nALTER TABLE a OWNER TO nobody_at_all;\n-- PostgreSQL database dump complete\n";
    let mut restore =
        open_restore(&address(&database), Place::Beside, &request(&scene)).expect("there is room");
    let failed = restore.fill(Contents::Stream(&mut sql.as_bytes()));
    let Err(error @ RestoreError::ToolFailed { .. }) = failed else {
        panic!("not refused: {failed:?}");
    };
    assert!(
        error.to_string().contains("psql:<stdin>:2: ERROR:"),
        "{error}"
    );
    let hint = error.hint().expect("it can be helped");
    let makes = r#"`psql postgres --command 'CREATE ROLE "nobody_at_all"'`"#;
    assert!(hint.contains(makes), "{hint}");
    drop(restore);
    assert_eq!(databases(&database), before);
}

#[test]
fn owners_can_be_left_out_of_a_plain_dump() {
    let database = PostgresDatabase::create();
    let scene = Scene::new();
    let sql = "CREATE TABLE a (id INTEGER);\nALTER TABLE a OWNER TO nobody_at_all;\n-- PostgreSQL database dump complete\n";
    let request = RestoreRequest {
        owners: Owners::Nobody,
        ..request(&scene)
    };
    let mut restore =
        open_restore(&address(&database), Place::Beside, &request).expect("there is room");
    let filled = restore.fill(Contents::Stream(&mut sql.as_bytes()));
    filled.expect("no role is missing");
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'a'";
    assert_eq!(column(restore.address(), owner), ["postgres"]);
}

fn databases(database: &PostgresDatabase<'_>) -> Vec<String> {
    let pattern = database.name()[..30].to_owned();
    database.query_column(&format!(
        "SELECT datname FROM pg_database WHERE datname LIKE '{pattern}%' ORDER BY 1"
    ))
}

/// No dump holds who owns the database, who may connect to it, and its settings.
#[test]
fn what_belongs_to_a_database_as_a_whole_stays_with_its_name() {
    let database = PostgresDatabase::create();
    let role = database.create_role("secret");
    let (name, role) = (database.name(), &role.name);
    database.execute("CREATE TABLE a (id INTEGER)");
    let cluster = database.cluster();
    for statement in [
        format!("ALTER DATABASE {name} OWNER TO {role}"),
        format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"),
        format!("ALTER DATABASE {name} SET search_path TO \"My App\", public"),
        format!("ALTER DATABASE {name} SET application_name TO 'it''s ours'"),
        format!("ALTER ROLE {role} IN DATABASE {name} SET work_mem TO '8MB'"),
        format!("ALTER DATABASE {name} CONNECTION LIMIT 17"),
        format!("COMMENT ON DATABASE {name} IS 'ours'"),
    ] {
        cluster.execute(&statement);
    }
    let whole = || {
        database.query_column(&format!(
            "SELECT concat_ws(' ', datdba::regrole, datconnlimit, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) AS a), datcollate, encoding, shobj_description(d.oid, 'pg_database'), (SELECT string_agg(concat_ws(' ', setrole::regrole, setconfig), '; ' ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid)) FROM pg_database AS d WHERE datname = '{name}'"
        ))
    };
    let before = whole();
    let scene = Scene::new();
    let copied = scene.copy(&database).expect("it is whole");
    let mut restore =
        open_restore(&address(&database), Place::Beside, &request(&scene)).expect("there is room");
    restore
        .fill(Contents::Stream(&mut copied.bytes.as_slice()))
        .expect("it is whole");
    let old = restore
        .replace(Original::Read, "now")
        .expect("nobody is at work");
    assert_eq!(whole(), before);
    assert!(
        before[0].contains("My App") && before[0].contains("ours"),
        "{before:?}"
    );
    drop_it(&old.expect("there was one"));
}

#[test]
fn an_encoding_stays_with_its_name() {
    let database = PostgresDatabase::create();
    let name = format!("{}_l1", database.name());
    database.cluster().execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    ));
    let postgres = PostgresAddress::parse(&database.url()).expect("it is one");
    let latin = DatabaseAddress::Postgres(postgres.with_database(&name));
    let scene = Scene::new();
    let restore = open_restore(&latin, Place::Beside, &request(&scene)).expect("there is room");
    let encoding = column(restore.address(), "SHOW server_encoding");
    drop(restore);
    drop_it(&latin);
    assert_eq!(encoding, ["LATIN1"]);
}

#[test]
fn an_archive_that_is_cut_off_is_refused() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (t TEXT); INSERT INTO a SELECT md5(i::text) FROM generate_series(1, 2000) AS i");
    let before = databases(&database);
    let scene = Scene::new();
    let copied = crate::backend::dump::tests::copy(&database.url(), &scene.request(Format::Custom));
    let bytes = copied.expect("it is whole").bytes;
    let file = scene.folder.path().join("half.dump");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("the folder is ours");
    let mut restore: Box<dyn Restore> =
        open_restore(&address(&database), Place::Beside, &request(&scene)).expect("there is room");
    let failed = restore.fill(Contents::Archive(&file));
    assert!(
        matches!(failed, Err(RestoreError::BadContents { .. })),
        "{failed:?}"
    );
    let cancellation = Cancellation::default();
    let found = count(
        restore.address(),
        Hashing::Skipped,
        &cancellation,
        &mut |_, _| {},
    );
    assert_eq!(counts(&found.expect("it can be read").facts), [""; 0]);
    drop(restore);
    assert_eq!(databases(&database), before);
}

/// Lets the programs be those of a newer version, which makes a setting that this server does not know.
fn newer_programs(scene: &mut Scene) {
    let cluster = crate::backend::support::postgres::Cluster::shared();
    let newer = |name: &str, work: &str| {
        let real = cluster.program(name).get_program().to_owned();
        let text = format!(
            "#!/bin/sh\nREAL={}\ncase \"$*\" in\n--version) echo '{name} (PostgreSQL) 98.4';;\n--help) exec $REAL --help;;\n{work}\n*) exec $REAL \"$@\";;\nesac\n",
            real.display()
        );
        let path = scene.folder.path().join(name);
        std::fs::write(&path, text).expect("the folder is ours");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&path, private).expect("it is ours");
        path
    };
    newer("psql", "");
    newer(
        "pg_restore",
        "*--file=-*) $REAL \"$@\" | sed 's/^SET lock_timeout = 0;$/&\\nSET transaction_timeout = 0;/';;
*) echo 'unrecognized configuration parameter \"transaction_timeout\"' >&2; exit 1;;",
    );
    scene.programs.pg_dump = Some(newer("pg_dump", ""));
}

#[test]
fn programs_that_are_newer_than_the_server_restore_archives_too() {
    let database = PostgresDatabase::create();
    database.execute(EVERYTHING);
    let mut scene = Scene::new();
    let copied = crate::backend::dump::tests::copy(&database.url(), &scene.request(Format::Custom));
    let copied = copied.expect("it is whole");
    let file = scene.folder.path().join("whole.dump");
    std::fs::write(&file, &copied.bytes).expect("the folder is ours");
    newer_programs(&mut scene);
    for jobs in [1, 2] {
        let request = RestoreRequest {
            jobs: std::num::NonZeroU32::new(jobs).expect("it is some"),
            ..request(&scene)
        };
        let mut restore =
            open_restore(&address(&database), Place::Beside, &request).expect("there is room");
        let complaints = restore.fill(Contents::Archive(&file)).expect("it is whole");
        let told = complaints.join("\n");
        assert_eq!(told.contains("one after the other"), jobs > 1, "{told}");
        let cancellation = Cancellation::default();
        let found = count(
            restore.address(),
            Hashing::Contents,
            &cancellation,
            &mut |_, _| {},
        );
        let found = found.expect("it can be read");
        assert_eq!(differences(&copied.facts, &[], &found), [""; 0]);
    }
}

#[test]
fn an_archive_that_a_newer_program_cannot_read_is_refused() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (t TEXT); INSERT INTO a SELECT md5(i::text) FROM generate_series(1, 2000) AS i");
    let before = databases(&database);
    let mut scene = Scene::new();
    let copied = crate::backend::dump::tests::copy(&database.url(), &scene.request(Format::Custom));
    let bytes = copied.expect("it is whole").bytes;
    let file = scene.folder.path().join("half.dump");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("the folder is ours");
    newer_programs(&mut scene);
    let mut restore =
        open_restore(&address(&database), Place::Beside, &request(&scene)).expect("there is room");
    let failed = restore.fill(Contents::Archive(&file));
    assert!(failed.is_err(), "{failed:?}");
    drop(restore);
    assert_eq!(databases(&database), before);
}
