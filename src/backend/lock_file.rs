//! Who holds a file that is locked, as it stands in the file itself.
//!
//! It takes no lock: the system does, and frees it when the holder ends, however it ends.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::event::LockHolder;

/// Writes who holds a file: this process, and what it calls itself.
pub(crate) fn write_owner(mut file: &File, owner: &str) -> io::Result<()> {
    let text = json!({ "pid": std::process::id(), "application": owner }).to_string();
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

/// Returns who has written that they hold a file, and since when.
pub(crate) fn read_owner(path: &Path) -> Option<LockHolder> {
    let mut file = File::open(path).ok()?;
    let since = file.metadata().ok()?.modified().ok()?;
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    let owner: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(LockHolder {
        pid: owner.get("pid")?.as_i64()?,
        application: owner
            .get("application")
            .and_then(|name| name.as_str())
            .map(str::to_owned),
        host: None,
        since: Some(DateTime::<Utc>::from(since).to_rfc3339_opts(SecondsFormat::Secs, true)),
    })
}
