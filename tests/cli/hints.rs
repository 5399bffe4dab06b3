//! Every hint is followed literally: the command that it names is pasted into a shell.
//!
//! A command that is hinted at ends well, finds something, or asks for consent; it is never a
//! wrong usage, and it works on the database of the command that failed.

use crate::processes::{Running, slow};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    a_missing_database,
    a_template_that_was_never_written,
    a_late_migration,
    a_late_migration_that_is_allowed,
    a_modified_migration,
    a_hole,
    a_statement_that_failed_half_way,
    a_way_down_that_failed_half_way,
    a_migration_that_failed,
    a_batch_with_what_cannot_be_in_one,
    going_on_where_all_or_nothing_is_configured,
    an_irreversible_rollback,
    no_configuration,
    no_folder,
    an_unknown_version,
    a_lock_that_is_held,
    another_environment,
    a_protected_environment,
    nobody_to_ask,
    what_plain_diesel_made,
    a_status_with_something_to_do,
    a_lock_that_is_held_from_a_seeding,
    a_seeding_that_failed_with_flags,
];

const SECOND: &str = "2026-01-02-000000_create_rooms";
const THIRD: &str = "2026-01-03-000000_create_bookings";

/// What may become of a command that was hinted at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// It does what it says.
    Done,
    /// It has something to show.
    Findings,
    /// It asks, and nobody is there.
    Question,
}

/// Returns the commands of a hint, in the order in which it names them.
fn hinted(output: &Output) -> Vec<String> {
    let (_, hint) = output
        .stderr
        .rsplit_once("hint: ")
        .unwrap_or_else(|| panic!("no hint in: {}", output.stderr));
    let pieces = hint.split('`').skip(1).step_by(2);
    let commands = pieces.filter(|piece| piece.starts_with("dieselkit "));
    commands.map(str::to_owned).collect()
}

/// Follows the hint's first command, and sees that none of them is a wrong usage.
#[track_caller]
fn follow(project: &Project, output: &Output, comes: Comes) -> Output {
    let commands = hinted(output);
    let [first, others @ ..] = commands.as_slice() else {
        panic!("no command in: {}", output.stderr);
    };
    let followed = check(first, project.shell(first), comes);
    for other in others {
        let code = project.shell(other).code;
        assert_ne!(code, Some(2), "{other}");
    }
    followed
}

#[track_caller]
fn check(command: &str, output: Output, comes: Comes) -> Output {
    let came = match output.code {
        Some(0) => Comes::Done,
        Some(3) => Comes::Findings,
        Some(5) if output.stderr.contains("no terminal") => Comes::Question,
        code => panic!("`{command}` ended with {code:?}: {}", output.stderr),
    };
    assert_eq!(came, comes, "{command}: {}", output.stderr);
    output
}

fn applied(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project
}

fn a_missing_database(database: &dyn Engine) {
    let url = format!("{}_absent", database.url()).replace("test.db_absent", "absent.db");
    let project = studio(database).env("DATABASE_URL", &url);
    let refused = project.run(["status"]).exits(1);
    follow(&project, &refused, Comes::Done);
    project.run(["up"]).succeeds();
    project.run(["db", "drop", "--yes"]).succeeds();
}

fn a_template_that_was_never_written(database: &dyn Engine) {
    let project = studio(database);
    let made = project.run(["new", "later"]).succeeds().stdout;
    let refused = project.run(["up"]).exits(1);
    let noted = project.run(["status"]).succeeds().stderr;
    assert!(noted.contains("hint: write `"), "{noted}");
    let file = made.lines().next().expect("it prints the path");
    project.write(file, "CREATE TABLE later (id INTEGER);\n");
    follow(&project, &refused, Comes::Done);
    assert!(database.has_table("later"));
}

fn a_late_migration(database: &dyn Engine) {
    let project = applied(database);
    project.write(
        &up_of("2026-01-01-120000_late"),
        "CREATE TABLE late (id INTEGER);\n",
    );
    let version = "20260101120000";
    for line in ["up --to 20260101120000", "goto 20260103000000", "up"] {
        let refused = project.run(line.split(' ')).exits(1);
        follow(&project, &refused, Comes::Done);
        assert!(database.applied().contains(&version.to_owned()), "{line}");
        project
            .run([
                "resolve",
                version,
                "--reverted",
                "--reason",
                "the next round",
            ])
            .succeeds();
        database.execute("DROP TABLE late");
    }
}

fn a_late_migration_that_is_allowed(database: &dyn Engine) {
    let project = applied(database).config("[migrations]\nout_of_order = 'allow'\n");
    project.write(
        &up_of("2026-01-01-120000_late"),
        "CREATE TABLE late (id INTEGER);\n",
    );
    project.write(
        "migrations/2026-01-01-120000_late/down.sql",
        "DROP TABLE late;\n",
    );
    let noted = project.run(["check"]).succeeds().stdout;
    assert!(noted.contains("older than an applied one"), "{noted}");
    assert!(!noted.contains("--allow-out-of-order"), "{noted}");
    let json = project.run(["check", "--json"]).succeeds().json();
    assert_eq!(json["data"]["findings"][0]["weight"], "note");
    let output = project.run(["status"]).succeeds();
    follow(&project, &output, Comes::Done);
    assert!(database.has_table("late"));
}

fn a_modified_migration(database: &dyn Engine) {
    let project = applied(database);
    project.write(
        &up_of(THIRD),
        "CREATE TABLE bookings (id BIGINT PRIMARY KEY);\n",
    );
    let refused = project.run(["up"]).exits(1);
    // The second command accepts the file.
    follow(&project, &refused, Comes::Findings);
    project.run(["up"]).succeeds();
}

fn a_hole(database: &dyn Engine) {
    let project = applied(database);
    project.remove(&format!("migrations/{SECOND}"));
    let refused = project.run(["up"]).exits(1);
    follow(&project, &refused, Comes::Findings);
}

fn a_statement_that_failed_half_way(database: &dyn Engine) {
    let project = studio(database).metadata(SECOND, "run_in_transaction = false\n");
    let broken = "CREATE TABLE rooms (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n";
    project.write(&up_of(SECOND), broken);
    let failed = project.run(["up"]).exits(1);
    let again = project.run(["up"]).exits(1);
    assert_eq!(hinted(&failed), hinted(&again));
    project.write(&up_of(SECOND), &broken.replace("nowhere", "rooms"));
    follow(&project, &failed, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_way_down_that_failed_half_way(database: &dyn Engine) {
    let project = studio(database).metadata(THIRD, "run_in_transaction = false\n");
    project.run(["up"]).succeeds();
    let down = format!("migrations/{THIRD}/down.sql");
    project.write(&down, "DROP TABLE bookings;\nDROP TABLE nowhere;\n");
    let failed = project.run(["rollback", "--yes"]).exits(1);
    let refused = project.run(["up"]).exits(1);
    let status = project.run(["status"]).succeeds().stdout;
    assert!(status.contains("\n  half rolled back  2026"), "{status}");
    assert!(
        status.contains("\n3 migrations: 2 applied, 1 half rolled back\n"),
        "{status}"
    );
    let totals = &project.run(["status", "--json"]).json()["data"]["totals"];
    assert_eq!(totals["half_rolled_back"], 1, "{totals}");
    project.write(&down, "DROP TABLE bookings;\nSELECT 1;\n");
    follow(&project, &refused, Comes::Question);
    assert_eq!(hinted(&failed)[0], "dieselkit rollback --yes");
    // The second command of the hint has settled it.
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn a_migration_that_failed(database: &dyn Engine) {
    let project = studio(database);
    let right = project.read(&up_of(THIRD));
    project.write(&up_of(THIRD), "INSERT INTO nowhere VALUES (1);\n");
    let failed = project.run(["up", "--to", VERSIONS[2]]).exits(1);
    project.write(&up_of(THIRD), &right);
    follow(&project, &failed, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_batch_with_what_cannot_be_in_one(database: &dyn Engine) {
    let project = studio(database).metadata(SECOND, "run_in_transaction = false\n");
    let refused = project.run(["up", "--transaction", "batch"]).exits(1);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn going_on_where_all_or_nothing_is_configured(database: &dyn Engine) {
    let project = studio(database).config("[migrations]\ntransaction = 'batch'\n");
    project.run(["up", "--keep-going", "--dry-run"]).exits(2);
    let refused = project.run(["up", "--keep-going"]).exits(2);
    assert_eq!(database.applied(), [""; 0]);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn an_irreversible_rollback(database: &dyn Engine) {
    let project = studio(database);
    project.remove(&format!("migrations/{THIRD}/down.sql"));
    project.run(["up"]).succeeds();
    let refused = project.run(["rollback", "--yes"]).exits(1);
    follow(&project, &refused, Comes::Done);
}

fn no_configuration(database: &dyn Engine) {
    let project = studio(database);
    let refused = project.run(["up", "--config", "own.toml"]).exits(2);
    follow(&project, &refused, Comes::Done);
    project.run(["up", "--config", "own.toml"]).succeeds();
}

fn no_folder(database: &dyn Engine) {
    let project = studio(database);
    let refused = project.run(["up", "--migrations", "db/other"]).exits(2);
    follow(&project, &refused, Comes::Done);
    assert!(project.path("db/other").is_dir());
    assert!(!project.path("sub").exists());
    project.run(["up", "--migrations", "db/other"]).succeeds();
}

fn an_unknown_version(database: &dyn Engine) {
    let project = applied(database);
    for line in ["goto 7", "history 7", "rollback --to 20260102000001 --yes"] {
        let refused = project.run(line.split(' ')).exits(2);
        follow(&project, &refused, Comes::Done);
    }
    let refused = project.run(["rollback", "--batch", "9", "--yes"]).exits(2);
    follow(&project, &refused, Comes::Done);
}

fn a_lock_that_is_held(database: &dyn Engine) {
    let project = studio(database);
    let right = project.read(&up_of(SECOND));
    project.write(&up_of(SECOND), slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let up = project.run(["up", "--lock-wait", "0"]).exits(4);
    let rollback = project
        .run(["rollback", "--yes", "--lock-wait", "100ms"])
        .exits(4);
    let limit = "error: the migration lock was not freed within 100ms; ";
    assert!(rollback.stderr.contains(limit), "{}", rollback.stderr);
    drop(running);
    project.write(&up_of(SECOND), &right);
    follow(&project, &up, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
    follow(&project, &rollback, Comes::Done);
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn a_lock_that_is_held_from_a_seeding(database: &dyn Engine) {
    let project = studio(database);
    project.write("seeds/common/010_nothing.sql", "SELECT 1;\n");
    project.run(["up", "--steps", "1"]).succeeds();
    let right = project.read(&up_of(SECOND));
    project.write(&up_of(SECOND), slow(database));
    project.write(
        "dieselkit.toml",
        "[environments.development]\nseeds = 'common'\n",
    );
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let flags = ["--allow-pending", "--lock-wait", "0"];
    let generate = &["seed", "generate", "users", "--rows", "1"][..];
    for verb in [&["seed"][..], &["seed", "--verify"], generate] {
        let refused = project.run([verb, &flags].concat()).exits(4);
        let hinted = hinted(&refused);
        let words: Vec<&str> = hinted[0].split(' ').collect();
        assert!(words.starts_with(&["dieselkit", "seed"]), "{hinted:?}");
        assert!(words.ends_with(&["--lock-wait", "10m"]), "{hinted:?}");
        for flag in verb[1..].iter().chain(&["--allow-pending"]) {
            assert!(words.contains(flag), "{hinted:?}");
        }
    }
    let refused = project.run([&["seed"][..], &flags].concat()).exits(4);
    drop(running);
    project.write(&up_of(SECOND), &right);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn a_seeding_that_failed_with_flags(database: &dyn Engine) {
    let project = studio(database);
    project.write("seeds/development/010_a.sql", "SELECT 1;\n");
    project.write(
        "seeds/development/020_b.sql",
        "INSERT INTO absent VALUES (1);\n",
    );
    project.run(["up", "--steps", "1"]).succeeds();
    let flags = "--allow-pending --transaction batch --only 020_b";
    let refused = project.shell(&format!("dieselkit seed {flags}")).exits(1);
    project.write("seeds/development/020_b.sql", "SELECT 2;\n");
    let followed = follow(&project, &refused, Comes::Done);
    assert!(followed.stdout.starts_with("seeded development/020_b.sql"));
    assert!(followed.stdout.contains("1 seed in"), "{}", followed.stdout);
    let pending = project.run(["seed", "--only", "010_a"]).exits(1);
    let [_, seeding] = hinted(&pending).try_into().expect("two commands");
    assert_eq!(seeding, "dieselkit seed --only 010_a --allow-pending");
}

fn another_environment(database: &dyn Engine) {
    let project = studio(database);
    project
        .run(["up", "--steps", "1", "--env", "staging"])
        .succeeds();
    let refused = project.run(["up", "--env", "test"]).exits(5);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_protected_environment(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--env", "production"]).succeeds();
    for line in [
        "rollback --env production",
        "redo --yes --env production",
        "rollback --env production --confirm another",
    ] {
        let refused = project.run(line.split(' ')).exits(5);
        follow(&project, &refused, Comes::Done);
    }
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn nobody_to_ask(database: &dyn Engine) {
    let project = applied(database);
    for line in ["rollback --steps 1", "goto 20260101000000", "reset"] {
        let refused = project.run(line.split(' ')).exits(5);
        follow(&project, &refused, Comes::Done);
    }
    assert_eq!(database.applied(), VERSIONS);
}

fn what_plain_diesel_made(database: &dyn Engine) {
    let project = studio(database);
    database.diesel_run(&project.migrations());
    project.remove(&format!("migrations/{THIRD}"));
    // Nobody ever knew its way down.
    let refused = project.run(["rollback", "--yes"]).exits(1);
    follow(&project, &refused, Comes::Done);
}

fn a_status_with_something_to_do(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    let status = project.run(["status"]).succeeds();
    follow(&project, &status, Comes::Done);
    assert_eq!(database.applied(), VERSIONS);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_hint_acts_on_the_database_that_was_typed() {
    let project = Project::new()
        .env("DATABASE_URL", "sqlite:decoy.db")
        .config("[environments.development]\n[environments.test]\n")
        .file("other/001_a/up.sql", "CREATE TABLE a (id INTEGER);\n");
    let place = [
        "--database-url",
        "sqlite:real one.db",
        "--env",
        "test",
        "--migrations",
        "other",
    ];
    let run = |verb: &'static str| project.run([verb].into_iter().chain(place));
    follow(&project, &run("status").exits(1), Comes::Done);
    follow(&project, &run("status").succeeds(), Comes::Done);
    let applied = run("status").succeeds().stdout;
    assert!(applied.contains("1 applied"), "{applied}");
    assert!(!project.path("decoy.db").exists());
}

/// Who stands in the way is named, and following the hint ends their sessions.
#[cfg(feature = "postgres")]
#[test]
fn a_database_that_others_use_is_not_dropped() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    let project = studio(&database);
    let _other = database.connect();
    let words = ["db", "drop", "--confirm", database.name()];
    let refused = project.run(words).exits(1);
    let who = format!(
        "error: database `{}` is in use by others: pid ",
        database.name()
    );
    assert!(refused.stderr.contains(&who), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(", user postgres"),
        "{}",
        refused.stderr
    );
    let sql = refused
        .stderr
        .split('`')
        .find(|piece| piece.starts_with("SELECT "));
    database
        .cluster()
        .execute(sql.expect("the hint has a query"));
    assert_eq!(hinted(&refused), [format!("dieselkit {}", words.join(" "))]);
    follow(&project, &refused, Comes::Done);
}

/// A role that may write the history, but owns none of the tables, is told how it comes to own them.
#[cfg(feature = "postgres")]
#[test]
fn a_rollback_that_lacks_the_right_says_who_grants_it() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    let project = applied(&database);
    let role = database.create_role("another");
    let name = &role.name;
    database.execute(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"
    ));
    database.execute(&format!(
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}"
    ));
    let project = project.env("DATABASE_URL", &database.url_as(&role));
    let refused = project.run(["rollback", "--yes"]).exits(1);
    let sql = refused
        .stderr
        .split('`')
        .find(|piece| piece.starts_with("ALTER TABLE "));
    let sql = sql.unwrap_or_else(|| panic!("no advice in: {}", refused.stderr));
    database.execute(&sql.replace("ROLE", name));
    database.execute(&format!("GRANT USAGE, CREATE ON SCHEMA public TO {name}"));
    // Consent was given to the very command that the hint repeats.
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS[..2]);
}

/// Returns the first piece of a hint's code that begins like this.
#[cfg(feature = "postgres")]
#[track_caller]
fn advised<'a>(output: &'a Output, beginning: &str) -> &'a str {
    let (_, hint) = output.stderr.rsplit_once("hint: ").expect("there is one");
    let mut pieces = hint.split('`').skip(1).step_by(2);
    let found = pieces.find(|piece| piece.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no `{beginning}` in: {}", output.stderr))
}

/// Whoever only reads finds nothing where nothing can be; whoever writes is told what is missing.
#[cfg(feature = "postgres")]
#[test]
fn a_search_path_without_a_schema_is_named() {
    use crate::support::postgres::PostgresDatabase;

    let readers = ["status", "history", "status --stats"];
    for (path, missing) in [
        ("App,lib", "(`app`, `lib`) exists"),
        (
            "%22$user%22,%22My%20App%22",
            "(`\"$user\"`, `\"My App\"`) exists",
        ),
        ("o'brien,order", "(`\"o'brien\"`, `\"order\"`) exists"),
        ("%22one%22%22two%22,lib", "(`\"one\"\"two\"`, `lib`) exists"),
    ] {
        let database = PostgresDatabase::create();
        let project = studio(&database);
        let url = format!("{}?options=-csearch_path%3D{path}", database.url());
        let project = project.env("DATABASE_URL", &url.replace("%20", "%5C%20"));
        for line in readers {
            project.run(line.split(' ')).succeeds();
        }
        project.run(["up", "--dry-run"]).exits(1);
        let refused = project.run(["up"]).exits(1);
        let said = format!("no schema of the connection's `search_path` {missing}, so ");
        let create = advised(&refused, "CREATE SCHEMA ");
        let warned = project.run(["status"]).succeeds();
        assert!(
            warned.stderr.contains(&format!("warning: {said}")),
            "{}",
            warned.stderr
        );
        assert!(warned.stderr.contains(create), "{}", warned.stderr);
        let found = project.run(["check"]).exits(3);
        assert!(
            found.stdout.contains(&format!("finding: {said}")),
            "{}",
            found.stdout
        );
        assert!(found.stdout.contains(create), "{}", found.stdout);
        assert!(!found.stderr.contains("warning"), "{}", found.stderr);
        let said = format!("error: {said}");
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
        database.execute(advised(&refused, "CREATE SCHEMA "));
        project.run(["up"]).succeeds();
    }
    let database = PostgresDatabase::create();
    let name = database.name();
    database.execute(&format!("ALTER DATABASE {name} SET search_path = ''"));
    let project = studio(&database);
    for line in readers {
        project.run(line.split(' ')).succeeds();
    }
    let refused = project.run(["up"]).exits(1);
    let said = "error: the connection's `search_path` names no schema, so ";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let url = format!("{}{}", database.url(), advised(&refused, "?options="));
    project.env("DATABASE_URL", &url).run(["up"]).succeeds();
}

/// Whatever was made there would be gone with the session, the history included.
#[cfg(feature = "postgres")]
#[test]
fn a_search_path_that_begins_with_what_is_temporary_is_refused() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    let project = studio(&database);
    let url = database.url();
    for path in ["pg_temp", "pg_temp,public", "nowhere,pg_temp"] {
        let in_path = format!("{url}?options=-csearch_path%3D{path}");
        let project = studio(&database).env("DATABASE_URL", &in_path);
        for line in ["up", "up --dry-run", "status"] {
            let refused = project.run(line.split(' ')).exits(1);
            let said = "error: the connection's `search_path` begins with what is temporary, so that everything would be gone with the session\n";
            assert!(refused.stderr.contains(said), "{line}: {}", refused.stderr);
            let url = format!("{url}{}", advised(&refused, "?options="));
            let mended = studio(&database).env("DATABASE_URL", &url);
            mended.run(line.split(' ')).succeeds();
        }
        project.run(["check"]).exits(1);
    }
    assert_eq!(database.applied(), VERSIONS);
    project.run(["check"]).succeeds();
    let after = format!("{url}?options=-csearch_path%3Dpublic,pg_temp");
    studio(&database)
        .env("DATABASE_URL", &after)
        .run(["status"])
        .succeeds();
}

/// A history that may not be read is not one that is empty.
#[cfg(feature = "postgres")]
#[test]
fn a_schema_that_may_not_be_used_is_not_taken_for_absent() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    database.execute("CREATE SCHEMA app");
    let in_app = |url: &str| format!("{url}?options=-csearch_path%3DApp");
    let project = studio(&database).env("DATABASE_URL", &in_app(&database.url()));
    project.run(["up"]).succeeds();
    let role = database.create_role("reader");
    let project = project.env("DATABASE_URL", &in_app(&database.url_as(&role)));
    for line in ["status", "check", "db drop --yes"] {
        let refused = project.run(line.split(' ')).exits(1);
        let said = "  caused by: permission denied for schema app\n";
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let refused = project.run(["db", "drop", "--yes"]).exits(1);
    advised(&refused, "ALTER DATABASE ");
    let refused = project.run(["up"]).exits(1);
    advised(&refused, "GRANT USAGE, CREATE ON SCHEMA ");
    let refused = project.run(["up", "--dry-run"]).exits(1);
    let grant = advised(&refused, "GRANT USAGE ON SCHEMA ");
    database.execute(&grant.replace("ROLE", &role.name));
    let refused = project.run(["status"]).exits(1);
    let grant = advised(&refused, "GRANT SELECT ON TABLE ");
    let drops = project.run(["db", "drop", "--yes"]).exits(1);
    let owner = advised(&drops, "ALTER DATABASE ");
    assert_eq!(advised(&drops, "GRANT "), grant);
    let writes = project.run(["up"]).exits(1);
    let all = grant.replace("SELECT", "SELECT, INSERT, UPDATE, DELETE");
    assert_eq!(advised(&writes, "GRANT "), all);
    database.execute(&grant.replace("ROLE", &role.name));
    let status = project.run(["status"]).succeeds();
    assert!(status.stdout.contains("3 applied"), "{}", status.stdout);
    project.run(["check"]).succeeds();
    project.run(["history"]).succeeds();
    let drops = project.run(["db", "drop", "--yes"]).exits(1);
    assert_eq!(advised(&drops, "ALTER DATABASE "), owner);
    database.execute(&owner.replace("OWNER TO ROLE", &format!("OWNER TO {}", role.name)));
    project.run(["db", "drop", "--yes"]).succeeds();
}

/// Whoever pastes the hint unread gets an error about the address, and no other database.
#[cfg(feature = "postgres")]
#[test]
fn a_hint_repeats_no_address_with_a_password() {
    use crate::support::postgres::PostgresDatabase;

    let database = PostgresDatabase::create();
    let project = studio(&database).env("DATABASE_URL", "postgres://decoy@127.0.0.1:1/decoy");
    let url = format!("{}_absent", database.url());
    let refused = project
        .run(["status", "--env", "test", "--database-url", &url])
        .exits(1);
    assert!(
        !refused.stderr.contains(database.cluster().password()),
        "{}",
        refused.stderr
    );
    let commands = hinted(&refused);
    assert_eq!(
        commands,
        ["dieselkit db create --env test --database-url URL"]
    );
    project.shell(&commands[0]).exits(2);
}
