//! `up`, `rollback`, `redo`, `goto`: what they say, do, and end with.

use crate::session::{Session, VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    a_dry_run_shows_what_plain_diesel_did,
    up_and_down_as_a_user_sees_it,
    the_same_in_json,
    goto_goes_both_ways,
    a_failure_says_where_and_what_was_left,
    keep_going_tells_all_and_exits_with_1,
    a_batch_is_all_or_nothing,
    a_late_migration_is_refused_unless_allowed,
    force_applies_a_modified_migration_again,
    a_dry_run_is_sql_that_can_be_run_and_changes_nothing,
    a_dry_run_ends_every_statement,
    a_name_is_shown_on_one_line,
    a_temporary_table_lasts_until_the_run_ends,
    a_way_up_of_comments_alone_is_noticed,
    no_file_beside_a_history_is_noticed,
    a_dry_run_says_what_commits_together,
    quiet_says_errors_alone_and_verbose_more,
    a_file_that_is_gone_is_not_mentioned_once_it_is_rolled_back,
    interrupted_migrations_are_resumed_or_resolved,
    unknown_versions_are_a_wrong_usage,
    verbose_status_tells_of_the_locks_that_were_held,
    a_dry_run_tells_the_limits_of_each_step,
];

fn a_dry_run_tells_the_limits_of_each_step(database: &dyn Engine) {
    use serde_json::json;

    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-04-000000_patient"),
        "-- dieselkit: lock_timeout = 10s\nALTER TABLE users ADD COLUMN name TEXT;\n",
    );
    project.write(
        "migrations/2026-01-05-000000_index/metadata.toml",
        "run_in_transaction = false\n",
    );
    let build = database.either("CREATE INDEX", "CREATE INDEX CONCURRENTLY");
    project.write(
        &up_of("2026-01-05-000000_index"),
        &format!("{build} by_id ON users (id);\nANALYZE users;\n"),
    );
    let limits = |lock: u64, statement: Option<u64>| json!({"lock_timeout_ms": lock, "statement_timeout_ms": statement});
    let steps = |line: &str| {
        let planned = project.run(line.split(' ')).succeeds().json();
        planned["data"]["steps"].clone()
    };
    let planned = steps("up --dry-run --json");
    let text = project.run(["up", "--dry-run", "-v"]).succeeds().stdout;
    let rolled_back = steps("rollback --dry-run --lock-timeout 7s --statement-timeout 1m --json");
    let anew = steps("reset --dry-run --lock-timeout off --json");
    if database.either("", "limits").is_empty() {
        assert_eq!(planned[0]["limits"], json!(null));
        assert_eq!(anew[0]["limits"], json!(null));
        assert!(!text.contains("timeout:"), "{text}");
        return;
    }
    assert_eq!(planned[0]["limits"], limits(10_000, None));
    assert_eq!(planned[0]["sql"][0].get("limits"), None);
    // What is built concurrently waits as long as it has to.
    assert_eq!(planned[1]["limits"], limits(0, None));
    assert_eq!(planned[1]["sql"][0].get("limits"), None);
    assert_eq!(planned[1]["sql"][1]["limits"], limits(3_000, None));
    assert_eq!(rolled_back[0]["limits"], limits(7_000, Some(60_000)));
    assert_eq!(anew[3]["limits"], limits(0, None));
    for line in [
        "-- lock timeout: 10s, statement timeout: the session's own\n",
        "-- lock timeout: off, statement timeout: the session's own\n",
        "up.sql:2:1, lock timeout: 3s, statement timeout: the session's own\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let short = project.run(["up", "--dry-run"]).succeeds().stdout;
    let told = short.lines().filter(|line| line.contains("timeout:"));
    // What nobody has said is what it is by itself.
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["-- lock timeout: 10s, statement timeout: the session's own"]
    );
}

fn verbose_status_tells_of_the_locks_that_were_held(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let told = project.run(["status", "-v"]).succeeds().stdout;
    assert!(!told.contains("strongest lock"), "{told}");
    project.write(
        &up_of("2026-01-04-000000_alter"),
        "ALTER TABLE users ADD COLUMN name TEXT;\n",
    );
    project.run(["up"]).succeeds();
    let is_known = database.either("", "known") == "known";
    let told = project.run(["status", "-v"]).succeeds().stdout;
    let lock = told.contains("ACCESS EXCLUSIVE on public.users, ");
    assert_eq!(
        (told.contains("strongest lock"), lock),
        (is_known, is_known),
        "{told}"
    );
    let short = project.run(["status"]).succeeds().stdout;
    assert!(!short.contains("strongest lock"), "{short}");
    let document = project.run(["status", "--json"]).succeeds().json();
    let migrations = &document["data"]["migrations"];
    assert_eq!(migrations[0]["strongest_lock"], serde_json::Value::Null);
    let lock = &migrations[3]["strongest_lock"];
    assert_eq!(lock["on"] == "public.users", is_known, "{lock}");
    assert_eq!(lock["mode"] == "ACCESS EXCLUSIVE", is_known, "{lock}");
    assert_eq!(lock["held_ms"].is_i64(), is_known, "{lock}");
}

fn up_and_down_as_a_user_sees_it(database: &dyn Engine) {
    let project = studio(database);
    let mut session = Session::of(&project);
    session.run("up --steps 1").succeeds();
    session.run(&format!("up --to {}", VERSIONS[1])).succeeds();
    session.run("migrate").succeeds();
    session.run("up").succeeds();
    session.run("rollback --yes").succeeds();
    session.run("rollback --batch 2 --yes").succeeds();
    session.run("up").succeeds();
    session.run("redo --steps 2 --yes").succeeds();
    session
        .run(&format!("down --to {} --yes", VERSIONS[0]))
        .succeeds();
    session.run("rollback --all --yes").succeeds();
    session.run("rollback --yes").succeeds();
    session.run("redo --yes").succeeds();
    assert_eq!(database.applied(), [""; 0]);
    session.matches("up_and_down");
}

fn the_same_in_json(database: &dyn Engine) {
    let project = studio(database);
    let mut session = Session::of(&project);
    session.run("up --steps 2 --json").succeeds();
    session.run("redo --yes --json").succeeds();
    session.run("rollback --yes --json").succeeds();
    session.run("rollback --dry-run --json").succeeds();
    session.matches("up_and_down_json");
}

fn goto_goes_both_ways(database: &dyn Engine) {
    let project = studio(database);
    let mut session = Session::of(&project);
    let [first, second, third] = VERSIONS;
    project.run(["up", "--steps", "1"]).succeeds();
    session.run(&format!("goto {second}")).succeeds();
    session.run(&format!("goto {second}")).succeeds();
    session.run(&format!("goto {first}")).exits(5);
    session.run(&format!("goto {first} --dry-run")).succeeds();
    session.run(&format!("goto {first} --yes")).succeeds();
    session.run(&format!("goto {third} --json")).succeeds();
    assert_eq!(database.applied(), VERSIONS);
    session.matches("goto");
}

fn a_failure_says_where_and_what_was_left(database: &dyn Engine) {
    let project = studio(database);
    let broken = "CREATE TABLE parts (id INTEGER);\n\nINSERT INTO\n  nowhere VALUES (1);\n";
    project.write(&up_of("2026-01-02-000000_create_rooms"), broken);
    let mut session = Session::of(&project);
    session.run("up").exits(1);
    session.run("status").succeeds();
    let json = session.run("up --json").exits(1).json();
    let line = database.either("3", "4");
    let place = &json["data"]["failures"][0]["place"];
    assert_eq!(place["line"].to_string(), line, "{json}");
    assert_eq!(database.applied(), [VERSIONS[0]]);
    assert!(!database.has_table("parts"));
    session.matches(database.either("failure_sqlite", "failure_postgres"));
}

fn keep_going_tells_all_and_exits_with_1(database: &dyn Engine) {
    let project = studio(database);
    project.write(
        &up_of("2026-01-02-000000_create_rooms"),
        "INSERT INTO nowhere VALUES (1);\n",
    );
    let mut session = Session::of(&project);
    project.write(
        &up_of("2026-01-04-000000_broken"),
        "INSERT INTO elsewhere VALUES (1);\n",
    );
    session.run("up --keep-going").exits(1);
    assert_eq!(database.applied(), [VERSIONS[0], VERSIONS[2]]);
    let json = session
        .run("up --keep-going --allow-out-of-order --json")
        .exits(1)
        .json();
    assert!(json["error"]["message"].is_string(), "{json}");
    session.run("up --keep-going --transaction batch").exits(2);
    session.matches(database.either("keep_going_sqlite", "keep_going_postgres"));
}

fn a_batch_is_all_or_nothing(database: &dyn Engine) {
    let project = studio(database);
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "INSERT INTO nowhere VALUES (1);\n",
    );
    let mut session = Session::of(&project);
    session.run("up --transaction batch").exits(1);
    session.run("history").succeeds();
    assert_eq!(database.applied(), [""; 0]);
    session.matches(database.either("batch_sqlite", "batch_postgres"));
}

fn a_late_migration_is_refused_unless_allowed(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-01-120000_late"),
        "CREATE TABLE late (id INTEGER);\n",
    );
    let mut session = Session::of(&project);
    session.run("up").exits(1);
    session.run("up --allow-out-of-order").succeeds();
    project.write(
        &up_of("2026-01-01-130000_later"),
        "CREATE TABLE later (id INTEGER);\n",
    );
    project.write("dieselkit.toml", "[migrations]\nout_of_order = \"allow\"\n");
    session.run("up").succeeds();
    session.matches("out_of_order");
}

fn force_applies_a_modified_migration_again(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        "CREATE TABLE IF NOT EXISTS bookings (id INTEGER PRIMARY KEY);\n",
    );
    let mut session = Session::of(&project);
    session.run("up").exits(1);
    session.run("up --force").exits(5);
    session.run("up --force --yes").succeeds();
    session.run("up --force").succeeds();
    session.run("status --check").succeeds();
    session.matches("force");
}

fn a_dry_run_says_what_commits_together(database: &dyn Engine) {
    let project = studio(database);
    for (line, mode) in [
        ("up --dry-run", "each"),
        ("up --dry-run --transaction batch", "batch"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let text = project.run(&words).succeeds().stdout;
        let begins_with_it = text.starts_with("-- the whole run is one transaction: ");
        assert_eq!(begins_with_it, mode == "batch", "{line}\n{text}");
        let steps = text.matches(", in the transaction of the run\n").count();
        assert_eq!(steps, if mode == "batch" { 3 } else { 0 }, "{line}\n{text}");
        let json = project.run(words.iter().chain(&["--json"])).json();
        assert_eq!(json["data"]["transaction"], mode, "{line}");
    }
    project.run(["up"]).succeeds();
    let redo = project.run(["redo", "--steps", "2", "--dry-run"]).stdout;
    assert!(
        redo.starts_with("-- the whole run is one transaction: "),
        "{redo}"
    );
    let rollback = project.run(["rollback", "--dry-run", "--json"]).json();
    assert_eq!(rollback["data"]["transaction"], "each");
}

fn a_dry_run_is_sql_that_can_be_run_and_changes_nothing(database: &dyn Engine) {
    let project = studio(database);
    let mut session = Session::of(&project);
    let shown = session.run("up --dry-run").succeeds();
    assert_eq!(database.tables(), [""; 0]);
    database.execute(&shown.stdout);
    assert_eq!(database.tables(), ["bookings", "rooms", "users"]);
    let mut session_of_down = Session::of(&project);
    database.execute("DROP TABLE bookings; DROP TABLE rooms; DROP TABLE users");
    project.run(["up"]).succeeds();
    let before = database.query_text("SELECT count(*) FROM __dieselkit_history");
    let shown = session_of_down.run("rollback --all --dry-run").succeeds();
    assert_eq!(
        database.query_text("SELECT count(*) FROM __dieselkit_history"),
        before
    );
    database.execute(&shown.stdout);
    assert!(!database.has_table("users"));
    session.matches("dry_run_up");
    session_of_down.matches("dry_run_down");
}

fn a_dry_run_ends_every_statement(database: &dyn Engine) {
    let project = Project::new()
        .on(database)
        .file(&up_of("006_a"), "SELECT 1; SELECT 4 /* ; */")
        .file(&up_of("007_a"), "SELECT 5 -- the last;")
        .file(&up_of("008_a"), "CREATE TABLE a (id INTEGER)\n-- done\n")
        .file(&up_of("009_a"), "INSERT INTO a VALUES (1)");
    let shown = project.run(["up", "--dry-run"]).succeeds().stdout;
    database.execute(&shown);
    assert_eq!(database.query_text("SELECT count(*) FROM a"), "1");
}

fn a_name_is_shown_on_one_line(database: &dyn Engine) {
    let name = "007_a\nCREATE TABLE evil (id INTEGER);\n--";
    let project = Project::new().on(database).migration(
        name,
        "CREATE TABLE a (id INTEGER);\n",
        "DROP TABLE a;\n",
    );
    let shown = project.run(["up", "--dry-run"]).succeeds().stdout;
    database.execute(&shown);
    assert_eq!(database.tables(), ["a"]);
    database.execute("DROP TABLE a");
    for words in [
        "up",
        "status",
        "history",
        "rollback --dry-run",
        "redo --yes",
    ] {
        let shown = project.run(words.split(' ')).succeeds();
        let all = shown.stdout + &shown.stderr;
        let lines: Vec<&str> = all.lines().collect();
        assert!(all.contains("a\\nCREATE"), "{words}: {all}");
        let torn = lines
            .iter()
            .find(|line| line.starts_with("CREATE TABLE evil"));
        assert_eq!(torn, None, "{words}: {all}");
    }
}

fn a_way_up_of_comments_alone_is_noticed(database: &dyn Engine) {
    let project = Project::new()
        .on(database)
        .migration("001_a", "-- Your SQL goes here\n", "DROP TABLE a;\n")
        .migration("002_b", "/* nothing */ ;\n", "DROP TABLE b;\n")
        .migration("003_c", "CREATE TABLE c (id INTEGER);\n", "DROP TABLE c;\n");
    let said = "warning: `001_a` and `002_b` hold no statement, so that applying them does nothing";
    let shown = project.run(["up", "--dry-run"]).succeeds();
    assert!(shown.stderr.contains(said), "{}", shown.stderr);
    let ran = project.run(["up"]).succeeds();
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let found = project.run(["check"]).exits(3).stdout;
    for name in ["001_a", "002_b"] {
        let said = format!("finding: `migrations/{name}/up.sql` holds no statement");
        assert!(found.contains(&said), "{found}");
    }
    assert!(found.contains(": 2 findings\n"), "{found}");
    let back = project.run(["rollback", "--to", "002", "--yes"]).succeeds();
    assert!(!back.stderr.contains("warning"), "{}", back.stderr);
}

fn no_file_beside_a_history_is_noticed(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    std::fs::create_dir(project.path("wrong")).expect("the folder is ours");
    let said = "warning: `wrong` holds no migration, and the database has 3 that are applied: is it the right folder?";
    for command in ["up", "up --dry-run", "status", "check"] {
        let words = command.split(' ').chain(["--migrations", "wrong"]);
        let output = project.run(words).succeeds();
        assert!(output.stderr.contains(said), "{command}: {}", output.stderr);
    }
    for command in ["up", "status", "check"] {
        let output = project.run([command]).succeeds();
        assert!(!output.stderr.contains("warning"), "{}", output.stderr);
    }
}

/// As it does with plain Diesel, whose migrations may rely on it; the guide warns of it.
fn a_temporary_table_lasts_until_the_run_ends(database: &dyn Engine) {
    let shadowing = "CREATE TEMPORARY TABLE a (id INTEGER);\n";
    let project = Project::new()
        .on(database)
        .file(&up_of("001_a"), "CREATE TABLE a (id INTEGER);\n")
        .file(&up_of("002_b"), shadowing)
        .file(&up_of("003_c"), "INSERT INTO a VALUES (1);\n");
    project.run(["up"]).succeeds();
    assert_eq!(database.query_text("SELECT count(*) FROM a"), "0");
    project.write(&up_of("004_d"), "INSERT INTO a VALUES (1);\n");
    project.run(["up"]).succeeds();
    assert_eq!(database.query_text("SELECT count(*) FROM a"), "1");
}

fn a_file_that_is_gone_is_not_mentioned_once_it_is_rolled_back(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project.remove("migrations/2026-01-03-000000_create_bookings");
    let mut session = Session::of(&project);
    session.run("up").succeeds();
    session.run("rollback --yes").succeeds();
    session.run("up").succeeds();
    session.matches("rollback_without_file");
}

fn quiet_says_errors_alone_and_verbose_more(database: &dyn Engine) {
    let project = studio(database);
    for line in [
        "up --steps 1 -q",
        "redo --yes -q",
        "rollback --yes -q",
        "db mark staging --yes -q",
        "db mark development --yes -q",
        "reset --yes -q",
        "init -q",
        "baseline 20260103000000 -q",
        "rollback --all --yes -q",
    ] {
        let quiet = project.run(line.split(' ')).succeeds();
        assert_eq!((&*quiet.stdout, &*quiet.stderr), ("", ""), "{line}");
    }
    // What is asked for is shown, and so is a document.
    for line in ["status -q", "up --dry-run -q", "history -q", "new x -q"] {
        let quiet = project.run(line.split(' ')).succeeds();
        assert_ne!(quiet.stdout, "", "{line}");
        assert_eq!(quiet.stderr, "", "{line}");
    }
    project.run(["check", "-q", "--json"]).exits(3).json();
    let project = studio(database);
    let mut session = Session::of(&project);
    session.run("up --steps 1 --quiet").succeeds();
    session.run("up --steps 1 -v").succeeds();
    session.run("up -vv").succeeds();
    let quiet = session.run("rollback --quiet").exits(5);
    assert!(quiet.stderr.starts_with("error:"), "{}", quiet.stderr);
    session.run("up -q -v").exits(2);
    session.matches("quiet_and_verbose");
}

fn interrupted_migrations_are_resumed_or_resolved(database: &dyn Engine) {
    let project = studio(database).metadata(
        "2026-01-02-000000_create_rooms",
        "run_in_transaction = false\n",
    );
    let first_two = "CREATE TABLE rooms (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n";
    project.write(&up_of("2026-01-02-000000_create_rooms"), first_two);
    let mut session = Session::of(&project);
    session.run("up").exits(1);
    session.run("status").succeeds();
    session.run("up --dry-run").succeeds();
    let mended = first_two.replace("nowhere", "rooms");
    project.write(&up_of("2026-01-02-000000_create_rooms"), &mended);
    session.run("up").succeeds();
    session.run("status").succeeds();
    assert_eq!(database.query_i64("SELECT count(*) FROM rooms"), 1);
    session.matches(database.either("interrupted_sqlite", "interrupted_postgres"));
}

fn unknown_versions_are_a_wrong_usage(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    for line in [
        "up --to 20260102000001",
        "rollback --to 7",
        "goto nonsense",
        "baseline 7",
        "resolve 7 --applied --reason x",
        "repair 7 --reason x",
        "up --steps 0",
        "up --steps 1 --to 20260102000000",
        "rollback --all --steps 2",
        "resolve 20260102000000 --reason x",
    ] {
        session.run(line).exits(2);
    }
    for line in ["rollback --batch 9 --yes", "redo --batch 9 --dry-run"] {
        session.run(line).exits(2);
    }
    session.matches("unknown_versions");
}

fn a_dry_run_shows_what_plain_diesel_did(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    database.execute(
        "DELETE FROM __diesel_schema_migrations; DROP TABLE users; \
         CREATE TABLE rooms (id INTEGER PRIMARY KEY); \
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20260102000000')",
    );
    let mut session = Session::of(&project);
    session.run("up --dry-run --allow-out-of-order").succeeds();
    session
        .run("up --dry-run --allow-out-of-order --json")
        .succeeds();
    session.run("goto 20260102000000 --dry-run").exits(1);
    assert_eq!(
        database.query_column("SELECT status FROM __dieselkit_history"),
        ["SUCCESS"]
    );
    session.run("up --allow-out-of-order -v").succeeds();
    session.matches("dry_run_plain_diesel");
}
