//! Prints what a command has to say, in the form that was asked for.

use dieselkit::backend::redact::Redactor;
use dieselkit::event::{Loss, StepNotice};

use super::answer::{About, Answer, Context};
use super::stream::{print_answer, print_error, print_json, told};
use super::table::LeftOut;
use super::{human, json, style};
use crate::app::App;
use crate::args::{Again, Color, Global};
use crate::error::{CommandError, Failure, Partial};
use crate::exit::Exit;

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
        self.tell(&self.failure(app, error), &self.context(app))
    }

    /// Returns an error as it is told.
    pub(crate) fn failure(&self, app: &App<'_>, error: &CommandError) -> Failure {
        error.redacted(&self.typed, &self.redactor(app), Some(&app.settings))
    }

    /// Returns the document of an error, if documents are what was asked for.
    pub(crate) fn document(&self, app: &App<'_>, error: &CommandError) -> Option<String> {
        let failure = self.failure(app, error);
        let document = || json::text(&json::failure(&failure, &self.context(app)));
        (self.form == Form::Json).then(document)
    }

    /// Prints why it could not be found out what is meant. Without settings there is no address but
    /// what was typed.
    pub(crate) fn fail_early(&self, error: &CommandError) -> Exit {
        let context = Context::of_command(Some(self.command));
        self.tell(
            &error.redacted(&self.typed, &self.typed.redactor, None),
            &context,
        )
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
            Partial::Seeds(_) | Partial::Did(_) if self.quiet => Ok(()),
            Partial::Seeds(report) => print_answer(&human::partial_seed_text(report)),
            Partial::Did(found) | Partial::Found(found) => print_answer(&found.text),
        };
        print_error(&failure.text());
        told(written, failure.exit, failure.exit)
    }

    /// Shows what is about to be restored.
    pub(crate) fn announce_restore(&self, plan: &str) {
        if self.form == Form::Human && !self.quiet {
            print_error(plan);
        }
    }

    /// Shows a plan on which somebody is about to be asked.
    pub(crate) fn announce(&self, steps: &[StepNotice], losses: &[Loss]) {
        if self.form == Form::Human && !self.quiet {
            print_error(&human::plan_text(steps));
            print_error(&human::losses_text(losses));
        }
    }
}

fn commands_on_database(command: &str) -> bool {
    !matches!(command, "init" | "new" | "seed new" | "completions" | "man")
}
