//! Whether a destructive command may go on: the rules, as a pure function.
//!
//! This must not know what the command would destroy, nor how a refusal is reported.

mod question;
mod refusal;

use dieselkit::environment::Protection;

pub(crate) use question::{Terminal, obtain};
pub(crate) use refusal::Refusal;

/// What destroys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destruction {
    /// `rollback`, and `goto` on its way down.
    Rollback,
    /// `redo`
    Redo,
    /// `up --force`
    Force,
    /// `up`, and `goto` on its way up, of what takes rows away.
    Losses,
    /// `reset`
    Reset,
    /// `db drop`
    DropDatabase,
    /// `db mark`, which could lift a protection.
    Mark,
    /// `resolve --reverted` of what is applied, which `up` would then run again.
    Forget,
    /// `restore --replace`, which keeps the old one under another name.
    Replace,
    /// `restore --replace --drop-old`
    ReplaceForGood,
    /// `restore --replace` of what cannot be read, and so may be any database.
    ReplaceUnread,
    /// `up --rehearse` in the database itself, which destroys nothing, and makes whoever else reads or
    /// writes wait.
    Rehearse,
    /// `seed --verify`, which destroys nothing, and makes whoever else writes wait.
    Hold,
}

impl Destruction {
    /// Returns whether both the question and the name are asked for.
    fn asks_twice(self) -> bool {
        matches!(
            self,
            Self::Reset | Self::DropDatabase | Self::ReplaceForGood
        )
    }

    /// Returns what would happen to this much of `database`, as the beginning of a question.
    fn question(self, database: &str, extent: Extent<'_>) -> String {
        let before = extent.dropping();
        match self {
            Self::Rollback => {
                let before = before.trim_end_matches(',');
                format!("Roll back migrations of `{database}`{before}?")
            }
            Self::Redo => {
                format!("Roll back migrations of `{database}`{before} and apply them again?")
            }
            Self::Force => format!("Apply modified migrations to `{database}` again?"),
            Self::Losses => format!("Apply migrations to `{database}`, which lose that?"),
            Self::Reset => format!(
                "Drop everything in {}`{database}` and apply all migrations?",
                within(extent.schemas)
            ),
            Self::DropDatabase => format!("Drop the database `{database}` with everything in it?"),
            Self::Replace => format!(
                "Put what is restored in the place of `{database}`, which is kept under another name?"
            ),
            Self::ReplaceUnread => format!(
                "Put what is restored in the place of `{database}`, which cannot be read and is kept under another name?"
            ),
            Self::ReplaceForGood => format!(
                "Put what is restored in the place of `{database}`, and drop what is there now with everything in it?"
            ),
            Self::Forget => format!(
                "Take an applied migration of `{database}` for not applied, so that `up` runs it again?"
            ),
            Self::Hold => format!(
                "Run the seeds of `{database}` and roll them back, while whoever else writes to it waits?"
            ),
            Self::Rehearse => format!(
                "Rehearse migrations in `{database}` itself, and roll them back, while whoever else needs what they lock waits?"
            ),
            Self::Mark => format!("Change the environment that `{database}` is marked with?"),
        }
    }
}

fn within(schemas: &[String]) -> String {
    match schemas {
        [] => String::new(),
        [only] => format!("schema `{only}` of "),
        many => format!("schemas `{}` of ", many.join("`, `")),
    }
}

/// How much of a database would be destroyed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent<'a> {
    /// The schemas that it is about; none where it is about all of the database.
    pub(crate) schemas: &'a [String],
    /// How many migrations are rolled back that never ran here, but were marked as applied.
    pub(crate) baselines: usize,
}

impl Extent<'_> {
    /// Returns what the ways down of baselines mean, as a part of a question.
    fn dropping(self) -> String {
        match self.baselines {
            0 => String::new(),
            1 => ", dropping what was there before dieselkit (1 baseline),".to_owned(),
            many => format!(", dropping what was there before dieselkit ({many} baselines),"),
        }
    }
}

/// What was typed to answer ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answers<'a> {
    /// `--yes`
    pub(crate) yes: bool,
    /// `--confirm NAME`
    pub(crate) confirm: Option<&'a str>,
}

/// A destructive command before it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// What destroys.
    pub(crate) destruction: Destruction,
    /// The stricter of what the environment and the database say.
    pub(crate) protection: Protection,
    /// The database's name; none where only the server knows it.
    pub(crate) database: Option<&'a str>,
    /// How much of it is meant.
    pub(crate) extent: Extent<'a>,
    /// What was typed to answer ahead.
    pub(crate) answers: Answers<'a>,
    /// Whether somebody can be asked.
    pub(crate) terminal: Terminal,
}

/// What has to happen before the command may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing.
    Go,
    /// Ask yes or no.
    AskYesNo,
    /// Ask for the name.
    AskName,
    /// Ask yes or no, then for the name.
    AskYesNoThenName,
    /// It may not.
    Refuse(Refusal),
}

/// Returns what has to happen before the command may begin.
///
/// A name that was typed ahead must be right even where it is not needed: who types
/// another database's name is not where they think they are.
pub(crate) fn decide(request: &Request<'_>) -> Decision {
    let protected = request.protection == Protection::Protected;
    match (request.answers.confirm, request.database) {
        (Some(given), Some(database)) if given == database => return Decision::Go,
        (Some(given), Some(database)) => {
            return Decision::Refuse(Refusal::OtherDatabase {
                given: given.to_owned(),
                database: database.to_owned(),
            });
        }
        (Some(_), None) => return Decision::Refuse(Refusal::UnknownName),
        (None, None) if protected => return Decision::Refuse(Refusal::UnknownName),
        (None, _) => {}
    }
    if request.answers.yes && !protected {
        return Decision::Go;
    }
    if request.terminal == Terminal::Absent {
        return Decision::Refuse(unasked(request));
    }
    question(request)
}

fn unasked(request: &Request<'_>) -> Refusal {
    let database = request.database.unwrap_or("the database").to_owned();
    if request.destruction == Destruction::ReplaceUnread {
        return Refusal::Unread { database };
    }
    match request.protection {
        Protection::Protected => Refusal::Protected { database },
        Protection::Open => Refusal::NobodyToAsk { database },
    }
}

fn question(request: &Request<'_>) -> Decision {
    let twice = request.destruction.asks_twice();
    match (request.protection, request.database) {
        (Protection::Protected, _) if !twice || request.answers.yes => Decision::AskName,
        (Protection::Protected, _) => Decision::AskYesNoThenName,
        (Protection::Open, Some(_)) if twice => Decision::AskYesNoThenName,
        (Protection::Open, None) if twice => Decision::Refuse(Refusal::UnknownName),
        (Protection::Open, _) => Decision::AskYesNo,
    }
}

#[cfg(test)]
mod tests;
