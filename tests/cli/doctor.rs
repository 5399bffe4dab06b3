//! `doctor`: what it looks at, what it finds, and that its cures are cures.

#[cfg(feature = "postgres")]
mod servers;
mod trouble;

use serde_json::Value;

use crate::session::{studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_project_that_is_well,
    problems_have_cures,
    a_migration_that_failed_is_a_problem,
    it_writes_nothing,
];

/// One thing that was looked at.
struct Found {
    check: String,
    verdict: String,
    message: String,
    cure: Option<String>,
}

/// Returns all that is found, with further arguments. Every problem has its cure.
fn found(project: &Project, arguments: &[&str]) -> Vec<Found> {
    let asked = ["doctor", "--json"].iter().chain(arguments);
    let document = project.run(asked).json();
    let all = document["data"]["checks"].as_array().expect("a list");
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let found = all.iter().map(|it| Found {
        check: text(&it["check"]).expect("a word"),
        verdict: text(&it["verdict"]).expect("a word"),
        message: text(&it["message"]).expect("a text"),
        cure: text(&it["cure"]),
    });
    let found: Vec<Found> = found.collect();
    for it in &found {
        let is_cured = it.cure.as_ref().is_some_and(|cure| !cure.is_empty());
        assert!(is_cured || it.verdict != "problem", "{}", it.message);
    }
    found
}

/// Returns what was found of one thing: its verdicts, in order.
fn verdicts(project: &Project, check: &str) -> Vec<String> {
    let found = found(project, &[]).into_iter();
    let of = found.filter(|it| it.check == check);
    of.map(|it| it.verdict).collect()
}

/// Returns the problems of one thing: message and cure.
fn problems(project: &Project, check: &str) -> Vec<(String, String)> {
    let found = found(project, &[]).into_iter();
    let problems = found.filter(|it| it.check == check && it.verdict == "problem");
    problems
        .map(|it| (it.message, it.cure.unwrap_or_default()))
        .collect()
}

/// Returns the only problem of one thing: message and cure.
#[track_caller]
fn problem(project: &Project, check: &str) -> (String, String) {
    let mut problems = problems(project, check);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn a_project_that_is_well(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project
        .run(["backup", "create", "--verify", "files"])
        .succeeds();
    let document = project.run(["doctor", "--json"]).succeeds().json();
    assert_eq!(document["data"]["healthy"], true, "{document}");
    let all = document["data"]["checks"].as_array().expect("a list");
    let bad: Vec<_> = all.iter().filter(|it| it["verdict"] != "good").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let of_servers = ["pooler", "indexes", "sessions", "pg_dump"];
    for check in of_servers {
        let found = verdicts(&project, check).len();
        assert_eq!(found.to_string(), database.either("0", "1"), "{check}");
    }
}

fn problems_have_cures(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE bookings (id INTEGER PRIMARY KEY, note TEXT);\n",
    );
    project.write(
        "dieselkit.toml",
        "[seeds]\ndirectory = \"nowhere\"\n[environments.development]\n[environments.production]\n",
    );
    let said = project.run(["doctor"]).exits(3).stdout;
    let lines: Vec<&str> = said.lines().collect();
    let modified = lines
        .iter()
        .position(|line| line.starts_with("problem  migrations"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(lines[modified].contains("modified"), "{said}");
    assert!(lines[modified + 1].contains("hint:"), "{said}");
    assert_eq!(verdicts(&project, "configuration"), ["good", "note"]);
    let elsewhere = project.env("DIESELKIT_ENV", "production");
    assert_eq!(verdicts(&elsewhere, "mark"), ["problem"]);
    assert_eq!(verdicts(&elsewhere, "backups"), ["problem"]);
}

fn a_migration_that_failed_is_a_problem(database: &dyn Engine) {
    let project = studio(database);
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE bookings (id INTEGER PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n",
    );
    project.run(["up"]).exits(1);
    let said = project.run(["doctor"]).exits(3).stdout;
    let lines: Vec<&str> = said.lines().collect();
    let failed = lines
        .iter()
        .position(|line| line.starts_with("problem  migrations"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(lines[failed].contains("create_bookings` failed"), "{said}");
    assert!(lines[failed + 1].contains("`dieselkit up"), "{said}");
}

fn it_writes_nothing(database: &dyn Engine) {
    let project = studio(database);
    database.execute("SELECT 1");
    project.run(["doctor"]).succeeds();
    assert_eq!(database.tables(), [""; 0]);
    assert!(!project.path("backups").exists());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_that_is_not_there() {
    let project = Project::new().env("DATABASE_URL", "sqlite:nowhere.db");
    let said = project.run(["doctor"]).exits(3).stdout;
    assert!(said.contains("problem  connection"), "{said}");
    assert!(said.contains("hint: `dieselkit db create`"), "{said}");
    assert!(said.contains("note     backups"), "{said}");
    assert!(!project.path("nowhere.db").exists());
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_that_is_not_there() {
    let project = Project::new().env("DATABASE_URL", "postgres://ana:s3cret@127.0.0.1:1/shop");
    for json in [None, Some("--json")] {
        let said = project.run(["doctor"].into_iter().chain(json)).exits(3);
        assert!(said.stdout.contains("connection"), "{}", said.stdout);
        assert!(
            said.stdout.contains("check that the server runs"),
            "{}",
            said.stdout
        );
        assert!(!said.stdout.contains("s3cret"), "{}", said.stdout);
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn keys_that_mean_nothing_to_sqlite_are_told() {
    let project = Project::new()
        .env("DATABASE_URL", "sqlite:shop.db")
        .config("[migrations]\ndirectory = 'migrations'\nlock_timeout = '3s'\nstatement_timeout = '1m'\nlock_tries = 3\n[doctor]\nidle_in_transaction = '5m'\n[lint.rules]\nprefer-text-field = 'off'\nbig-table = 'off'\n");
    project.run(["up"]).succeeds();
    assert_eq!(
        verdicts(&project, "configuration"),
        ["good", "note", "note", "note", "note", "note"]
    );
    let said = project.run(["doctor", "--migrations", "elsewhere"]).stdout;
    assert!(said.contains("`[migrations] directory` is"), "{said}");
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_that_may_not_be_written_has_its_cure() {
    use std::fs;

    let project = Project::new().env("DATABASE_URL", "sqlite:shop.db");
    project.run(["up"]).succeeds();
    let file = project.path("shop.db");
    let mut rights = fs::metadata(&file).expect("it is there").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&file, rights).expect("it is ours");
    let said = project.run(["doctor"]).stdout;
    assert!(said.contains("chmod u+w"), "{said}");
}

#[cfg(feature = "postgres")]
#[test]
fn what_refuses_an_address_is_told_with_its_own_cure() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    let url = database.url();
    let mark = if url.contains('?') { '&' } else { '?' };
    let said = Project::new()
        .env("DATABASE_URL", &format!("{url}{mark}sslmode=bogus"))
        .run(["doctor"])
        .exits(3)
        .stdout;
    assert!(said.contains("`sslmode` is one of"), "{said}");
}

#[cfg(feature = "postgres")]
#[test]
fn a_database_that_is_read_only_has_its_cure() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    database.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
    );
    let said = studio(&database).run(["doctor"]).exits(3).stdout;
    assert!(said.contains("FROM pg_settings"), "{said}");
}

/// Makes a certificate for a host, signed by itself, in the folder of the server's data; only its user may
/// read the key.
#[cfg(feature = "postgres")]
fn certificate(database: &dyn Engine, name: &str, host: &str) -> String {
    database.execute(&format!(
        "COPY (SELECT 1) TO PROGRAM 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
         -subj /CN={host} -addext subjectAltName=DNS:{host} -keyout {name}.key -out {name}.crt 2>openssl.log'"
    ));
    let read = format!("SELECT pg_read_file('{name}.crt')");
    database.query_column(&read).remove(0)
}

#[cfg(feature = "postgres")]
#[test]
fn what_is_said_of_tls_is_true() {
    use crate::support::postgres::Cluster;

    let cluster = Cluster::start();
    let database = cluster.create_database();
    let project = Project::new();
    project.write("root.crt", &certificate(&database, "server", "db.example"));
    project.write("other.crt", &certificate(&database, "other", "db.example"));
    cluster.execute("ALTER SYSTEM SET ssl = on");
    let doctor = |host: &str, query: &str| {
        let (password, port) = (cluster.password(), cluster.port());
        let name = database.name();
        let url = format!(
            "postgres://postgres:{password}@{host}:{port}/{name}?hostaddr=127.0.0.1&{query}"
        );
        project.run(["doctor", "--database-url", &url]).stdout
    };
    // The server reads its settings again in its own time.
    cluster.execute("SELECT pg_reload_conf()");
    while doctor("localhost", "sslmode=require").contains("does not support SSL") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for (host, query, expected, unexpected) in [
        (
            "db.example",
            "sslmode=disable",
            "on this machine",
            "encrypted",
        ),
        (
            "db.example",
            "sslmode=require",
            "encrypted by TLSv1.",
            "problem  connection",
        ),
        (
            "db.example",
            "sslmode=require",
            "asks for no proof",
            "problem  connection",
        ),
        (
            "localhost",
            "sslmode=require",
            "encrypted by TLSv1.",
            "asks for no proof",
        ),
        (
            "db.example",
            "sslmode=verify-full&sslrootcert=root.crt",
            "encrypted by TLSv1.",
            "asks for no proof",
        ),
        (
            "db.example",
            "sslmode=verify-full&sslrootcert=other.crt",
            "hint: the server's certificate is signed by no authority",
            "encrypted by",
        ),
        (
            "elsewhere.example",
            "sslmode=verify-full&sslrootcert=root.crt",
            "hint: name the host as the server's certificate does",
            "encrypted by",
        ),
        (
            "db.example",
            "sslmode=verify-full&sslrootcert=nowhere.crt",
            "hint: name the certificate of the authority",
            "encrypted by",
        ),
    ] {
        let said = doctor(host, query);
        assert!(said.contains(expected), "{host} {query}: {said}");
        assert!(!said.contains(unexpected), "{host} {query}: {said}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_database_is_looked_at_without_a_folder_of_migrations() {
    let project = Project::new()
        .env("DATABASE_URL", "sqlite:shop.db")
        .config("[migrations]\ndirectory = 'nowhere'\n");
    project.write("shop.db", "");
    assert_eq!(verdicts(&project, "connection"), ["good"]);
    assert_eq!(verdicts(&project, "privileges"), ["good"]);
    assert_eq!(verdicts(&project, "migrations"), ["problem"]);
}
