//! Tests of what is meant: projects as users lay them out, and what is made of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::args;

/// A project on disk, and what the program is started with in it.
struct Project {
    folder: TempDir,
    variables: BTreeMap<String, OsString>,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        Self {
            folder,
            variables: BTreeMap::new(),
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables
            .insert(name.to_owned(), OsString::from(value));
        self
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Returns what is meant by `line`, typed in `folder` of the project.
    fn load_in(&self, folder: &str, line: &str) -> Result<Settings, SettingsError> {
        let surroundings = Surroundings {
            variables: self.variables.clone(),
            current_dir: self.path(folder),
        };
        let words = ["dieselkit", "status"]
            .into_iter()
            .chain(line.split_whitespace());
        let words: Vec<OsString> = words.map(OsString::from).collect();
        let cli = args::parse(&words).expect(line).cli;
        Settings::load(&cli.global, &surroundings)
    }

    fn load(&self, line: &str) -> Settings {
        self.load_in("", line)
            .map_err(|error| error.to_string())
            .expect(line)
    }

    fn refused(&self, line: &str) -> SettingsError {
        self.load_in("", line).err().expect(line)
    }

    /// Returns the address that is meant, and where it was found, the project's folder left out.
    #[cfg(feature = "postgres")]
    fn database(&self, line: &str) -> String {
        let settings = self.load(line);
        let database = settings.database().expect(line);
        let text = format!("{} from {}", database.address, database.origin);
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

const CONFIG: &str = r#"
[database]
url = "sqlite:default.db"
[environments.development]
[environments.staging]
url = "sqlite:staging.db"
[environments.production]
url = "$PRODUCTION_DATABASE_URL"
[environments.vault]
url = "postgres://ada:${VAULT_PASSWORD}@vault/studio"
protected = true
"#;

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
fn the_flag_then_the_variables_then_the_common_file_name_the_environment() {
    let mut project = Project::new(&[]);
    assert_eq!(project.load("").environment.name(), "development");
    project = project.set("APP_ENV", "staging");
    assert_eq!(project.load("").environment.name(), "staging");
    project = project.set("DIESELKIT_ENV", "test");
    assert_eq!(project.load("").environment.name(), "test");
    assert_eq!(
        project.load("-e production").environment.name(),
        "production"
    );
    let with_file = Project::new(&[(".env", "APP_ENV=production\n")]);
    assert!(with_file.load("").environment.is_protected());
}

#[test]
fn the_configuration_decides_what_is_protected_and_what_exists() {
    let project = Project::new(&[("dieselkit.toml", CONFIG)]);
    for (name, protected) in [
        ("development", false),
        ("staging", false),
        ("production", true),
        ("vault", true),
    ] {
        let environment = project.load(&format!("--env {name}")).environment;
        assert_eq!(environment.is_protected(), protected, "{name}");
    }
    let open = Project::new(&[(
        "dieselkit.toml",
        "[environments.production]\nprotected = false\n",
    )]);
    assert!(!open.load("--env production").environment.is_protected());
    let error = project.refused("--env prod");
    assert!(
        error
            .to_string()
            .starts_with("the environment `prod`, from `--env`, is not one"),
        "{error}"
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("the environments are: development, production, staging, vault")
    );
    assert!(matches!(
        open.refused(""),
        SettingsError::UnknownEnvironment { .. }
    ));
}

#[test]
fn names_of_environments_that_are_no_names_are_refused() {
    let typed = Project::new(&[]).refused("--env ../x");
    assert!(matches!(typed, SettingsError::InvalidEnvironment { .. }));
    let configured = Project::new(&[(
        "dieselkit.toml",
        "[environments.Production]\n[environments.development]\n",
    )]);
    assert!(matches!(
        configured.refused(""),
        SettingsError::InvalidEnvironment { .. }
    ));
}

#[test]
fn the_folder_of_migrations_comes_from_the_first_place_that_names_one() {
    let diesel = (
        "diesel.toml",
        "[migrations_directory]\ndir = 'of_diesel'\n[print_schema]\nfile = 'src/schema.rs'\n",
    );
    let both = [
        ("dieselkit.toml", "[migrations]\ndirectory = 'of_config'\n"),
        diesel,
        ("sub/x", ""),
    ];
    let project = Project::new(&both);
    assert_eq!(project.load("").migrations, project.path("of_config"));
    let typed = project
        .load_in("sub", "--migrations typed")
        .map_err(|error| error.to_string())
        .expect("valid");
    assert_eq!(typed.migrations, project.path("sub/typed"));
    assert_eq!(typed.schema_file, Some(project.path("src/schema.rs")));
    let project = Project::new(&[diesel, ("dieselkit.toml", "")]);
    assert_eq!(project.load("").migrations, project.path("of_diesel"));
    let project = Project::new(&[("Cargo.toml", ""), ("src/x", "")]);
    let settings = project
        .load_in("src", "")
        .map_err(|error| error.to_string())
        .expect("valid");
    assert_eq!(
        (settings.root, settings.migrations),
        (project.path(""), project.path("migrations"))
    );
}

#[test]
fn a_configuration_that_was_typed_must_exist_and_moves_the_root() {
    let project = Project::new(&[
        ("other/custom.toml", "[migrations]\ntransaction = 'batch'\n"),
        ("dieselkit.toml", ""),
    ]);
    let settings = project.load("--config other/custom.toml");
    assert_eq!(settings.root, project.path("other"));
    assert_eq!(settings.migrations, project.path("other/migrations"));
    assert_eq!(settings.transaction, TransactionMode::Batch);
    let error = project.refused("--config nowhere.toml");
    assert!(matches!(error, SettingsError::ReadFile { .. }));
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
