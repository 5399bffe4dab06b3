//! What a rehearsal found: each statement with its time and its locks, and who would have waited.

use std::fmt::Write;
use std::time::Duration;

use dieselkit::event::Direction;
use dieselkit::migration::{
    Difference, Hold, LeftOut as WhyLeftOut, NotSeen, Place, RehearsalReport, RehearsedOn,
    RehearsedStatement, RehearsedStep, StepLeftOut, Unseen, Waiting, WayDown, WayDownVerdict,
    WhatDiffers,
};

use super::{column, counted, duration, name_column, on_one_line};
use crate::report::style::{BAD, GOOD, HEAD, WAITING, styled};
use crate::report::table::{Form, LeftOut, lay_out};

/// How many differences of one way down are shown; whoever needs more reads them as JSON.
const SHOWN: usize = 10;

/// Returns what a rehearsal found, and what of its table did not fit.
pub(crate) fn rehearsal_text(report: &RehearsalReport) -> (String, Option<LeftOut>) {
    if report.planned.is_empty() {
        return ("nothing to rehearse\n".to_owned(), None);
    }
    let mut text = String::new();
    let mut left_out = None;
    if report.steps.iter().any(|step| !step.statements.is_empty()) {
        (text, left_out) = lay_out(&[form(report)]);
    }
    text += &block("left out:", report.left_out.iter().map(left_out_line));
    text += &block("would have waited:", report.holds.iter().map(hold_line));
    text += &block("not seen:", report.unseen.iter().map(unseen_line));
    text += &block("ways down:", report.ways_down.iter().map(way_down_line));
    text += &summary(report);
    (text, left_out)
}

fn block(head: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("{}\n  {}\n", styled(HEAD, head), lines.join("\n  "))
}

fn form(report: &RehearsalReport) -> Form {
    Form {
        columns: vec![
            name_column(),
            column("line", 5),
            column("statement", 0),
            column("took", 0),
            column("rows", 3),
            column("locks", 4),
            column("rewrites", 1),
            column("builds", 2),
        ],
        rows: report.steps.iter().flat_map(rows).collect(),
    }
}

/// Returns the rows of a step, whose name stands beside its first statement.
fn rows(step: &RehearsedStep) -> Vec<Vec<String>> {
    let name = on_one_line(&step.name);
    let mut name = match step.direction {
        Direction::Up => name,
        Direction::Down => format!("{name} (down)"),
    };
    let mut rows = Vec::new();
    for statement in &step.statements {
        rows.push(row(std::mem::take(&mut name), statement));
    }
    rows
}

fn row(name: String, statement: &RehearsedStatement) -> Vec<String> {
    let built = statement.indexes_built.iter();
    vec![
        name,
        statement
            .place
            .as_ref()
            .map(|place| place.line.to_string())
            .unwrap_or_default(),
        on_one_line(&statement.statement),
        duration(statement.execution_time),
        statement
            .rows
            .map(|rows| rows.to_string())
            .unwrap_or_default(),
        locks(statement),
        statement.rewritten.join(", "),
        built
            .map(|it| it.index.clone())
            .collect::<Vec<_>>()
            .join(", "),
    ]
}

/// Returns the strongest lock on each table that anybody waits for; those on its indexes come with it.
fn locks(statement: &RehearsedStatement) -> String {
    let mut strongest: Vec<(&str, _)> = Vec::new();
    let worth_telling = statement
        .locks
        .iter()
        .filter(|it| it.waiting > Waiting::Nobody && it.table.is_none());
    for taken in worth_telling {
        match strongest.iter_mut().find(|(on, _)| *on == taken.on) {
            Some((_, lock)) => *lock = taken.lock.max(*lock),
            None => strongest.push((&taken.on, taken.lock)),
        }
    }
    let told = strongest.iter().map(|(on, lock)| format!("{lock} on {on}"));
    told.collect::<Vec<_>>().join(", ")
}

fn left_out_line(left_out: &StepLeftOut) -> String {
    let why = why_left_out(&left_out.why);
    format!("{}: {why}", styled(WAITING, &on_one_line(&left_out.name)))
}

fn why_left_out(why: &WhyLeftOut) -> String {
    match why {
        WhyLeftOut::NotInTransaction => "it cannot be in a transaction, or is not to be".to_owned(),
        WhyLeftOut::Function => "it is a function".to_owned(),
        WhyLeftOut::OutsideOfTheDatabase { statement } => {
            format!("what it does outside of the database would stay (`{statement}`)")
        }
        WhyLeftOut::NotRolledBack { statement } => {
            format!("no rollback takes `{statement}` back; with --on-copy it runs")
        }
        WhyLeftOut::OwnTransaction => {
            "it says what its own transaction is like, and here all are one; with --on-copy it runs"
                .to_owned()
        }
        WhyLeftOut::Needs { what, of } => {
            format!("it needs `{what}`, which {of} makes, and that is left out or not committed")
        }
        _ => "it cannot be rehearsed".to_owned(),
    }
}

fn hold_line(hold: &Hold) -> String {
    let (who, style) = match hold.waiting {
        Waiting::Everybody => ("readers and writers", BAD),
        _ => ("writers", WAITING),
    };
    let of = hold.on.as_deref().unwrap_or("the whole file");
    let lock = hold.lock.map(|lock| match &hold.index {
        None => format!("{lock}, "),
        Some(index) => format!("{lock} on {index}, "),
    });
    let from = place_or_name(hold.place.as_ref(), &hold.name);
    // When a function locks a table nobody knows.
    let is_at_most = hold.place.is_none() && hold.on.is_some();
    let at_most = if is_at_most { "at most " } else { "" };
    let unseen = match hold.not_seen {
        None => String::new(),
        Some(why) => format!(", by its words: {}", why_not_seen(why)),
    };
    format!(
        "{} for {at_most}{} ({}{from}{unseen})",
        styled(style, &format!("{who} of {of}")),
        duration(hold.held),
        lock.unwrap_or_default()
    )
}

/// Returns where a statement stands, or which function it is.
fn place_or_name(place: Option<&Place>, name: &str) -> String {
    on_one_line(&place.map_or_else(|| name.to_owned(), Place::to_string))
}

fn unseen_line(unseen: &Unseen) -> String {
    let place = place_or_name(unseen.place.as_ref(), &unseen.name);
    match &unseen.on {
        Some(on) => format!(
            "{}: how {place} locks it: {}",
            styled(WAITING, on),
            why_not_seen(unseen.why)
        ),
        None => format!(
            "{}: {}",
            styled(WAITING, &place),
            match unseen.why {
                NotSeen::HeldEarlier =>
                    "whether it locks what an earlier step of the rehearsal has already",
                _ => "what it locks, without a transaction",
            }
        ),
    }
}

fn why_not_seen(why: NotSeen) -> &'static str {
    match why {
        NotSeen::HeldEarlier => "an earlier step of the rehearsal has it already",
        _ => "without a transaction nobody sees it",
    }
}

fn way_down_line(way: &WayDown) -> String {
    let name = on_one_line(&way.name);
    let verdict = match &way.verdict {
        WayDownVerdict::LeadsBack => styled(GOOD, "leads back"),
        WayDownVerdict::Differs { differences } => differing(differences),
        WayDownVerdict::Irreversible => styled(WAITING, "there is none"),
        WayDownVerdict::NotCompared { why } => {
            let why = on_one_line(why);
            styled(
                WAITING,
                &format!("was run, and the schema cannot be read: {why}"),
            )
        }
        WayDownVerdict::LeftOut { why } => {
            styled(WAITING, &format!("left out: {}", why_left_out(why)))
        }
        _ => styled(WAITING, "was not run"),
    };
    format!("{name}: {verdict}")
}

fn differing(differences: &[Difference]) -> String {
    let mut text = styled(BAD, "does not lead back");
    for difference in differences.iter().take(SHOWN) {
        let what = on_one_line(&difference.what);
        let matter = match difference.differs {
            WhatDiffers::Left => "is left",
            WhatDiffers::Gone => "is gone",
            _ => "is not what it was",
        };
        let _ = write!(text, "\n    {what} {matter}");
    }
    if differences.len() > SHOWN {
        let _ = write!(text, "\n    and {} more", differences.len() - SHOWN);
    }
    text
}

fn summary(report: &RehearsalReport) -> String {
    let ups = report.steps.iter();
    let ups = ups.filter(|step| step.direction == Direction::Up);
    let mut names: Vec<&str> = ups.map(|step| step.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let time: Duration = report.steps.iter().map(|step| step.execution_time).sum();
    let mut text = format!(
        "rehearsed {} in {}",
        counted(names.len(), "migration"),
        duration(time)
    );
    if !report.left_out.is_empty() {
        let _ = write!(text, ", {} left out", report.left_out.len());
    }
    if !report.failures.is_empty() {
        let _ = write!(text, ", {} failed", report.failures.len());
    }
    let end = match &report.on {
        RehearsedOn::Backup { id } => {
            format!("on a copy restored of {id}, which is dropped")
        }
        RehearsedOn::Copy => "on a copy, which is dropped".to_owned(),
        _ => "all of it is rolled back".to_owned(),
    };
    format!("{text}; {end}\n")
}
