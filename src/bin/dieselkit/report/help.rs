//! Help and version, which are answers like any other.

use serde::Serialize;

use super::answer::{Answer, Context};
use super::json;
use super::stream::{print_answer, print_json, told};
use crate::args::UsageError;
use crate::exit::Exit;

/// What a program is told that asks for help.
#[derive(Serialize)]
struct HelpData<'a> {
    text: &'a str,
}

/// Prints the help or the version that was asked for.
pub(crate) fn print_help(asked: &UsageError) -> Exit {
    let written = if asked.json {
        let text = asked.text();
        let answer = Answer {
            data: json::data(&HelpData { text: &text }),
            ..Answer::default()
        };
        let context = Context::of_command(asked.command.as_deref());
        print_json(&json::answer(&answer, &context))
    } else {
        print_answer(&asked.styled())
    };
    told(written, Exit::Done, Exit::Failed)
}
