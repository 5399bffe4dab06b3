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

    /// Returns the folders in which programs are looked for.
    pub(crate) fn program_folders(&self) -> Vec<PathBuf> {
        let path = self.variables.get("PATH");
        path.map_or_else(Vec::new, |path| std::env::split_paths(path).collect())
    }

    /// Returns the name of the user, as the system's variables have it.
    pub(crate) fn user(&self) -> Option<String> {
        let names = ["USER", "LOGNAME", "USERNAME"].into_iter();
        names
            .filter_map(|name| self.variables.get(name)?.to_str())
            .find(|name| !name.is_empty())
            .map(str::to_owned)
            .or_else(user_of_process)
    }

    /// Returns the name of the machine, where the system tells.
    pub(crate) fn host(&self) -> Option<String> {
        let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let variable = || {
            let name = self.variables.get("HOSTNAME")?.to_str()?;
            Some(name.to_owned())
        };
        told.map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .or_else(variable)
    }
}

/// Returns the name of the process's owner, for a cron job, which may have no variables.
#[cfg(unix)]
fn user_of_process() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == owner).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn user_of_process() -> Option<String> {
    None
}
