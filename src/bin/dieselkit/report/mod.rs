//! What a command says, for people and for programs.
//!
//! Results go to standard output, progress and hints to standard error. A reader that went away
//! is no failure: whatever cannot be written is not written.

mod human;
pub(crate) mod json;
mod progress;
pub(crate) mod style;
mod table;

use std::io::Write;

use dieselkit::event::StepNotice;
use serde_json::Value;

pub(crate) use human::{
    check_text, dry_run_text, history_text, marked_text, plan_text, run_text, status_text,
};
pub(crate) use progress::Progress;

use crate::app::App;
use crate::args::{Color, Global};
use crate::error::{CommandError, Failure};
use crate::exit::Exit;

/// What a command found out or did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// For people, on standard output.
    pub(crate) text: String,
    /// For programs.
    pub(crate) data: Value,
    /// What is worth a warning.
    pub(crate) warnings: Vec<String>,
    /// What could be done next, as a command.
    pub(crate) hint: Option<String>,
    /// Whether something was found, which the exit code says.
    pub(crate) found: bool,
    /// Whether the text is the whole answer, such as a script, beside which nothing may stand.
    pub(crate) bare: bool,
}

impl Answer {
    fn exit(&self) -> Exit {
        if self.found {
            Exit::Findings
        } else {
            Exit::Done
        }
    }
}

/// Prints one command's answer or error, in the form that was asked for.
pub(crate) struct Printer {
    form: Form,
    quiet: bool,
    verbose: u8,
    command: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Human,
    Json,
}

impl Printer {
    pub(crate) fn new(global: &Global, command: &'static str) -> Self {
        match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Self {
            form: if global.json { Form::Json } else { Form::Human },
            quiet: global.quiet,
            verbose: global.verbose,
            command,
        }
    }

    /// Prints what a command found out or did.
    pub(crate) fn answer(&self, app: &App<'_>, answer: Answer) -> Exit {
        let exit = answer.exit();
        if self.form == Form::Json {
            print_json(&json::answer(self.command, app, &answer));
            return exit;
        }
        self.context(app, &answer);
        print_answer(&answer.text);
        for warning in &answer.warnings {
            print_error(&style::warning(warning));
        }
        if let Some(hint) = answer.hint.as_ref().filter(|_| !self.quiet) {
            print_error(&style::hint(hint));
        }
        exit
    }

    /// Prints which database it is about.
    fn context(&self, app: &App<'_>, answer: &Answer) {
        if self.quiet || answer.bare {
            return;
        }
        if let (Some(target), true) = (app.target(), commands_on_database(self.command)) {
            print_error(&format!("{}{target}{}\n", style::DIM.render(), style::DIM.render_reset()));
        }
        if self.verbose > 0
            && let Ok(database) = app.settings.database()
        {
            print_error(&format!(
                "  address from {}; environment from {}; migrations in `{}`\n",
                database.origin,
                app.settings.environment_origin,
                app.shown(&app.settings.migrations),
            ));
        }
    }

    /// Prints an error.
    pub(crate) fn fail(&self, failure: &(impl Told + ?Sized)) -> Exit {
        let failure = failure.told();
        if self.form == Form::Json {
            print_json(&json::failure(Some(self.command), None, &failure));
            return failure.exit;
        }
        if let Some(found) = &failure.found {
            print_answer(&found.text);
        }
        if let Some(text) = human::partial_text(&failure.data) {
            print_answer(&text);
        }
        print_error(&failure.text());
        failure.exit
    }

    /// Shows a plan on which somebody is about to be asked.
    pub(crate) fn announce(&self, steps: &[StepNotice]) {
        if self.form == Form::Human && !self.quiet {
            print_error(&plan_text(steps));
        }
    }
}

/// An error that can be told.
pub(crate) trait Told {
    fn told(&self) -> Failure;
}

impl Told for Failure {
    fn told(&self) -> Failure {
        self.clone()
    }
}

impl Told for CommandError {
    /// Without settings there is no address, and nothing that would have to be blotted out.
    fn told(&self) -> Failure {
        self.redacted(&dieselkit::backend::redact::Redactor::default())
    }
}

fn commands_on_database(command: &str) -> bool {
    !matches!(command, "init" | "new" | "completions" | "man")
}

/// Writes to standard output.
pub(crate) fn print_answer(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Writes to standard error.
pub(crate) fn print_error(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Writes one document to standard output.
pub(crate) fn print_json(document: &Value) {
    let mut text = serde_json::to_string_pretty(document)
        .expect("a JSON value has text for its keys and finite numbers");
    text.push('\n');
    let _ = std::io::stdout().write_all(text.as_bytes());
}
