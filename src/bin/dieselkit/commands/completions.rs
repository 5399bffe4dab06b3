//! `completions`: what a shell completes.

use serde::Serialize;

use crate::args::{Completions, command_line};
use crate::report::{Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    shell: String,
    script: &'a str,
}

pub(super) fn run(args: &Completions) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(), "dieselkit", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    Answer {
        data: json::data(&Data {
            shell: args.shell.to_string(),
            script: &text,
        }),
        text,
        ..Answer::default()
    }
}
