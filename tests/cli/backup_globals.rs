//! `backup create --globals`: what belongs to the whole server, in a file beside.

#[cfg(feature = "postgres")]
use std::fs;
#[cfg(feature = "postgres")]
use std::os::unix::fs::PermissionsExt as _;

use crate::session::studio_applied;
#[cfg(feature = "postgres")]
use crate::support::engine::Engine as _;
#[cfg(feature = "postgres")]
use crate::support::postgres::PostgresDatabase;
#[cfg(feature = "sqlite")]
use crate::support::sqlite::SqliteDatabase;

/// Returns the names in the folder of backups, but for the lock's file.
#[cfg(feature = "postgres")]
fn names(project: &crate::support::project::Project) -> Vec<String> {
    let entries = fs::read_dir(project.path("backups")).expect("it is there");
    let names = entries.map(|entry| entry.expect("it can be read").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with("lock")).collect();
    names.sort();
    names
}

#[cfg(feature = "postgres")]
#[test]
fn the_servers_roles_lie_beside_the_copy() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    for format in ["plain", "directory"] {
        let made = project.run(["backup", "--globals", "--format", format, "--json"]);
        let made = made.succeeds().json();
        let id = made["data"]["backup"]["id"]
            .as_str()
            .expect("a name")
            .to_owned();
        let shown = project.run(["backup", "show", &id, "--json"]).json();
        let parts = shown["data"]["manifest"]["parts"]
            .as_array()
            .expect("parts");
        let name = format!("{id}.globals.sql.gz");
        assert_eq!(
            parts.last().expect("two")["file"].as_str(),
            Some(name.as_str())
        );
        let file = project.path("backups").join(&name);
        let rights = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(rights & 0o777, 0o600);
        let text = project
            .shell(&format!("gunzip --stdout backups/{name}"))
            .stdout;
        assert!(text.contains("CREATE ROLE"), "{text}");
        project
            .run(["backup", "verify", &id, "--restore"])
            .succeeds();
        fs::write(&file, "other").expect("ours");
        project.run(["backup", "verify", &id]).exits(3);
        let checked = project.run(["backup", "verify", &id, "--restore"]);
        let said = checked.exits(3).stdout;
        assert!(said.contains(&format!("`{name}` has 5 bytes")), "{said}");
    }
    // Both may have been made within one second, under names of their own.
    let listed = project.run(["backup", "list", "--json"]).json();
    assert_eq!(
        listed["data"]["backups"].as_array().map(Vec::len),
        Some(2),
        "{listed}"
    );
}

#[cfg(feature = "postgres")]
#[test]
fn that_passwords_are_missing_is_told_and_kept() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let reader = database.create_reader("secret");
    let grant = format!(
        "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        reader.name
    );
    database.execute(&grant);
    let missing = "the roles are without their passwords";
    let said = project.run(["backup", "--globals"]).succeeds().stderr;
    assert!(!said.contains(missing), "{said}");
    let project = project.env("DATABASE_URL", &database.url_as(&reader));
    let made = project.run(["backup", "--globals"]).succeeds();
    assert!(made.stderr.contains(missing), "{}", made.stderr);
    let shown = project.run(["backup", "show", "latest", "--json"]).json();
    let warnings = shown["data"]["manifest"]["warnings"].to_string();
    assert!(warnings.contains(&reader.name), "{warnings}");
}

/// The roles are read by the time that the copy breaks off.
#[cfg(feature = "postgres")]
#[test]
fn nothing_of_a_backup_that_failed_is_left() {
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let breaks_off = "$REAL \"$@\" | head -c 2000";
    database.cluster().stand_in(&project, "pg_dump", breaks_off);
    project.write("dieselkit.toml", "[backups]\npg_dump = \"./pg_dump\"\n");
    project.run(["backup", "--globals"]).exits(1);
    assert_eq!(names(&project), [""; 0]);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_database_without_a_server_has_none() {
    let database = SqliteDatabase::create();
    let project = studio_applied(&database);
    let said = project.run(["backup", "--globals"]).exits(2).stderr;
    assert!(said.contains("has no roles and tablespaces"), "{said}");
}
