//! What a command says, for people and for programs.
//!
//! Results go to standard output, progress and hints to standard error. A reader that went away
//! is no failure; a result that cannot be written for another reason is one, unless it only tells
//! of what was done.

mod human;
pub(crate) mod json;
mod progress;
pub(crate) mod style;
mod table;

use std::io::{IsTerminal as _, Write};

use dieselkit::backend::redact::Redactor;
use dieselkit::event::StepNotice;
use serde::Serialize;
use serde_json::Value;

pub(crate) use human::{
    capture_text, check_text, credentials_text, dry_run_text, history_text, marked_text, plan_text,
    run_text, seed_plan_text, seed_status_text, seed_text, seed_verify_text, status_text,
};
pub(crate) use progress::Progress;
pub(crate) use table::LeftOut;

use crate::app::App;
use crate::args::{Again, Color, Global, UsageError};
use crate::error::{CommandError, Failure, Partial};
use crate::exit::Exit;
use crate::interrupt;

/// Returns whether standard output is a terminal.
pub(crate) fn to_terminal() -> bool {
    std::io::stdout().is_terminal()
}

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
    /// What of its text did not fit the terminal.
    pub(crate) left_out: Option<LeftOut>,
    /// Whether something was found, which the exit code says.
    pub(crate) found: bool,
    /// What the text is about.
    pub(crate) about: About,
}

/// What an answer's text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum About {
    /// What was asked for: without it the command was for nothing.
    #[default]
    Question,
    /// What the command did, which the exit code says as well.
    Deed,
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

/// Where a command worked, as far as that is known.
#[derive(Debug, Default)]
pub(crate) struct Context {
    command: Option<String>,
    database: Option<String>,
    environment: Option<String>,
}

impl Context {
    /// Returns what is known of a command that has no settings.
    pub(crate) fn of_command(command: Option<&str>) -> Self {
        Self {
            command: command.map(str::to_owned),
            ..Self::default()
        }
    }
}

/// Prints one command's answer or error, in the form that was asked for.
pub(crate) struct Printer {
    form: Form,
    quiet: bool,
    verbose: u8,
    command: &'static str,
    typed: Typed,
}

/// What was typed, as far as it may be shown.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) again: Again,
    /// Blots out what was typed and is secret.
    pub(crate) redactor: Redactor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Human,
    Json,
}

impl Printer {
    pub(crate) fn new(global: &Global, command: &'static str, typed: Typed) -> Self {
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
            typed,
        }
    }

    /// Prints what a command found out or did.
    pub(crate) fn answer(&self, app: &App<'_>, answer: &Answer) -> Exit {
        let exit = answer.exit();
        let answer = &Answer {
            hint: answer.hint.as_ref().map(|hint| self.complete(hint)),
            ..answer.clone()
        };
        let if_lost = match answer.about {
            About::Question => Exit::Failed,
            About::Deed => exit,
        };
        if self.form == Form::Json {
            return told(
                print_json(&json::answer(answer, &self.context(app))),
                exit,
                if_lost,
            );
        }
        let written = if !self.quiet || answer.about == About::Question {
            print_answer(&answer.text)
        } else {
            Ok(())
        };
        for warning in &answer.warnings {
            print_error(&style::warning(warning));
        }
        if let Some(left_out) = answer.left_out.as_ref().filter(|_| !self.quiet) {
            print_error(&self.left_out(left_out));
        }
        if let Some(hint) = answer.hint.as_ref().filter(|_| !self.quiet) {
            print_error(&style::hint(hint));
        }
        told(written, exit, if_lost)
    }

    /// Returns which columns did not fit, and what shows them.
    fn left_out(&self, left_out: &LeftOut) -> String {
        let again = &self.typed.again;
        let text = format!(
            "{} columns have no room for `{}`: `{} | less -S`, or `{}`",
            left_out.width,
            left_out.columns.join("`, `"),
            again.line(),
            again.with("--json", None),
        );
        style::note(&text)
    }

    /// Returns a hint whose commands work in the same place as the one that was typed.
    pub(crate) fn complete(&self, hint: &str) -> String {
        self.typed.again.complete(hint)
    }

    /// Returns what a document says about where the command worked.
    fn context(&self, app: &App<'_>) -> Context {
        let database = app.settings.database().ok();
        Context {
            command: Some(self.command.to_owned()),
            database: database.map(|database| database.address.to_string()),
            environment: Some(app.settings.environment.name().to_owned()),
        }
    }

    /// Names the database and the environment that a command is about to work on.
    pub(crate) fn begin(&self, app: &App<'_>) {
        if self.quiet || self.form == Form::Json || !commands_on_database(self.command) {
            return;
        }
        if let Some(target) = app.target() {
            print_error(&format!("{}\n", style::styled(style::DIM, &target)));
        }
        if self.verbose > 0
            && let Ok(database) = app.settings.database()
        {
            let line = format!(
                "  address from {}; environment from {}; migrations in `{}`\n",
                database.origin,
                app.settings.environment_origin,
                app.shown(&app.settings.migrations),
            );
            print_error(&self.redactor(app).redact(&line));
        }
    }

    fn redactor(&self, app: &App<'_>) -> Redactor {
        let typed = self.typed.redactor.clone();
        typed.and(app.settings.redactor.clone())
    }

    /// Prints why a command did not do what it was asked.
    pub(crate) fn fail(&self, app: &App<'_>, error: &CommandError) -> Exit {
        let failure = error.redacted(&self.typed, &self.redactor(app));
        self.tell(&failure, &self.context(app))
    }

    /// Returns the document of an error, if documents are what was asked for.
    pub(crate) fn document(&self, app: &App<'_>, error: &CommandError) -> Option<String> {
        let failure = error.redacted(&self.typed, &self.redactor(app));
        let document = || json::text(&json::failure(&failure, &self.context(app)));
        (self.form == Form::Json).then(document)
    }

    /// Prints why it could not be found out what is meant. Without settings there is no address but
    /// what was typed.
    pub(crate) fn fail_early(&self, error: &CommandError) -> Exit {
        let context = Context::of_command(Some(self.command));
        self.tell(&error.redacted(&self.typed, &self.typed.redactor), &context)
    }

    fn tell(&self, failure: &Failure, context: &Context) -> Exit {
        if self.form == Form::Json {
            let written = print_json(&json::failure(failure, context));
            return told(written, failure.exit, failure.exit);
        }
        let written = match &failure.partial {
            Partial::Nothing => Ok(()),
            Partial::Run(report) if self.quiet => {
                print_error(&human::failures_text(report));
                Ok(())
            }
            Partial::Run(report) => print_answer(&human::partial_text(report)),
            Partial::Seeds(_) if self.quiet => Ok(()),
            Partial::Seeds(report) => print_answer(&human::partial_seed_text(report)),
            Partial::Found(found) => print_answer(&found.text),
        };
        print_error(&failure.text());
        told(written, failure.exit, failure.exit)
    }

    /// Shows a plan on which somebody is about to be asked.
    pub(crate) fn announce(&self, steps: &[StepNotice]) {
        if self.form == Form::Human && !self.quiet {
            print_error(&plan_text(steps));
        }
    }
}

fn commands_on_database(command: &str) -> bool {
    !matches!(command, "init" | "new" | "seed new" | "completions" | "man")
}

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

/// Returns how a command ends whose answer was written, or was not: that is said on standard error.
pub(crate) fn told(written: std::io::Result<()>, exit: Exit, if_lost: Exit) -> Exit {
    let Err(source) = written else {
        return exit;
    };
    let error = CommandError::Unwritten { source };
    print_error(
        &error
            .redacted(&Typed::default(), &Redactor::default())
            .text(),
    );
    if_lost
}

/// Writes to standard output; a reader that went away is no failure.
///
/// # Errors
/// What the system says where it cannot be written.
pub(crate) fn print_answer(text: &str) -> std::io::Result<()> {
    unless_nobody_reads(print_picture(text))
}

fn unless_nobody_reads(written: std::io::Result<()>) -> std::io::Result<()> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard output, and says whether somebody may have read it.
///
/// # Errors
/// What the system says where nobody can.
pub(crate) fn print_picture(text: &str) -> std::io::Result<()> {
    let choice = anstream::AutoStream::choice(&std::io::stdout());
    write_whole(&mut std::io::stdout(), choice, text)
}

/// Writes to standard error.
pub(crate) fn print_error(text: &str) {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    // A reader that went away is no failure.
    let _ = write_whole(&mut std::io::stderr(), choice, text);
}

/// Writes a text at once: what comes in one piece is neither torn nor slow.
fn write_whole(
    to: &mut impl Write,
    choice: anstream::ColorChoice,
    text: &str,
) -> std::io::Result<()> {
    let plain = choice == anstream::ColorChoice::Never;
    let text = if plain {
        anstream::adapter::strip_str(text).to_string()
    } else {
        text.to_owned()
    };
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// Writes one document to standard output; a reader that went away is no failure.
///
/// # Errors
/// What the system says where it cannot be written.
pub(crate) fn print_json(document: &json::Document<'_>) -> std::io::Result<()> {
    let text = json::text(document);
    interrupt::claim_document();
    let choice = anstream::ColorChoice::Never;
    unless_nobody_reads(write_whole(&mut std::io::stdout(), choice, &text))
}
