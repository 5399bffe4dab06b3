//! What a run takes away for good, a line each.

use std::fmt::Write;

use dieselkit::event::{Amount, Certainty, Loss, Lost, TriggerDeed};

use super::{counted, on_one_line};
use crate::report::style::{BAD, styled};

/// How many losses are shown; whoever needs more reads them from the dry run, or as JSON.
const SHOWN: usize = 20;

/// Returns what will be lost, with a head; nothing where nothing is. What is empty is no loss.
pub(crate) fn losses_text(losses: &[Loss]) -> String {
    let lines: Vec<String> = loss_lines(losses).collect();
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", styled(BAD, "will be lost:"));
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "  {line}");
    }
    if lines.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", lines.len() - SHOWN);
    }
    text
}

/// Returns a line for each loss of what is not empty: `column users.nickname: 5000 values`.
pub(super) fn loss_lines(losses: &[Loss]) -> impl Iterator<Item = String> {
    let is_something = |loss: &&Loss| loss.lost.amount().is_none_or(|amount| !amount.is_none());
    let losses = losses.iter().filter(is_something);
    losses.map(|loss| on_one_line(&format!("{}{}", loss_text(loss), in_the_way(loss))))
}

/// Returns who kept it from being counted, where somebody did.
fn in_the_way(loss: &Loss) -> String {
    let Some(blocked) = &loss.blocked else {
        return String::new();
    };
    let by: Vec<String> = blocked.by.iter().map(ToString::to_string).collect();
    match by.as_slice() {
        [] => " (not counted: somebody has it locked)".to_owned(),
        by => format!(" (not counted: blocked by {})", by.join("; by ")),
    }
}

fn loss_text(loss: &Loss) -> String {
    match &loss.lost {
        Lost::Table { table, rows } => format!("table {table}: {}", amount(*rows, "row")),
        Lost::AllRows { table, rows } => {
            format!("all that is in {table}: {}", amount(*rows, "row"))
        }
        Lost::SomeRows { table, rows } => {
            format!("rows of {table}: some of {}", amount(*rows, "row"))
        }
        Lost::Column {
            table,
            column,
            values,
        } => format!("column {table}.{column}: {}", amount(*values, "value")),
        Lost::SomeValues {
            table,
            column,
            values,
        } => format!(
            "values of {table}.{column}: some of {}",
            amount(*values, "value")
        ),
        Lost::Overwritten {
            table,
            column,
            values,
        } => format!(
            "what {table}.{column} has before it is overwritten: {}",
            amount(*values, "value")
        ),
        Lost::SomeOverwritten {
            table,
            column,
            values,
        } => format!(
            "what {table}.{column} has where it is overwritten: some of {}",
            amount(*values, "value")
        ),
        Lost::Conversion {
            table,
            column,
            values,
        } => format!(
            "what another type of {table}.{column} cannot hold: {}",
            amount(*values, "value")
        ),
        Lost::Triggered {
            table,
            trigger,
            deed,
        } => format!(
            "whatever the trigger `{trigger}` of {table} {}{}, which is not counted",
            done(*deed),
            place_of(loss)
        ),
        Lost::Unknown { statement } => format!(
            "whatever `{statement}`{} takes away, which nobody can tell",
            place_of(loss)
        ),
        _ => "something".to_owned(),
    }
}

fn done(deed: TriggerDeed) -> &'static str {
    match deed {
        TriggerDeed::Deletes => "deletes",
        TriggerDeed::Overwrites => "writes over",
        _ => "takes away",
    }
}

/// Returns where the statement stands, where it is one of a file.
fn place_of(loss: &Loss) -> String {
    let place = loss.file.as_ref().zip(loss.line);
    let place = place.map(|(file, line)| format!(" at {file}:{line}"));
    place.unwrap_or_default()
}

/// Returns how many, with the noun of one.
fn amount(amount: Amount, noun: &str) -> String {
    let Some(count) = amount.count else {
        return format!("{noun}s that could not be counted");
    };
    let shown = counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
    match amount.certainty {
        Certainty::Exact => shown,
        Certainty::Estimated => format!("about {shown}"),
        _ => format!("more than {shown}"),
    }
}
