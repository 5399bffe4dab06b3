//! The files of a backup, compared with what its manifest says of them.
//!
//! It writes nothing.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::backup::examine::{Examined, Kind, examine};
use crate::backup::pass::Watch;
use crate::backup::regular::other_than_file;
use crate::backup::{CatalogError, Part};

/// Reads all files of a backup, and returns what is wrong with them; nothing where it was asked to
/// stop. The progress is that of all files together.
///
/// # Errors
/// `File` where one is there, but may not be opened: that says nothing about it.
pub(in crate::backup) fn findings(
    folder: &Path,
    parts: &[Part],
    watch: &mut Watch<'_>,
) -> Result<Option<Vec<String>>, CatalogError> {
    let mut findings = Vec::new();
    let mut before = 0;
    for part in parts {
        let mut of_part = Watch {
            cancellation: watch.cancellation,
            progress: &mut |bytes| (watch.progress)(before + bytes),
        };
        let Some(found) = findings_of(folder, part, &mut of_part)? else {
            return Ok(None);
        };
        let named = |finding| format!("`{}` {finding}", part.file);
        findings.extend(found.into_iter().map(named));
        before += part.bytes;
    }
    Ok(Some(findings))
}

/// Returns what is wrong with one file.
fn findings_of(
    folder: &Path,
    part: &Part,
    watch: &mut Watch<'_>,
) -> Result<Option<Vec<String>>, CatalogError> {
    let path = folder.join(&part.file);
    if let Some(other) = other_than_file(&path) {
        return Ok(Some(vec![format!("is {other}")]));
    }
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Some(vec!["is missing".to_owned()]));
        }
        Err(source) => {
            return Err(CatalogError::File {
                action: "read",
                path,
                source,
            });
        }
    };
    let examined = examine(file, Kind::by_name(&part.file), watch);
    Ok(match examined {
        Ok(examined) => examined.map(|examined| compared(&examined, part)),
        Err(error) => Some(vec![unreadable(&error)]),
    })
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read to its end: {error}")
}

/// Returns what is wrong with a file by itself, and what is not as it was.
fn compared(examined: &Examined, part: &Part) -> Vec<String> {
    let mut findings = Vec::new();
    if examined.bytes != part.bytes {
        findings.push(format!(
            "has {} bytes, and had {}",
            examined.bytes, part.bytes
        ));
    }
    let sha256 = examined.sha256.to_string();
    if sha256 != part.sha256 {
        findings.push(format!(
            "has changed: its SHA-256 is {sha256}, and was {}",
            part.sha256
        ));
    }
    findings.extend(examined.findings.iter().cloned());
    match (examined.raw_bytes, part.raw_bytes) {
        (Some(now), Some(then)) if now != then => {
            findings.push(format!("inflates to {now} bytes, and did to {then}"));
        }
        _ => {}
    }
    findings
}
