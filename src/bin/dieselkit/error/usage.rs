//! What is wrong with the command line: clap's words, told as every other error is.
//!
//! With `report/`, this is the one place that prints.

use super::failure::{Failure, Partial};
use crate::args::UsageError;
use crate::exit::Exit;
use crate::report;

/// Tells what is wrong with the command line.
pub(crate) fn print_usage(refused: &UsageError) -> Exit {
    if refused.json {
        let failure = usage_failure(&refused.text(), refused.command.as_deref());
        let context = report::Context::of_command(refused.command.as_deref());
        let document = report::json::failure(&failure, &context);
        return report::told(report::print_json(&document), Exit::Usage, Exit::Usage);
    }
    report::print_error(&refused.styled());
    Exit::Usage
}

/// Divides what clap says: the first paragraph is the error, its tips are advice, and the usage is
/// left to `--help`.
fn usage_failure(text: &str, command: Option<&str>) -> Failure {
    let mut paragraphs = text.trim().split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let tips = paragraphs
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix("tip: "));
    let command = command.map(|name| format!("{name} ")).unwrap_or_default();
    let help = ["`dieselkit ", &command, "--help`"].concat();
    let hint: Vec<&str> = tips.chain([&*help]).collect();
    Failure {
        message: fragment(message.trim_start_matches("error: ")),
        causes: Vec::new(),
        hint: Some(hint.join("; ")),
        exit: Exit::Usage,
        partial: Partial::Nothing,
    }
}

/// Returns a message of several lines as one: a list follows its colon.
fn fragment(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    let rest = rest.join(if first.ends_with(':') { ", " } else { " " });
    format!("{first} {rest}").trim_end().to_owned()
}
