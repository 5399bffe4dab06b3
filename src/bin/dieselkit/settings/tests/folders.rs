//! Where the project is, and its migrations.

use super::*;

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
