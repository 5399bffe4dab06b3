//! A process that is killed in the middle of a statement: nothing is lost, the next run explains
//! it and goes on.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dieselkit::event::Event;
use dieselkit::migration::{Mark, State, TransactionMode};
use dieselkit::seed::{CommonSeeds, SeedOptions, SeedSet, Seeder};
use dieselkit::{Absent, Database, Environment, MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, attempts, done, entry, migrator, rollback, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    killed_in_the_third_statement_it_goes_on_there_heavy,
    killed_behind_a_setting_it_sets_it_again_heavy,
    killed_while_it_writes_much_it_leaves_nothing_of_the_statement_heavy,
    killed_in_a_transaction_it_leaves_whole_migrations_heavy,
    killed_in_a_batch_it_leaves_nothing_of_it_heavy,
    killed_on_its_way_down_it_goes_on_there_heavy,
    killed_in_the_transaction_of_a_way_down_it_leaves_it_applied_heavy,
    killed_between_two_seeds_it_keeps_the_first_and_goes_on_with_the_second_heavy,
];

const URL: &str = "DIESELKIT_TEST_CHILD_URL";
const FOLDER: &str = "DIESELKIT_TEST_CHILD_FOLDER";
const VERB: &str = "DIESELKIT_TEST_CHILD_VERB";

/// Runs nothing for half a minute, on SQLite rather longer.
fn endless(database: &dyn Engine) -> &str {
    database.either(
        "CREATE TABLE c AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
SELECT x FROM n WHERE x < 0;",
        "SELECT pg_sleep(30);",
    )
}

/// Writes without end, so that much of it is on the disk before the commit.
fn endless_writing(database: &dyn Engine) -> &str {
    database.either(
        "INSERT INTO a WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3000000)
SELECT x FROM n;",
        "INSERT INTO a SELECT x FROM generate_series(1, 100000000) AS x;",
    )
}

/// The child: applies everything, or rolls everything back, until it is killed.
#[test]
#[ignore = "a process of its own, started and killed by the scenarios"]
fn child_works_until_it_is_killed() {
    let (url, folder) = (setting(URL), setting(FOLDER));
    if setting(VERB) == "seed" {
        return stop_between_seeds(&url, &folder);
    }
    let address = url.parse().expect("the parent's URL is right");
    let database = Database::connect(&address, Absent::CreateFile);
    let set = MigrationSet::from_folder(folder).expect("the parent's folder is readable");
    let mut migrator = Migrator::new(database.expect("the database is there"), set);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let ran = match setting(VERB).as_str() {
        "up" => migrator.up(&UpOptions::default()),
        "batch" => migrator.up(&batch),
        _ => migrator.rollback(Target::All),
    };
    ran.expect("nobody reads it");
}

/// Commits the first seed, and does nothing of the second until the process is killed.
fn stop_between_seeds(url: &str, folder: &str) {
    let address = url.parse().expect("the parent's URL is right");
    let database = Database::connect(&address, Absent::CreateFile).expect("it is there");
    let environment = Environment::new("development").expect("a name");
    let set = SeedSet::from_folder(folder, &environment, CommonSeeds::NeedCompany);
    let seeder = Seeder::new(database, set.expect("the parent's folder is readable"));
    let mut seeder = seeder.with_observer(|event: &Event| {
        if matches!(event, Event::SeedStarted { name, .. } if name.ends_with("020_words.csv")) {
            std::thread::sleep(Duration::from_mins(1));
        }
    });
    let ran = seeder.seed(&SeedOptions::default());
    ran.expect("nobody reads it");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the parent speaks through the environment"
)]
fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the child is this very test program"
)]
pub(crate) fn start_child(database: &dyn Engine, folder: &Folder, verb: &str) -> Child {
    Command::new(std::env::current_exe().expect("the system tells"))
        .args([
            "--exact",
            "killed::child_works_until_it_is_killed",
            "--ignored",
        ])
        .env(URL, database.url())
        .env(FOLDER, folder.path())
        .env(VERB, verb)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program can be started")
}

fn wait_until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !reached() {
        assert!(Instant::now() < deadline, "it never came to: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it is ours");
}

fn statements_done(database: &dyn Engine) -> String {
    if !database.has_table("__dieselkit_history") {
        return String::new();
    }
    let done = "SELECT coalesce(max(statements_done), -1) FROM __dieselkit_history WHERE status = 'RUNNING'";
    database.query_text(done)
}

fn interrupted_in_the_third(database: &dyn Engine, third: &str) -> Folder {
    let folder = Folder::new();
    let up = |third: &str| {
        format!("CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\n{third}")
    };
    folder.add_statementwise("1_abc", &up(third), "DROP TABLE a;");
    let child = start_child(database, &folder, "up");
    wait_until("its third statement", || statements_done(database) == "2");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(entry(database, &folder, "1").state, State::Running);
    kill(child);
    folder.write("1_abc/up.sql", &up("CREATE TABLE c (id INTEGER);"));
    folder
}

/// Waits until the server has noticed the death, which frees the lock; a file's lock is free at
/// once.
fn is_interrupted_at_the_third(database: &dyn Engine, folder: &Folder) {
    wait_until("the freed lock", || {
        entry(database, folder, "1").state == State::Interrupted
    });
    let entry = entry(database, folder, "1");
    assert_eq!(
        (entry.statements_done, entry.statements_total),
        (Some(2), Some(3))
    );
}

fn goes_on(database: &dyn Engine, folder: &Folder) {
    let started = Instant::now();
    assert_eq!(done(&up(database, folder)), ["1"]);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(tables(database), ["a", "b", "c"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 0);
    assert_eq!(attempts(database), ["1 apply FAILED", "1 apply SUCCESS"]);
}

fn killed_in_the_third_statement_it_goes_on_there_heavy(database: &dyn Engine) {
    let folder = interrupted_in_the_third(database, endless(database));
    is_interrupted_at_the_third(database, &folder);
    goes_on(database, &folder);
}

fn killed_behind_a_setting_it_sets_it_again_heavy(database: &dyn Engine) {
    let folder = Folder::new();
    let sets = database.either(
        "CREATE TABLE a (id INTEGER);\nPRAGMA recursive_triggers = ON;",
        "CREATE SCHEMA other;\nSET search_path = other;",
    );
    let up_to = |third: &str| format!("{sets}\n{third}");
    folder.add_statementwise("1_abc", &up_to(endless(database)), "");
    let child = start_child(database, &folder, "up");
    wait_until("its third statement", || statements_done(database) == "2");
    kill(child);
    wait_until("the freed lock", || {
        entry(database, &folder, "1").state == State::Interrupted
    });
    folder.write(
        "1_abc/up.sql",
        &up_to(database.either(
            "CREATE TABLE b AS SELECT recursive_triggers AS holds FROM pragma_recursive_triggers;",
            "CREATE TABLE b AS SELECT current_setting('search_path') AS holds;",
        )),
    );
    assert_eq!(done(&up(database, &folder)), ["1"]);
    let holds = database.either("SELECT holds FROM b", "SELECT holds FROM other.b");
    assert_eq!(
        database.query_column(holds),
        [database.either("1", "other")]
    );
}

fn killed_while_it_writes_much_it_leaves_nothing_of_the_statement_heavy(database: &dyn Engine) {
    let folder = Folder::new();
    let up = |third: &str| {
        format!("CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\n{third}")
    };
    folder.add_statementwise("1_abc", &up(endless_writing(database)), "DROP TABLE a;");
    let child = start_child(database, &folder, "up");
    // Whoever writes this much has the database for itself; only its size can be watched.
    let size = database.url().strip_prefix("sqlite:").map(str::to_owned);
    match size {
        Some(path) => wait_until("a large file", || {
            std::fs::metadata(&path).is_ok_and(|file| file.len() > 6_000_000)
        }),
        None => wait_until("its third statement", || statements_done(database) == "2"),
    }
    kill(child);
    folder.write("1_abc/up.sql", &up("CREATE TABLE c (id INTEGER);"));
    goes_on(database, &folder);
}

/// Kills a run that has come to a statement without end.
fn kill_at_work(database: &dyn Engine, folder: &Folder, verb: &str) {
    let child = start_child(database, folder, verb);
    let is_running = || {
        let holder = migrator(database, folder).lock_holder();
        holder.expect("anybody may ask").is_some()
    };
    wait_until("the lock", is_running);
    std::thread::sleep(Duration::from_secs(1));
    assert!(is_running(), "the statement has no end");
    kill(child);
}

fn killed_in_a_transaction_it_leaves_whole_migrations_heavy(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "6_t/up.sql",
        &format!("CREATE TABLE t6 (id INTEGER);\n{}", endless(database)),
    );
    kill_at_work(database, &folder, "up");
    folder.write("6_t/up.sql", "CREATE TABLE t6 (id INTEGER);");
    let before = database.applied();
    // SQLite's five share a transaction with the sixth.
    assert_eq!(before.len().to_string(), database.either("0", "5"));
    let report = up(database, &folder);
    assert_eq!(report.done.len(), 6 - before.len());
    assert_eq!(tables(database).len(), 6);
    assert_eq!(attempts(database).len(), 6);
}

fn killed_in_a_batch_it_leaves_nothing_of_it_heavy(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write("6_t/up.sql", endless(database));
    kill_at_work(database, &folder, "batch");
    folder.write("6_t/up.sql", "CREATE TABLE t6 (id INTEGER);");
    assert_eq!(database.applied(), [""; 0]);
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(attempts(database), [""; 0]);
    assert_eq!(up(database, &folder).done.len(), 6);
}

fn killed_on_its_way_down_it_goes_on_there_heavy(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    let up_sql =
        "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\nCREATE TABLE c (id INTEGER);";
    let down = |third: &str| format!("DROP TABLE c;\nDROP TABLE b;\n{third}");
    folder.add_statementwise("2_abc", up_sql, &down(endless(database)));
    up(database, &folder);
    let child = start_child(database, &folder, "rollback");
    wait_until("its third statement", || statements_done(database) == "2");
    std::thread::sleep(Duration::from_millis(300));
    kill(child);
    wait_until("the freed lock", || {
        entry(database, &folder, "2").state == State::Interrupted
    });
    let halted = entry(database, &folder, "2");
    assert!(halted.has(Mark::HalfRolledBack));
    assert_eq!(
        (halted.statements_done, halted.statements_total),
        (Some(2), Some(3))
    );
    assert_eq!(database.applied(), ["1", "2"]);
    folder.write("2_abc/down.sql", &down("DROP TABLE a;"));
    assert_eq!(done(&rollback(database, &folder, Target::All)), ["2", "1"]);
    assert_eq!(tables(database), [""; 0]);
}

fn killed_in_the_transaction_of_a_way_down_it_leaves_it_applied_heavy(database: &dyn Engine) {
    let folder = Folder::of_six();
    let down = format!("DROP TABLE t6;\n{}", endless(database));
    folder.write("6_t/down.sql", &down);
    up(database, &folder);
    kill_at_work(database, &folder, "rollback");
    folder.write("6_t/down.sql", "DROP TABLE t6;");
    assert_eq!(database.applied().len(), 6);
    assert_eq!(tables(database).len(), 6);
    assert_eq!(rollback(database, &folder, Target::All).done.len(), 6);
    assert_eq!(tables(database), [""; 0]);
}

fn killed_between_two_seeds_it_keeps_the_first_and_goes_on_with_the_second_heavy(
    database: &dyn Engine,
) {
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY);");
    let folder = Folder::new();
    folder.write("development/010_words.csv", "id\n1\n2\n");
    folder.write("development/020_words.csv", "id\n3\n");
    let rows = || database.query_i64("SELECT count(*) FROM words");
    let child = start_child(database, &folder, "seed");
    wait_until("the end of its first seed", || rows() == 2);
    kill(child);
    let tracked = "SELECT count(*) FROM __dieselkit_seeds";
    assert_eq!((rows(), database.query_i64(tracked)), (2, 1));
    let environment = Environment::new("development").expect("a name");
    let address = crate::scene::address(database);
    let connected = Database::connect(&address, Absent::CreateFile).expect("it is there");
    let set = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany);
    let report = Seeder::new(connected, set.expect("it reads")).seed(&SeedOptions::default());
    assert_eq!(report.expect("it goes on").done.len(), 1);
    assert_eq!((rows(), database.query_i64(tracked)), (3, 2));
}
