//! The database that is to be replaced cannot be read: that is when it has to be.

use super::{back_up, last_part, name_of, neighbours, text};
use crate::session::studio_applied;
use crate::support::engine::Engine;
use crate::support::project::Project;

/// Returns a project with a backup of 1,000 users.
fn backed_up(database: &dyn Engine) -> Project {
    let project = studio_applied(database);
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO users SELECT i FROM n",
    );
    back_up(&project, &[]);
    project
}

/// Checks that what cannot be read is replaced for whoever types its name, and for nobody else; returns
/// the hint of what it said at last.
#[track_caller]
fn is_replaced_by_its_name(database: &dyn Engine, project: &Project) -> String {
    let words = ["restore", "--replace"];
    let json = project.run(words.iter().chain(&["--dry-run", "--json"]));
    let json = json.succeeds().json();
    assert!(json["data"]["plan"]["unread"].is_string(), "{json}");
    let shown = project.run(words.iter().chain(&["--dry-run"])).succeeds();
    assert!(
        shown.stdout.contains("\n  old        cannot be read, "),
        "{}",
        shown.stdout
    );
    let there = neighbours(database);
    let refused = project.run(words.iter().chain(&["--yes"])).exits(5);
    assert!(
        refused
            .stderr
            .contains("cannot be read, so it may be a protected one"),
        "{}",
        refused.stderr
    );
    assert_eq!(neighbours(database), there);
    let confirmed = ["--confirm", &last_part(database), "--json"];
    let done = project.run(words.iter().chain(&confirmed));
    let done = done.succeeds().json();
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1000);
    assert_eq!(neighbours(database).len(), there.len() + 1);
    assert!(
        text(&done["data"]["replaced"]).contains("_before_"),
        "{done}"
    );
    project.run(["status", "--check"]).succeeds();
    text(&done["hint"])
}

#[cfg(feature = "sqlite")]
mod of_files {
    use std::path::PathBuf;

    use super::*;
    use crate::support::sqlite::SqliteDatabase;

    /// Returns a project with a backup of a file that is damaged by now, and the bytes of that.
    fn damaged(spoil: impl FnOnce(&mut Vec<u8>)) -> (SqliteDatabase, Project, Vec<u8>) {
        let database = SqliteDatabase::create();
        let project = backed_up(&database);
        let mut bytes = std::fs::read(database.path()).expect("it is there");
        spoil(&mut bytes);
        std::fs::write(database.path(), &bytes).expect("it is ours");
        (database, project, bytes)
    }

    fn kept(database: &SqliteDatabase, end: &str) -> PathBuf {
        let there = neighbours(database);
        let is_kept = |name: &&String| name.contains("_before_") && name.ends_with(end);
        let found = there.iter().find(is_kept);
        let found = found.unwrap_or_else(|| panic!("none of {there:?}"));
        database.path().with_file_name(found)
    }

    #[track_caller]
    fn is_replaced_and_kept(spoil: impl FnOnce(&mut Vec<u8>)) {
        let (database, project, bytes) = damaged(spoil);
        let failed = project.run(["status"]).exits(1);
        let hint = failed
            .stderr
            .lines()
            .find(|line| line.starts_with("hint: "));
        assert!(
            hint.is_some_and(|hint| hint.contains("`dieselkit restore --replace`")),
            "{}",
            failed.stderr
        );
        let hint = is_replaced_by_its_name(&database, &project);
        let kept = kept(&database, ".db");
        assert!(hint.contains(&format!("`rm {}`", kept.display())), "{hint}");
        assert!(std::fs::read(&kept).expect("it is there") == bytes);
        let name = kept.display().to_string();
        let failed = project.run(["db", "drop", &name]).exits(1).stderr;
        assert!(failed.contains(&format!("`rm {name}`")), "{failed}");
        // That one is another database.
        assert!(!failed.contains("restore --replace"), "{failed}");
    }

    #[test]
    fn a_file_that_is_cut_off_is_replaced() {
        is_replaced_and_kept(|bytes| bytes.truncate(bytes.len() / 2 + 100));
    }

    #[test]
    fn a_file_with_a_broken_header_is_replaced() {
        is_replaced_and_kept(|bytes| bytes[..100].fill(b'x'));
        is_replaced_and_kept(|bytes| bytes[16..100].fill(b'x'));
    }

    #[test]
    fn a_file_of_broken_pages_is_replaced() {
        is_replaced_and_kept(|bytes| bytes[4096..].fill(7));
        is_replaced_and_kept(|bytes| bytes[100..4096].fill(7));
    }

    /// What it says of itself can be read.
    #[test]
    fn a_file_with_one_broken_page_is_replaced() {
        let (database, project, bytes) = damaged(|bytes| {
            let last = bytes.len() - 4096;
            bytes[last..].fill(7);
        });
        project.run(["restore", "--replace", "--yes"]).succeeds();
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1000);
        assert!(std::fs::read(kept(&database, ".db")).expect("it is there") == bytes);
    }

    #[test]
    fn what_stands_beside_a_damaged_file_goes_with_it() {
        let (database, project, _) = damaged(|bytes| bytes.truncate(5000));
        let log = name_of(&database.url()) + "-wal";
        std::fs::write(log, "what was left").expect("the folder is ours");
        let confirmed = ["restore", "--replace", "--confirm", &last_part(&database)];
        project.run(confirmed).succeeds();
        let left = std::fs::read(kept(&database, "-wal")).expect("it is there");
        assert_eq!(left, b"what was left");
        // It would be taken for the new one's.
        let there = neighbours(&database);
        let beside_the_new = there.iter().any(|name| name.starts_with("test.db-"));
        assert!(!beside_the_new, "{there:?}");
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1000);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_damaged_file_that_is_open_is_not_replaced() {
        let (database, project, bytes) = damaged(|bytes| bytes.truncate(5000));
        let line = format!(
            "exec 9<'{}'; dieselkit restore --replace --confirm {}",
            database.path().display(),
            last_part(&database)
        );
        let refused = project.shell(&line).exits(4);
        assert!(refused.stderr.contains("is in use"), "{}", refused.stderr);
        assert!(std::fs::read(database.path()).expect("it is there") == bytes);
        assert_eq!(
            neighbours(&database).len(),
            1,
            "{:?}",
            neighbours(&database)
        );
    }
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use super::*;
    use crate::support::postgres::PostgresDatabase;

    #[test]
    fn tables_that_cannot_be_read_are_replaced() {
        for spoil in [
            "ALTER TABLE __dieselkit_metadata DROP COLUMN value",
            "ALTER TABLE __dieselkit_metadata RENAME COLUMN key TO name",
        ] {
            let database = PostgresDatabase::create();
            let project = backed_up(&database);
            database.execute(spoil);
            let hint = is_replaced_by_its_name(&database, &project);
            assert!(
                hint.contains("`psql --host ") && hint.contains("DROP DATABASE"),
                "{hint}"
            );
        }
    }

    #[test]
    fn a_database_that_lets_nobody_in_is_replaced() {
        let database = PostgresDatabase::create();
        let project = backed_up(&database);
        let name = name_of(&database.url());
        let cluster = database.cluster();
        cluster.execute(&format!(
            "ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS FALSE"
        ));
        let failed = project.run(["status"]).exits(1).stderr;
        let hint = failed.lines().find(|line| line.starts_with("hint: "));
        let hint = hint.unwrap_or_default();
        assert!(hint.contains("`dieselkit restore --replace`"), "{failed}");
        is_replaced_by_its_name(&database, &project);
    }
}
