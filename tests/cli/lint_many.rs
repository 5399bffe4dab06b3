//! `lint` over as many migrations as a product of some years has.
//!
//! They are the shapes in `tests/support/many`, once for each noun: tables and what refers to them,
//! columns, indexes, backfills, checks, views, triggers, enumerations, and what somebody wrote in haste; in
//! folders and single files, inside of a transaction and outside. `scripts/bench.sh lint` measures the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::session::assert_text;
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![many_migrations_are_linted_whole];

/// Returns what lies in a folder, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).expect("it is a folder of the suite");
    let mut entries: Vec<PathBuf> = read
        .map(|entry| entry.expect("it is readable").path())
        .collect();
    entries.sort();
    entries
}

/// Writes a shape, or a file of one, with the words of a noun in it.
fn write(project: &Project, shape: &Path, path: &str, words: &[(&str, &str)]) {
    let of_noun = |text: &str| {
        let mut text = text.to_owned();
        for (word, noun) in words {
            text = text.replace(word, noun);
        }
        text
    };
    if shape.is_dir() {
        for file in entries(shape) {
            let name = file.file_name().expect("it is a file").to_string_lossy();
            write(project, &file, &format!("{path}/{name}"), words);
        }
    } else {
        let text = std::fs::read_to_string(shape).expect("it is a file of the suite");
        project.write(path, &of_noun(&text));
    }
}

/// Lays out the shapes of an engine, and returns the project and how many migrations it has.
fn project(engine: &str, database: &dyn Engine) -> (Project, usize) {
    let many = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/many");
    let nouns = std::fs::read_to_string(many.join("nouns.txt")).expect("it is a file of the suite");
    let nouns: Vec<&str> = nouns.lines().collect();
    let shapes = entries(&many.join(engine));
    let project = Project::new().on(database);
    for (index, noun) in nouns.iter().enumerate() {
        // The first one belongs to its own kind.
        let parent = nouns[index.saturating_sub(1)];
        let day = index + 1;
        for shape in &shapes {
            let name = shape.file_name().expect("it is a shape").to_string_lossy();
            let (number, name) = name.split_once('_').expect("its number and its name");
            let path = format!("migrations/2026-01-{day:02}-{number}0000_{noun}_{name}");
            write(
                &project,
                shape,
                &path,
                &[("THING", noun), ("PARENT", parent)],
            );
        }
    }
    (project, nouns.len() * shapes.len())
}

/// Says what was found, and what was ignored, by rule.
fn counts(document: &Value) -> String {
    let data = &document["data"];
    let mut found: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in data["findings"].as_array().expect("a list") {
        let word = |key: &str| finding[key].as_str().expect("a word");
        *found.entry((word("rule"), word("level"))).or_default() += 1;
    }
    let mut said = String::new();
    for ((rule, level), count) in found {
        let _ = writeln!(said, "{count:4} {level} {rule}");
    }
    let ignored = data["ignored"].as_array().expect("a list").len();
    let _ = writeln!(said, "{ignored:4} ignored");
    said
}

fn many_migrations_are_linted_whole(database: &dyn Engine) {
    let engine = database.url();
    let engine = if engine.starts_with("postgres") {
        "postgres"
    } else {
        "sqlite"
    };
    let (project, count) = project(engine, database);
    assert!(count >= 200, "{count}");
    let mut said = String::new();
    // What one run makes itself holds no rows of anybody's yet.
    for (line, code) in [("lint --json", 0), ("lint --all --json", 3)] {
        let document = project.run(line.split(' ')).exits(code).json();
        let files = document["data"]["files"].as_array().expect("a list");
        let migrations: BTreeSet<&str> = files
            .iter()
            .filter_map(|file| {
                file.as_str()?
                    .strip_prefix("migrations/")?
                    .split('/')
                    .next()
            })
            .collect();
        assert_eq!(migrations.len(), count, "{line}");
        let _ = writeln!(said, "$ dieselkit {line}\n{}", counts(&document));
    }
    assert_text(&format!("lint_many_{engine}"), &said);
    // They are real ones.
    project.run(["up", "-q"]).succeeds();
    let left = project.run(["lint", "--json"]).succeeds().json();
    assert_eq!(left["data"]["files"], serde_json::json!([]));
}
