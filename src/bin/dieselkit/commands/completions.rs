//! `completions`: what a shell completes.

use serde_json::json;

use crate::args::{Completions, command_line};
use crate::report::Answer;

pub(super) fn run(args: &Completions) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(), "dieselkit", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    Answer {
        data: json!({ "shell": args.shell.to_string(), "script": text }),
        text,
        bare: true,
        ..Answer::default()
    }
}
