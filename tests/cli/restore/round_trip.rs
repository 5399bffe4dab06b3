//! There and back: what is restored is what was backed up, whatever it was.

use super::{back_up, beside, contents, name_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![everything_comes_back];

/// Returns a project whose one migration makes something of everything.
fn rich(database: &dyn Engine) -> Project {
    let up = database.either(
        include_str!("../backup/rich_sqlite.sql"),
        include_str!("../backup/rich_postgres.sql"),
    );
    let project = Project::new()
        .irreversible("2026-01-01-000000_rich", up)
        .on(database);
    project.run(["up", "-q"]).succeeds();
    project
}

fn everything_comes_back(database: &dyn Engine) {
    let project = rich(database);
    let before = contents(database, &database.url());
    let id = back_up(&project, &["--hash"]);
    let copy = beside(database, "copy");
    let restored = project.run(["restore", &id, "--into", &name_of(&copy), "--json"]);
    let report = restored.succeeds().json();
    assert_eq!(report["data"]["compared"], "manifest", "{report}");
    assert_eq!(report["warnings"], serde_json::json!([]), "{report}");
    assert_eq!(contents(database, &copy), before);
    assert_eq!(contents(database, &database.url()), before);
    let there = project.run(["status", "-q"]).succeeds().stdout;
    let here = project.run(["status", "-q", "--database-url", &copy]);
    assert_eq!(here.succeeds().stdout, there);
}

/// The name of a file may hold whatever a system lets it hold.
#[cfg(feature = "sqlite")]
#[test]
fn a_path_may_hold_anything() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = rich(&database);
    let before = contents(&database, &database.url());
    let folder = database.path();
    let folder = folder.parent().expect("it has one");
    let path = folder.join("Ann's \"Shop\" & 50% ünï#.db");
    std::fs::rename(database.path(), &path).expect("it is ours");
    let url = format!("sqlite:{}", path.display());
    let project = project.env("DATABASE_URL", &url);
    let id = back_up(&project, &["--hash"]);
    let copy = format!("{}_copy", path.display());
    project.run(["restore", &id, "--into", &copy]).succeeds();
    assert_eq!(contents(&database, &format!("sqlite:{copy}")), before);
    std::fs::write(&path, "").expect("it is ours");
    project
        .run(["restore", &id, "--replace", "--yes"])
        .succeeds();
    assert_eq!(contents(&database, &url), before);
}

#[cfg(feature = "postgres")]
mod formats {
    use super::*;
    use crate::restore::{dump, file_of};
    use crate::support::postgres::{Cluster, PostgresDatabase};

    #[track_caller]
    fn comes_back_from(format: &str, jobs: &str) {
        let database = PostgresDatabase::create();
        let project = rich(&database);
        let before = dump(database.cluster(), &database.url());
        let id = back_up(&project, &["--hash", "--format", format]);
        let copy = beside(&database, "copy");
        let name = name_of(&copy);
        let words = ["restore", &id, "--into", &name, "--jobs", jobs];
        project.run(words).succeeds();
        assert_eq!(dump(database.cluster(), &copy), before);
    }

    #[test]
    fn everything_comes_back_from_a_custom_one() {
        comes_back_from("custom", "1");
    }

    #[test]
    fn everything_comes_back_from_a_directory() {
        comes_back_from("directory", "2");
    }

    #[test]
    fn a_plain_one_needs_nothing_but_gunzip_and_psql() {
        let database = PostgresDatabase::create();
        let project = rich(&database);
        let id = back_up(&project, &[]);
        let copy = beside(&database, "copy");
        let cluster = database.cluster();
        cluster.execute(&format!(
            "CREATE DATABASE {} TEMPLATE template0",
            name_of(&copy)
        ));
        let psql = cluster.path_of("psql");
        let file = file_of(&database, &id);
        let line = format!("gunzip -c '{file}' | '{psql}' -q -v ON_ERROR_STOP=1 '{copy}'");
        let output = project.shell(&line).succeeds();
        assert_eq!(output.stderr, "");
        assert_eq!(dump(cluster, &copy), dump(cluster, &database.url()));
    }

    /// Every way to write a name or a password down breaks at one of these.
    #[track_caller]
    fn names_and_passwords_may_hold_anything(format: &str) {
        let cluster = Cluster::shared();
        let chance = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("Ann's \"Shop\" {}", &chance[..8]);
        let database = cluster.create_database_named(name.clone());
        let role = database.create_role(r"p:\@ss\\:w");
        let owns = format!("ALTER ROLE {} SUPERUSER", role.name);
        database.execute(&owns);
        let project = rich(&database).env("DATABASE_URL", &database.url_as(&role));
        let before = dump(cluster, &database.url());
        let id = back_up(&project, &["--hash", "--format", format, "--globals"]);
        let copy = format!("{name} Copy");
        project.run(["restore", &id, "--into", &copy]).succeeds();
        assert_eq!(dump(cluster, &cluster.url_of(&copy)), before);
        database.execute("DROP TABLE measures");
        let replaced = project.run(["restore", &id, "--replace", "--yes", "--json"]);
        let replaced = replaced.succeeds();
        assert!(!replaced.stdout.contains("ss:w"), "{}", replaced.stdout);
        assert_eq!(dump(cluster, &database.url()), before);
    }

    #[test]
    fn a_plain_one_may_have_any_name_and_password() {
        names_and_passwords_may_hold_anything("plain");
    }

    #[test]
    fn a_custom_one_may_have_any_name_and_password() {
        names_and_passwords_may_hold_anything("custom");
    }

    #[test]
    fn a_directory_may_have_any_name_and_password() {
        names_and_passwords_may_hold_anything("directory");
    }
}
