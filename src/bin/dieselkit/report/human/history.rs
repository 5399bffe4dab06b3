//! Every attempt, as a table.

use dieselkit::history::Attempt;

use super::{
    PRECISIONS, Precision, bare_name, column, lock_text, moment, moments, name_column, on_one_line,
    took,
};
use crate::report::style::{BAD, DIM, styled};
use crate::report::table::{Form, LeftOut, lay_out};

/// Returns the attempts, newest first.
pub(crate) fn history_text(attempts: &[Attempt]) -> (String, Option<LeftOut>) {
    if attempts.is_empty() {
        return ("no history yet\n".to_owned(), None);
    }
    let (table, left_out) = lay_out(&PRECISIONS.map(|precision| form(attempts, precision)));
    let remarks = attempts.iter().map(remarks).collect::<String>();
    (table + &remarks + &backups(attempts), left_out)
}

/// `rollback --batch` needs the batch, so that it goes last.
fn form(attempts: &[Attempt], precision: Precision) -> Form {
    Form {
        columns: vec![
            column("#", 0),
            column("status", 0),
            column("operation", 4),
            column("version", 0),
            name_column(),
            column("batch", 1),
            moments("started", "started (UTC)", 2, precision),
            column("took", 5),
            column("by", 6),
            moments("rolled back", "rolled back (UTC)", 3, precision),
            column("strongest lock", 7),
        ],
        rows: attempts
            .iter()
            .map(|attempt| history_row(attempt, precision))
            .collect(),
    }
}

fn history_row(attempt: &Attempt, precision: Precision) -> Vec<String> {
    vec![
        attempt.id.to_string(),
        attempt.status.as_str().to_owned(),
        attempt.operation.as_str().to_owned(),
        attempt.version.to_string(),
        bare_name(&attempt.name),
        attempt
            .batch
            .map(|batch| batch.to_string())
            .unwrap_or_default(),
        moment(attempt.started_at, precision),
        attempt.execution_time_ms.map(took).unwrap_or_default(),
        attempt.applied_by.clone().unwrap_or_default(),
        attempt
            .rolled_back_at
            .map(|at| moment(at, precision))
            .unwrap_or_default(),
        attempt
            .strongest_lock
            .as_ref()
            .map(lock_text)
            .unwrap_or_default(),
    ]
}

/// Returns what is too long for a row: the error and the reason.
fn remarks(attempt: &Attempt) -> String {
    let remark = |style, word: &str, text: &Option<String>| {
        text.as_ref().map_or_else(String::new, |text| {
            let text = text.replace('\n', "\n  ");
            let (word, name) = (styled(style, word), on_one_line(&attempt.name));
            format!("\n#{} {}: {word}\n  {text}\n", attempt.id, name)
        })
    };
    remark(BAD, "error", &attempt.error) + &remark(DIM, "reason", &attempt.reason)
}

/// Returns each backup once, behind the attempts whose run it came before.
fn backups(attempts: &[Attempt]) -> String {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for attempt in attempts {
        let Some(name) = attempt.backup.as_deref() else {
            continue;
        };
        let id = format!("#{}", attempt.id);
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, ids)) => ids.push(id),
            None => all.push((name, vec![id])),
        }
    }
    let told = all.iter().map(|(name, ids)| {
        let word = styled(DIM, "backup");
        format!("\n{}: {word}\n  {name}\n", ids.join(", "))
    });
    told.collect()
}
