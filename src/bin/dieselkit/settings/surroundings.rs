//! The one room where the process is asked for its variables and its folder.
//!
//! Everything else takes them as a value, so that its tests are tables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::SettingsError;

/// What the process was started with.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    /// The variables, those whose values are not Unicode included.
    pub(crate) variables: BTreeMap<String, OsString>,
    /// The folder that relative paths are taken from; absolute.
    pub(crate) current_dir: PathBuf,
}

impl Surroundings {
    /// Returns what this process was started with.
    ///
    /// # Errors
    /// `CurrentFolder` where the folder is gone or may not be read.
    pub(crate) fn of_process() -> Result<Self, SettingsError> {
        let unreadable = |source| SettingsError::CurrentFolder {
            source: Arc::new(source),
        };
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Ok(Self {
            variables: std::env::vars_os().filter_map(named).collect(),
            current_dir: std::env::current_dir().map_err(unreadable)?,
        })
    }
}
