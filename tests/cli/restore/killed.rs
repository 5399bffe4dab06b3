//! Restores that are killed: what they leave is explained and removed by the next, and what another
//! is at work on is not.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;

use super::{back_up, beside, contents, file_of, name_of, neighbours};
use crate::processes::{Running, slow};
use crate::session::{studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    what_is_killed_while_it_fills_is_removed_by_the_next,
    what_another_is_at_work_on_stays,
    what_is_killed_before_it_has_the_name_is_removed_by_the_next,
    a_verification_that_is_killed_leaves_nothing_for_long,
];

/// A backup whose file gives out half of its bytes, and then waits.
struct Stuck {
    pipe: std::fs::File,
    rest: Vec<u8>,
}

/// Returns a project with a backup of more than is read at once, and its name.
fn backed_up(database: &dyn Engine) -> (Project, String) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
         INSERT INTO users SELECT i FROM n",
    );
    let id = back_up(&project, &[]);
    (project, id)
}

/// Starts a restore of a backup that comes no further than half way.
fn half_way(database: &dyn Engine, project: &Project, words: &[&str]) -> (Running, Stuck) {
    let path = project.path(&file_of(database, words[words.len() - 1]));
    let bytes = std::fs::read(&path).expect("it is there");
    project
        .shell(&format!("rm '{0}' && mkfifo '{0}'", path.display()))
        .succeeds();
    let running = Running::of(project, words);
    // Opened once the other end is, which is when the new database stands.
    let mut pipe = OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("it is ours");
    let (half, rest) = bytes.split_at(bytes.len() / 2);
    pipe.write_all(half).expect("somebody reads");
    std::fs::remove_file(&path).expect("it is ours");
    std::fs::write(&path, &bytes).expect("it is ours");
    let rest = rest.to_owned();
    // Who fills it is begun by now, and on its way.
    wait_for_sessions(database, |sessions| sessions > 0);
    (running, Stuck { pipe, rest })
}

/// Waits until nobody is connected to what is half made: what a killed program started ends by itself,
/// and a little later.
fn wait_until_left(database: &dyn Engine) {
    wait_for_sessions(database, |sessions| sessions == 0);
}

/// Waits until as many are connected to what is half made on a server as somebody says.
fn wait_for_sessions(database: &dyn Engine, enough: fn(i64) -> bool) {
    if database.either("sqlite", "postgres") == "sqlite" {
        return;
    }
    let sessions = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, '{}_restoring')",
        name_of(&database.url())
    );
    for _ in 0..400 {
        if enough(database.query_i64(&sessions)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("they were not as many within 20 s");
}

/// Returns the one neighbour that is half made.
#[track_caller]
fn half_made(database: &dyn Engine) -> String {
    let there = neighbours(database);
    let mut half = there.iter().filter(|name| name.contains("restoring"));
    let found = half.next().unwrap_or_else(|| panic!("none of {there:?}"));
    assert_eq!(half.next(), None, "{there:?}");
    found.clone()
}

/// Checks that the next restore says what it found, and that nothing of that is left.
#[track_caller]
fn the_next_one_removes(database: &dyn Engine, project: &Project, id: &str, half: &str) {
    let copy = name_of(&beside(database, "next"));
    let next = project.run(["restore", id, "--into", &copy]).succeeds();
    let removed = |line: &&str| line.starts_with("removed `") && line.contains(half);
    let said: Vec<_> = next.stderr.lines().filter(removed).collect();
    assert_eq!(said.len(), 1, "{}", next.stderr);
    assert!(
        said[0].ends_with(", which a restore that was killed had half made"),
        "{}",
        next.stderr
    );
    assert_eq!(neighbours(database).len(), 2, "{:?}", neighbours(database));
    assert!(contents(database, &beside(database, "next")) == contents(database, &database.url()));
}

fn what_is_killed_while_it_fills_is_removed_by_the_next(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let before = contents(database, &database.url());
    let words = ["restore", "--replace", "--yes", id.as_str()];
    let (running, stuck) = half_way(database, &project, &words);
    running.signal("KILL");
    drop((running, stuck));
    wait_until_left(database);
    let half = half_made(database);
    assert_eq!(neighbours(database).len(), 2, "{:?}", neighbours(database));
    assert!(contents(database, &database.url()) == before);
    // Whoever only looks touches nothing.
    project.run(["backup", "verify", &id]).succeeds();
    assert_eq!(half_made(database), half);
    the_next_one_removes(database, &project, &id, &half);
    assert!(contents(database, &database.url()) == before);
}

fn what_another_is_at_work_on_stays(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let copy = name_of(&beside(database, "slow"));
    let words = ["restore", "--into", copy.as_str(), id.as_str()];
    let (running, mut stuck) = half_way(database, &project, &words);
    let half = half_made(database);
    let other = name_of(&beside(database, "quick"));
    let quick = project.run(["restore", &id, "--into", &other]).succeeds();
    assert!(!quick.stderr.contains(&half), "{}", quick.stderr);
    assert_eq!(half_made(database), half);
    stuck.pipe.write_all(&stuck.rest).expect("it still reads");
    drop(stuck);
    running.ends(&project).succeeds();
    for end in ["slow", "quick"] {
        let copied = contents(database, &beside(database, end));
        assert!(copied == contents(database, &database.url()), "{end}");
    }
    assert_eq!(neighbours(database).len(), 3, "{:?}", neighbours(database));
}

fn what_is_killed_before_it_has_the_name_is_removed_by_the_next(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    project.write(&up_of("2026-01-04-000000_slow"), slow(database));
    let mut up = Running::up(&project);
    up.wait_until_locked(&project);
    let mut restore = Running::of(&project, &["restore", &id, "--replace", "--yes"]);
    restore.wait_for_line_of("waiting up to");
    restore.signal("KILL");
    up.signal("KILL");
    drop((restore, up));
    if database.either("sqlite", "postgres") == "postgres" {
        let _ = database.query_column(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }
    project.remove("migrations/2026-01-04-000000_slow");
    let half = half_made(database);
    // The first who writes takes back what the killed migration had begun.
    database.execute("BEGIN; UPDATE users SET id = id WHERE id = 1; ROLLBACK");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 200_000);
    wait_until_left(database);
    the_next_one_removes(database, &project, &id, &half);
}

fn a_verification_that_is_killed_leaves_nothing_for_long(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let words = ["backup", "verify", "--restore", id.as_str()];
    let (running, stuck) = half_way(database, &project, &words);
    running.signal("KILL");
    drop((running, stuck));
    wait_until_left(database);
    let half = half_made(database);
    let next = project.run(["backup", "verify", "--restore", &id]);
    let next = next.succeeds();
    assert!(next.stderr.contains(&half), "{}", next.stderr);
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
}

/// A C program's `rename` that ends the process instead, before it does anything.
#[cfg(all(feature = "sqlite", target_os = "linux"))]
const KILLED_AT_RENAME: &str = "#include <signal.h>
#include <unistd.h>
int rename(const char *from, const char *to) { kill(getpid(), SIGKILL); return -1; }
";

#[cfg(all(feature = "sqlite", target_os = "linux"))]
#[test]
fn what_is_killed_between_the_two_names_has_the_old_one_alone_after_the_next() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let (project, id) = backed_up(&database);
    database.execute("DELETE FROM users WHERE id > 10");
    let before = contents(&database, &database.url());
    project.write("rename.c", KILLED_AT_RENAME);
    project
        .shell("cc -shared -fPIC -o rename.so rename.c")
        .succeeds();
    let library = project.path("rename.so").display().to_string();
    let words = ["restore", &id, "--replace", "--yes"];
    let killed = project.command(words).env("LD_PRELOAD", &library).output();
    assert_eq!(killed.expect("it starts").status.code(), None);
    let there = neighbours(&database);
    assert_eq!(there.len(), 3, "{there:?}");
    let half = half_made(&database);
    let second = there.iter().find(|name| name.contains("_before_"));
    let second = second.expect("it has a second name").clone();
    assert!(contents(&database, &database.url()) == before);
    let next = project.run(words).succeeds();
    for said in [
        format!(
            "{second}`, which a restore that was killed had given to the database before it replaced it: that one is as it was"
        ),
        format!("{half}`, which a restore that was killed had half made"),
    ] {
        assert!(next.stderr.contains(&said), "{}", next.stderr);
    }
    let there = neighbours(&database);
    assert_eq!(there.len(), 2, "{there:?}");
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 200_000);
    let old = database.path().with_file_name(&there[1]);
    assert!(contents(&database, &format!("sqlite:{}", old.display())) == before);
}

/// What has such a name and is none of a restore's, or may be none, is told of at most.
#[cfg(feature = "postgres")]
#[test]
fn a_database_without_the_remark_stays() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let (project, id) = backed_up(&database);
    let [ours, theirs, other] = [
        "restoring_0123abcd",
        "restoring_4567cdef",
        "restoring_notes",
    ];
    for end in [ours, theirs, other] {
        let name = name_of(&beside(&database, end));
        database
            .cluster()
            .execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    }
    let remark = format!(
        "COMMENT ON DATABASE {} IS 'mine'",
        name_of(&beside(&database, theirs))
    );
    database.execute(&remark);
    let copy = name_of(&beside(&database, "copy"));
    let done = project.run(["restore", &id, "--into", &copy]).succeeds();
    let told = done.stderr.lines().filter(|line| line.contains("stays: "));
    let told: Vec<_> = told.filter(|line| line.starts_with('`')).collect();
    assert_eq!(told.len(), 1, "{}", done.stderr);
    let drop = format!("dieselkit db drop {}", name_of(&beside(&database, ours)));
    assert!(told[0].contains(&format!("`{drop}`")), "{}", done.stderr);
    assert_eq!(
        neighbours(&database).len(),
        5,
        "{:?}",
        neighbours(&database)
    );
    project.shell(&format!("{drop} --yes")).succeeds();
    assert_eq!(
        neighbours(&database).len(),
        4,
        "{:?}",
        neighbours(&database)
    );
}

/// A name that goes on otherwise than a restore's is somebody's own.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_of_another_name_stays() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let (project, id) = backed_up(&database);
    let path = name_of(&database.url());
    let kept = [
        ".restoring-notes",
        ".restoring-0123abcd.gz",
        "_before_20260101T000000Z",
        "2.restoring-0123abcd",
    ];
    for end in kept {
        std::fs::write(format!("{path}{end}"), "mine").expect("the folder is ours");
    }
    std::fs::write(format!("{path}.restoring-0123abcd"), "half").expect("the folder is ours");
    let copy = name_of(&beside(&database, "copy"));
    project.run(["restore", &id, "--into", &copy]).succeeds();
    // The database, its copy, and what is somebody's.
    assert_eq!(
        neighbours(&database).len(),
        2 + kept.len(),
        "{:?}",
        neighbours(&database)
    );
    for end in kept {
        assert_eq!(
            std::fs::read(format!("{path}{end}")).expect("it stays"),
            b"mine"
        );
    }
}
