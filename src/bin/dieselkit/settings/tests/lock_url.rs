//! Over which address the lock is held, and that nothing shows its password.

#![cfg(all(feature = "sqlite", feature = "postgres"))]

use super::*;

const LOCKED: &str = r#"
[database]
url = "postgres://app@pooler/studio"
lock_url = "postgres://app@default/studio"
[environments.development]
[environments.production]
lock_url = "$DIRECT"
"#;

fn lock(project: &Project, line: &str) -> Option<String> {
    let settings = project.load(line);
    let lock = settings.lock().map_err(|error| error.to_string());
    lock.expect(line).map(ToString::to_string)
}

#[test]
fn the_first_place_that_names_an_address_for_the_lock_wins() {
    let project = Project::new(&[("dieselkit.toml", LOCKED)]);
    let default = "app@default:5432/studio".to_owned();
    assert_eq!(lock(&project, ""), Some(default));
    let project = project.set("DATABASE_LOCK_URL", "postgres://app@variable/studio");
    let variable = "app@variable:5432/studio".to_owned();
    assert_eq!(lock(&project, ""), Some(variable));
    let project = project.set("DIRECT", "postgres://app@production/studio");
    let own = "app@production:5432/studio".to_owned();
    assert_eq!(lock(&project, "--env production"), Some(own));
    let typed = "--env production --lock-url postgres://app@typed/studio";
    assert_eq!(
        lock(&project, typed),
        Some("app@typed:5432/studio".to_owned())
    );
}

#[test]
fn beside_a_typed_database_only_a_typed_lock_counts() {
    let project = Project::new(&[("dieselkit.toml", LOCKED)]);
    let database = "--database-url postgres://app@other/studio";
    assert_eq!(lock(&project, database), None);
    let both = format!("{database} --lock-url postgres://app@typed/studio");
    assert_eq!(
        lock(&project, &both),
        Some("app@typed:5432/studio".to_owned())
    );
}

#[test]
fn an_address_for_the_lock_keeps_its_secrets_and_its_errors_apart() {
    let project = Project::new(&[("dieselkit.toml", LOCKED)]);
    let refused = |project: &Project, line: &str| {
        let settings = project.load(line);
        settings.lock().expect_err(line).to_string()
    };
    insta::assert_snapshot!(
        refused(&project, "--env production").replace(&project.folder.path().display().to_string(), ""),
        @"the variable `DIRECT`, which `[environments.production] lock_url` in `/dieselkit.toml` refers to, is not set"
    );
    insta::assert_snapshot!(refused(&project, "--lock-url postgres://u:p@h:x/d"), @"the database address from `--lock-url` cannot be used");
    insta::assert_snapshot!(refused(&project, "--lock-url sqlite:a.db"), @"`--lock-url` is for PostgreSQL alone: on SQLite the lock is a file beside the database");
    insta::assert_snapshot!(
        refused(&project, "--database-url a.db --lock-url postgres://h/d"),
        @"`--lock-url` is for PostgreSQL alone: on SQLite the lock is a file beside the database"
    );
    for address in ["postgres://u:s3cret@h/d", "postgres://u:s3cret@h:x/d"] {
        let settings = project.load(&format!("--lock-url {address}"));
        assert_eq!(settings.redactor.redact("it is s3cret"), "it is ***");
    }
}

#[test]
fn a_lock_that_is_configured_for_a_server_does_nothing_beside_a_file() {
    let config = LOCKED.replace("postgres://app@pooler/studio", "dev.db");
    let project = Project::new(&[("dieselkit.toml", &config)]);
    assert_eq!(lock(&project, ""), None);
    let idle = project.load("").idle_keys();
    assert_eq!(
        idle,
        ["`[database] lock_url` is about PostgreSQL, and the database is of SQLite"]
    );
}
