//! The rules tried on small sources, wrong ones above all: a check that never complains is none.

use crate::rules::{matches, violations};

/// Returns the complaints about a file with its module documentation in place, so that the source
/// starts at line 2.
fn about(path: &str, source: &str) -> Vec<String> {
    violations(path, &format!("//! Docs.\n{source}"))
}

fn is_clean(path: &str, source: &str) {
    assert_eq!(about(path, source), [""; 0], "{source}");
}

#[test]
fn imports_from_below_are_fine() {
    is_clean(
        "src/migration/runner.rs",
        "use crate::{history::store, backend::Backend, sql};",
    );
    is_clean(
        "src/backend/mod.rs",
        "pub(crate) fn run() { crate::sql::split(); }",
    );
    is_clean("src/migration/plan.rs", "use super::source::Migration;");
    is_clean(
        "src/bin/dieselkit/main.rs",
        "use crate::settings::Settings;",
    );
    is_clean("src/error.rs", "use crate::migration::MigrationError;");
}

#[test]
fn imports_from_above_are_found_however_they_are_written() {
    let complaint = "src/backend/lock.rs:2: `backend` must not import `history`";
    for source in [
        "use crate::history;",
        "use crate::history::store::Row;",
        "use crate::{sql, history::{self, store}};",
        "fn read() { crate::history::read(); }",
        "use super::super::history;",
        "impl From<crate::history::Row> for u8 {}",
    ] {
        let found = about("src/backend/lock.rs", source);
        assert!(
            found.iter().any(|found| found == complaint),
            "{source}: {found:?}"
        );
    }
}

#[test]
fn areas_of_one_layer_do_not_import_each_other() {
    let found = about("src/migration/runner.rs", "\nuse crate::seed::plan;");
    assert_eq!(
        found,
        ["src/migration/runner.rs:3: `migration` must not import `seed`"]
    );
    assert_eq!(
        about("src/seed/runner.rs", "use crate::migration::plan;"),
        [""; 0]
    );
}

#[test]
fn unknown_areas_and_hidden_ones_are_found() {
    assert_eq!(
        about("src/misc.rs", "use crate::sql;"),
        ["src/misc.rs:2: area `misc` is in none of LAYERS"]
    );
    assert_eq!(
        about("src/backend/mod.rs", "use crate::misc;"),
        ["src/backend/mod.rs:2: area `misc` is in none of LAYERS"]
    );
    assert_eq!(
        about("src/backend/mod.rs", "use crate::Migrator;"),
        ["src/backend/mod.rs:2: `crate::Migrator` hides its area: import from the module itself"]
    );
}

#[test]
fn pure_code_names_nothing_of_the_world() {
    for (source, name) in [
        ("use diesel::prelude::*;", "diesel::prelude::*"),
        ("use std::fs;", "std::fs"),
        ("use std::{fmt, env::{self, var}};", "std::env::self"),
        ("fn run() { std::process::abort() }", "std::process::abort"),
        (
            "use std::time::{Duration, SystemTime};",
            "std::time::SystemTime",
        ),
        ("fn now() { chrono::Utc::now(); }", "chrono::Utc::now"),
    ] {
        for path in [
            "src/sql/split.rs",
            "src/migration/plan.rs",
            "src/backend/sqlite/dialect.rs",
        ] {
            let found = about(path, source);
            let expected = format!("{path}:2: pure code names `{name}`");
            assert!(found.contains(&expected), "{source}: {found:?}");
        }
        is_clean("src/backend/tool.rs", source);
    }
    is_clean(
        "src/version.rs",
        "use dieselkit_like::Thing; // std::fs\nconst A: &str = \"std::fs\";",
    );
}

#[test]
fn backends_differ_under_backend_alone() {
    let source = "#[cfg(all(unix, feature = \"postgres\"))]\nfn f() {}";
    is_clean("src/backend/mod.rs", source);
    let expected = "`postgres` is asked for outside of src/backend";
    assert_eq!(
        about("src/lib.rs", source),
        [format!("src/lib.rs:2: {expected}")]
    );
    is_clean(
        "src/lib.rs",
        "//! `feature = \"postgres\"`\n#[cfg(feature = \"cli\")] fn f() {}",
    );
}

#[test]
fn only_reports_and_errors_print() {
    let source = "fn f() { anstream::println!(\"x\") }";
    is_clean("src/bin/dieselkit/report/human.rs", source);
    is_clean("src/bin/dieselkit/error.rs", source);
    let path = "src/bin/dieselkit/commands/up.rs";
    let expected = format!("{path}:2: `println!` outside of the program's reports and errors");
    assert_eq!(about(path, source), [expected]);
}

#[test]
fn every_file_says_what_it_is_for() {
    let found = violations("src/sql/mod.rs", "pub mod split;");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("src/sql/mod.rs:1: does not start with `//!`"));
}

#[test]
fn tests_are_left_out_and_what_follows_them_is_not() {
    let source = "#[cfg(test)]\nmod tests { fn f() { if a { std::fs::read(); } } }\nuse std::env;";
    assert_eq!(
        about("src/sql/split.rs", source),
        ["src/sql/split.rs:4: pure code names `std::env`"]
    );
    is_clean("src/sql/split.rs", "#[cfg(test)]\nmod tests;\n");
    is_clean("src/sql/split/tests.rs", "use std::fs;");
}

#[test]
fn literals_and_comments_do_not_confuse_the_reader() {
    let source = r###"
        const A: char = '"'; const B: char = '\''; fn f<'a>(x: &'a str) {}
        const C: &str = r##"quote " and "# and use std::fs;"##; /* /* */ std::fs */
        const D: &[u8] = b"\" std::fs"; fn r#type() {}
        use std::env;"###;
    assert_eq!(
        about("src/sql/split.rs", source),
        ["src/sql/split.rs:6: pure code names `std::env`"]
    );
}

#[test]
fn patterns_match_as_declared() {
    assert!(matches("src/sql/**", "src/sql/split/mod.rs"));
    assert!(matches("src/migration/plan*", "src/migration/plan.rs"));
    assert!(!matches(
        "src/migration/plan*",
        "src/migration/plan/steps.rs"
    ));
    assert!(matches(
        "src/backend/*/dialect*",
        "src/backend/sqlite/dialect.rs"
    ));
    assert!(!matches("src/version.rs", "src/version_test.rs"));
}

#[test]
fn commands_that_are_made_without_quoting_are_found() {
    for (source, command) in [
        (
            r#"fn a() { format!("remove it: `rm {}`", path.display()); }"#,
            "rm {}",
        ),
        (
            r#"fn a() { format!("`x` or `dieselkit resolve {version} --applied`"); }"#,
            "dieselkit resolve {version} --applied",
        ),
        (
            r#"fn a() { format!("by `--env {marked}`"); }"#,
            "--env {marked}",
        ),
    ] {
        let complaint = format!(
            "src/seed/error.rs:2: `{command}` is made without `shell::command`, which quotes"
        );
        assert_eq!(about("src/seed/error.rs", source), [complaint]);
    }
    for source in [
        r#"fn a() { command("rm {}", &[path]); }"#,
        r#"fn a() { format!("write `{}`, then run `dieselkit up`", path.display()); }"#,
        r#"fn a() { format!("`DROP TABLE {name};`"); }"#,
        r#"fn a() { format!("`go on` {name} `dieselkit up`"); }"#,
    ] {
        is_clean("src/seed/error.rs", source);
    }
}
