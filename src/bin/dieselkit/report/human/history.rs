//! Every attempt, as a table.

use dieselkit::history::Attempt;

use super::{bare_name, column, moment, name_column, took};
use crate::report::style::{BAD, DIM, styled};
use crate::report::table::lay_out;

/// Returns the attempts, newest first.
pub(crate) fn history_text(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "no history yet\n".to_owned();
    }
    let columns = [
        column("#", 0),
        column("status", 0),
        column("operation", 3),
        column("version", 0),
        name_column(),
        column("batch", 4),
        column("started (UTC)", 1),
        column("took", 5),
        column("by", 6),
        column("rolled back (UTC)", 2),
    ];
    let rows: Vec<Vec<String>> = attempts.iter().map(history_row).collect();
    lay_out(&columns, &rows) + &attempts.iter().map(remarks).collect::<String>()
}

fn history_row(attempt: &Attempt) -> Vec<String> {
    vec![
        attempt.id.to_string(),
        attempt.status.as_str().to_owned(),
        attempt.operation.as_str().to_owned(),
        attempt.version.to_string(),
        bare_name(&attempt.name).to_owned(),
        attempt
            .batch
            .map(|batch| batch.to_string())
            .unwrap_or_default(),
        moment(attempt.started_at),
        attempt.execution_time_ms.map(took).unwrap_or_default(),
        attempt.applied_by.clone().unwrap_or_default(),
        attempt.rolled_back_at.map(moment).unwrap_or_default(),
    ]
}

/// Returns what is too long for a row: the error and the reason.
fn remarks(attempt: &Attempt) -> String {
    let remark = |style, word: &str, text: &Option<String>| {
        text.as_ref().map_or_else(String::new, |text| {
            let text = text.replace('\n', "\n  ");
            let word = styled(style, word);
            format!("\n#{} {}: {word}\n  {text}\n", attempt.id, attempt.name)
        })
    };
    remark(BAD, "error", &attempt.error) + &remark(DIM, "reason", &attempt.reason)
}
