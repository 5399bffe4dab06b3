//! What a linter found, as workflow commands of GitHub: a runner shows each at its line.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write as _;

use dieselkit::lint::{Finding, Level, Report};

/// Returns a command a line.
pub(crate) fn github_text(report: &Report) -> String {
    report.findings.iter().map(command).collect()
}

fn command(finding: &Finding) -> String {
    let word = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Off => "notice",
    };
    let place = &finding.place;
    let mut text = format!(
        "::{word} file={},line={},endLine={}",
        property(&place.file),
        place.line,
        finding.end_line
    );
    // Columns of another line would be put onto the first.
    if finding.end_line == place.line {
        let _ = write!(
            text,
            ",col={},endColumn={}",
            place.column, finding.end_column
        );
    }
    let help = finding.help.as_ref().map(|help| format!("\n{help}"));
    let message = finding.message.clone() + &help.unwrap_or_default();
    let _ = writeln!(
        text,
        ",title={}::{}",
        property(&finding.rule),
        data(&message)
    );
    text
}

/// Escapes a message, as the runner's own toolkit does (`escapeData` in its `command.ts`).
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property's value (`escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_or_a_property_is_escaped() {
        assert_eq!(data("50% off\r\nnow: a, b"), "50%25 off%0D%0Anow: a, b");
        assert_eq!(property("C:\\a,b%"), "C%3A\\a%2Cb%25");
    }
}
