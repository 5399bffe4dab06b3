//! `status`, `history`, `check`, `baseline`, `resolve`, `repair`: the record, read and corrected.

use crate::session::{Session, VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    status_and_history_of_every_state,
    the_record_in_json,
    reading_commands_make_nothing,
    status_check_exits_with_3_until_all_is_well,
    statistics_name_server_size_and_tables,
    check_tells_each_finding,
    of_two_of_one_version_the_applied_one_keeps_it,
    check_without_a_database_checks_the_files,
    check_without_an_address_checks_the_files,
    baseline_marks_and_runs_nothing,
    a_baseline_is_not_rolled_back_unannounced,
    resolve_settles_either_way,
    repair_accepts_a_modified_file,
];

fn status_and_history_of_every_state(database: &dyn Engine) {
    let project = studio(database)
        .irreversible("2026-01-04-000000_fill", "INSERT INTO rooms VALUES (2);\n")
        .migration(
            "2026-01-05-000000_gone",
            "CREATE TABLE gone (id INTEGER);",
            "DROP TABLE gone;",
        );
    let mut session = Session::of(&project);
    project.run(["up"]).succeeds();
    project.remove("migrations/2026-01-05-000000_gone");
    session.run("status").succeeds();
    project.write(
        &up_of("2026-01-06-000000_new"),
        "CREATE TABLE new (id INTEGER);\n",
    );
    project.write(
        &up_of("2026-01-02-120000_late"),
        "CREATE TABLE late (id INTEGER);\n",
    );
    project.write(
        &up_of("2026-01-01-000000_create_users"),
        "CREATE TABLE users (id INTEGER PRIMARY KEY, a INTEGER);\n",
    );
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "-- a comment\ncreate table bookings (id INTEGER PRIMARY KEY);\n",
    );
    session.run("status").succeeds();
    project.run(["rollback", "--yes"]).succeeds();
    session.run("history").succeeds();
    session.run("history -n 1").succeeds();
    session.run("history 20260101000000").succeeds();
    session.run("history 20260102120000").succeeds();
    session.run("history 7").exits(2);
    project.run(["new", "later", "--single-file"]).succeeds();
    project.write("migrations/001_left.sql", &project.read(&newest(&project)));
    project.remove(&newest(&project));
    session.run("status").succeeds();
    // Only a server locks tables.
    session.matches(database.either("states", "states_postgres"));
}

/// Returns the newest file of the migrations' folder.
fn newest(project: &Project) -> String {
    let entries = std::fs::read_dir(project.migrations()).expect("it is ours");
    let names = entries.map(|entry| entry.expect("it is ours").file_name());
    let newest = names.max().expect("there is one");
    format!("migrations/{}", newest.display())
}

fn the_record_in_json(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    let mut session = Session::of(&project);
    session.run("status --json").succeeds();
    session.run("history --json").succeeds();
    session.run("check --json").succeeds();
    session.matches("record_json");
}

fn reading_commands_make_nothing(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE before (id INTEGER)");
    for command in [
        "status",
        "history",
        "check",
        "status --stats",
        "status --json",
        "up --dry-run",
    ] {
        project.run(command.split(' ')).succeeds();
    }
    assert_eq!(database.tables(), ["before"]);
}

fn status_check_exits_with_3_until_all_is_well(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE before (id INTEGER)");
    let json = project.run(["status", "--check", "--json"]).exits(3).json();
    assert_eq!(
        (&json["ok"], &json["exit_code"]),
        (&false.into(), &3.into())
    );
    project.run(["up"]).succeeds();
    project.run(["status", "--check"]).succeeds();
    project.write(&up_of("2026-01-03-000000_create_bookings"), "SELECT 1;\n");
    project.run(["status", "--check"]).exits(3);
}

fn statistics_name_server_size_and_tables(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    database.execute("ANALYZE");
    let json = project
        .run(["status", "--stats", "--json"])
        .succeeds()
        .json();
    let statistics = &json["data"]["statistics"];
    let server = statistics["server_version"].as_str().expect("a text");
    assert!(
        server.starts_with(database.either("SQLite 3.", "PostgreSQL ")),
        "{server}"
    );
    assert!(
        statistics["database_bytes"].as_i64().expect("a number") > 4096,
        "{json}"
    );
    let rooms = statistics["tables"].as_array().expect("a list").iter();
    let rooms = rooms.filter(|table| {
        table["name"]
            .as_str()
            .is_some_and(|name| name.ends_with("rooms"))
    });
    assert_eq!(
        rooms.map(|table| table["rows"].clone()).collect::<Vec<_>>(),
        [1],
        "{json}"
    );
    let text = project.run(["status", "--stats"]).succeeds().stdout;
    assert!(text.contains(server) && text.contains("rooms"), "{text}");
}

fn check_tells_each_finding(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    session.run("check").succeeds();
    project.write(
        &up_of("2026-01-01-000000_create_users"),
        "CREATE TABLE users (id INTEGER PRIMARY KEY, a INTEGER);\n",
    );
    project.write(
        "migrations/2026-01-03-000000_create_bookings/down.sql",
        "DROP TABLE bookings\nDROP TABLE;\n",
    );
    project.write(
        &up_of("2026-01-04-000000_fill"),
        "INSERT INTO rooms VALUES (2);\n",
    );
    project
        .run(["new", "left", "--sequential", "--migrations", "apart"])
        .succeeds();
    std::fs::rename(
        project.path("apart/001_left"),
        project.path("migrations/001_left"),
    )
    .expect("it is free");
    project.write(&up_of("9_nine"), "SELECT 1;\n");
    project.write("migrations/9_nine/down.sql", "SELECT 1;\n");
    project.write(&up_of("10_ten"), "SELECT 1;\n");
    project.write("migrations/10_ten/down.sql", "SELECT 1;\n");
    project.write(
        "migrations/10_ten/metadata.toml",
        "run_in_transaktion = true\n",
    );
    session.run("check").exits(3);
    let json = project.run(["check", "--json"]).exits(3).json();
    let kinds: std::collections::BTreeSet<_> = json["data"]["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| finding["kind"].as_str().expect("a word").to_owned())
        .collect();
    let expected = [
        "irreversible",
        "modified",
        "out_of_order",
        "settings",
        "syntax",
        "template",
        "version_order",
    ];
    assert_eq!(Vec::from_iter(kinds), expected);
    session.matches(database.either("check_sqlite", "check_postgres"));
}

fn of_two_of_one_version_the_applied_one_keeps_it(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    // By name the added one comes before the applied one.
    std::fs::rename(
        project.path("migrations/2026-01-02-000000_create_rooms"),
        project.path("migrations/20260102000000_create_rooms"),
    )
    .expect("it is free");
    let added = "2026-01-02-000000_aaa_other";
    project.write(&up_of(added), "CREATE TABLE other (id INTEGER);\n");
    project.write(
        &format!("migrations/{added}/down.sql"),
        "DROP TABLE other;\n",
    );
    for command in ["up", "status", "rollback", "up --dry-run"] {
        session.run(command).exits(1);
    }
    session.run("check").exits(3);
    let json = project.run(["check", "--json"]).exits(3).json();
    let findings = json["data"]["findings"].as_array().expect("a list").len();
    assert_eq!(findings, 1, "neither is compared with what was applied");
    std::fs::rename(
        project.path(&format!("migrations/{added}")),
        project.path("migrations/2026-01-02-000000_zzz_other"),
    )
    .expect("it is free");
    session.run("up").exits(1);
    session.matches("two_of_one_version");
}

fn check_without_a_database_checks_the_files(database: &dyn Engine) {
    let project =
        studio(database).irreversible("2026-01-04-000000_fill", "INSERT INTO rooms VALUES (2);\n");
    let nowhere = database.either("sqlite:nowhere/x.db", "postgres://u@127.0.0.1:1/x");
    let mut session = Session::of(&project);
    session
        .run(&format!("check --database-url {nowhere}"))
        .exits(1);
    let json = session
        .run(&format!("check --json --database-url {nowhere}"))
        .exits(1)
        .json();
    assert_eq!(
        json["data"]["findings"][0]["kind"], "irreversible",
        "{json}"
    );
    session.matches(database.either("check_offline_sqlite", "check_offline_postgres"));
}

fn check_without_an_address_checks_the_files(database: &dyn Engine) {
    let project = Project::new()
        .irreversible("2026-01-01-000000_fill", "INSERT INTO rooms VALUES (2);\n")
        .irreversible("2026-01-02-000000_bad", "CREATE TABLE (;\n");
    let mut session = Session::of(&project);
    // Where both engines are built in, SQL that one of them takes is no finding.
    let output = session.run("check").exits(1);
    assert!(output.stdout.contains("up.sql:1:"), "{}", output.stdout);
    let engine = database.either("sqlite", "postgres");
    let manifest =
        format!("[dependencies]\ndiesel = {{ version = \"2\", features = [\"{engine}\"] }}\n");
    project.write("Cargo.toml", &manifest);
    let output = session.run("check").exits(1);
    let name = database.either("SQLite", "PostgreSQL");
    let said = format!("the files were read as SQL of {name}\n");
    assert!(output.stdout.ends_with(&said), "{}", output.stdout);
    project.write(
        "dieselkit.toml",
        "[environments.development]\nurl = \"$NOPE\"\n",
    );
    let json = session.run("check --json").exits(1).json();
    assert_eq!(json["data"]["engines"], serde_json::json!([engine]));
    assert_eq!(json["data"]["scope"], "files");
    #[cfg(all(feature = "sqlite", feature = "postgres"))]
    session.matches(database.either("check_no_address_sqlite", "check_no_address_postgres"));
}

fn baseline_marks_and_runs_nothing(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE users (id INTEGER); CREATE TABLE rooms (id INTEGER)");
    let mut session = Session::of(&project);
    session.run(&format!("baseline {}", VERSIONS[1])).succeeds();
    session.run("up").succeeds();
    session.run("status").succeeds();
    session
        .run(&format!("baseline {} --json", VERSIONS[1]))
        .succeeds();
    assert_eq!(database.applied(), VERSIONS);
    session.matches("baseline");
}

fn a_baseline_is_not_rolled_back_unannounced(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE users (id INTEGER); CREATE TABLE rooms (id INTEGER)");
    project.run(["baseline", VERSIONS[1]]).succeeds();
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    session.run("rollback --all --dry-run").succeeds();
    session.run("rollback --all").exits(5);
    // An accepted file makes it no other.
    project.write(
        &up_of("2026-01-02-000000_create_rooms"),
        "CREATE TABLE rooms (id BIGINT);\n",
    );
    project
        .run(["repair", VERSIONS[1], "--reason", "as it is"])
        .succeeds();
    session.run("status").succeeds();
    session.run("redo --steps 2").exits(5);
    session.run("rollback --steps 2 --yes --json").succeeds();
    assert!(!database.has_table("rooms"));
    // The mark is lifted without its way down.
    session
        .run_words(&[
            "resolve",
            VERSIONS[0],
            "--reverted",
            "--reason",
            "a mistake",
        ])
        .succeeds();
    assert!(database.has_table("users"));
    session.matches("baseline_down");
}

fn resolve_settles_either_way(database: &dyn Engine) {
    let project = studio(database);
    let [_, second, third] = VERSIONS;
    project.run(["up", "--steps", "2"]).succeeds();
    let mut session = Session::of(&project);
    session
        .run_words(&["resolve", third, "--applied", "--reason", "made by hand"])
        .succeeds();
    session
        .run_words(&["resolve", third, "--applied", "--reason", "again"])
        .exits(1);
    session
        .run_words(&[
            "resolve",
            second,
            "--reverted",
            "--reason",
            "dropped by hand",
            "--json",
        ])
        .succeeds();
    session
        .run_words(&["resolve", second, "--reverted", "--reason", " "])
        .exits(2);
    session.run("status").succeeds();
    session.run("history").succeeds();
    assert_eq!(database.applied(), [VERSIONS[0], third]);
    session.matches("resolve");
}

fn repair_accepts_a_modified_file(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE bookings (id BIGINT PRIMARY KEY);\n",
    );
    let mut session = Session::of(&project);
    session.run("status --check").exits(3);
    session
        .run_words(&["repair", VERSIONS[2], "--reason", "a typing error"])
        .succeeds();
    session.run("status --check").succeeds();
    session
        .run_words(&["repair", VERSIONS[2], "--reason", "again"])
        .exits(1);
    session.run("history").succeeds();
    session.matches("repair");
}
