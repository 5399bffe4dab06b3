//! What steps take away, in their order.

use super::count::{Count, Statement};
use super::trace::{Gone, Trace, changes};
use crate::backend::rows::ForeignKeyChecks;
use crate::backend::tables::Tables;
use crate::backend::{Backend, DatabaseError};
use crate::event::{Loss, Lost};
use crate::migration::model::ForeignKeys;
use crate::migration::prepare::{Step, Work};
use crate::sql::Script;

/// Returns what the steps take away, in their order. A table that is not there is not lost.
pub(crate) fn losses(
    backend: &mut dyn Backend,
    tables: &Tables,
    steps: &[Step],
) -> Result<Vec<Loss>, DatabaseError> {
    let mut trace = Trace::default();
    let mut losses = Vec::new();
    let mut count = Count::new(backend, tables);
    for step in steps {
        let Work::Sql(text, script) = &step.work else {
            continue;
        };
        let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
        let changes = changes(script, done);
        if changes.is_empty() {
            continue;
        }
        let mut seen = Vec::new();
        for (statement, gone) in count.follow(&mut trace, changes)? {
            // A step may write over the same column, or into the same table, row by row.
            if matches!(gone, Gone::Overwritten(..) | Gone::Triggered(..)) {
                if seen.contains(&gone) {
                    continue;
                }
                seen.push(gone.clone());
            }
            let statement_of = Statement {
                summary: &|| script.summary(statement),
                checks: checks(step, script, statement),
            };
            let lost = count.lost(gone, &statement_of)?;
            losses.extend(lost.into_iter().map(|(lost, blocked)| Loss {
                version: Some(step.planned.version.clone()),
                direction: Some(step.planned.direction),
                file: Some(text.path.display().to_string()),
                line: Some(script.statement_position(statement).line),
                lost,
                blocked,
            }));
        }
    }
    Ok(each_once(losses))
}

/// Returns what there is in some schemas, or wherever there are none.
pub(crate) fn everything(
    backend: &mut dyn Backend,
    tables: &Tables,
    schemas: &[String],
) -> Result<Vec<Loss>, DatabaseError> {
    let mut count = Count::new(backend, tables);
    let found = count.tables_of(|schema| schemas.is_empty() || schemas.contains(schema))?;
    let mut losses = Vec::new();
    for shape in &found {
        let (lost, blocked) = count.table(shape)?;
        losses.push(Loss {
            version: None,
            direction: None,
            file: None,
            line: None,
            lost,
            blocked,
        });
    }
    Ok(losses)
}

/// Returns whether foreign keys are checked where a statement runs.
fn checks(step: &Step, script: &Script, statement: usize) -> ForeignKeyChecks {
    if step.foreign_keys == ForeignKeys::Off || script.has_foreign_keys_off(statement) {
        ForeignKeyChecks::Off
    } else {
        ForeignKeyChecks::Usual
    }
}

/// Leaves out what goes along with others, or is written over, where the whole table or column is
/// dropped anyway, tables that go along where they are dropped by name later on, what was said of
/// the same statement, and of the same trigger. What a trigger plainly deletes stays beside a statement
/// of which nobody can tell anything.
fn each_once(losses: Vec<Loss>) -> Vec<Loss> {
    let dropped = |table: &str| {
        let mut lost = losses.iter().map(|loss| &loss.lost);
        lost.any(|lost| matches!(lost, Lost::Table { table: it, .. } if it == table))
    };
    let dropped_column = |table: &str, column: &str| {
        let mut lost = losses.iter().map(|loss| &loss.lost);
        lost.any(|lost| {
            matches!(lost, Lost::Column { table: its, column: it, .. } if its == table && it == column)
        })
    };
    let mut tables = Vec::new();
    let mut untold = Vec::new();
    let mut triggered = Vec::new();
    let is_untold = |of: &Loss| {
        let is_of_it = |loss: &Loss| {
            let is_unknown = matches!(loss.lost, Lost::Unknown { .. });
            is_unknown && (&loss.file, loss.line) == (&of.file, of.line)
        };
        losses.iter().any(is_of_it)
    };
    let mut stays = |loss: &Loss| match &loss.lost {
        Lost::Unknown { .. } => {
            let is_first = !untold.contains(loss);
            untold.push(loss.clone());
            is_first
        }
        Lost::Triggered { .. } => {
            let is_first = !triggered.contains(&loss.lost);
            triggered.push(loss.lost.clone());
            is_first && (loss.lost.loses_data() || !is_untold(loss))
        }
        Lost::Table { table, .. } => {
            let is_first = !tables.contains(table);
            tables.push(table.clone());
            is_first
        }
        Lost::AllRows { table, .. } | Lost::SomeRows { table, .. } => !dropped(table),
        Lost::Overwritten { table, column, .. }
        | Lost::SomeOverwritten { table, column, .. }
        | Lost::SomeValues { table, column, .. } => {
            !dropped(table) && !dropped_column(table, column)
        }
        _ => true,
    };
    let kept: Vec<bool> = losses.iter().map(&mut stays).collect();
    let kept = losses.into_iter().zip(kept).filter(|(_, stays)| *stays);
    kept.map(|(loss, _)| loss).collect()
}
