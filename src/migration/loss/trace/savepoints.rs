//! Points of a step to which it goes back: what went since then is there again, by its name of then.
//!
//! Pure. Must not know what a loss is.

use super::{Gone, Trace};
use crate::sql::Savepoint;

/// The points of one step, in their order.
#[derive(Debug, Default)]
pub(super) struct Savepoints(Vec<Point>);

#[derive(Debug)]
struct Point {
    /// Its name; the beginning of a transaction has none.
    name: Option<String>,
    trace: Trace,
    /// How much of the step had gone.
    gone: usize,
}

impl Savepoints {
    /// Follows a statement about such a point; what it goes back to may be nowhere in the step, and
    /// then nobody can tell what is behind a name.
    pub(super) fn follow(
        &mut self,
        savepoint: Savepoint,
        trace: &mut Trace,
        gone: &mut Vec<(usize, Gone)>,
    ) -> Option<Gone> {
        let points = &mut self.0;
        let last = |name: &str| {
            points
                .iter()
                .rposition(|it| it.name.as_deref() == Some(name))
        };
        let back_to = match savepoint {
            Savepoint::Begin => {
                self.set(None, trace, gone);
                return None;
            }
            Savepoint::Set(name) => {
                self.set(Some(name), trace, gone);
                return None;
            }
            Savepoint::Commit => {
                points.clear();
                return None;
            }
            Savepoint::Release(name) => {
                let released = last(&name).unwrap_or(points.len());
                points.truncate(released);
                return None;
            }
            Savepoint::Rollback => (!points.is_empty()).then_some(0),
            Savepoint::RollbackTo(ref name) => last(name),
        };
        let Some(back_to) = back_to else {
            return Some(Gone::Untold);
        };
        let point = &points[back_to];
        *trace = point.trace.clone();
        gone.truncate(point.gone);
        // A savepoint stays where it is.
        let ends = matches!(savepoint, Savepoint::Rollback);
        points.truncate(back_to + usize::from(!ends));
        None
    }

    fn set(&mut self, name: Option<String>, trace: &Trace, gone: &[(usize, Gone)]) {
        self.0.push(Point {
            name,
            trace: trace.clone(),
            gone: gone.len(),
        });
    }
}
