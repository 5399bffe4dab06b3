//! `doctor`: looks at everything that a newcomer or an operator gets wrong, and says what cures it.
//!
//! Each file looks at one side of it. None of them writes anything; what cannot be asked is told as
//! a problem, and the rest is looked at all the same.

mod backups;
mod database;
mod migrations;
mod project;

use dieselkit::Migrator;
use serde::Serialize;

use crate::app::{App, Reach};
use crate::error::CommandError;
use crate::report::{Answer, Checked, Verdict, doctor_text, json};

#[derive(Serialize)]
struct Data<'a> {
    healthy: bool,
    checks: &'a [Checked],
}

pub(super) fn run(app: &App<'_>) -> Answer {
    let mut doctor = Doctor {
        app,
        checked: Vec::new(),
    };
    doctor.project();
    if let Some(mut migrator) = doctor.connected() {
        doctor.database(&mut migrator);
        doctor.migrations(&mut migrator);
    }
    doctor.backups();
    let checked = doctor.checked;
    let found = checked.iter().any(|it| it.verdict == Verdict::Problem);
    Answer {
        text: doctor_text(&checked),
        data: json::data(&Data {
            healthy: !found,
            checks: &checked,
        }),
        found,
        ..Answer::default()
    }
}

/// Who looks, and what was found so far.
struct Doctor<'a, 'b> {
    app: &'a App<'b>,
    checked: Vec<Checked>,
}

impl Doctor<'_, '_> {
    fn good(&mut self, check: &'static str, message: impl Into<String>) {
        self.tell(check, Verdict::Good, &message.into(), None);
    }

    fn note(&mut self, check: &'static str, message: impl Into<String>, cure: Option<String>) {
        self.tell(check, Verdict::Note, &message.into(), cure);
    }

    fn problem(&mut self, check: &'static str, message: impl Into<String>, cure: Option<String>) {
        self.tell(check, Verdict::Problem, &message.into(), cure);
    }

    /// Tells of something that could not be looked at, or that is wrong, as a command would.
    fn failed(&mut self, check: &'static str, error: impl Into<CommandError>) {
        let failure = self.app.printer.failure(self.app, &error.into());
        let mut message = failure.message;
        for cause in &failure.causes {
            message += ": ";
            message += cause;
        }
        self.tell(check, Verdict::Problem, &message, failure.hint);
    }

    fn tell(&mut self, check: &'static str, verdict: Verdict, message: &str, cure: Option<String>) {
        let cure = cure.map(|cure| self.app.printer.complete(&cure));
        self.checked.push(Checked {
            check,
            verdict,
            message: message.replace('\n', " "),
            cure,
        });
    }

    /// Connects, and reads the migrations as far as they can be read.
    fn connected(&mut self) -> Option<Migrator> {
        let connected = self
            .app
            .connect(Reach::Read)
            .and_then(|database| self.app.carried(database))
            .and_then(|database| Ok(self.app.migrator_of(database, self.app.scanned()?)));
        match connected {
            Ok(migrator) => Some(migrator),
            Err(error) => {
                self.failed("connection", error);
                None
            }
        }
    }
}
