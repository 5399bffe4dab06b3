//! diesel.toml: the two settings of it that dieselkit follows.
//!
//! It must not be strict: the file is Diesel's, and newer versions of Diesel add to it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{SettingsError, toml_error};

/// The name of the file.
pub(super) const NAME: &str = "diesel.toml";

/// The file, as far as dieselkit follows it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DieselToml {
    pub(super) migrations_directory: MigrationsDirectory,
    pub(super) print_schema: PrintSchema,
}

/// `[migrations_directory]`
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MigrationsDirectory {
    pub(super) dir: Option<PathBuf>,
}

/// `[print_schema]`
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PrintSchema {
    pub(super) file: Option<PathBuf>,
}

impl DieselToml {
    /// Returns what `text`, the content of the file at `path`, says.
    ///
    /// # Errors
    /// `MalformedConfig`, with the line and the column.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| toml_error::malformed(path, text, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_file_is_passed_over() {
        let text = r#"
            [print_schema]
            file = "src/schema.rs"
            custom_type_derives = ["diesel::query_builder::QueryId"]
            [migrations_directory]
            dir = "db/migrations"
            [something_newer]
            key = 1
        "#;
        let diesel = DieselToml::parse(Path::new(NAME), text).expect("valid");
        assert_eq!(
            diesel.print_schema.file,
            Some(PathBuf::from("src/schema.rs"))
        );
        assert_eq!(
            diesel.migrations_directory.dir,
            Some(PathBuf::from("db/migrations"))
        );
    }
}
