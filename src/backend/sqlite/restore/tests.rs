//! What stands beside a file, who has it open, and whose it is.

use std::io::Read as _;

use super::*;
use crate::backend::Backend;
use crate::backend::dump::tests::Scene;
use crate::backend::restore::tests::request;
use crate::backend::restore::{Original, Restore, open_restore};
use crate::backend::support::engine::Engine as _;
use crate::backend::support::sqlite::SqliteDatabase;

/// Restores a copy of a database beside it.
fn restored(database: &SqliteDatabase, scene: &Scene) -> Box<dyn Restore> {
    let copied = scene.copy(database).expect("it is whole");
    let address = database.url().parse().expect("it is one");
    let restore = open_restore(&address, Place::Beside, &request(scene));
    let mut restore = restore.expect("there is room");
    let filled = restore.fill(Contents::Stream(&mut copied.bytes.as_slice()));
    filled.expect("it is whole");
    restore
}

#[test]
fn a_log_is_never_taken_for_the_new_files() {
    let database = SqliteDatabase::create();
    database.execute("PRAGMA journal_mode = WAL");
    database.execute("CREATE TABLE a (id INTEGER)");
    let scene = Scene::new();
    let mut restore = restored(&database, &scene);
    // A crash leaves what is not in the file yet in the log.
    let path = database.path();
    let log = companion(&path, "-wal");
    {
        let mut writer = database.connect();
        Backend::batch_execute(&mut writer, "SELECT count(*) FROM a").expect("it is there");
        database.execute("INSERT INTO a VALUES (1)");
        std::fs::copy(&path, companion(&path, ".kept")).expect("the folder is ours");
        std::fs::copy(&log, companion(&path, ".kept-wal")).expect("it has one");
        drop(writer);
    }
    std::fs::rename(companion(&path, ".kept"), &path).expect("it is ours");
    std::fs::rename(companion(&path, ".kept-wal"), &log).expect("it is ours");
    let old = restore
        .replace(Original::Read, "now")
        .expect("nobody is at work")
        .expect("there was one");
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 0);
    let kept = SqliteDatabase::create();
    std::fs::copy(old.for_tools(), kept.path()).expect("it is a whole one");
    assert_eq!(kept.query_i64("SELECT count(*) FROM a"), 1);
    let mode = "SELECT journal_mode FROM pragma_journal_mode";
    assert_eq!(database.query_text(mode), "wal");
}

#[cfg(target_os = "linux")]
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "another program has the file open"
)]
fn a_program_that_has_it_open_without_a_lock_is_named() {
    let database = SqliteDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER)");
    let scene = Scene::new();
    let mut restore = restored(&database, &scene);
    let before = std::fs::read(database.path()).expect("it is there");
    let mut other = std::process::Command::new("sh")
        .args(["-c", "exec 9<\"$0\"; echo open; read word"])
        .arg(database.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let mut said = [0; 5];
    let stdout = other.stdout.as_mut().expect("it is piped");
    stdout.read_exact(&mut said).expect("it opens the file");
    let refused = restore.replace(Original::Read, "now");
    drop(other.stdin.take());
    other.wait().expect("it is ours");
    let Err(RestoreError::InUse { users, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(users, [format!("pid {}, sh", other.id())]);
    assert_eq!(std::fs::read(database.path()).expect("it is there"), before);
}

#[cfg(unix)]
#[test]
fn the_new_file_has_the_rights_of_the_old_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = SqliteDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER)");
    let path = database.path();
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("it is ours");
    let link = path.with_file_name("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("the folder is ours");
    let scene = Scene::new();
    let copied = scene.copy(&database).expect("it is whole");
    let address = DatabaseAddress::Sqlite(SqliteAddress::new(&link));
    let mut restore =
        open_restore(&address, Place::Beside, &request(&scene)).expect("there is room");
    let filled = restore.fill(Contents::Stream(&mut copied.bytes.as_slice()));
    filled.expect("it is whole");
    assert_eq!(mode(Path::new(&restore.address().for_tools())), 0o600);
    restore
        .replace(Original::Read, "now")
        .expect("nobody is at work");
    assert!(link.is_symlink() && !path.is_symlink());
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn what_is_damaged_is_refused() {
    let database = SqliteDatabase::create();
    database.execute("CREATE TABLE a (t TEXT); CREATE INDEX i ON a (t)");
    database.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO a SELECT hex(randomblob(20)) FROM n");
    let scene = Scene::new();
    let mut bytes = scene.copy(&database).expect("it is whole").bytes;
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(7);
    let address = database.url().parse().expect("it is one");
    let mut restore =
        open_restore(&address, Place::Beside, &request(&scene)).expect("there is room");
    let refused = restore.fill(Contents::Stream(&mut bytes.as_slice()));
    assert!(
        matches!(refused, Err(RestoreError::Damaged { .. })),
        "{refused:?}"
    );
    let refused = restore.fill(Contents::Stream(
        &mut "CREATE TABLE a (id INTEGER);".as_bytes(),
    ));
    assert!(
        matches!(refused, Err(RestoreError::Damaged { .. })),
        "{refused:?}"
    );
    let refused = restore.fill(Contents::Archive(Path::new("a.dump")));
    assert!(
        matches!(refused, Err(RestoreError::OtherFormat { .. })),
        "{refused:?}"
    );
}
