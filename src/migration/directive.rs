//! What a migration's SQL says of how it is to be run, in a comment of its own:
//! `-- dieselkit: lock_timeout = 10s`.
//!
//! Pure. What holds where a text says nothing is for the runner to know.

use super::error::PrepareError;
use super::model::SqlText;
use super::place::Place;
use super::template;
use crate::backend::limits::{Limit, Limits};
use crate::sql::{BOM, Dialect, Position, TokenKind};

/// What begins a directive, after the dashes.
const MARKER: &str = "dieselkit";

/// Reads the directives of a text, each a line of its own, or several on one with commas between
/// them. One that nobody knows, that cannot be read, or that stands twice is an error: it would hold
/// for less than its author believes. What only looks like one, in a literal, in the body of a function, or
/// in what is commented out, is none.
pub(super) fn read(text: &SqlText, dialect: &dyn Dialect) -> Result<Limits, PrepareError> {
    let mut limits = Limits::default();
    // Few texts have a line that looks like one, and only those are worth a look at their tokens.
    let mut comments = None;
    let (mut start, mut line_number) = (0, text.first_line);
    for line in text.text.split_inclusive('\n') {
        let at = start + line.len() - unindented(line).len();
        let place = Position {
            line: line_number,
            column: 1,
        };
        start += line.len();
        line_number += 1;
        let in_block = words_behind("/*", line).is_some();
        let said = directive(line);
        if !in_block && said.is_none() {
            continue;
        }
        let comments: &Vec<usize> = comments.get_or_insert_with(|| comments_of(text, dialect));
        if comments.binary_search(&at).is_err() {
            continue;
        }
        let refused = |problem| PrepareError::Directive {
            place: Place::at(&text.path, place),
            problem,
        };
        if in_block {
            let problem = "a directive stands behind `--`, not inside of `/* … */`";
            return Err(refused(problem.to_owned()));
        }
        for word in said.into_iter().flat_map(|all| all.split(',')) {
            take(&mut limits, word.trim()).map_err(refused)?;
        }
    }
    Ok(limits)
}

/// Returns where the comments of a text begin, in order.
fn comments_of(text: &SqlText, dialect: &dyn Dialect) -> Vec<usize> {
    let tokens = dialect.lex(&text.text).into_iter();
    let comments = tokens.filter(|token| token.kind == TokenKind::Comment);
    comments.map(|token| token.span.start).collect()
}

/// Returns a line from its first mark on.
fn unindented(line: &str) -> &str {
    line.trim_start_matches(BOM).trim_start()
}

/// Returns the words behind `-- dieselkit:`, where the line is a directive, and not the mark of the
/// template.
pub(super) fn directive(line: &str) -> Option<&str> {
    if template::is_template(line) {
        return None;
    }
    words_behind("--", line)
}

/// Returns the words behind this tool's name and a colon, where a comment that begins so has them.
fn words_behind<'a>(comment: &str, line: &'a str) -> Option<&'a str> {
    let comment = unindented(line).trim_end().strip_prefix(comment)?;
    let (marker, words) = comment.split_once(':')?;
    let is_ours = marker.trim().eq_ignore_ascii_case(MARKER);
    is_ours.then(|| words.trim())
}

fn take(limits: &mut Limits, word: &str) -> Result<(), String> {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let (key, value) = (key.trim(), value.trim());
    let slot = match key {
        "lock_timeout" => &mut limits.lock_timeout,
        "statement_timeout" => &mut limits.statement_timeout,
        _ => return Err(format!("the directive `{key}` is unknown")),
    };
    let limit: Limit = value
        .parse()
        .map_err(|error| format!("the directive `{key}` cannot be `{value}`: {error}"))?;
    match slot.replace(limit) {
        None => Ok(()),
        Some(_) => Err(format!("the directive `{key}` stands twice")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::backend::address::Engine;
    use crate::migration::examples::dialect;

    fn read(text: &SqlText) -> Result<Limits, PrepareError> {
        super::read(text, dialect())
    }

    fn text(text: &str) -> SqlText {
        SqlText::whole_file(Path::new("migrations/001_a/up.sql"), text.to_owned())
    }

    #[test]
    fn a_directive_is_a_line_of_its_own() {
        let lock = |said: &str| read(&text(said)).expect("it reads").lock_timeout;
        let seconds = |seconds| Some(Limit::of(Duration::from_secs(seconds)));
        assert_eq!(lock("SELECT 1;"), None);
        assert_eq!(
            lock("-- dieselkit: lock_timeout = 10s\nSELECT 1;"),
            seconds(10)
        );
        assert_eq!(
            lock("\u{feff}--DieselKit:lock_timeout=10s\r\nSELECT 1;"),
            seconds(10)
        );
        assert_eq!(
            lock("SELECT 1;\n  -- dieselkit : lock_timeout = off"),
            Some(Limit::OFF)
        );
        assert_eq!(lock("SELECT 1; -- dieselkit: lock_timeout = 10s"), None);
        assert_eq!(lock("-- dieselkit runs this: lock_timeout = 10s"), None);
    }

    #[test]
    fn what_only_looks_like_a_directive_is_none() {
        let line = "-- dieselkit: lock_timeout = 10s";
        let block = "/* dieselkit: lock_timeout = 10s */";
        let engines = [Engine::Postgres, Engine::Sqlite].into_iter();
        for dialect in engines.filter_map(|engine| engine.dialect().ok()) {
            for inside in [
                format!("SELECT 'a\n{line}\n';"),
                format!("SELECT 'a\n{block}\n';"),
                format!("SELECT 1 AS \"a\n{line}\n\";"),
                format!("/* until it is needed:\n{line}\n*/ SELECT 1;"),
                format!("/*\n{block}"),
                // It is refused for that, wherever the literal was to end.
                format!("SELECT 'a\n{line}\n"),
            ] {
                let limits = super::read(&text(&inside), dialect);
                assert_eq!(limits, Ok(Limits::default()), "{inside}");
            }
            for behind in [
                format!("SELECT 'it''s';\n{line}"),
                format!("/* it's */\n{line}\nSELECT 'a';"),
                format!("-- it's\r\n{line}\r\nSELECT 'a';"),
            ] {
                let limits = super::read(&text(&behind), dialect).expect("it reads");
                assert!(limits.lock_timeout.is_some(), "{behind}");
            }
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn the_body_of_a_function_says_nothing_of_the_file() {
        let dialect = Engine::Postgres.dialect().expect("it is compiled in");
        let line = "-- dieselkit: lock_timeout = 10s";
        for inside in [
            format!("DO $$ BEGIN\n{line}\nEND $$;"),
            format!("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $a$\n{line}\n$a$;"),
            format!("/* /* */\n{line}\n*/"),
            format!("SELECT E'\\'\n{line}\n';"),
        ] {
            let limits = super::read(&text(&inside), dialect);
            assert_eq!(limits, Ok(Limits::default()), "{inside}");
        }
    }

    #[test]
    fn the_template_says_nothing() {
        for template in [template::UP, template::DOWN, &template::down_section()] {
            assert_eq!(read(&text(template)), Ok(Limits::default()));
        }
    }

    #[test]
    fn directives_stand_together() {
        let said = "-- dieselkit: lock_timeout = 10s, statement_timeout = 0";
        let limits = read(&text(said)).expect("it reads");
        assert_eq!(
            limits.lock_timeout,
            Some(Limit::of(Duration::from_secs(10)))
        );
        assert_eq!(limits.statement_timeout, Some(Limit::OFF));
    }

    #[test]
    fn what_nobody_knows_is_an_error_with_its_line() {
        let refused = |said: &str| read(&text(said)).expect_err("refused").to_string();
        insta::assert_snapshot!(
            [
                "SELECT 1;\n-- dieselkit: lock_timout = 10s",
                "-- dieselkit:",
                "-- dieselkit: lock_timeout",
                "-- dieselkit: lock_timeout = 10",
                "-- dieselkit: lock_timeout = 10s\n-- dieselkit: lock_timeout = 20s",
                "-- dieselkit: lock_timeout = 10s; statement_timeout = 0",
                "/* dieselkit: lock_timeout = 10s */\nSELECT 1;",
            ]
            .map(refused)
            .join("\n")
        );
    }

    #[test]
    fn the_line_is_that_of_the_file() {
        let section = SqlText {
            first_line: 4,
            ..text("SELECT 1;\n-- dieselkit: fast")
        };
        let place = read(&section).expect_err("refused");
        assert_eq!(place.place().map(|place| place.line), Some(5));
    }
}
