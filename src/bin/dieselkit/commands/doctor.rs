//! `doctor`: looks at everything that a newcomer or an operator gets wrong, and says what cures it.
//!
//! Each file looks at one side of it. None of them writes anything; what cannot be asked is told as
//! a problem, and the rest is looked at all the same.

mod backups;
mod database;
mod migrations;
mod project;

use dieselkit::{Database, MigrationSet};
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
    let connected = doctor.connected();
    let read = doctor.read();
    if let Some(database) = connected {
        let is_read = read.is_some();
        let mut migrator = app.migrator_of(database, read.unwrap_or_default());
        doctor.database(&mut migrator);
        if is_read {
            doctor.migrations(&mut migrator);
        }
    } else if let Some(files) = read {
        doctor.files(&files);
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

/// What is left to do about an error of which nobody knows a cure.
const NO_CURE: &str = "mend what it says, and look again: `dieselkit doctor`";

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

    fn problem(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.tell(check, Verdict::Problem, &message.into(), Some(cure.into()));
    }

    /// Tells of something that could not be looked at, or that is wrong, as a command would; of what
    /// keeps several things from being looked at, once.
    fn failed(&mut self, check: &'static str, error: impl Into<CommandError>) {
        let failure = self.app.printer.failure(self.app, &error.into());
        let mut message = failure.message;
        for cause in &failure.causes {
            message += ": ";
            message += cause;
        }
        let message = in_one_line(&message);
        let is_it = |told: &Checked| told.verdict == Verdict::Problem && told.message == message;
        if !self.checked.iter().any(is_it) {
            let cure = failure.hint.unwrap_or_else(|| NO_CURE.to_owned());
            self.problem(check, message, cure);
        }
    }

    fn tell(&mut self, check: &'static str, verdict: Verdict, message: &str, cure: Option<String>) {
        let cure = cure.map(|cure| self.app.printer.complete(&cure));
        self.checked.push(Checked {
            check,
            verdict,
            message: in_one_line(message),
            cure,
        });
    }

    fn connected(&mut self) -> Option<Database> {
        let database = self.app.connect(Reach::Read);
        let connected = database.and_then(|database| self.app.carried(database));
        connected
            .map_err(|error| self.failed("connection", error))
            .ok()
    }

    /// Reads the migrations as far as they can be read.
    fn read(&mut self) -> Option<MigrationSet> {
        let read = self.app.scanned();
        read.map_err(|error| self.failed("migrations", error)).ok()
    }
}

fn in_one_line(message: &str) -> String {
    message.replace('\n', " ")
}
