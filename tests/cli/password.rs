//! A password full of separators is shown nowhere: not by a wrong host, not by a wrong login, not
//! in the history, and not in the list of processes.

#![cfg(feature = "postgres")]

use std::process::Stdio;

use crate::processes::Running;
use crate::session::{studio, up_of};
use crate::support::engine::Engine as _;
use crate::support::postgres::{PostgresDatabase, Role};
use crate::support::project::{Output, Project};

/// What breaks every way to write an address down.
const PASSWORD: &str = r"p@ss:w/o%rd #\";

/// What no output may hold: the password, the ways to write it, and its telling parts.
const SECRETS: [&str; 7] = ["p@ss", "w/o", "rd #", "ss:w", "p%40ss", "w%2Fo", "o%25rd"];

#[track_caller]
fn assert_secret(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows `{secret}`:\n{text}");
    }
}

#[track_caller]
fn assert_keeps_secret(what: &str, output: &Output) {
    assert_secret(what, &output.stdout);
    assert_secret(what, &output.stderr);
}

/// Returns the two forms of an address with this password.
fn forms(user: &str, host: &str, port: &str, database: &str) -> [String; 2] {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let encoded = utf8_percent_encode(PASSWORD, NON_ALPHANUMERIC);
    let quoted = PASSWORD.replace('\\', r"\\").replace('\'', r"\'");
    [
        format!("postgres://{user}:{encoded}@{host}:{port}/{database}"),
        format!(
            "host={host} port={port} user={user} password='{quoted}' dbname={database} connect_timeout=5"
        ),
    ]
}

/// Commands that connect, and one that fails before it could.
const COMMANDS: [&str; 9] = [
    "status -v",
    "up -vv",
    "up --create-database",
    "rollback --yes --confirm x",
    "check",
    "db create",
    "db drop --yes",
    "reset --yes",
    "status --watch --json",
];

/// Runs every command against an address, by flag and by variable, for people and in JSON.
fn assert_every_command_keeps_secret(project: &Project, address: &str) {
    let by_variable = studio_without_database().env("DATABASE_URL", address);
    for line in COMMANDS {
        for json in [&[][..], &["--json"]] {
            let words = || line.split(' ').chain(json.iter().copied());
            let output = project.run(words().chain(["--database-url", address]));
            assert_ne!(output.code, Some(0), "{line}: {}", output.stdout);
            assert_keeps_secret(line, &output);
            let output = by_variable.run(words());
            assert_ne!(output.code, Some(0), "{line}: {}", output.stdout);
            assert_keeps_secret(line, &output);
        }
    }
}

fn studio_without_database() -> Project {
    Project::new().irreversible(
        "2026-01-01-000000_users",
        "CREATE TABLE users (id INTEGER);\n",
    )
}

#[test]
fn a_wrong_host_shows_no_password() {
    let project = studio_without_database();
    for host in ["nowhere.invalid", "127.0.0.1"] {
        for address in forms("ada", host, "1", "studio") {
            assert_every_command_keeps_secret(&project, &address);
        }
    }
}

#[test]
fn a_wrong_password_shows_no_password() {
    let database = PostgresDatabase::create();
    let role = database.create_role("another");
    let cluster = database.cluster();
    let project = studio_without_database();
    for address in forms(&role.name, "127.0.0.1", cluster.port(), database.name()) {
        let output = project.run(["status", "--database-url", &address]).exits(1);
        assert!(
            output.stderr.contains("password authentication failed"),
            "{}",
            output.stderr
        );
        assert_every_command_keeps_secret(&project, &address);
    }
}

#[test]
fn a_malformed_address_shows_no_password() {
    let project = studio_without_database();
    for address in [
        format!("postgres://ada:{PASSWORD}@db.internal/studio"),
        format!("postgres://ada:{PASSWORD}@db.internal:54x/studio"),
        format!("host=db password='{PASSWORD} dbname=studio"),
        format!("mysql://ada:{PASSWORD}@db/studio"),
    ] {
        assert_every_command_keeps_secret(&project, &address);
        project.write(
            "dieselkit.toml",
            &format!("[database]\nurl = '''{address}'''\n"),
        );
        assert_keeps_secret(&address, &project.run(["status"]).exits(2));
        project.write(
            "dieselkit.toml",
            &format!("[database]\nuri = '''{address}'''\n"),
        );
        assert_keeps_secret(&address, &project.run(["status", "--json"]).exits(2));
        project.remove("dieselkit.toml");
    }
    // An argument in the wrong place is quoted by whoever parses the command line.
    for address in forms("ada", "db.internal", "5432", "studio") {
        for words in [
            &["up", &address][..],
            &["--database-ulr", &address, "up"],
            &["status", "--env", &address],
            &["history", "-n", &address],
        ] {
            assert_keeps_secret("wrong usage", &project.run(words).exits(2));
            assert_keeps_secret(
                "wrong usage",
                &project.run(words.iter().chain(&["--json"])).exits(2),
            );
        }
    }
}

// Without SQLite, its addresses are refused for that reason.
#[cfg(feature = "sqlite")]
#[test]
fn an_address_in_the_place_of_a_part_shows_no_password() {
    let refused = |project: &Project, words: &[&str]| {
        for line in COMMANDS {
            for json in [&[][..], &["--json"]] {
                let output = project.run(line.split(' ').chain(words.iter().chain(json).copied()));
                assert_ne!(output.code, Some(0), "{line}: {}", output.stdout);
                assert_keeps_secret(line, &output);
            }
        }
        let output = project.run(["status"].iter().chain(words)).exits(2);
        assert!(
            output.stderr.contains("reads like an address of its own"),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains("hint: "), "{}", output.stderr);
    };
    for address in [
        "sqlite:postgres://u:p@ss:w/o%rd@h/x",
        "sqlite:u:p@ss:w/o%rd@h/x",
        "sqlite:host=h password=p@ss:w",
        "dbname=postgres://u:p@ss:w/o%rd@h/x",
        "host=u:p@ss:w/o%rd@h dbname=x",
        "user=u:p@ss:w/o%rd@h dbname=x",
        "u:p@ss:w/o%rd@h/x.db",
    ] {
        refused(&studio_without_database(), &["--database-url", address]);
        refused(&studio_without_database().env("DATABASE_URL", address), &[]);
        refused(
            &studio_without_database().config(&format!("[database]\nurl = '{address}'\n")),
            &[],
        );
        // In a wrong place it is quoted.
        let project = studio_without_database();
        for words in [
            &["up", address][..],
            &["status", "-v", "--migrations", address],
        ] {
            assert_keeps_secret(address, &project.run(words));
        }
    }
    for (name, other) in [
        ("DB_HOST", "DB_NAME"),
        ("DB_NAME", "DB_HOST"),
        ("DB_USER", "DB_NAME"),
    ] {
        let project = studio_without_database()
            .env(name, "u:p@ss:w@127.0.0.1")
            .env(other, "x");
        refused(&project, &[]);
    }
    // libpq reads these by itself, and quotes them.
    let project = studio_without_database().env("PGHOST", "u:p@ss:w@127.0.0.1");
    assert_every_command_keeps_secret(&project, "postgres:///x");
}

/// Returns a role that may make tables, with the password.
fn owner(database: &PostgresDatabase<'_>) -> Role {
    let role = database.create_role(PASSWORD);
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", role.name));
    role
}

#[test]
fn the_history_holds_no_password() {
    let database = PostgresDatabase::create();
    let role = owner(&database);
    for address in forms(
        &role.name,
        "127.0.0.1",
        database.cluster().port(),
        database.name(),
    ) {
        let project = studio(&database).env("DATABASE_URL", &address);
        assert_keeps_secret("up", &project.run(["up", "-vv"]).succeeds());
        assert_keeps_secret("up", &project.run(["redo", "--yes", "--json"]).succeeds());
        project.write(
            &up_of("2026-01-04-000000_broken"),
            "INSERT INTO nowhere VALUES (1);\n",
        );
        assert_keeps_secret("up", &project.run(["up"]).exits(1));
        for table in ["__dieselkit_history", "__dieselkit_metadata"] {
            let rows = database.query_column(&format!("SELECT CAST(t AS text) FROM {table} AS t"));
            assert!(!rows.is_empty());
            assert_secret(table, &rows.join("\n"));
        }
        project.remove("migrations/2026-01-04-000000_broken");
        assert_keeps_secret(
            "rollback",
            &project.run(["rollback", "--all", "--yes"]).succeeds(),
        );
    }
}

#[test]
fn the_list_of_processes_holds_no_password() {
    for form in 0..2 {
        // One of its own: the server takes a moment to notice that the run before was killed.
        let database = PostgresDatabase::create();
        let role = owner(&database);
        let [uri, pairs] = forms(
            &role.name,
            "127.0.0.1",
            database.cluster().port(),
            database.name(),
        );
        let address = if form == 0 { uri } else { pairs };
        let project = Project::new()
            .irreversible("2026-01-01-000000_slow", "SELECT pg_sleep(60);\n")
            .env("DATABASE_URL", &address);
        let mut running = Running::up(&project);
        running.wait_until_locked(&project);
        let line = running.command_line();
        assert!(line.ends_with("dieselkit up "), "{line}");
        let holder = project.run(["status"]).succeeds();
        assert_keeps_secret("status", &holder);
        assert!(
            holder.stdout.contains("a run is under way"),
            "{}",
            holder.stdout
        );
        let activity = "SELECT concat_ws(' ', application_name, query) FROM pg_stat_activity WHERE usename = '";
        let sessions = database.query_column(&format!("{activity}{}'", role.name));
        assert!(!sessions.is_empty());
        assert_secret("pg_stat_activity", &sessions.join("\n"));
    }
}

#[test]
fn a_closed_standard_input_is_no_terminal() {
    // Beside the password's own tests: nobody is asked for a password by libpq either.
    let database = PostgresDatabase::create();
    let role = database.create_role(PASSWORD);
    let address = format!(
        "postgres://{}@{}/{}",
        role.name,
        database.cluster().address(),
        database.name()
    );
    let project = studio_without_database().env("DATABASE_URL", &address);
    let mut command = project.command(["status"]);
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
}
