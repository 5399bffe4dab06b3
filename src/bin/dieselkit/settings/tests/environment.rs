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
