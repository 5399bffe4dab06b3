//! Restores that are killed: what they leave is explained and removed by the next, and what another
//! is at work on is not.

use std::time::Duration;

use super::{beside, contents, many_backed_up as backed_up, name_of, neighbours};
use crate::processes::{Running, slow};
use crate::session::up_of;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    what_is_killed_while_it_fills_is_removed_by_the_next,
    what_another_is_at_work_on_stays,
    what_is_killed_before_it_has_the_name_is_removed_by_the_next,
    what_is_killed_is_named_by_whoever_looks,
    a_lost_database_comes_back_from_what_a_restore_kept,
    a_lost_database_that_was_half_restored_is_restored_again,
    a_verification_that_is_killed_leaves_nothing_for_long,
];

/// A C program's `read` that stops the process where half of a backup's file was read.
const STOPPED_HALF_WAY: &str = "#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static long long done;
static int stopped;
ssize_t read(int file, void *into, size_t room) {
    ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, \"read\");
    char link[64], path[PATH_MAX];
    struct stat found;
    snprintf(link, sizeof link, \"/proc/self/fd/%d\", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    int is_backup = strstr(path, \"/backups/\") && strstr(path, \".gz\");
    if (is_backup && !stopped && fstat(file, &found) == 0 && done * 2 >= found.st_size) {
        stopped = 1;
        kill(getpid(), SIGSTOP);
    }
    ssize_t count = real(file, into, room);
    if (is_backup && count > 0) done += count;
    return count;
}
";

/// Starts a restore of a backup that comes no further than half way.
fn half_way(database: &dyn Engine, project: &Project, words: &[&str]) -> Running {
    project.write("read.c", STOPPED_HALF_WAY);
    project
        .shell("cc -shared -fPIC -o read.so read.c -ldl")
        .succeeds();
    let library = project.path("read.so");
    let mut running = Running::preloading(project, words, &library);
    running.wait_until_stopped();
    // Who fills it is begun by now, and on its way.
    wait_for_sessions(database, |sessions| sessions > 0);
    running
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
        said[0].ends_with(", which a restore or rehearsal that was killed had half made"),
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
    let running = half_way(database, &project, &words);
    running.signal("KILL");
    drop(running);
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

/// Returns what the commands say that only look.
fn looked_at(project: &Project) -> [String; 2] {
    ["status", "check"].map(|command| project.run([command]).succeeds().stderr)
}

fn what_is_killed_is_named_by_whoever_looks(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let running = half_way(database, &project, &["restore", "--replace", "--yes", &id]);
    let half = half_made(database);
    for said in looked_at(&project) {
        assert!(!said.contains("restore"), "somebody is at work: {said}");
    }
    running.signal("KILL");
    drop(running);
    wait_until_left(database);
    for said in looked_at(&project) {
        let told = format!(
            "{half}`, which a restore or rehearsal that was killed had half made: the next restore"
        );
        assert!(said.contains(&told), "{said}");
        assert!(
            said.contains("`dieselkit backup verify --restore`"),
            "{said}"
        );
    }
    for words in [&["up"][..], &["backup"], &["doctor"]] {
        let said = project.run(words);
        let told = format!(
            "{half}`, which a restore or rehearsal that was killed had half made: the next"
        );
        let text = said.stdout + &said.stderr;
        assert!(text.contains(&told), "{words:?}: {text}");
    }
    assert_eq!(half_made(database), half);
    project.run(["backup", "verify", "--restore"]).succeeds();
    for said in looked_at(&project) {
        assert!(!said.contains("restore"), "{said}");
    }
}

/// Takes the database away.
fn lose(database: &dyn Engine, project: &Project) {
    let name = name_of(&database.url());
    let own = name.rsplit('/').next().expect("it has one");
    project.run(["db", "drop", "--confirm", own]).succeeds();
}

/// Returns the error of a command that finds no database, and its hint.
#[track_caller]
fn missed(project: &Project, words: &[&str]) -> String {
    let said = project.run(words).exits(1).stderr;
    assert!(said.contains("does not exist"), "{said}");
    said
}

fn a_lost_database_comes_back_from_what_a_restore_kept(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    lose(database, &project);
    let said = missed(&project, &["status"]);
    let hint = "hint: restore a backup: `dieselkit restore --replace`, or make an empty one: `dieselkit db create`";
    assert!(said.contains(hint), "{said}");
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    let before = contents(database, &database.url());
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    lose(database, &project);
    for words in [
        &["status"][..],
        &["check"],
        &["up"],
        &["backup"],
        &["history"],
    ] {
        if words == ["up"] && database.either("sqlite", "postgres") == "sqlite" {
            continue; // It makes a file that is not there.
        }
        let said = missed(&project, words);
        assert!(
            said.contains("_before_") && !said.contains("db create"),
            "{said}"
        );
    }
    // What it holds of the database goes with it.
    let there = neighbours(database);
    let kept = there.iter().find(|name| name.contains("_before_"));
    let log = kept.filter(|_| database.either("sqlite", "postgres") == "sqlite");
    if let Some(kept) = log {
        let own = name_of(&database.url());
        let folder = std::path::Path::new(&own).parent().expect("it has one");
        std::fs::write(folder.join(format!("{kept}-wal")), "").expect("it is ours");
    }
    let said = missed(&project, &["status"]);
    assert_eq!(said.contains("-wal"), log.is_some(), "{said}");
    let (_, rest) = said.split_once("give it back, `").expect(&said);
    let (line, _) = rest.split_once('`').expect(&said);
    give_back(database, &project, line);
    assert!(contents(database, &database.url()) == before);
}

fn give_back(database: &dyn Engine, project: &Project, line: &str) {
    let _ = database;
    #[cfg(feature = "postgres")]
    let line = {
        let password = crate::support::postgres::Cluster::shared().password();
        &format!("PGPASSWORD='{password}' {line}")
    };
    project.shell(line).succeeds();
}

fn a_lost_database_that_was_half_restored_is_restored_again(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let running = half_way(database, &project, &["restore", "--replace", "--yes", &id]);
    running.signal("KILL");
    drop(running);
    wait_until_left(database);
    lose(database, &project);
    let said = missed(&project, &["status"]);
    assert!(
        said.contains("restoring") && said.contains("`dieselkit restore --replace`"),
        "{said}"
    );
    project
        .run(["restore", "--replace", "--yes", &id])
        .succeeds();
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 200_000);
}

fn what_another_is_at_work_on_stays(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let copy = name_of(&beside(database, "slow"));
    let words = ["restore", "--into", copy.as_str(), id.as_str()];
    let running = half_way(database, &project, &words);
    let half = half_made(database);
    let other = name_of(&beside(database, "quick"));
    let quick = project.run(["restore", &id, "--into", &other]).succeeds();
    assert!(!quick.stderr.contains(&half), "{}", quick.stderr);
    assert_eq!(half_made(database), half);
    running.signal("CONT");
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
    let running = half_way(database, &project, &words);
    running.signal("KILL");
    drop(running);
    wait_until_left(database);
    let half = half_made(database);
    let next = project.run(["backup", "verify", "--restore", &id]);
    let next = next.succeeds();
    assert!(next.stderr.contains(&half), "{}", next.stderr);
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
}

/// A C program's `rename` that ends the process instead of giving a database its name.
#[cfg(all(feature = "sqlite", target_os = "linux"))]
const KILLED_AT_RENAME: &str = "#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, \"rename\");
    if (strstr(to, \"-wal\")) return real(from, to);
    kill(getpid(), SIGKILL);
    return -1;
}
";

#[cfg(all(feature = "sqlite", target_os = "linux"))]
mod between_the_two_names {
    use super::*;
    use crate::restore::last_part;
    use crate::support::sqlite::SqliteDatabase;

    fn is_kept(name: &str) -> bool {
        let ending = std::path::Path::new(name).extension();
        name.contains("_before_") && ending.is_some_and(|ending| ending == "db")
    }

    /// Kills a restore between the two names, and returns the second one.
    fn killed(database: &SqliteDatabase, project: &Project, words: &[&str]) -> String {
        project.write("rename.c", KILLED_AT_RENAME);
        project
            .shell("cc -shared -fPIC -o rename.so rename.c -ldl")
            .succeeds();
        let library = project.path("rename.so").display().to_string();
        let killed = project.command(words).env("LD_PRELOAD", &library).output();
        assert_eq!(killed.expect("it starts").status.code(), None);
        let there = neighbours(database);
        let second = there.iter().find(|name| is_kept(name));
        second.expect("it has a second name").clone()
    }

    /// Checks that the next restore says what it found, and keeps the old one under one name.
    #[track_caller]
    fn is_explained_and_finished(
        database: &SqliteDatabase,
        project: &Project,
        (words, second): (&[&str], &str),
    ) -> std::path::PathBuf {
        let half = half_made(database);
        let next = project.run(words).succeeds();
        for said in [
            format!(
                "{second}`, which a restore that was killed had given to the database before it replaced it: that one is as it was"
            ),
            format!("{half}`, which a restore or rehearsal that was killed had half made"),
        ] {
            assert!(next.stderr.contains(&said), "{}", next.stderr);
        }
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 200_000);
        let there = neighbours(database);
        let kept: Vec<_> = there.iter().filter(|name| is_kept(name)).collect();
        assert_eq!(kept.len(), 1, "{there:?}");
        database.path().with_file_name(kept[0])
    }

    #[test]
    fn the_old_one_alone_is_there_after_the_next() {
        let database = SqliteDatabase::create();
        let (project, id) = backed_up(&database);
        let words = ["restore", &id, "--replace", "--yes"];
        // Names were spelt so before they had the file's ending at their end.
        for (now, then) in [("", ""), ("test_before_", "test.db_before_")] {
            database.execute("DELETE FROM users WHERE id > 10");
            let before = contents(&database, &database.url());
            let found = killed(&database, &project, &words);
            let second = found.replacen(now, then, 1);
            let named = |name: &str| database.path().with_file_name(name);
            std::fs::rename(named(&found), named(&second)).expect("it is ours");
            assert_eq!(neighbours(&database).len(), 3);
            assert!(contents(&database, &database.url()) == before);
            let old = is_explained_and_finished(&database, &project, (&words, &second));
            assert_eq!(neighbours(&database).len(), 2);
            assert!(contents(&database, &format!("sqlite:{}", old.display())) == before);
            std::fs::remove_file(old).expect("it is ours");
        }
    }

    #[test]
    fn what_stood_beside_a_damaged_one_is_its_own_again() {
        let database = SqliteDatabase::create();
        let (project, id) = backed_up(&database);
        let mut bytes = std::fs::read(database.path()).expect("it is there");
        bytes.truncate(5000);
        std::fs::write(database.path(), &bytes).expect("it is ours");
        let log = name_of(&database.url()) + "-wal";
        std::fs::write(log, "what was left").expect("the folder is ours");
        let name = last_part(&database);
        let words = ["restore", &id, "--replace", "--confirm", &name];
        let second = killed(&database, &project, &words);
        let old = is_explained_and_finished(&database, &project, (&words, &second));
        assert!(std::fs::read(&old).expect("it is there") == bytes);
        let log = std::fs::read(old.display().to_string() + "-wal");
        assert_eq!(log.expect("it went with it"), b"what was left");
    }
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

/// Who cannot ask the server any more cannot drop the new database either.
#[cfg(feature = "postgres")]
#[test]
fn what_is_left_on_a_server_that_went_away_is_named() {
    let cluster = crate::support::postgres::Cluster::start();
    let database = cluster.create_database();
    let (project, id) = backed_up(&database);
    let words = ["restore", "--replace", "--yes", "--json", id.as_str()];
    let running = half_way(&database, &project, &words);
    let half = half_made(&database);
    cluster.stop();
    // Nobody may read it any more.
    running.signal("CONT");
    let failed = running.ends(&project).exits(1).json();
    assert_eq!(failed["data"]["left"], half.as_str(), "{failed}");
    assert_eq!(failed["data"]["plan"]["backup"]["id"], id.as_str());
    let said = failed["error"]["message"].as_str().expect("it says why");
    assert!(
        said.contains(&format!("`{half}` is left half made")),
        "{said}"
    );
    let causes = failed["error"]["causes"].as_array().expect("a list");
    assert!(!causes.is_empty(), "{failed}");
    let hint = failed["hint"].as_str().expect("there is one");
    for said in [
        format!("the next restore removes `{half}`"),
        format!("`dieselkit db drop {half}`"),
    ] {
        assert!(hint.contains(&said), "{hint}");
    }
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
