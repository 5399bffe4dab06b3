//! How `pg_dump` is let in, and what is left of that.

use uuid::Uuid;

use super::*;

#[test]
fn names_and_passwords_may_hold_anything() {
    let cluster = Cluster::shared();
    let name = format!("My \"own\" 'db' {}", Uuid::new_v4().simple());
    let quoted = name.replace('"', "\"\"");
    let database = PostgresDatabase::create();
    let role = database.create_role(r"a:b\c@d 'e' /f?");
    cluster.execute(&format!("CREATE DATABASE \"{quoted}\" OWNER {}", role.name));
    let url = database.url_as(&role);
    let address = PostgresAddress::parse(&url)
        .expect("it is one")
        .with_database(&name);
    let record = Scene::new();
    let mut scene = Scene::new();
    let at = |name: &str| record.folder.path().join(name);
    work(
        &mut scene,
        &format!(
            "env > {0}/env; tr '\\0' '\\n' < /proc/$$/cmdline > {0}/cmdline; cp \"$PGPASSFILE\" {0}/passfile; echo \"$PGPASSFILE\" > {0}/path; exec $REAL \"$@\"",
            record.folder.path().display()
        ),
    );
    let copied = copy(&address.url(), &scene.request(Format::Plain));
    cluster.execute(&format!("DROP DATABASE \"{quoted}\""));
    assert_eq!(copied.expect("it is whole").moment.name, name);
    let read = |name: &str| std::fs::read_to_string(at(name)).expect("it was recorded");
    assert_eq!(read("passfile"), "*:*:*:*:a\\:b\\\\c@d 'e' /f?\n");
    assert!(is_gone(read("path").trim()));
    for place in ["env", "cmdline"] {
        assert!(!read(place).contains("@d 'e'"), "{}", read(place));
    }
    assert!(read("cmdline").contains("--snapshot="));
}

/// Returns whether a file of passwords is closed, or not there: what is open under its number by now
/// is something else, and has a name.
fn is_gone(passfile: &str) -> bool {
    match std::fs::read_link(passfile) {
        Ok(behind) => !behind.to_string_lossy().ends_with("(deleted)"),
        Err(_) => !std::path::Path::new(passfile).exists(),
    }
}

#[test]
fn the_password_is_gone_on_every_way_out() {
    let database = PostgresDatabase::create();
    let role = database.create_role("a secret");
    let mut scene = Scene::new();
    let path = scene.folder.path().join("path");
    let note = format!("echo \"$PGPASSFILE\" > {}", path.display());
    for end in ["exit 1", "kill -9 $$", "exit 0", "exec $REAL \"$@\""] {
        work(&mut scene, &format!("{note}; {end}"));
        let ended = copy(&database.url_as(&role), &scene.request(Format::Plain));
        if let Err(error) = ended {
            assert!(
                !format!("{error:?} {error}").contains("a secret"),
                "{error:?}"
            );
        }
        let passfile = std::fs::read_to_string(&path).expect("it was recorded");
        assert_ne!(passfile.trim(), "");
        assert!(is_gone(passfile.trim()), "{end}");
    }
}
