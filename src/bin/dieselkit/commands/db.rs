//! `db`: the database itself.

use dieselkit::backend::{BackendError, OtherSessions};
use dieselkit::environment::{Environment, Protection};
use dieselkit::{Access, Database, MigrationSet};
use serde::Serialize;

use super::Answered;
use crate::app::{App, Reach};
use crate::args::{DbCommand, DropDatabase, Mark};
use crate::consent::Destruction;
use crate::report::{About, Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    message: &'a str,
    changed: bool,
}

pub(super) fn run(app: &App<'_>, command: &DbCommand) -> Answered {
    match command {
        DbCommand::Create => create(app),
        DbCommand::Drop(args) => drop_database(app, args),
        DbCommand::Mark(args) => mark(app, args),
    }
}

fn create(app: &App<'_>) -> Answered {
    let address = app.address()?;
    match Database::create(address) {
        Ok(()) => Ok(said(format!("created `{address}`"), Change::Made)),
        Err(BackendError::DatabaseExists { .. }) => {
            let text = format!("`{address}` exists already; nothing was changed");
            Ok(said(text, Change::None))
        }
        Err(error) => Err(error.into()),
    }
}

fn drop_database(app: &App<'_>, args: &DropDatabase) -> Answered {
    let address = match &args.name {
        Some(name) => app.address()?.another(name),
        None => app.address()?.clone(),
    };
    let opened = app.as_role(Database::open(&address, Access::ReadWrite)?)?;
    let mut migrator = app.migrator_of(opened, MigrationSet::default());
    let protection = app.protection(&mut migrator)?;
    app.consent_to(Destruction::DropDatabase, protection, address.database())?;
    let led_to = Database::file_behind_links(&address);
    let others = if args.force {
        OtherSessions::End
    } else {
        OtherSessions::Respect
    };
    app.interruptible(migrator).drop_database(others)?;
    let text = match led_to {
        Some((file, links)) => {
            let word = if links.len() == 1 { "link" } else { "links" };
            let links: Vec<String> = links.iter().map(|link| app.shown(link)).collect();
            let (file, links) = (app.shown(&file), links.join("`, `"));
            format!("dropped `{file}`, and the {word} `{links}` to it")
        }
        None => format!("dropped `{address}`"),
    };
    Ok(said(text, Change::Made))
}

/// Marking is asked about where it lifts or places a protection.
fn mark(app: &App<'_>, args: &Mark) -> Answered {
    let wanted = Environment::new(&args.environment).map_err(dieselkit::Error::from)?;
    let listed = &app.settings.listed;
    listed.refuse_unknown(wanted.name(), "`db mark`")?;
    let mut migrator = app.migrator_of(app.connect(Reach::Write)?, MigrationSet::default());
    let marked = migrator.marked_environment()?;
    if marked.as_deref() == Some(wanted.name()) {
        let text = format!("it is marked as `{}` already", wanted.name());
        return Ok(said(text, Change::None));
    }
    if let Some(marked) = &marked {
        app.consent(Destruction::Mark, stricter(app, marked, &wanted))?;
    }
    migrator.mark_environment(&wanted)?;
    let text = match marked {
        None => format!("marked as `{}`", wanted.name()),
        Some(before) => format!("marked as `{}`, was `{before}`", wanted.name()),
    };
    Ok(said(text, Change::Made))
}

fn stricter(app: &App<'_>, marked: &str, wanted: &Environment) -> Protection {
    let protections = [
        app.settings.protection_of(marked),
        app.settings.protection_of(wanted.name()),
    ];
    if protections.contains(&Protection::Protected) {
        Protection::Protected
    } else {
        Protection::Open
    }
}

/// Whether a command found anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Made,
    None,
}

fn said(text: String, change: Change) -> Answer {
    Answer {
        data: json::data(&Data {
            message: &text,
            changed: change == Change::Made,
        }),
        text: text + "\n",
        about: About::Deed,
        ..Answer::default()
    }
}
