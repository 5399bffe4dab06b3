//! `restore --replace`: the new one takes the name, and whatever fails before leaves the old one
//! with its name and every row.

use super::{
    END, back_up, bare_file, beside, contents, file_of, last_part, name_of, neighbours, outgrown,
    text, users,
};
use crate::session::studio_applied;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    the_old_one_is_kept_under_another_name,
    each_old_one_is_kept_however_fast_they_follow,
    without_consent_nothing_is_replaced,
    production_wants_the_name,
    a_flipped_byte_replaces_nothing,
    a_file_that_is_cut_off_replaces_nothing,
    a_database_that_is_gone_comes_back,
    the_mark_of_another_environment_is_told_of,
    a_mark_that_is_lost_is_told_with_what_gives_it_back,
];

/// Returns a project with a backup of one user, and its name; by now there are two.
fn backed_up(database: &dyn Engine) -> (Project, String) {
    outgrown(database, "development", &["--hash"])
}

fn the_old_one_is_kept_under_another_name(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let before = contents(database, &database.url());
    let replaced = project.run(["restore", &id, "--replace", "--yes", "--json"]);
    let replaced = text(&replaced.succeeds().json()["data"]["replaced"]);
    assert_eq!(users(database), 1);
    let end = replaced
        .rsplit("_before_")
        .next()
        .expect("split yields one");
    let time = end.strip_suffix(".db").unwrap_or(end);
    let old = beside(database, &format!("before_{time}"));
    assert_eq!(contents(database, &old), before);
    assert_eq!(neighbours(database).len(), 2, "{:?}", neighbours(database));
    project.run(["status"]).succeeds();
}

fn each_old_one_is_kept_however_fast_they_follow(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    let words = ["restore", &id, "--replace", "--yes", "--quiet"];
    for replaced in 1..=3 {
        project.run(words).succeeds();
        assert_eq!(neighbours(database).len(), 1 + replaced);
    }
}

fn without_consent_nothing_is_replaced(database: &dyn Engine) {
    let (project, id) = backed_up(database);
    project.run(["restore", &id, "--replace"]).exits(5);
    assert_eq!(users(database), 2);
    assert_eq!(neighbours(database).len(), 1);
}

fn production_wants_the_name(database: &dyn Engine) {
    let (project, id) = outgrown(database, "production", &["--hash"]);
    let words = ["restore", id.as_str(), "--replace"];
    for answer in [&["--yes"][..], &["--yes", "--confirm", "another"]] {
        project.run(words.iter().chain(answer)).exits(5);
        assert_eq!(users(database), 2);
        assert_eq!(neighbours(database).len(), 1);
    }
    let answer = ["--confirm", &last_part(database)];
    project.run(words.iter().chain(&answer)).succeeds();
    assert_eq!(users(database), 1);
}

/// Makes a backup of more than is read at once, spoils its file, and checks that it replaces
/// nothing and leaves nothing.
#[track_caller]
fn replaces_nothing(database: &dyn Engine, spoil: impl FnOnce(&mut Vec<u8>)) {
    let (project, _) = backed_up(database);
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
         INSERT INTO users SELECT i FROM n",
    );
    let id = back_up(&project, &[]);
    let path = project.path(&file_of(database, &id));
    replaces_nothing_once(database, &project, &id, || {
        let mut bytes = std::fs::read(&path).expect("it is there");
        spoil(&mut bytes);
        std::fs::write(&path, &bytes).expect("it is ours");
    });
}

/// Checks that a backup replaces nothing and leaves nothing once this was done to it.
#[track_caller]
fn replaces_nothing_once(
    database: &dyn Engine,
    project: &Project,
    id: &str,
    spoil: impl FnOnce(),
) -> String {
    spoil();
    let before = contents(database, &database.url());
    let there = neighbours(database);
    let copy = name_of(&beside(database, "copy"));
    let places = [&["--into", &copy][..], &["--replace", "--yes"]];
    let [_, said] = places.map(|place| {
        let output = project.run(["restore", id].iter().chain(place)).exits(1);
        assert!(output.stderr.contains("hint: "), "{}", output.stderr);
        assert_eq!(neighbours(database), there, "{}", output.stderr);
        assert_eq!(contents(database, &database.url()), before);
        output.stderr
    });
    said
}

fn a_flipped_byte_replaces_nothing(database: &dyn Engine) {
    replaces_nothing(database, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
    });
}

fn a_file_that_is_cut_off_replaces_nothing(database: &dyn Engine) {
    replaces_nothing(database, |bytes| bytes.truncate(bytes.len() / 10 * 9));
}

#[cfg(feature = "postgres")]
#[test]
fn a_flipped_byte_of_an_archive_replaces_nothing() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let (project, _) = backed_up(&database);
    let id = back_up(&project, &["--format", "custom"]);
    replaces_nothing_once(&database, &project, &id, || {
        let path = project.path(&format!("backups/{id}.dump"));
        let mut bytes = std::fs::read(&path).expect("it is there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).expect("it is ours");
    });
}

#[cfg(feature = "postgres")]
#[test]
fn a_role_that_is_gone_is_named_and_nothing_is_replaced() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let (project, _) = backed_up(&database);
    let role = database.create_role("secret").name;
    database.execute(&format!("ALTER TABLE users OWNER TO {role}"));
    let id = back_up(&project, &["--hash"]);
    let said = replaces_nothing_once(&database, &project, &id, || {
        database.execute(&format!("REASSIGN OWNED BY {role} TO postgres"));
        database.execute(&format!("DROP ROLE {role}"));
    });
    assert!(said.contains(&role), "{said}");
    assert!(said.contains("--no-owner"), "{said}");
    let words = ["restore", &id, "--replace", "--yes", "--no-owner"];
    project.run(words).succeeds();
    assert_eq!(users(&database), 2);
}

fn a_database_that_is_gone_comes_back(database: &dyn Engine) {
    let (project, _) = backed_up(database);
    let drop = ["db", "drop", "--yes", "--confirm", &last_part(database)];
    project.run(drop).succeeds();
    let back = project.run(["restore", "--replace", "--yes", "--json"]);
    let back = back.succeeds().json();
    assert!(back["data"]["replaced"].is_null(), "{back}");
    assert_eq!(users(database), 1);
    project.run(["status"]).succeeds();
}

fn the_mark_of_another_environment_is_told_of(database: &dyn Engine) {
    let (project, id) = outgrown(database, "production", &["--hash"]);
    let name = last_part(database);
    project
        .run(["db", "mark", "development", "--confirm", &name])
        .succeeds();
    let project = project.env("DIESELKIT_ENV", "development");
    let words = ["restore", &id, "--replace", "--yes"];
    let planned = project.run(words.iter().chain(&["--dry-run"])).succeeds();
    let marked = "\n  marked     as `production`, as its backup is\n";
    assert!(planned.stdout.contains(marked), "{}", planned.stdout);
    let done = project.run(words).succeeds();
    let warning = "the database is marked as `production` now, as its backup is: commands that write refuse it in `development`";
    assert!(done.stderr.contains(warning), "{}", done.stderr);
    project.run(["up"]).exits(5);
    let mark = format!("dieselkit db mark development --confirm {name}");
    let (hinted, _) = mark.split_once(" --confirm").expect("it has one");
    assert!(
        done.stderr.contains(&format!("`{hinted}`")),
        "{}",
        done.stderr
    );
    project.shell(&mark).succeeds();
    project.run(["up"]).succeeds();
}

/// It protects the database, and goes with it.
fn a_mark_that_is_lost_is_told_with_what_gives_it_back(database: &dyn Engine) {
    let project = studio_applied(database);
    let file = database.either("own.db", "own.sql");
    if file == "own.db" {
        bare_file(&project.path(file));
    } else {
        project.write(file, &format!("CREATE TABLE a (id INTEGER);\n{END}"));
    }
    let done = project
        .run(["restore", file, "--replace", "--yes"])
        .succeeds();
    let planned = "\n  marked     as the file says; ";
    assert!(done.stderr.contains(planned), "{}", done.stderr);
    let mark = "dieselkit db mark development";
    let told = format!(
        "is marked with no environment now, so that nothing but the address says what it is: `{mark}`"
    );
    assert!(done.stderr.contains(&told), "{}", done.stderr);
    project.shell(mark).succeeds();
    let again = project.run(["restore", "latest", "--dry-run"]);
    assert!(!again.stderr.contains(planned), "{}", again.stderr);
}

/// Checks that a database that somebody is in is not replaced, and is once they have left.
#[track_caller]
fn is_not_replaced_while_it_is_open<Session>(
    database: &dyn Engine,
    open: impl FnOnce() -> Session,
) {
    let (project, id) = backed_up(database);
    let before = contents(database, &database.url());
    let session = open();
    let there = neighbours(database);
    let words = ["restore", id.as_str(), "--replace", "--yes"];
    let planned = project.run(words.iter().chain(&["--dry-run", "--json"]));
    let planned = planned.exits(4).json();
    assert!(
        text(&planned["data"]["plan"]["in_use_by"][0]).contains("pid "),
        "{planned}"
    );
    let output = project.run(words).exits(4);
    assert!(
        output.stderr.contains("\n  in use     by pid "),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("is in use"), "{}", output.stderr);
    assert_eq!(neighbours(database), there, "{}", output.stderr);
    assert_eq!(contents(database, &database.url()), before);
    drop(session);
    project.run(words).succeeds();
    assert_eq!(users(database), 1);
}

/// What waits for the lock of another run would have restored all of it for nothing.
#[cfg(feature = "postgres")]
#[test]
fn a_database_that_is_backed_up_is_not_replaced_and_the_backup_is_named() {
    use diesel::{Connection as _, PgConnection};
    let database = crate::support::postgres::PostgresDatabase::create();
    let (project, id) = backed_up(&database);
    let named = "application_name=pg_dump%20of%20dieselkit%27s%20session%2017";
    let session = PgConnection::establish(&format!("{}?{named}", database.url()));
    let session = session.expect("the server is there");
    let words = ["restore", id.as_str(), "--replace", "--yes"];
    let said = project.run(words).exits(4).stderr;
    assert!(said.contains("a backup is running (pid "), "{said}");
    let hint = "hint: wait for the backup to end, and try again; ";
    assert!(said.contains(hint), "{said}");
    drop(session);
    project.run(words).succeeds();
}

#[cfg(feature = "postgres")]
#[test]
fn a_database_with_a_session_is_not_replaced() {
    let database = crate::support::postgres::PostgresDatabase::create();
    is_not_replaced_while_it_is_open(&database, || database.connect());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_that_is_open_is_not_replaced() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    is_not_replaced_while_it_is_open(&database, || {
        let mut connection = database.connect();
        let read = crate::support::engine::column!(&mut connection, "SELECT 1 FROM users");
        assert_eq!(read.len(), 2);
        connection
    });
}
