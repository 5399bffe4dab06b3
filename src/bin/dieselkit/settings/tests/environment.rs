//! Which environment is meant, and whether it is protected.

use super::*;

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
fn a_real_variable_wins_over_every_name_in_a_file() {
    let files = [
        (".env", "DIESELKIT_ENV=development\n"),
        (".env.production", "DIESELKIT_ENV=staging\n"),
    ];
    let project = Project::new(&files);
    assert_eq!(project.load("").environment.name(), "development");
    let project = project.set("APP_ENV", "production");
    let settings = project.load("");
    // Its own file does not rename it.
    assert_eq!(settings.environment.name(), "production");
    assert_eq!(settings.environment_origin, "`APP_ENV`");
    // What is set to nothing says nothing, and hides what the file says.
    let project = project.set("APP_ENV", "").set("DIESELKIT_ENV", "");
    assert_eq!(project.load("").environment.name(), "development");
    assert_eq!(project.load("").environment_origin, "the default");
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
