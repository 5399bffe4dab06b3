//! What comments ignore, and what is wrong with some.

use super::{found, lint};
#[cfg(feature = "postgres")]
use crate::backend::address::Engine;
use crate::lint::{Linter, Options, Subject, Together};
use crate::migration::MigrationSet;

#[cfg(feature = "postgres")]
#[test]
fn squawks_comment_hides_an_error_only_with_a_reason() {
    let of = |up: &str| lint(Engine::Postgres, &[up], Together::Apart);
    let rule = "ban-truncate-cascade";
    let ours = "-- lint:ignore drops-data -- it is a cache";
    for (comment, expected) in [
        (String::new(), vec!["3 ban-truncate-cascade"]),
        (
            format!("-- squawk-ignore {rule}"),
            vec!["3 ban-truncate-cascade"],
        ),
        (
            "-- squawk-ignore-file".to_owned(),
            vec!["3 ban-truncate-cascade"],
        ),
        (
            format!("/* é */ -- squawk-ignore {rule} -- it is a cache"),
            vec![],
        ),
    ] {
        let report = of(&format!("{ours}\n{comment}\nTRUNCATE users CASCADE;"));
        assert_eq!(found(&report), expected, "{comment}");
        let helps = report.findings.iter().filter_map(|it| it.help.as_deref());
        let mut helps = helps.filter(|help| help.contains("needs a reason"));
        let is_hidden = comment.contains("squawk") && !expected.is_empty();
        assert_eq!(helps.next().is_some(), is_hidden, "{comment}");
    }
    // What is no error it hides as it does for squawk.
    let taste = "-- squawk-ignore prefer-text-field\nALTER TABLE users ADD COLUMN b varchar(3);";
    assert_eq!(found(&of(taste)), [""; 0]);
}

#[test]
fn a_comment_without_a_rule_ignores_nothing_and_says_so() {
    for engine in crate::lint::rule::ANY {
        if engine.grammar().is_err() {
            continue;
        }
        let up = "-- lint:ignore -- all of it is meant\nDELETE FROM users;";
        let report = lint(*engine, &[up], Together::Apart);
        assert_eq!(
            found(&report),
            ["1 ignore-unknown-rule", "2 write-without-where"]
        );
        assert!(report.ignored.is_empty());
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_comment_in_a_block_is_about_a_statement_of_it() {
    let comment = "-- lint:ignore write-without-where -- all are meant";
    for (body, expected, ignored) in [
        (
            format!("DELETE FROM a;\n{comment}\nDELETE FROM b;\nDELETE FROM c;"),
            vec!["2 write-without-where", "5 write-without-where"],
            1,
        ),
        (
            format!("DELETE FROM a; {comment}\nDELETE FROM b;"),
            vec!["3 write-without-where"],
            1,
        ),
        (format!("{comment}\nEXECUTE 'DELETE FROM a';"), vec![], 1),
        (
            format!("PERFORM 1;\n{comment}\nPERFORM 2;"),
            vec!["3 ignore-unused"],
            1,
        ),
        (
            "-- lint:ignore write-without-where\nDELETE FROM a;".to_owned(),
            vec!["2 ignore-without-reason", "3 write-without-where"],
            0,
        ),
    ] {
        let up = format!("DO $body$ BEGIN\n{body}\nEND $body$;");
        let report = lint(Engine::Postgres, &[&up], Together::Apart);
        assert_eq!(found(&report), expected, "{up}");
        assert_eq!(report.ignored.len(), ignored, "{up}");
    }
}

#[test]
fn a_comment_before_the_sections_of_a_file_ignores_nothing_and_says_so() {
    let folder = tempfile::tempdir().expect("there is room");
    let text = "-- lint:ignore write-without-where -- all are meant\n-- migrate:up\nDELETE FROM users;\n-- migrate:down\nSELECT 1;\n";
    std::fs::write(folder.path().join("001_it.sql"), text).expect("there is room");
    let set = MigrationSet::scan(folder.path()).expect("it can be read");
    let subject = Subject::from(&set.migrations()[0]);
    for engine in crate::lint::rule::ANY {
        if engine.grammar().is_err() {
            continue;
        }
        let linter = Linter::new(*engine, Options::default()).expect("it is compiled in");
        let report = linter.lint(std::slice::from_ref(&subject), Together::Apart);
        let expected = ["1 ignore-unused", "3 write-without-where"];
        assert_eq!(found(&report), expected, "{engine}");
    }
}
