//! What is in a backup, and the password that it was read with, is nobody else's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::session::studio_applied;
use crate::support::engine::Engine as _;
use crate::support::postgres::PostgresDatabase;

/// Returns every path below a folder, and the folder.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let below = paths.flat_map(|path| {
        if path.is_dir() {
            all_below(&path)
        } else {
            vec![path]
        }
    });
    [folder.to_owned()].into_iter().chain(below).collect()
}

#[test]
fn nobody_else_reads_a_backup_whatever_the_umask_is() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    database.execute("INSERT INTO users VALUES (1)");
    for format in ["plain", "custom", "directory"] {
        let line = format!("umask 000; dieselkit backup --globals --format {format}");
        project.shell(&line).succeeds();
    }
    let paths = all_below(&project.path("backups"));
    assert!(paths.iter().any(|path| path.ends_with("toc.dat")));
    for path in paths {
        let rights = fs::metadata(&path).expect("there").permissions().mode();
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(rights & 0o777, wanted, "{}", path.display());
    }
}

#[test]
fn what_reads_is_named_where_more_is_asked_for() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let program = database.cluster().program("pg_dump");
    let path = program.get_program().to_string_lossy().into_owned();
    project.write(
        "dieselkit.toml",
        &format!("[backups]\npg_dump = \"{path}\"\n"),
    );
    let said = project.run(["backup", "-v"]).succeeds().stderr;
    assert!(said.contains(" with pg_dump "), "{said}");
    assert!(said.contains(&format!("({path})\n")), "{said}");
    let said = project.run(["backup"]).succeeds().stderr;
    assert!(!said.contains("pg_dump"), "{said}");
}
