//! squawk's linter, asked about one script.
//!
//! It is told what only the runner knows: whether the script will be inside a transaction, and the
//! server's version. Its own comments (`-- squawk-ignore RULE`) go on working, since it reads them
//! itself.

use std::borrow::Cow;
use std::str::FromStr;

use squawk_linter::{Linter, Rule, Version, Violation};
use squawk_syntax::SourceFile;

use crate::backend::caught;
use crate::backend::lint::{Asked, Edit, ForeignFinding, Mend, Situation};
use crate::sql::{Script, Span, StatementKind};

/// Returns what these of squawk's rules find.
///
/// This parses the script, at some 0.2 ms a KiB.
pub(super) fn findings(
    script: &Script,
    situation: &Situation<'_>,
    asked: &Asked<'_>,
) -> Vec<ForeignFinding> {
    let wanted = asked
        .rules
        .iter()
        .filter_map(|name| Rule::from_str(name).ok());
    let mut linter = Linter::from(wanted);
    linter.settings.assume_in_transaction = situation.in_transaction;
    if let Some(version) = situation.server_version.and_then(version) {
        linter.settings.pg_version = version;
    }
    let text = without(script, asked.unread);
    let Some(violations) = lint(linter, &text) else {
        return Vec::new();
    };
    let places = Places {
        script,
        executable: &text,
    };
    let meant = violations
        .into_iter()
        .filter(|violation| !is_of_savepoint(violation, &places));
    meant
        .map(|violation| {
            let mut finding = places.finding(violation, situation);
            finding.rule = asked_for(finding.rule, asked);
            finding
        })
        .collect()
}

/// Returns whether it is said of a statement that only goes back to a savepoint that it ends a
/// transaction.
fn is_of_savepoint(violation: &Violation, places: &Places<'_>) -> bool {
    let span = places.span(violation.text_range.into());
    let statement = places.script.statement_at(span.start);
    let control = statement.map(|index| places.script.statements()[index].control);
    violation.code == Rule::TransactionNesting && control == Some(StatementKind::Ordinary)
}

/// Returns what is found in a text; `None` where squawk panics, as its parser does on some texts that
/// no server takes, such as `SELECT VARCHAR(3) ( INSERT INTO`. Others tell of those.
fn lint(mut linter: Linter, text: &str) -> Option<Vec<Violation>> {
    caught::catch(|| {
        let parsed = SourceFile::parse(text);
        linter.lint(&parsed, text)
    })
}

/// Returns the rule that was asked for, where squawk answers with another one's name: of its rule about
/// both timeouts with those of the rules about one each.
fn asked_for(answered: String, asked: &Asked<'_>) -> String {
    const BOTH: &str = "require-timeout-settings";
    const EACH: [&str; 2] = ["require-lock-timeout", "require-statement-timeout"];
    let is_asked = |name: &str| asked.rules.contains(&name);
    if EACH.contains(&answered.as_str()) && !is_asked(&answered) && is_asked(BOTH) {
        BOTH.to_owned()
    } else {
        answered
    }
}

/// Returns the text that a server can run, with blanks for the comments that are not to be read: one
/// for each character, as for directives.
fn without<'a>(script: &'a Script, comments: &[Span]) -> Cow<'a, str> {
    let text = script.executable_text();
    if comments.is_empty() {
        return text;
    }
    let blank = |offset| comments.iter().any(|comment| comment.contains(offset));
    let letters = text.chars().zip(script.text().char_indices());
    let letters = letters.map(|(letter, (offset, _))| match letter {
        '\n' => '\n',
        _ if blank(offset) => ' ',
        letter => letter,
    });
    Cow::Owned(letters.collect())
}

/// Reads a server's version; what its distribution says behind it is none of it.
fn version(text: &str) -> Option<Version> {
    let number = text
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()?;
    Version::from_str(number.trim_end_matches('.')).ok()
}

/// Where the text that squawk reads stands in the script: blanks for directives keep characters in
/// their places, not bytes.
struct Places<'a> {
    script: &'a Script,
    executable: &'a str,
}

impl Places<'_> {
    fn finding(&self, violation: Violation, situation: &Situation<'_>) -> ForeignFinding {
        let edits = |edits: Vec<squawk_linter::Edit>| {
            let edit = |edit: squawk_linter::Edit| Edit {
                span: self.span(edit.text_range.into()),
                text: edit.text.unwrap_or_default(),
            };
            edits.into_iter().map(edit).collect()
        };
        // Inside a transaction it would be refused.
        let mends = !(situation.in_transaction && builds_concurrently(violation.code));
        ForeignFinding {
            rule: violation.code.to_string(),
            span: self.span(violation.text_range.into()),
            help: help(&violation, situation),
            message: violation.message,
            mend: violation.fix.filter(|_| mends).map(|fix| Mend {
                title: fix.title,
                edits: edits(fix.edits),
            }),
        }
    }

    fn span(&self, range: std::ops::Range<u32>) -> Span {
        Span {
            start: self.offset(range.start),
            end: self.offset(range.end),
        }
    }

    fn offset(&self, offset: u32) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if self.executable.len() == self.script.text().len() {
            return offset.min(self.executable.len());
        }
        let before = self.executable.get(..offset).unwrap_or(self.executable);
        self.script.offset_of_char(before.chars().count())
    }
}

fn builds_concurrently(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::RequireConcurrentIndexCreation
            | Rule::RequireConcurrentIndexDeletion
            | Rule::RequireConcurrentPartitionDetach
            | Rule::RequireConcurrentReindex
    )
}

/// Returns squawk's help, and that the file has to leave its transaction for it.
fn help(violation: &Violation, situation: &Situation<'_>) -> Option<String> {
    let help = violation.help.clone();
    if situation.in_transaction && builds_concurrently(violation.code) {
        let alone = "in a migration of its own, outside of a transaction";
        return help.map(|help| format!("{} It goes {alone}.", help.trim_end()));
    }
    help
}
