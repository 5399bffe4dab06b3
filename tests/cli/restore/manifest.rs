//! A file without its manifest is compared with nothing, and one with a broken manifest is refused.

use super::{backed_up, beside, contents, file_of, name_of, neighbours};
use crate::session::studio_applied;
use crate::support::engine::Engine;

on_both_engines![
    a_file_without_its_manifest_is_compared_with_nothing,
    the_old_one_stays_where_nothing_is_compared,
    a_backups_data_without_its_manifest_is_named,
    a_file_whose_manifest_is_broken_is_refused,
];

fn a_file_without_its_manifest_is_compared_with_nothing(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let file = file_of(database, &id);
    std::fs::copy(project.path(&file), project.path("found.gz")).expect("copied");
    let copy = beside(database, "copy");
    let name = name_of(&copy);
    let planned = project.run(["restore", "found.gz", "--dry-run"]).succeeds();
    let part = "whether it is the whole database is not known";
    let is_file = database.either("sqlite", "postgres") == "sqlite";
    assert_eq!(
        !planned.stdout.contains(part),
        is_file,
        "{}",
        planned.stdout
    );
    let words = ["restore", "found.gz", "--into", &name, "--json"];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["compared"], "nothing");
    assert!(report["warnings"][0].is_string(), "{report}");
    assert_eq!(
        contents(database, &copy),
        contents(database, &database.url())
    );
    // Where it lies, it is the backup.
    let name = name_of(&beside(database, "again"));
    let report = project.run(["restore", &file, "--into", &name, "--json"]);
    assert_eq!(report.succeeds().json()["data"]["compared"], "manifest");
}

/// An empty one, or another's, would be all that is left.
fn the_old_one_stays_where_nothing_is_compared(database: &dyn Engine) {
    let project = studio_applied(database);
    project.run(["backup", "create", "-q"]).succeeds();
    let made = project.shell("ls backups/*.gz").succeeds().stdout;
    let copy = database.either("copy.sqlite.gz", "copy.sql.gz");
    project
        .shell(&format!("cp '{}' {copy}", made.trim()))
        .succeeds();
    let words = [
        "restore",
        copy,
        "--replace",
        "--drop-old",
        "--yes",
        "--json",
    ];
    let report = project.run(words).succeeds().json();
    assert!(report["data"]["replaced"].is_string(), "{report}");
    assert_eq!(report["data"]["old"], "kept", "{report}");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("was not dropped"), "{report}");
}

/// Nobody else names what nothing is known of.
fn a_backups_data_without_its_manifest_is_named(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let file = file_of(database, &id);
    let words = "is a backup's data without its manifest";
    let said = |words: &[&str]| {
        let output = project.run(words);
        output.stdout + &output.stderr
    };
    let looks = [
        &["backup", "list"][..],
        &["backup", "list", "--all"],
        &["backup", "health", "--max-age", "26h"],
        &["doctor"],
    ];
    for look in looks {
        assert!(!said(look).contains(words), "{look:?}");
    }
    project.remove(&format!("backups/{id}.json"));
    for look in looks {
        let said = said(look);
        let told = format!(
            "`{file}` {words}, and counts as no backup; it can be restored all the same: `dieselkit restore {file}`"
        );
        assert!(said.contains(&told), "{look:?}: {said}");
    }
    let listed = project.run(["backup", "list", "--json"]).succeeds().json();
    assert_eq!(
        listed["warnings"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    let line = format!("dieselkit restore {file}");
    project.shell(&line).succeeds();
    // What lies there half made, or is no data, is something else.
    project.write(&format!("backups/{id}.json.making"), "");
    project.write("backups/shop_20200101T000000Z_001.globals.sql.gz", "");
    project.write("backups/mine.sql.gz", "");
    assert!(!said(looks[0]).contains(words), "{}", said(looks[0]));
}

/// There is something to compare it with, which nobody is to forget.
fn a_file_whose_manifest_is_broken_is_refused(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let file = file_of(database, &id);
    let manifest = format!("backups/{id}.json");
    let there = neighbours(database);
    let content = project.read(&manifest);
    let name = name_of(&beside(database, "copy"));
    for broken in ["", &content[..content.len() / 2]] {
        project.write(&manifest, broken);
        for flags in [&["--dry-run"][..], &[]] {
            let words = ["restore", &file, "--into", &name];
            let said = project.run(words.iter().chain(flags)).exits(1).stderr;
            let words = format!("the manifest `{manifest}` of `{file}` cannot be read");
            assert!(said.contains(&words), "{said}");
            assert!(said.contains(&format!("`mv {manifest} ")), "{said}");
        }
        let shown = project.run(["backup", "show", &id]).exits(1).stderr;
        assert!(shown.contains(&format!("`mv {manifest} ")), "{shown}");
        assert_eq!(neighbours(database), there);
    }
    let layout = |number: u32| format!("\"schema_version\": {number}");
    assert!(content.contains(&layout(1)), "{content}");
    project.write(&manifest, &content.replace(&layout(1), &layout(2)));
    for words in [
        &["restore", &file, "--into", &name][..],
        &["backup", "show", &id],
    ] {
        let said = project.run(words).exits(1).stderr;
        for words in [
            "a newer dieselkit wrote it",
            "hint: use the dieselkit that wrote it",
        ] {
            assert!(said.contains(words), "{said}");
        }
        assert!(!said.contains("`mv "), "nothing is wrong with it: {said}");
    }
    let aside = format!("mv {manifest} {manifest}.broken");
    project.shell(&aside).succeeds();
    project.run(["restore", &file, "--into", &name]).succeeds();
}
