//! Which database is meant, and that nothing shows its password.

use super::*;

#[cfg(all(feature = "sqlite", feature = "postgres"))]
#[test]
fn the_first_place_that_names_a_database_wins() {
    let mut project = Project::new(&[("dieselkit.toml", CONFIG)]);
    assert_eq!(
        project.database(""),
        "default.db from `[database] url` in `dieselkit.toml`"
    );
    project = project
        .set("DB_HOST", "db")
        .set("DB_NAME", "studio")
        .set("DB_PORT", "6000")
        .set("DB_USER", "ada");
    assert_eq!(
        project.database(""),
        "ada@db:6000/studio from the variables `DB_HOST`, `DB_NAME` and their like"
    );
    project = project.set("DATABASE_URL", "sqlite:variable.db");
    assert_eq!(project.database(""), "variable.db from `DATABASE_URL`");
    assert_eq!(
        project.database("--env staging"),
        "staging.db from `[environments.staging] url` in `dieselkit.toml`"
    );
    assert_eq!(
        project.database("--env staging --database-url typed.db"),
        "typed.db from `--database-url`"
    );
}

#[cfg(all(feature = "sqlite", feature = "postgres"))]
#[test]
fn the_configuration_may_name_variables() {
    let project = Project::new(&[
        ("dieselkit.toml", CONFIG),
        (".env", "VAULT_PASSWORD='s3cret'\n"),
    ])
    .set("PRODUCTION_DATABASE_URL", "postgres://ada@live/studio");
    assert!(
        project
            .database("--env production")
            .starts_with("ada@live:5432/studio from")
    );
    assert!(
        project
            .database("--env vault")
            .starts_with("ada@vault:5432/studio from")
    );
    assert_eq!(
        project.load("--env vault").redactor.redact("it was s3cret"),
        "it was ***"
    );
}

#[test]
fn a_variable_that_is_named_and_not_set_is_an_error_only_where_a_database_is_needed() {
    let project = Project::new(&[("dieselkit.toml", CONFIG)]).set("PRODUCTION_DATABASE_URL", "");
    let error = project
        .load("--env production")
        .database()
        .expect_err("not set");
    assert!(
        error.to_string().starts_with(
            "the variable `PRODUCTION_DATABASE_URL`, which `[environments.production] url` in"
        ),
        "{error}"
    );
}

#[test]
fn without_any_database_every_way_to_name_one_is_listed() {
    let error = Project::new(&[]).load("").database().expect_err("none");
    let hint = error.hint().expect("advice");
    for way in [
        "--database-url",
        "[environments.development]",
        "DATABASE_URL",
        "DB_HOST",
        "`[database]`",
    ] {
        assert!(hint.contains(way), "{way}: {hint}");
    }
}

#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[test]
fn a_database_that_real_variables_name_wins_over_one_in_a_file() {
    let files = [
        (
            ".env",
            "DATABASE_URL=sqlite:dev.db\nDB_PASSWORD=s3cret\nDB_USER=ada\n",
        ),
        (".env.test", "DB_HOST=tests\nDB_NAME=studio\n"),
        (
            ".env.staging",
            "DATABASE_URL=sqlite:staging.db\nDB_HOST=h\nDB_NAME=n\n",
        ),
    ];
    let project = Project::new(&files);
    assert_eq!(project.database(""), "dev.db from `DATABASE_URL` in `.env`");
    assert_eq!(
        project.database("-e test"),
        "ada@tests:5432/studio from the variables `DB_HOST`, `DB_NAME` and their like"
    );
    assert_eq!(
        project.database("-e staging"),
        "staging.db from `DATABASE_URL` in `.env.staging`"
    );
    let project = project.set("DB_HOST", "db").set("DB_NAME", "live");
    for environment in ["development", "test", "staging"] {
        let settings = project.load(&format!("-e {environment}"));
        let database = settings.database().expect("a database");
        assert_eq!(database.address.to_string(), "ada@db:5432/live");
        // The password came from below.
        assert_eq!(settings.redactor.redact("s3cret"), "***");
    }
    let project = project.set("DATABASE_URL", "sqlite:real.db");
    assert_eq!(project.database(""), "real.db from `DATABASE_URL`");
}

#[test]
fn a_server_without_a_database_is_an_error() {
    let error = Project::new(&[])
        .set("DB_HOST", "db")
        .load("")
        .database()
        .expect_err("no name");
    assert!(matches!(error, SettingsError::NoDatabaseName));
}

#[cfg(feature = "sqlite")]
#[test]
fn relative_paths_are_relative_to_where_they_were_written() {
    let files = [
        (
            "dieselkit.toml",
            "[database]\nurl = 'from_config.db'\n[environments.test]\n[environments.development]\n",
        ),
        ("app/.env.test", "DATABASE_URL=from_dotenv.db\n"),
        ("app/src/main.rs", ""),
    ];
    let project = Project::new(&files);
    let address = |line: &str| {
        let settings = project
            .load_in("app/src", line)
            .map_err(|error| error.to_string())
            .expect(line);
        settings.database().expect(line).address.to_string()
    };
    assert_eq!(
        address(""),
        project.path("from_config.db").display().to_string()
    );
    assert_eq!(
        address("--env test"),
        project.path("app/from_dotenv.db").display().to_string()
    );
    assert_eq!(
        address("--database-url typed.db"),
        project.path("app/src/typed.db").display().to_string()
    );
}

#[test]
fn an_address_that_is_not_understood_is_shown_nowhere() {
    let password = r"p@ss:w/o%rd#\";
    let project = Project::new(&[]).set(
        "DATABASE_URL",
        &format!("postgres://u:{password}@nowhere/db"),
    );
    let settings = project.load("");
    let error = settings.database().expect_err("malformed");
    assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("w/o"));
    let text = format!("tried postgres://u:{password}@nowhere/db");
    assert_eq!(
        settings.redactor.redact(&text),
        "tried postgres://u:***@nowhere/db"
    );
}

#[cfg(feature = "postgres")]
#[test]
fn variables_of_libpq_are_shown_as_part_of_the_target() {
    let project = Project::new(&[])
        .set("DATABASE_URL", "postgres:///studio")
        .set("PGHOST", "db.internal")
        .set("PGPASSWORD", "s3cret");
    assert_eq!(
        project.database(""),
        "db.internal:5432/studio from `DATABASE_URL`"
    );
    assert_eq!(project.load("").redactor.redact("s3cret"), "***");
}
