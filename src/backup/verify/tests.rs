//! A verdict says what became of a backup's files, and nothing is lost by asking for it.

mod damage;

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::*;
use crate::backend::address::DatabaseAddress;
use crate::backup::examples::manifest;
use crate::backup::gzip::{self, Options};
use crate::backup::{Catalog, Part, Pin};
use crate::cancellation::Cancellation;
use crate::checksum::Checksum;
use crate::environment::Environment;

/// A folder with one backup of two files.
struct Night {
    folder: tempfile::TempDir,
    manifest: Manifest,
    backups: Backups,
}

impl Night {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = "1\tAda\n".repeat(300);
        let script = format!("{rows}--\n-- PostgreSQL database dump complete\n--\n\n");
        let mut manifest = manifest();
        let id = manifest.id.clone();
        manifest.parts = vec![
            compress(folder.path(), &format!("{id}.sql.gz"), script.as_bytes()),
            write(
                folder.path(),
                &format!("{id}.globals.sql"),
                b"CREATE ROLE app;\n--\n-- PostgreSQL database cluster dump complete\n--\n",
            ),
        ];
        let address: DatabaseAddress = address().parse().expect("an address");
        let environment = Environment::new("development").expect("a name");
        let mut backups = Backups::new(&address, &environment, folder.path());
        let catalog = backups.lock().expect("the folder is ours");
        catalog.write(&manifest).expect("there is room");
        Self {
            folder,
            manifest,
            backups,
        }
    }

    /// The file of a part.
    fn path(&self, part: usize) -> std::path::PathBuf {
        self.folder.path().join(&self.manifest.parts[part].file)
    }

    fn verify(&mut self) -> Verified {
        let verified = self.backups.verify(&self.manifest.id);
        verified.expect("the folder is ours")
    }

    /// Verifies, and returns the findings with the backup's name shortened; they have to stand in
    /// the manifest too.
    fn findings(&mut self) -> Vec<String> {
        let verified = self.verify();
        verified.recorded.expect("the folder is ours");
        let recorded = self.recorded();
        assert_eq!(recorded.verdict(Check::Files), Some(&verified.verdict));
        assert_eq!(recorded.failed(), !verified.verdict.passed());
        let id = self.manifest.id.as_str();
        let findings = verified.verdict.findings.iter();
        findings.map(|finding| finding.replace(id, "ID")).collect()
    }

    /// The manifest as it is on disk.
    fn recorded(&self) -> Manifest {
        let listing = Catalog::new(self.folder.path()).read().expect("it is ours");
        let found = listing.find(self.manifest.id.as_str());
        found.expect("it is there").manifest.clone()
    }
}

/// None is reached here, whatever is compiled in.
fn address() -> &'static str {
    if cfg!(feature = "sqlite") {
        "sqlite:shop.db"
    } else {
        "postgres://app@db/shop"
    }
}

fn write(folder: &Path, file: &str, bytes: &[u8]) -> Part {
    fs::write(folder.join(file), bytes).expect("the folder is ours");
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    Part {
        file: file.to_owned(),
        bytes: bytes.len() as u64,
        raw_bytes: None,
        sha256: Checksum::from_bytes(sha256).to_string(),
    }
}

fn compress(folder: &Path, file: &str, raw: &[u8]) -> Part {
    let mut compressed = Vec::new();
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |_| {},
    };
    gzip::compress(raw, &mut compressed, &Options::default(), &mut watch)
        .expect("memory does not fail");
    Part {
        raw_bytes: Some(raw.len() as u64),
        ..write(folder, file, &compressed)
    }
}

#[test]
fn a_whole_backup_passes() {
    let mut night = Night::new();
    assert_eq!(night.findings(), [""; 0]);
    let recorded = night.recorded();
    assert_eq!(recorded.verdicts.len(), 2);
    assert_eq!(recorded.parts, night.manifest.parts);
}

#[test]
fn a_file_that_is_missing_is_found() {
    let mut night = Night::new();
    fs::remove_file(night.path(0)).expect("it is there");
    assert_eq!(night.findings(), ["`ID.sql.gz` is missing"]);
}

#[test]
fn a_file_that_is_cut_off_is_found() {
    let mut night = Night::new();
    let bytes = fs::read(night.path(0)).expect("it is there");
    fs::write(night.path(0), &bytes[..40]).expect("it is ours");
    let findings = night.findings();
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert_eq!(
        findings[0],
        format!("`ID.sql.gz` has 40 bytes, and had {}", bytes.len())
    );
    assert!(findings[1].starts_with("`ID.sql.gz` has changed: its SHA-256 is "));
    assert_eq!(
        findings[2],
        "`ID.sql.gz` breaks off in the middle of its compressed data, after 40 bytes"
    );
}

#[test]
fn a_bit_that_nothing_else_would_find_is_found_by_the_hash() {
    let mut night = Night::new();
    let mut bytes = fs::read(night.path(0)).expect("it is there");
    // A time, which gzip does not check.
    bytes[4] ^= 1;
    fs::write(night.path(0), &bytes).expect("it is ours");
    let findings = night.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].starts_with("`ID.sql.gz` has changed"));
}

#[test]
fn each_file_is_looked_at() {
    let mut night = Night::new();
    fs::write(night.path(1), "CREATE ROLE app;\n").expect("it is ours");
    let findings = night.findings();
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(
        findings
            .iter()
            .all(|finding| finding.starts_with("`ID.globals.sql` "))
    );
}

#[test]
fn a_backup_that_is_whole_again_passes() {
    let mut night = Night::new();
    let bytes = fs::read(night.path(0)).expect("it is there");
    fs::write(night.path(0), "").expect("it is ours");
    assert_ne!(night.findings(), [""; 0]);
    fs::write(night.path(0), bytes).expect("it is ours");
    assert_eq!(night.findings(), [""; 0]);
}

#[test]
fn what_others_write_into_the_manifest_stays() {
    let mut night = Night::new();
    let id = night.manifest.id.clone();
    night.backups.pin(&id, Pin::Keep).expect("it is ours");
    assert_eq!(night.findings(), [""; 0]);
    assert!(night.recorded().pinned);
}

#[test]
fn a_backup_that_is_not_there_is_an_error() {
    let mut night = Night::new();
    let id = BackupId::parse("other_20261121T030000Z_003").expect("a name");
    let error = night.backups.verify(&id).expect_err("there is none");
    assert!(
        matches!(error, BackupsError::Catalog(CatalogError::Unknown { .. })),
        "{error:?}"
    );
}

#[test]
fn a_request_to_stop_leaves_no_verdict() {
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let mut night = Night::new();
    night.backups = night.backups.with_cancellation(cancellation);
    let error = night
        .backups
        .verify(&night.manifest.id)
        .expect_err("it was asked to stop");
    assert!(
        matches!(error, BackupsError::Interrupted { .. }),
        "{error:?}"
    );
    assert_eq!(night.recorded(), night.manifest);
}

#[test]
fn progress_is_that_of_all_files() {
    let mut night = Night::new();
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let telling = std::sync::Arc::clone(&told);
    night.backups = night.backups.with_observer(move |event: &Event| {
        let bytes = match event {
            Event::RestoreStarted { bytes, .. } | Event::RestoreProgressed { bytes, .. } => *bytes,
            Event::RestoreFinished { .. } => 0,
            other => panic!("{other:?}"),
        };
        telling.lock().expect("nobody panicked").push(bytes);
    });
    night.verify();
    let first = night.manifest.parts[0].bytes;
    let all = night.manifest.bytes();
    assert_eq!(*told.lock().expect("nobody panicked"), [all, first, all, 0]);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_to_its_end_is_damaged() {
    let mut night = Night::new();
    fs::remove_file(night.path(0)).expect("it is there");
    // A folder can be opened, and not read.
    fs::create_dir(night.path(0)).expect("the folder is ours");
    let findings = night.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].starts_with("`ID.sql.gz` cannot be read to its end: "));
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_opened_is_an_error_and_no_verdict() {
    let mut night = Night::new();
    fs::remove_file(night.path(0)).expect("it is there");
    // A loop is refused to whoever asks, the superuser too.
    std::os::unix::fs::symlink(night.path(0), night.path(0)).expect("the folder is ours");
    let error = night
        .backups
        .verify(&night.manifest.id)
        .expect_err("it cannot be opened");
    assert!(
        matches!(
            error,
            BackupsError::Catalog(CatalogError::File { action: "read", .. })
        ),
        "{error:?}"
    );
    assert_eq!(night.recorded(), night.manifest);
}

#[test]
fn a_verdict_that_cannot_be_written_down_is_told_all_the_same() {
    let mut night = Night::new();
    // Where the new manifest is written first there is something in the way.
    let beside = format!("{}.json.partial", night.manifest.id);
    fs::create_dir(night.folder.path().join(beside)).expect("the folder is ours");
    let verified = night.verify();
    assert!(verified.verdict.passed());
    assert!(
        matches!(verified.recorded, Err(CatalogError::File { .. })),
        "{verified:?}"
    );
    assert_eq!(night.recorded(), night.manifest);
}
