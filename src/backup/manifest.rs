//! The manifest: what is known of a backup, as it stands beside the file.
//!
//! Pure: a value and its JSON. Whoever reads a folder of them is the catalog.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::BackupId;
use crate::backend::dump::{DatabaseFacts, Format, Scope};
use crate::backend::restore::{hold_applied, hold_mark};
use crate::version::Version;

/// The layout of a manifest; a newer one is refused.
pub const SCHEMA_VERSION: u32 = 1;

/// What is known of one backup. Written last, when the file is whole and on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this document: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The backup's name, and that of its files.
    pub id: BackupId,
    /// What was copied.
    pub database: Source,
    /// The engine's version, as it calls itself.
    pub engine_version: String,
    /// The tools that made it, with their versions: `dieselkit`, `pg_dump`.
    pub tools: Vec<String>,
    /// When its moment was: what was committed before is in it.
    pub started_at: DateTime<Utc>,
    /// When it stood on disk.
    pub finished_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How its contents are written down.
    pub format: Format,
    /// Which part of the database it holds.
    pub scope: Scope,
    /// Its files, the one with the data first.
    pub parts: Vec<Part>,
    /// Which migrations were applied.
    pub migrations: MigrationState,
    /// What a restored copy is compared with.
    pub facts: DatabaseFacts,
    /// What the engine's tool complained of without failing, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What was checked, when, and what came of it; oldest first.
    pub verdicts: Vec<Verdict>,
    /// What its maker wanted to be remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether it stays whatever the policy says.
    #[serde(default)]
    pub pinned: bool,
}

/// The database that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The database's identity: the same under whatever address.
    pub identity: String,
    /// `PostgreSQL` or `SQLite`.
    pub engine: String,
    /// Its own name.
    pub name: String,
    /// How it was reached, without secrets.
    pub target: String,
    /// The environment in which it was copied.
    pub environment: String,
}

/// One file of a backup, or a folder of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, in the folder of the manifest; within a folder with `/`.
    pub file: String,
    /// Its size on disk, in bytes.
    #[serde(rename = "size_bytes")]
    pub bytes: u64,
    /// Its size before compression, in bytes, where it was compressed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_bytes: Option<u64>,
    /// SHA-256 of the bytes on disk, as hexadecimal digits.
    pub sha256: String,
}

/// Which migrations a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MigrationState {
    /// The newest applied version, by its text.
    pub head: Option<String>,
    /// Every applied version, by its text, in order.
    pub applied: Vec<String>,
    /// Every version of which some statements had run, and not all, by its text, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub half_applied: Vec<String>,
}

impl MigrationState {
    /// Returns whether nothing of a migration is in it.
    pub fn is_before(&self, version: &Version) -> bool {
        let mut begun = self.applied.iter().chain(&self.half_applied);
        !begun.any(|begun| begun == version.as_str())
    }
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// While it was made: the tool's exit status, the end marker, the trailer, the hash.
    Created,
    /// The files, read again: size, hash, gzip, end marker.
    Files,
    /// A restored copy, compared with the facts.
    Restore,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was checked.
    pub check: Check,
    /// When.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What is wrong; nothing where it passed.
    pub findings: Vec<String>,
}

impl Verdict {
    /// Returns whether nothing was wrong.
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Manifest {
    /// Returns whether its files say which migrations are applied: those of a part may not.
    pub fn holds_applied(&self) -> bool {
        hold_applied(&self.facts)
    }

    /// Returns whether its files carry the mark of their environment: those of a part may not.
    pub fn holds_mark(&self) -> bool {
        hold_mark(&self.facts)
    }

    /// Returns the last verdict of a check.
    pub fn verdict(&self, check: Check) -> Option<&Verdict> {
        self.verdicts
            .iter()
            .rev()
            .find(|verdict| verdict.check == check)
    }

    /// Returns the last verdict of a check that found nothing.
    pub fn passed(&self, check: Check) -> Option<&Verdict> {
        let mut newest_first = self.verdicts.iter().rev();
        newest_first.find(|verdict| verdict.check == check && verdict.passed())
    }

    /// Returns what is wrong with it: by the last look at its files, which a restore that passed is
    /// too, or because no restore of them was ever what had been counted. One that was is proof of
    /// them: as long as they are the same bytes, a later one that fails speaks of where it was tried.
    pub fn findings(&self) -> impl Iterator<Item = &str> {
        let came_back = self.passed(Check::Restore).is_some();
        let restore = self.verdict(Check::Restore).filter(|_| !came_back);
        let verdicts = [
            self.verdict(Check::Created),
            self.last_look_at_files(),
            restore,
        ];
        let findings = verdicts.into_iter().flatten();
        findings.flat_map(|verdict| verdict.findings.iter().map(String::as_str))
    }

    /// Returns whether something is wrong with it, as [`Manifest::findings`] says.
    pub fn failed(&self) -> bool {
        self.findings().next().is_some()
    }

    fn last_look_at_files(&self) -> Option<&Verdict> {
        let looks_at_files = |verdict: &&Verdict| match verdict.check {
            Check::Created => false,
            Check::Files => true,
            Check::Restore => verdict.passed(),
        };
        self.verdicts.iter().rev().find(looks_at_files)
    }

    /// Returns what its files are in the manifest's folder, each once: a file, or a folder of them.
    pub(super) fn tops(&self) -> Vec<&str> {
        let files = self.parts.iter().map(|part| part.file.as_str());
        let tops = files.map(|file| file.split('/').next().unwrap_or_default());
        let mut tops: Vec<&str> = tops.collect();
        tops.sort_unstable();
        tops.dedup();
        tops
    }

    /// Returns the sum of the sizes on disk, in bytes.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// What MIGRATIONS.md shows has every field, under the name that it has.
    #[test]
    fn the_documented_manifest_is_one_with_every_field() {
        let chapter = include_str!("../../MIGRATIONS.md")
            .split_once("### The manifest")
            .and_then(|(_, chapter)| chapter.split_once("```json\n"))
            .and_then(|(_, example)| example.split_once("```"));
        let (example, _) = chapter.expect("an example");
        let written: Value = serde_json::from_str(example).expect("JSON");
        let manifest: Manifest = serde_json::from_value(written.clone()).expect("a manifest");
        let again = serde_json::to_value(&manifest).expect("JSON");
        assert_eq!(again, written);
    }
}
