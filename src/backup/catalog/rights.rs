//! Who else may look into a folder of backups, or write into it.

use super::Catalog;

impl Catalog {
    /// Returns the rights of the folder, as `chmod` takes them, where they let others in: one that
    /// was there before keeps those that it had. None too where there is no folder.
    #[cfg(unix)]
    pub fn rights_of_others(&self) -> Option<String> {
        use std::os::unix::fs::PermissionsExt as _;
        let found = std::fs::metadata(self.folder()).ok()?;
        let rights = found.permissions().mode() & 0o7777;
        (rights & 0o077 != 0).then(|| format!("{rights:o}"))
    }

    /// Elsewhere rights are no number.
    #[cfg(not(unix))]
    pub fn rights_of_others(&self) -> Option<String> {
        None
    }
}
