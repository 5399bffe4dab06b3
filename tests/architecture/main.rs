//! The architecture, checked from the sources: which area may import which, what is pure, where
//! backends may differ, who may print, where commands to paste are made.
//!
//! This file holds the declarations and applies them; `rules` judges one file, `paths` and
//! `tokens` read it. When a rule here is in the way, the design is discussed, not the rule dodged.

mod paths;
mod rules;
mod rules_test;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

/// The library's areas, from the top down; each imports from the layers below its own.
const LAYERS: &[&[&str]] = &[
    &["startup"],
    &["migration", "seed", "backup", "lint", "schema"],
    &["operation"],
    &["history"],
    &["backend"],
    &["sql", "event", "error", "file_kind"],
    &["shell"],
    &[
        "version",
        "checksum",
        "environment",
        "clock",
        "cancellation",
    ],
];

/// What imports from its own layer or from above, all the same; the map in `lib.rs` says why.
const DECLARED_ARROWS: &[(&str, &str)] = &[
    // The sum of the areas' errors knows them all.
    ("error", "*"),
    // Seeding refuses while migrations are pending.
    ("seed", "migration"),
    // What is linted are the migrations' files.
    ("lint", "migration"),
];

/// Code that needs no database, no file, no environment, no process and no clock. `*` stands for
/// anything but `/`, `**` for anything. Each has to match a file, but for those in [`AWAITED`].
const PURE: &[&str] = &[
    "src/version.rs",
    "src/checksum.rs",
    "src/environment.rs",
    "src/event.rs",
    "src/event/leftover.rs",
    "src/event/loss.rs",
    "src/cancellation.rs",
    "src/shell.rs",
    "src/sql/**",
    "src/history/attempt.rs",
    "src/history/ledger.rs",
    "src/migration/asked.rs",
    "src/migration/check/files.rs",
    "src/migration/check/report.rs",
    "src/migration/failure.rs",
    "src/migration/migrator/conclude.rs",
    "src/migration/model.rs",
    "src/migration/loss/trace**",
    "src/migration/options.rs",
    "src/migration/place.rs",
    "src/migration/plan**",
    "src/migration/report.rs",
    "src/migration/status**",
    "src/migration/template.rs",
    "src/backup/catalog/names.rs",
    "src/backup/health.rs",
    "src/backup/id.rs",
    "src/backup/manifest.rs",
    "src/backup/metrics.rs",
    "src/backup/restore/cures.rs",
    "src/backup/retention**",
    "src/seed/credentials.rs",
    "src/seed/generate/asked.rs",
    "src/seed/generate/chance.rs",
    "src/seed/generate/check**",
    "src/seed/generate/combinations.rs",
    "src/seed/generate/content**",
    "src/seed/generate/draft.rs",
    "src/seed/generate/layout**",
    "src/seed/generate/maker.rs",
    "src/seed/generate/name.rs",
    "src/seed/generate/number*.rs",
    "src/seed/generate/ordinal.rs",
    "src/seed/generate/pool.rs",
    "src/seed/generate/span.rs",
    "src/seed/generate/text.rs",
    "src/seed/generate/topic.rs",
    "src/seed/generate/usual.rs",
    "src/seed/rows**",
    "src/seed/template**",
    "src/lint/**",
    "src/backend/lint.rs",
    "src/backend/*/lint**",
    "src/backend/dump/facts.rs",
    "src/backend/dump/format.rs",
    "src/backend/postgres/dump/pattern.rs",
    "src/backend/postgres/restore/fill/pour.rs",
    "src/backend/postgres/restore/fill/roles.rs",
    "src/backend/postgres/restore/names.rs",
    "src/backend/restore/compare.rs",
    "src/backend/restore/dump_head.rs",
    "src/backend/postgres/locks/by_words**",
    "src/backend/table_lock.rs",
    "src/backend/tables.rs",
    "src/backend/redact.rs",
    "src/backend/postgres/syntax**",
    "src/backend/*/dialect**",
    "src/backend/*/rows/value_type.rs",
    "src/backend/postgres/rows/array.rs",
];

/// Pure code that is not written yet; its file's first commit strikes it from here.
const AWAITED: &[&str] = &[];

/// Where PostgreSQL and SQLite may differ.
const BACKENDS: &str = "src/backend/**";

/// Who may print.
const PRINTERS: &[&str] = &[
    "src/bin/dieselkit/report.rs",
    "src/bin/dieselkit/report/**",
    "src/bin/dieselkit/error.rs",
];

#[test]
fn sources_keep_to_the_architecture() {
    let violations: Vec<String> = sources()
        .iter()
        .flat_map(|(path, source)| rules::violations(path, source))
        .collect();
    let count = violations.len();
    assert!(count == 0, "{count} violations:\n{}", violations.join("\n"));
}

#[test]
fn every_pure_pattern_matches_a_file() {
    let sources = sources();
    for pattern in PURE {
        let found = sources
            .iter()
            .any(|(path, _)| rules::matches(pattern, path));
        let awaited = AWAITED.contains(pattern);
        assert!(
            found || awaited,
            "`{pattern}` matches no file: was one renamed?"
        );
        assert!(
            !(found && awaited),
            "`{pattern}` is there now: strike it from AWAITED"
        );
    }
}

/// Returns every Rust file under `src` with its path relative to the package, sorted.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    assert!(!files.is_empty(), "no sources found");
    let read = |file: &PathBuf| {
        let path = file
            .strip_prefix(root)
            .expect("it was found under the root");
        let source = fs::read_to_string(file).expect("sources are UTF-8");
        (path.to_string_lossy().into_owned(), source)
    };
    files.iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the package has its sources") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
