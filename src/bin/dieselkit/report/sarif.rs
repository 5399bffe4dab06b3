//! What a linter found, as SARIF 2.1.0, which code scanners read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::path::{Component, Path};

use dieselkit::lint::{Finding, Ignored, Level, Report, RuleInfo, rule};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// The document's own schema.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What stands in a URI's path as anything else does: all that is not one of its own letters.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns the document.
pub(crate) fn sarif_text(report: &Report) -> String {
    let ignored = report.ignored.iter().flat_map(|ignored| &ignored.findings);
    let mut names: Vec<&str> = report
        .findings
        .iter()
        .chain(ignored)
        .map(|finding| finding.rule.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let says_so = report.ignored.iter().any(|it| !it.findings.is_empty());
    let found = report.findings.iter().map(|finding| {
        let mut result = result(finding, &names);
        // Either all results say whether they are suppressed, or none does (3.27.23).
        if says_so {
            result["suppressions"] = json!([]);
        }
        result
    });
    let suppressed = report.ignored.iter().flat_map(|ignored| {
        let findings = ignored.findings.iter();
        findings.map(|finding| suppressed(finding, ignored, &names))
    });
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dieselkit",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": names.iter().map(|name| descriptor(name)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": found.chain(suppressed).collect::<Vec<_>>(),
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)
        .expect("the document has text for its keys and finite numbers");
    text.push('\n');
    text
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}

/// Returns what a scanner is told of a rule.
fn descriptor(name: &str) -> Value {
    let Ok(rule) = rule(name) else {
        return json!({ "id": name });
    };
    json!({
        "id": name,
        "shortDescription": { "text": literal(&sentence(rule.finds)) },
        "fullDescription": { "text": literal(&sentence(rule.hurts)) },
        "help": { "text": literal(&help(&rule)) },
        "defaultConfiguration": { "level": level(rule.level) },
    })
}

fn help(rule: &RuleInfo) -> String {
    let instead = rule.instead.map(str::to_owned);
    instead.unwrap_or_else(|| format!("https://squawkhq.com/docs/{}", rule.name))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect::<String>() + "."
}

/// Returns a text in which no brace begins a placeholder (3.11.5).
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn result(finding: &Finding, names: &[&str]) -> Value {
    let help = finding.help.as_ref().map(|help| format!("\n{help}"));
    let index = names.iter().position(|name| *name == finding.rule);
    json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.level),
        "message": { "text": literal(&(finding.message.clone() + &help.unwrap_or_default())) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&finding.place.file) },
                "region": {
                    "startLine": finding.place.line,
                    "startColumn": finding.place.column,
                    "endLine": finding.end_line,
                    "endColumn": finding.end_column,
                },
            },
        }],
    })
}

/// Returns a result that a comment passes over.
fn suppressed(finding: &Finding, ignored: &Ignored, names: &[&str]) -> Value {
    let mut result = result(finding, names);
    result["suppressions"] = json!([{
        "kind": "inSource",
        "justification": ignored.reason.clone().unwrap_or_default(),
    }]);
    result
}

/// Returns a path as a URI: relative as it was found, or with the scheme of files.
fn uri(file: &str) -> String {
    let mut parts = Vec::new();
    for component in Path::new(file).components() {
        match component {
            Component::RootDir => parts.push("file://".to_owned()),
            Component::CurDir => {}
            part => {
                let part = part.as_os_str().to_string_lossy();
                parts.push(utf8_percent_encode(&part, PATH).to_string());
            }
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri() {
        for (path, expected) in [
            ("migrations/1_a b/up.sql", "migrations/1_a%20b/up.sql"),
            ("./x#1.sql", "x%231.sql"),
            ("../x.sql", "../x.sql"),
            ("/tmp/ü.sql", "file:///tmp/%C3%BC.sql"),
            ("100%41/a:b?{c}.sql", "100%2541/a%3Ab%3F%7Bc%7D.sql"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
