//! The rules of the architecture, for one file at a time: a path and a source in, complaints out.
//!
//! Reads no file itself, so that its own tests can feed it wrong ones.

use crate::paths::{self, Named};
use crate::tokens::{self, Kind, Token};
use crate::{BACKENDS, DECLARED_ARROWS, LAYERS, PRINTERS, PURE};

/// Paths that pure code does not name, by how they start.
const IMPURE_STARTS: &[&[&str]] = &[
    &["diesel"],
    &["diesel_migrations"],
    &["std", "fs"],
    &["std", "env"],
    &["std", "process"],
];

/// Names of clocks, wherever in a path.
const CLOCKS: &[&[&str]] = &[
    &["SystemTime"],
    &["Utc", "now"],
    &["Local", "now"],
    &["Instant", "now"],
];

const PRINTING: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// Returns what is wrong with a file, each as `path:line: what`.
pub(crate) fn violations(path: &str, source: &str) -> Vec<String> {
    let mut complaints = missing_module_docs(source);
    // A file of tests is held to no more than its documentation.
    if !matches("src/**/tests.rs", path) && !matches("src/**/tests/**", path) {
        let tokens = tokens::read(source);
        let named = paths::named(&tokens);
        complaints.extend(wrong_arrows(path, &named));
        complaints.extend(impure(path, &named));
        complaints.extend(backend_features(path, &tokens));
        complaints.extend(prints(path, &tokens));
        complaints.extend(unquoted_commands(&tokens));
    }
    let place = |(line, what)| format!("{path}:{line}: {what}");
    complaints.into_iter().map(place).collect()
}

type Complaint = (usize, String);

fn missing_module_docs(source: &str) -> Vec<Complaint> {
    if source.starts_with("//!") {
        return Vec::new();
    }
    let what = "does not start with `//!`: what it is responsible for, what it must not know";
    vec![(1, what.to_owned())]
}

fn wrong_arrows(path: &str, named: &[Named]) -> Vec<Complaint> {
    let Some(module) = paths::module(path) else {
        return Vec::new();
    };
    let complaint = |named: &Named| {
        let target = paths::in_crate(named, &module)?;
        let what = wrong_arrow(module[0], &target[0])?;
        Some((named.line, what))
    };
    named.iter().filter_map(complaint).collect()
}

fn wrong_arrow(from: &str, to: &str) -> Option<String> {
    let is_declared = |arrow: &&(&str, &str)| arrow.0 == from && (arrow.1 == to || arrow.1 == "*");
    if from == to || DECLARED_ARROWS.iter().any(|arrow| is_declared(&arrow)) {
        return None;
    }
    if to.starts_with(char::is_uppercase) {
        return Some(format!(
            "`crate::{to}` hides its area: import from the module itself"
        ));
    }
    let Some(source) = layer(from) else {
        return Some(format!("area `{from}` is in none of LAYERS"));
    };
    match layer(to) {
        None => Some(format!("area `{to}` is in none of LAYERS")),
        Some(target) if target > source => None,
        Some(_) => Some(format!("`{from}` must not import `{to}`")),
    }
}

/// Returns how deep an area lies, 0 for the top.
fn layer(area: &str) -> Option<usize> {
    LAYERS.iter().position(|areas| areas.contains(&area))
}

fn impure(path: &str, named: &[Named]) -> Vec<Complaint> {
    if !PURE.iter().any(|pattern| matches(pattern, path)) {
        return Vec::new();
    }
    let is_impure = |named: &&Named| {
        IMPURE_STARTS.iter().any(|start| named.starts_with(start))
            || CLOCKS.iter().any(|clock| named.contains(clock))
    };
    let complain = |named: &Named| {
        let what = format!("pure code names `{}`", named.words.join("::"));
        (named.line, what)
    };
    named.iter().filter(is_impure).map(complain).collect()
}

fn backend_features(path: &str, tokens: &[Token]) -> Vec<Complaint> {
    if matches(BACKENDS, path) {
        return Vec::new();
    }
    let complaint = |window: &[Token]| match window {
        [
            name,
            equals,
            Token {
                kind: Kind::Text(feature),
                line,
            },
        ] if name.is_word("feature")
            && equals.is_sign('=')
            && ["postgres", "sqlite"].contains(&feature.as_str()) =>
        {
            Some((
                *line,
                format!("`{feature}` is asked for outside of src/backend"),
            ))
        }
        _ => None,
    };
    tokens.windows(3).filter_map(complaint).collect()
}

fn prints(path: &str, tokens: &[Token]) -> Vec<Complaint> {
    if PRINTERS.iter().any(|pattern| matches(pattern, path)) {
        return Vec::new();
    }
    let complaint = |window: &[Token]| match window {
        [
            Token {
                kind: Kind::Word(name),
                line,
            },
            bang,
        ] if PRINTING.contains(&name.as_str()) && bang.is_sign('!') => Some((
            *line,
            format!("`{name}!` outside of the program's reports and errors"),
        )),
        _ => None,
    };
    tokens.windows(2).filter_map(complaint).collect()
}

/// Finds commands to paste, which stand between backticks, that are made without quoting: only
/// `shell::command` puts words into one.
fn unquoted_commands(tokens: &[Token]) -> Vec<Complaint> {
    let complaints = tokens.iter().filter_map(|token| {
        let Kind::Text(text) = &token.kind else {
            return None;
        };
        let command = text
            .split('`')
            .skip(1)
            .step_by(2)
            .find(|span| is_made(span))?;
        let what = format!("`{command}` is made without `shell::command`, which quotes");
        Some((token.line, what))
    });
    complaints.collect()
}

/// Returns whether a text is a command, or a flag, into which something is put. SQL begins with a
/// capital.
fn is_made(span: &str) -> bool {
    let Some((program, rest)) = span.split_once(' ') else {
        return false;
    };
    let name = program.strip_prefix("--").unwrap_or(program);
    let is_program = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_program && rest.replace("{{", "").contains('{')
}

/// Returns whether a path fits a pattern, where `*` is anything but `/` and `**` anything.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        return (0..=path.len())
            .any(|start| path.get(start..).is_some_and(|path| matches(rest, path)));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let length = path.find('/').unwrap_or(path.len());
        return (0..=length).any(|start| path.get(start..).is_some_and(|path| matches(rest, path)));
    }
    match (pattern.chars().next(), path.chars().next()) {
        (None, None) => true,
        (Some(wanted), Some(found)) if wanted == found => {
            let length = wanted.len_utf8();
            matches(&pattern[length..], &path[length..])
        }
        _ => false,
    }
}
